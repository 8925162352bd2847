"""The running portal as a script sees it: launch, follow, and stop and start the stack's processes."""

import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests

from devstack import health, supervision
from devstack.address import PORTAL_URL, STATE

DEFAULTS = {"p-spectral_index": "3.2", "p-flux_normalisation": "5e-11", "p-declination": "0", "p-years": "3"}
INPUTS = ("aeff.fits", "bkg_mu.fits", "bkg_nu.fits", "edisp.fits", "psf.fits")
DOWN = ("STOPPED", "EXITED", "FATAL")  # as supervisord says it
ENDED = ("finished", "failed", "stopped", "deleted")


def launch_form(**changes: str) -> dict[str, str]:
    """The km3net launch form with its defaults, and a key of its own."""
    inputs = {f"i-{number}": f"KM3NET_ECAP_SP:{name}" for number, name in enumerate(INPUTS)}
    return {"specification": "sensitivity", "key": str(uuid.uuid4()), **DEFAULTS, **inputs, **changes}


def post(session: requests.Session, path: str, form: dict[str, Any]) -> requests.Response:
    """A form of the portal, with the page's own CSRF token; redirects are not followed."""
    page = session.get(f"{PORTAL_URL}/projects/", timeout=20)
    token = re.search(r'name="csrfmiddlewaretoken"\s+value="([^"]+)"', page.text) or re.search(r'X-CSRFToken": "([^"]+)"', page.text)
    assert token
    data = {"csrfmiddlewaretoken": token[1], **form}
    return session.post(f"{PORTAL_URL}{path}", data=data, headers={"Origin": PORTAL_URL}, allow_redirects=False, timeout=20)


def launch(session: requests.Session, **changes: str) -> dict[str, Any]:
    """A new run of the km3net project, as JSON."""
    reply = post(session, "/projects/km3net/workflows/new/?format=json", launch_form(**changes))
    assert reply.status_code == 202, reply.text[:2000]
    found: dict[str, Any] = reply.json()
    return found


def run(session: requests.Session, number: int) -> dict[str, Any]:
    """A run as the portal knows it now."""
    reply = session.get(f"{PORTAL_URL}/projects/km3net/workflows/{number}/?format=json", timeout=20)
    assert reply.status_code == 200, reply.text[:2000]
    found: dict[str, Any] = reply.json()
    return found


def ended(session: requests.Session, number: int, seconds: float = 90) -> dict[str, Any]:
    """The run once it has ended; fails with what is known when that takes longer."""
    deadline = time.monotonic() + seconds
    while (found := run(session, number))["status"] not in ENDED:
        assert time.monotonic() < deadline, found
        time.sleep(0.5)
    return found


@contextmanager
def stopped(*names: str) -> Iterator[None]:
    """Processes of the stack stopped for a while, all at once, and up again afterwards."""
    keeper = supervision.supervisor()
    try:
        for name in names:
            keeper.stopProcess(name, False)
        wait_until(lambda: all(keeper.getProcessInfo(name)["statename"] in DOWN for name in names), f"{names} did not stop")
        for name in names:
            (STATE / name / "ready").unlink(missing_ok=True)  # a worker does not take it away itself
        yield
    finally:
        for name in names:
            keeper.startProcess(name, False)  # supervisord would wait for three seconds with each, however soon it answers
        wait_until(lambda: not health.waiting(names), f"{names} did not come back")


def wait_until(is_so: Callable[[], bool], otherwise: str, seconds: float = 60) -> None:
    """Return when it is so, or fail with the words."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.1)
