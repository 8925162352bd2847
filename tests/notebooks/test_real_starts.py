"""Sessions with settings at a real hub: limits that hold, further sessions of a project, failures with their causes, ends that are put off."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from projects.notebooks import failures, worker
from tests.notebooks.conftest import opened
from tests.notebooks.own_hub import OwnHub
from vre_portal.iam.models import User

Somebody = Callable[..., tuple[User, str]]
pytestmark = pytest.mark.django_db(transaction=True)


def processes_of(server: str, user: str) -> Iterator[Path]:
    """The processes of a server, as the system lists them."""
    wanted = {f"JUPYTERHUB_SERVER_NAME={server}".encode(), f"JUPYTERHUB_USER={user}".encode()}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted <= set((folder / "environ").read_bytes().split(b"\0")):
                yield folder
        except OSError:  # ended meanwhile, or not ours
            continue


def test_a_session_has_the_size_that_was_chosen_and_its_project_a_further_one(somebody: Somebody) -> None:
    person, _ = somebody("sized")
    assert opened(person, "sized").state == "ready"
    session = opened(person, "sized", server="sized-two", name="two", options={"cpu": "1", "memory": "2"})
    assert session.state == "ready", session.message
    user = person.identities.get().subject
    folder = next(processes_of("sized-two", user))
    status, limits = (folder / "status").read_text(), (folder / "limits").read_text()
    assert [line.split()[3:5] for line in limits.splitlines() if line.startswith("Max data size")] == [[str(2 * 2**30)] * 2]
    allowed = next(line.split()[1] for line in status.splitlines() if line.startswith("Cpus_allowed_list"))
    assert allowed.isdecimal()
    assert b"MEM_LIMIT=2147483648" in (folder / "environ").read_bytes()
    first = (next(processes_of("sized", user)) / "limits").read_text()
    assert f" {2 * 2**30} " not in first


@pytest.mark.parametrize(
    ("slug", "options", "kind", "words"),
    [
        ("no-lab", {}, "ended", "no-such-program"),
        ("bad-lab", {}, "ended", "status 1"),
        ("sized", {"cpu": "64"}, "options", "It offers: 1, 2."),
        ("sized", {"environment": "no-such"}, "options", "environment can be started"),
    ],
)
def test_a_real_failure_has_its_cause(somebody: Somebody, slug: str, options: dict[str, str], kind: str, words: str) -> None:
    person, _ = somebody(slug)
    session = opened(person, slug, options=options)
    assert session.state == "failed"
    assert words in session.message
    cause = failures.cause_of(session.message, session.hub_log)
    assert cause
    assert cause.kind == kind


def test_the_hub_counts_anew_from_when_an_end_was_put_off(own_hub: OwnHub, somebody: Somebody) -> None:
    person, _ = somebody("sized")
    session, user = opened(person, "sized"), person.identities.get().subject
    before = own_hub.servers(user)["sized"]["last_activity"]
    time.sleep(0.1)
    worker.renew(session.pk)
    session.refresh_from_db()
    assert session.message == ""
    assert own_hub.servers(user)["sized"]["last_activity"] > before
    assert session.active_at
