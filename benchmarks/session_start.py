"""How long a session takes from the press of *Start session* until Lab is ready, beside the hub's own start of the same server.

    python -m devstack.portal.manage -- python benchmarks/session_start.py [rounds]

The local stack has to be up. Medians of both, in turn.
"""

import statistics
import sys
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from devstack.address import subject
from tests.devstack.hub_client import DIDS, browser_at_hub, progress, service
from tests.notebooks.visitor import NOTEBOOKS, PROJECT, Visitor

PERSON, MOST = "member", 1.05


def through_portal(member: Visitor) -> float:
    """Seconds from the press until the portal sends the browser to Lab."""
    key = str(uuid.uuid4())
    begin = time.monotonic()
    page = member.post(f"{NOTEBOOKS}new/", key=key, hub="hub", cpu="1", memory="2")
    address = page.url.partition("?")[0]
    while (state := member.get(f"{address}?format=json").json()["state"]) != "ready":
        assert state in ("asked", "starting"), state
        time.sleep(0.1)
    return time.monotonic() - begin


def at_the_hub() -> float:
    """Seconds that the hub needs for the same server."""
    options = {"project": PROJECT, "title": "Benchmark", "dids": DIDS, "cpu": "1", "memory": "2"}
    begin = time.monotonic()
    reply = service("POST", f"/users/{subject(PERSON)}/servers/{PROJECT}", json=options)
    assert reply.status_code in (201, 202), reply.text
    events = [] if reply.status_code == 201 else list(progress(PERSON, PROJECT))
    assert not events or events[-1].get("ready"), events
    return time.monotonic() - begin


def end() -> None:
    """Stop the server, and wait until it is gone."""
    path = f"/users/{subject(PERSON)}"
    while PROJECT in service("GET", path).json()["servers"]:
        service("DELETE", f"{path}/servers/{PROJECT}")
        time.sleep(0.3)


def main() -> None:
    """Both in turn, after one start that warms the machine; exits with 1 where the portal adds more than it may."""
    browser_at_hub(PERSON)
    member, rounds = Visitor(PERSON), int(sys.argv[1]) if len(sys.argv) > 1 else 5
    portal, hub = [], []
    for number in range(rounds + 1):
        member.stop()
        end()
        direct = at_the_hub()
        end()
        pressed = through_portal(member)
        if number:
            hub.append(direct)
            portal.append(pressed)
    member.stop()
    ratio = statistics.median(portal) / statistics.median(hub)
    print(
        f"portal {statistics.median(portal):.2f} s, hub {statistics.median(hub):.2f} s, ratio {ratio:.3f} (at most {MOST}), {rounds} rounds"
    )
    sys.exit(ratio > MOST)


if __name__ == "__main__":
    main()
