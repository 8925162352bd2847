"""What the portal's service and a person's browser do with the running hub, in a few functions."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import requests

from devstack.address import HUB_URL, ROOT, secret, subject
from tests.devstack.iam_client import sign_in

API = f"{HUB_URL}/hub/api"
DIDS = ["KM3NET_ECAP_SP:DM.PointSourceIRF.km3irf"]


def service(method: str, path: str, **options: Any) -> requests.Response:
    """One call of the hub's API as the portal's service."""
    headers = {"Authorization": f"token {secret('hub-service-portal')}"}
    return requests.request(method, f"{API}{path}", headers=headers, timeout=30, **options)


def browser_at_hub(name: str, next_page: str = "/hub/home") -> tuple[requests.Session, requests.Response]:
    """A browser that has signed in at the IAM and then visits the hub; no second password is typed."""
    browser = sign_in(name)
    return browser, browser.get(f"{HUB_URL}/hub/oauth_login", params={"next": next_page}, timeout=30)


def ask(name: str, project: str, options: dict[str, Any] | None = None) -> requests.Response:
    """Ask for a session of a project, with right options unless others are given."""
    right = {"project": project, "title": "Point sources with KM3NeT", "dids": DIDS}
    return service("POST", f"/users/{subject(name)}/servers/{project}", json=right if options is None else options)


def progress(name: str, project: str) -> Iterator[dict[str, Any]]:
    """The events that the hub sends while the session starts."""
    headers = {"Authorization": f"token {secret('hub-service-portal')}"}
    url = f"{API}/users/{subject(name)}/servers/{project}/progress"
    with requests.get(url, headers=headers, timeout=60, stream=True) as reply:
        assert reply.status_code == 200, reply.text
        for line in reply.iter_lines(decode_unicode=True):
            if line.startswith("data:"):
                yield json.loads(line.removeprefix("data:"))


def stop(name: str, project: str) -> requests.Response:
    """Stop a session and forget it."""
    return service("DELETE", f"/users/{subject(name)}/servers/{project}", json={"remove": True})


def grant(project: str, name: str = "member", group: str = "escape/km3net") -> None:
    """Let the running portal, which the hub asks before each start, have a project in which somebody of that group may use notebooks."""
    code = (
        "from projects.models import Membership, Project\n"
        "from tests.factories import make_person\n"
        f"project, _ = Project.objects.get_or_create(slug={project!r}, defaults={{'title': 'For tests of the hub'}})\n"
        f"Membership.objects.get_or_create(project=project, group={group!r}, defaults={{'role': 'member'}})\n"
        f"make_person({name!r})\n"
    )
    command = [sys.executable, "-m", "devstack.portal.manage", "--", sys.executable, "manage.py", "shell", "-c", code]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
