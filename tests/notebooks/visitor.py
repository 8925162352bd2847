"""A browser that uses the running portal as a person does, htmx included, without drawing anything."""

import re
import time
import uuid
from typing import Any

import requests

from devstack.address import IAM_ISSUER, PORTAL_URL
from tests.stack import portal_session

PROJECT = "km3net"
NOTEBOOKS = f"{PORTAL_URL}/projects/{PROJECT}/notebooks/"


def token_of(page: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrfmiddlewaretoken"\s+value="([^"]+)"', page)
    assert found, page[:500]
    return found[1]


class Visitor:
    """One person, signed in at the portal through the IAM."""

    def __init__(self, name: str) -> None:
        self.browser = portal_session(name)

    def get(self, url: str, **options: Any) -> requests.Response:
        return self.browser.get(url, timeout=30, **options)

    def post(self, url: str, **form: str) -> requests.Response:
        data = {"csrfmiddlewaretoken": token_of(self.get(NOTEBOOKS).text), **form}
        return self.browser.post(url, data=data, headers={"Referer": NOTEBOOKS}, timeout=20)

    def open_notebook(self, key: str | None = None) -> requests.Response:
        """Press the button; the page that follows."""
        return self.post(f"{NOTEBOOKS}open/", key=key or str(uuid.uuid4()))

    def be_sent_on(self, page: requests.Response, seconds: float = 60) -> tuple[requests.Response, list[str]]:
        """Do what the page's htmx does until it leaves the portal for good; where it ends and the addresses it passed."""
        passed: list[str] = []
        deadline = time.monotonic() + seconds
        url = page.url
        while time.monotonic() < deadline:
            part = self.get(url, headers={"HX-Request": "true"})
            assert part.status_code == 200, part.text
            if onward := part.headers.get("HX-Redirect"):
                page = self.get(PORTAL_URL + onward)
                passed += [step.url for step in (*page.history, page)]
                if not page.url.startswith(PORTAL_URL):
                    return page, passed
                url = page.url
            time.sleep(0.3)
        raise AssertionError(f"still here after {seconds} s: {part.text}")

    def session(self) -> dict[str, Any]:
        """The newest session, as JSON."""
        found: dict[str, Any] = self.get(f"{NOTEBOOKS}?format=json").json()["items"][0]
        return found

    def stop(self) -> None:
        """Stop whatever lives, and wait for its end."""
        items = self.get(f"{NOTEBOOKS}?format=json").json()["items"]
        for item in items:
            if item["state"] not in ("stopped", "failed"):
                self.post(f"{NOTEBOOKS}{item['id']}/stop/")
                self.wait_for("stopped")

    def wait_for(self, state: str, seconds: float = 45) -> None:
        """Return when the newest session is in this state."""
        deadline = time.monotonic() + seconds
        while (last := self.session())["state"] != state:
            assert time.monotonic() < deadline, last
            time.sleep(0.3)


def typed_a_password(passed: list[str]) -> bool:
    """Whether the way led over the IAM's form."""
    return any(url.startswith(f"{IAM_ISSUER}login") for url in passed)
