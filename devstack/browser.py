"""The Chromium that the browser tests drive."""

import os
import shutil
import subprocess
from pathlib import Path

from devstack import address

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class BrowserMissing(Exception):
    """No Chromium can be had; the text says what to do."""


def chromium() -> str:
    """A Chromium: one found here, else the distribution's where that is allowed, else Playwright's own; raises BrowserMissing."""
    named = os.environ.get("CHROMIUM") or os.environ.get("VRE_CHROMIUM")
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
