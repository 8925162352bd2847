"""`make test`: a stack of its own on free ports with data of its own, the tests against it, and nothing left behind."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from devstack import address, ports

STACK = "integration or browser"  # the marks of tests that need more than a database
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class BrowserMissing(Exception):
    """No Chromium can be had; the text says what to do."""


def free_base() -> int:
    """A PORT_BASE whose ten ports nobody listens on; random, so that two runs at once rarely meet."""
    while True:
        base = random.randrange(20000, 32000, 20)  # noqa: S311 -- a port, not a secret
        if ports.is_free(base):
            return base


def begin_again() -> None:
    """Become the same command with the addresses of a stack of its own."""
    base = os.environ.get("TEST_PORT_BASE") or str(free_base())
    own = {"VRE_TEST_STACK": "1", "PORT_BASE": base, "STACK_STATE": str(address.STATE.with_name(f"test-{base}"))}
    os.execve(sys.executable, [sys.executable, "-m", "devstack", *sys.argv[1:]], {**os.environ, **own})


def chromium() -> str:
    """A Chromium: one found here, else the distribution's where that is allowed, else Playwright's own; raises BrowserMissing."""
    named = os.environ.get("CHROMIUM")
    for name in (named, *BROWSERS):
        if name and (found := shutil.which(name)):
            return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing the distribution's Chromium for the browser tests", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "check": False}
        subprocess.run(["apt-get", "update", "-qq"], **quiet)  # type: ignore[call-overload]
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], **quiet)  # type: ignore[call-overload]
        if found := shutil.which("chromium"):
            return found
    python = address.ENVS / "portal" / "bin" / "python"
    subprocess.run([python, "-m", "playwright", "install", "chromium"], check=False, stdout=subprocess.DEVNULL)
    ask = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    own = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False).stdout.strip()
    if own and Path(own).exists():
        return own
    raise BrowserMissing("The browser tests need a Chromium. Install one, or name it: CHROMIUM=/path/to/chromium make test")


def run_pytest(arguments: list[str]) -> int:
    """pytest with the portal's environment, told where the stack is and which browser there is.

    All tests together run as two shares side by side: those of the running stack, which stop its servers at times, and those that
    need a database alone, which have one of their own.
    """
    if arguments:
        return begin_pytest(arguments).wait()
    with tempfile.TemporaryFile("w+") as words:
        beside = begin_pytest(["-m", f"not ({STACK})"], stdout=words, stderr=subprocess.STDOUT, env={"TOX_PARALLEL_ENV": "beside"})
        try:
            found = begin_pytest(["-m", STACK]).wait()
            print("\nThe other share, which needs no running stack:", flush=True)
            other = beside.wait()
        finally:
            beside.terminate()  # nothing, where it has ended
        words.seek(0)
        print(words.read(), flush=True)
    return found or other


def begin_pytest(arguments: list[str], *, env: dict[str, str] | None = None, **options: Any) -> subprocess.Popen[bytes]:
    """One pytest; TOX_PARALLEL_ENV is how pytest-django is asked for a test database of another name."""
    python = address.ENVS / "portal" / "bin" / "python"
    command = [str(python), "-m", "devstack.portal.manage", "--", str(python), "-m", "pytest", *arguments]
    return subprocess.Popen(command, cwd=address.ROOT, env={**os.environ, "VRE_CHROMIUM": chromium(), **(env or {})}, **options)
