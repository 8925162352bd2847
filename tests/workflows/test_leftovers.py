"""A launch that is refused leaves nothing at REANA, whoever died in between; what stays there is said."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from projects.workflows import leftovers, reana, staging, worker
from projects.workflows.models import Run
from tests.devstack.reana_server import PYTHON, Server, running, serial
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.vault import SignInAgain
from vre_portal.services import Service, ServiceKind

needs_server = pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed")
QUOTA = 1000


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("quota"), REANA_DISK_QUOTA=str(QUOTA)) as server:
        yield server


@pytest.fixture(params=["bearer", "query"])
def there(request: pytest.FixtureRequest, run: Run, stack: Server, monkeypatch: pytest.MonkeyPatch) -> tuple[Service, str]:
    """A real server whose disk is small, for the run."""
    url, token = (stack.query_url, stack.token()) if request.param == "query" else (stack.url, stack.bearer())
    server = Service(ServiceKind.REANA, run.server, "Test REANA", url, "reana", {"dialect": request.param})
    for module in (worker, leftovers):
        monkeypatch.setattr(module, "service", lambda *_: server)
        monkeypatch.setattr(module, "access_token", lambda *_, **__: token)
    monkeypatch.setattr(Run, "content", serial("true"))
    run.code = {"a-large-file.py": "x" * QUOTA, "b.py": "y"}
    run.save()
    return server, token


def states(there: tuple[Service, str], run: Run) -> list[str]:
    """Of all workflows by the run's name."""
    return [item.status for item in reana.listed(*there, name=run.name).items]


def submitted(run: Run) -> Run:
    worker.submit(run.pk)
    return Run.objects.get(pk=run.pk)


@pytest.mark.integration
@needs_server
def test_a_quota_reached_at_an_upload_leaves_nothing(run: Run, there: tuple[Service, str]) -> None:
    found = submitted(run)
    assert found.status == Run.Status.QUEUED  # it waits for room
    assert "User quota exceeded" in found.quota_note
    assert "https://docs.reana.io/advanced-usage/user-quotas" in found.quota_note
    assert states(there, run) == ["deleted"]
    assert reana.create(*there, f"after-{uuid.uuid4().hex}", serial("true"))  # there is room again


@pytest.mark.integration
@needs_server
def test_what_a_worker_created_before_it_died_is_found_by_name_and_deleted(run: Run, there: tuple[Service, str]) -> None:
    for _ in range(2):
        reana.create(*there, run.name, serial("true"))
    Run.objects.filter(pk=run.pk).update(attempt=1, status=Run.Status.SUBMITTING)
    assert submitted(run).status == Run.Status.QUEUED
    assert states(there, run) == ["deleted", "deleted"]


@pytest.mark.integration
@needs_server
def test_one_that_runs_is_not_deleted(run: Run, there: tuple[Service, str]) -> None:
    running_now = reana.create(*there, run.name, serial("sleep 5"))
    reana.start(*there, running_now)
    Run.claim(run.pk)
    claimed = Run.objects.get(pk=run.pk)
    leftovers.delete(claimed, *there)
    assert "deleted" not in states(there, run)
    reana.stop(*there, running_now)


@pytest.fixture
def refused_at_upload(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A launch whose upload is refused, with what the deletion answers."""

    def set_up(error: Exception, delete: Exception | None = None, find: Exception | None = None) -> None:
        one = reana.RemoteRun("r-1", run.name, (1,), "created", None, None, None, 0, 0, 0, "", "")
        answers: dict[str, Any] = {"create": "r-1", "status": one, "find_by_name": find or [one], "delete": delete}
        for name, answer in answers.items():
            monkeypatch.setattr(reana, name, lambda *_, answer=answer, **__: raised(answer))
        monkeypatch.setattr(staging, "bring", lambda *_: raised(error))
        monkeypatch.setattr(leftovers, "service", worker.service)
        monkeypatch.setattr(leftovers, "access_token", lambda *_, **__: "token")

    return set_up


def raised(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer


REFUSED = RemoteRefused("REANA says: User quota exceeded", status=403)
AWAY = RemoteUnavailable("REANA cannot be reached.")


def test_where_it_cannot_be_deleted_now_the_launch_is_not_over(run: Run, refused_at_upload: Callable[..., None]) -> None:
    refused_at_upload(REFUSED, delete=AWAY)
    found = submitted(run)
    assert found.status == Run.Status.SUBMITTING
    assert "quota exceeded" in found.error
    assert "quota exceeded. What was created at REANA will be deleted when the server answers again. REANA cannot" in found.error
    Run.objects.update(lease_until=None)
    refused_at_upload(REFUSED)
    found = submitted(run)
    assert (found.status, found.remote_id) == (Run.Status.QUEUED, "")  # it waits for room


@pytest.mark.parametrize("why", [RemoteRefused("REANA says: no", status=403), SignInAgain("Your sign-in has expired.")])
def test_what_stays_there_is_said(run: Run, refused_at_upload: Callable[..., None], why: Exception) -> None:
    refused_at_upload(REFUSED, delete=why)
    found = submitted(run)
    assert found.status == Run.Status.FAILED
    assert "quota exceeded" in found.error
    assert run.name in found.error
    assert "could not be deleted and counts against your quota" in found.error
    assert f"quota exceeded. The workflow {run.name}" in found.error
    assert found.error.endswith(("REANA says: no.", "has expired."))


def test_after_many_attempts_it_ends_and_says_what_stays(run: Run, refused_at_upload: Callable[..., None]) -> None:
    refused_at_upload(REFUSED, find=AWAY)
    Run.objects.update(tries=leftovers.MAX_TRIES - 1, remote_id="r-1")
    found = submitted(run)
    assert found.status == Run.Status.FAILED
    assert "could not be deleted" in found.error


def test_looks_at_a_used_up_quota_are_no_failed_attempts(run: Run, refused_at_upload: Callable[..., None]) -> None:
    refused_at_upload(REFUSED, find=AWAY)
    Run.objects.update(attempt=200, remote_id="r-1")
    found = submitted(run)
    assert (found.status, found.tries) == (Run.Status.SUBMITTING, 1)
    assert "will be deleted when the server answers again" in found.error


@pytest.mark.integration
@needs_server
def test_a_launch_that_killed_its_workers_leaves_nothing(run: Run, there: tuple[Service, str]) -> None:
    reana.create(*there, run.name, serial("true"))
    Run.objects.filter(pk=run.pk).update(attempt=5, claims=5, status=Run.Status.SUBMITTING)
    assert submitted(run).status == Run.Status.FAILED
    assert states(there, run) == ["deleted"]


def test_a_launch_that_is_given_up_while_reana_is_away_says_what_stays(run: Run, refused_at_upload: Callable[..., None]) -> None:
    refused_at_upload(REFUSED, find=AWAY)
    Run.objects.filter(pk=run.pk).update(attempt=5, claims=5, status=Run.Status.SUBMITTING)
    found = submitted(run)
    assert found.status == Run.Status.FAILED
    assert "could not be deleted" in found.error


def test_what_is_gone_already_is_no_failure(run: Run, refused_at_upload: Callable[..., None]) -> None:
    refused_at_upload(REFUSED, delete=RemoteRefused("gone", status=404))
    assert "REANA says: User quota exceeded" in submitted(run).quota_note


@pytest.mark.parametrize("code", ["no-token", "wrong-token"])
def test_without_a_valid_stored_token_a_later_attempt_waits(run: Run, refused_at_upload: Callable[..., None], code: str) -> None:
    refused_at_upload(RemoteRefused("Store a valid one: https://portal/me/services/", code=code))
    found = submitted(run)
    assert found.status == Run.Status.SUBMITTING
    assert "/me/services/" in found.error
