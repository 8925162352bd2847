"""A run that continues another one is checked before it is restarted, as every launch is, and its images are recorded."""

import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from projects.workflows import reana
from projects.workflows.models import Run
from projects.workflows.reana.answers import Usage
from tests.workflows.conftest import run as run
from tests.workflows.preflight.conftest import Registry
from tests.workflows.preflight.test_in_job import at_reana as at_reana
from tests.workflows.preflight.test_in_job import submitted


@pytest.fixture
def continuing(run: Run, at_reana: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run that is to continue a failed one of the same text."""
    Run.objects.filter(pk=run.pk).update(status=Run.Status.FAILED, remote_id="r-1")
    run.refresh_from_db()
    there = [SimpleNamespace(id="r-1", status="failed", run_number=(1,))]

    def restart(*_: Any) -> str:
        at_reana["asked"].append("restart")
        there.append(SimpleNamespace(id="r-2", status="running", run_number=(1, 1)))
        return "r-2"

    monkeypatch.setattr(reana, "find_by_name", lambda *_: list(there))
    monkeypatch.setattr(reana, "status", lambda _server, _token, key: next(item for item in there if item.id == key))
    monkeypatch.setattr(reana, "restart", restart)
    same = {name: getattr(run, name) for name in ("project", "by", "specification", "text", "server")}
    return Run.objects.create(
        **same, number=2, key=uuid.uuid4(), name=Run.new_name(), continues=run, workspace_name=run.name, from_step="s"
    )


def test_its_images_are_recorded(continuing: Run, at_reana: dict[str, Any], registry: Registry) -> None:
    registry.digests = {"team/a:1": f"sha256:{'a' * 64}"}
    found = submitted(continuing)
    assert (found.status, found.remote_id) == (Run.Status.PENDING, "r-2")
    assert found.image_digests == {f"{registry.host}/team/a:1": f"sha256:{'a' * 64}"}


def test_what_cannot_run_is_not_restarted(continuing: Run, at_reana: dict[str, Any], registry: Registry) -> None:
    registry.images = set()
    found = submitted(continuing)
    assert found.status == Run.Status.FAILED
    assert found.error.startswith(f"Does not exist: {registry.host}/team/a:1.")
    assert not {"restart", "delete"} & set(at_reana["asked"])


def test_room_in_the_quota_is_waited_for(continuing: Run, at_reana: dict[str, Any]) -> None:
    at_reana["cpu"] = Usage(7_200_000, "", 7_200_000)
    found = submitted(continuing)
    assert (found.status, bool(found.quota_note), found.remote_before) == (Run.Status.QUEUED, True, None)
    at_reana["cpu"] = Usage(1, "", 7_200_000)
    Run.objects.filter(pk=continuing.pk).update(lease_until=None)
    assert submitted(continuing).status == Run.Status.PENDING
    assert at_reana["asked"].count("restart") == 1
