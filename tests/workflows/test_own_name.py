"""A launch that was interrupted is looked for at REANA by our own name before anything is created: seen at a real server."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from projects.workflows import reana, worker
from projects.workflows.models import Run
from tests.devstack.reana_server import PYTHON, Server, running, serial
from vre_portal.services import Service, ServiceKind

pytestmark = [
    pytest.mark.integration("postgres"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("own-name")) as found:
        yield found


@pytest.fixture
def there(run: Run, server: Server, monkeypatch: pytest.MonkeyPatch) -> Service:
    """The server, as the worker speaks to it in the lead's name."""
    place = Service(ServiceKind.REANA, "own-name", "Test REANA", server.query_url, "reana", {"dialect": "query", "requests_per_second": 0})
    monkeypatch.setattr(worker, "service", lambda *_: place)
    monkeypatch.setattr(worker, "access_token", lambda *_, **__: server.token())
    content = serial("true", name=run.name)
    Run.objects.filter(pk=run.pk).update(text=json.dumps(content))
    return place


class Killed(BaseException):
    """As far as the row knows, the process died here."""


def names(server: Server) -> list[str]:
    """Every workflow that the server has, deleted ones left out."""
    items = server.call("GET", "/workflows", params={"type": "batch", "page": 1, "size": 100, "include_progress": "true"}).json()["items"]
    return [item["name"].split(".")[0] for item in items if item["status"] != "deleted"]


def interrupted(run: Run, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An attempt that comes as far as this and is never heard of again."""

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(*{"written down": (Run, "created_remotely"), "started": (reana, "start")}[where], die)
        with pytest.raises(Killed):
            worker.submit(run.pk)
    Run.objects.update(lease_until=None)


@pytest.mark.parametrize("where", ["written down", "started"])
def test_what_an_interrupted_attempt_created_is_taken_and_nothing_else_is_created(
    run: Run, there: Service, server: Server, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    interrupted(run, where, monkeypatch)
    assert names(server).count(run.name) == 1
    worker.submit(run.pk)
    run = Run.objects.get(pk=run.pk)
    assert (run.status, names(server).count(run.name)) == ("pending", 1)
    assert reana.status(there, server.token(), run.remote_id).name == run.name


def test_a_name_that_only_contains_ours_is_another_run(run: Run, there: Service, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    other = server.create(serial("true", name="x"), name=f"{run.name}-again")
    interrupted(run, "written down", monkeypatch)
    worker.submit(run.pk)
    run = Run.objects.get(pk=run.pk)
    assert run.remote_id != other
    assert names(server).count(run.name) == 1


def test_of_two_that_were_created_the_first_is_started(run: Run, there: Service, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """As two workers may create them, one of which had lost its lease without knowing yet."""
    interrupted(run, "written down", monkeypatch)
    second = reana.create(there, server.token(), run.name, run.content)
    Run.objects.update(remote_id=second)
    worker.submit(run.pk)
    Run.objects.update(lease_until=None)
    worker.submit(run.pk)
    run = Run.objects.get(pk=run.pk)
    assert run.status == "pending"
    assert run.remote_id != second
    assert reana.status(there, server.token(), second).status == "deleted"  # it never ran, and counts against nobody's quota
