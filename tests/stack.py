"""The running stack as tests see it: which of its servers answer, and a person's browser that is signed in at the portal."""

import os
import re
import shutil
import socket
from functools import cache

import requests

from devstack import address, health
from tests.devstack import iam_client

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def is_required() -> bool:
    """Whether the stack was started for these tests, so that its absence is a failure and no reason to skip."""
    return bool(os.environ.get("VRE_TEST_STACK"))  # noqa: TID251 -- tests have no settings of their own


@cache
def waiting(name: str) -> bool:
    """Whether one process of the stack does not answer; asked once."""
    if name == "redis":  # has no page to ask for
        with socket.socket() as probe:
            return probe.connect_ex((address.HOST, address.PORTS["redis"])) != 0
    return bool(health.waiting([name]))


@cache
def anything_answers() -> bool:
    """Whether any server of a stack is up at these ports."""
    return any(not waiting(name) for name in ("postgres", *health.CHECKS))


def chromium() -> str | None:
    """The Chromium that the browser tests drive; None leaves the choice to Playwright."""
    return os.environ.get("VRE_CHROMIUM") or shutil.which("chromium")  # noqa: TID251


def portal_session(name: str) -> requests.Session:
    """A browser that went through the running portal's sign-in, by the button and the IAM's form."""
    browser = iam_client.sign_in(name)
    page = browser.get(f"{address.PORTAL_URL}/accounts/login/", timeout=10)
    token = re.search(r'name="csrfmiddlewaretoken"\s+value="([^"]+)"', page.text)
    assert token, page.text[:500]
    reply = browser.post(
        f"{address.PORTAL_URL}/accounts/login/",
        data={"csrfmiddlewaretoken": token[1], "iam": "iam", "next": "/me/"},
        headers={"Origin": address.PORTAL_URL, "Referer": f"{address.PORTAL_URL}/accounts/login/"},
        timeout=20,
    )
    assert reply.status_code == 200, reply.text[:500]
    assert reply.url == f"{address.PORTAL_URL}/me/", reply.url
    return browser
