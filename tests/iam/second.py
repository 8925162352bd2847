"""Runs the second OpenID provider, a certified one that shares no code with the first, and signs in there as a browser would."""

import fcntl
import html
import os
import re
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import requests

from devstack import address

HERE = Path(__file__).parent / "provider"
FOLDER = address.ENVS / "oidc-provider"
NODE = address.ENVS / "hub" / "bin"  # the hub's environment carries Node


class NotInstalled(Exception):
    """The provider cannot be had here; the text says why."""


@dataclass(frozen=True)
class Second:
    """A running provider."""

    url: str
    secret: str


def install() -> None:
    """Install what the lock names, once per lock, with no script of a package run; raises NotInstalled."""
    if not (NODE / "npm").exists():
        raise NotInstalled("there is no Node: the hub's environment is not installed")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done, wanted = FOLDER / ".stamp", (HERE / "package-lock.json").read_text()
        if not done.exists() or done.read_text() != wanted:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, FOLDER)
            run_npm()
            done.write_text(wanted)
        shutil.copy(HERE / "provider.mjs", FOLDER)  # Node looks for packages beside the program


def run_npm() -> None:
    command = [str(NODE / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        subprocess.run(command, cwd=FOLDER, env=environment(), check=True, capture_output=True, text=True, timeout=150)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"npm could not install oidc-provider: {str(error.stderr)[-300:]}") from None


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": os.pathsep.join((str(NODE), os.environ.get("PATH", os.defpath)))}  # noqa: TID251


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(redirect: str, logout: str, algorithm: str, backchannel: str = "") -> Iterator[Second]:
    """The provider with the portal as its only client; `backchannel` is where it tells of ended sessions."""
    port, secret = free_port(), secrets.token_urlsafe(24)
    command = [str(NODE / "node"), "provider.mjs", str(port), redirect, algorithm, logout, backchannel]
    with subprocess.Popen(
        command, cwd=FOLDER, env={**environment(), "CLIENT_SECRET": secret}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            told = []
            for line in process.stdout or ():
                told.append(line)
                if line.strip() == "ready":
                    break
            assert told[-1:] == ["ready\n"], "".join(told)[-2000:]
            yield Second(f"http://127.0.0.1:{port}", secret)
        finally:
            process.terminate()


def through(second: Second, where: str, name: str, browser: requests.Session | None = None, seen: list[str] | None = None) -> str:
    """Follow a browser from the authorization request through its pages; the address to which it leads back.

    `browser` is one that may be signed in there; `seen` takes the names of the pages that it was shown.
    """
    browser = browser or requests.Session()
    for _ in range(12):
        reply = browser.get(where, allow_redirects=False, timeout=10)
        while reply.is_redirect:
            where = urljoin(where, reply.headers["Location"])
            if not where.startswith(second.url):
                return where
            reply = browser.get(where, allow_redirects=False, timeout=10)
        assert reply.status_code == 200, reply.text[:1000]
        action = re.search(r'<form[^>]*action="([^"]+)"', reply.text)
        prompt = re.search(r'name="prompt"\s+value="([^"]+)"', reply.text)
        assert action
        assert prompt, reply.text[:1000]
        if seen is not None:
            seen.append(prompt[1])
        form = {"prompt": prompt[1], "login": name, "password": "any"}
        sent = browser.post(urljoin(where, html.unescape(action[1])), data=form, allow_redirects=False, timeout=10)
        assert sent.is_redirect, sent.text[:1000]
        where = urljoin(where, sent.headers["Location"])
        if not where.startswith(second.url):
            return where
    raise AssertionError("the provider asks for ever")
