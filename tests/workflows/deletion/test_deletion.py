"""A run is deleted there, here, or both: by whom it may be, saying first what is lost, and however often it is interrupted."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from projects.workflows import new_runs, publication, reana
from projects.workflows.deletion import services as deletion
from projects.workflows.deletion import worker
from projects.workflows.erasure_checks import still_at_work
from projects.workflows.models import DeletedRun, FetchSecret, Keep, Result, Run, RunDeletion, RunFile
from projects.workflows.refusals import NotNow
from tests.workflows.conftest import failing
from vre_portal.audit.models import AuditEntry
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

SignIn = Callable[[str], Client]


@pytest.fixture
def at_reana(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the workflows that REANA was asked to delete; it has three by every name."""
    asked: list[str] = []
    there = [SimpleNamespace(id=key, status="finished", run_number=(1,)) for key in ("r-1", "r-1.1")]
    monkeypatch.setattr(reana, "delete", lambda server, token, workflow: asked.append(workflow))
    monkeypatch.setattr(reana, "find_by_name", lambda *_: there)
    monkeypatch.setattr(worker, "access_token", lambda *_, **__: "token")
    monkeypatch.setattr(worker, "service", lambda kind, name: Service(kind, name, "Test server", "http://127.0.0.1:9"))
    monkeypatch.setattr(deletion, "require_sign_in", lambda *_: None)
    return asked


@pytest.fixture
def ended(run: Run) -> Run:
    """The run with one copied file and one that is at REANA only."""
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(status="finished", remote_id="r-1", listed_at=now, collected_at=now, finished_at=now)
    run.refresh_from_db()
    here = RunFile(run=run, path="out.csv", size=3, state=RunFile.State.COPIED)
    here.file.save("out", ContentFile(b"a,b"))
    RunFile.objects.create(run=run, path="large.h5", size=5 * 10**9, state=RunFile.State.LEFT)
    return run


def ask(run: Run, *, workspace: bool = False, here: bool = False) -> RunDeletion:
    found = Run.objects.select_related("project", "by").get(pk=run.pk)
    return deletion.delete(by=found.by, run=found, workspace=workspace, here=here)


def page_of(browser: Client, run: Run) -> str:
    """The words of the page; boxes that are offered stand in braces."""
    page = re.sub(r'<input type="checkbox" name="(\w+)"[^>]*>', r"{\1}", browser.get(f"{run.get_absolute_url()}delete/").content.decode())
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def test_the_page_says_what_is_lost_and_what_stays(ended: Run, kept: Keep, signed_in: SignIn) -> None:
    Keep.objects.update(status=Keep.Status.OK)
    page = page_of(signed_in("lead"), ended)
    assert "1 file (5.0 GB) that is only there is lost. Declared outputs lost: 1." in page
    assert "1 copied file (3 B) is lost." in page
    assert "TEST_SP:DM.X stays in the Data Lake." in page


def test_the_workspace_goes_and_what_was_copied_stays(ended: Run, at_reana: list[str]) -> None:
    job = ask(ended, workspace=True)
    worker.delete(job.pk)
    job.refresh_from_db()
    found = Run.objects.get(pk=ended.pk)
    assert (job.state, at_reana) == ("done", ["r-1", "r-1", "r-1.1"])
    assert found.workspace_deleted_at
    assert dict(found.outputs.values_list("path", "state")) == {"out.csv": "copied", "large.h5": "deleted"}
    assert AuditEntry.objects.filter(action="run.delete").count() == 1
    with pytest.raises(NotNow, match="deleted already"):
        ask(ended, workspace=True)


def test_the_run_goes_with_its_files_and_its_number_is_not_given_again(
    ended: Run, at_reana: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    file = ended.outputs.get(path="out.csv").file
    job = ask(ended, workspace=True, here=True)
    with django_capture_on_commit_callbacks(execute=True):
        worker.delete(job.pk)
    assert not Run.objects.exists()
    assert not RunDeletion.objects.exists()
    assert not file.storage.exists(file.name)
    assert DeletedRun.objects.get().number == 1
    assert new_runs.next_number_and_active(ended.by, ended.project) == (2, 0)
    worker.delete(job.pk)  # a message that comes again


def test_a_run_in_the_portal_is_deleted_without_a_word_to_reana(ended: Run, at_reana: list[str]) -> None:
    worker.delete(ask(ended, here=True).pk)
    assert (Run.objects.count(), at_reana) == (0, [])


@pytest.mark.parametrize("status", [404, 400])
def test_what_an_interrupted_attempt_deleted_is_no_error(
    ended: Run, at_reana: list[str], monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(reana, "delete", lambda *_: failing(RemoteRefused("gone", status=status)))
    monkeypatch.setattr(reana, "status", lambda *_: SimpleNamespace(status="deleted"))
    job = ask(ended, workspace=True)
    worker.delete(job.pk)
    job.refresh_from_db()
    assert job.state == "done"


def test_an_outage_is_waited_for_and_a_refusal_is_said_and_can_be_tried_again(
    ended: Run, at_reana: list[str], monkeypatch: pytest.MonkeyPatch, signed_in: SignIn
) -> None:
    job = ask(ended, workspace=True)
    monkeypatch.setattr(reana, "delete", lambda *_: failing(RemoteUnavailable("away")))
    worker.delete(job.pk)
    job.refresh_from_db()
    assert job.is_waiting
    assert "away" in job.error
    assert "being deleted" in page_of(signed_in("lead"), ended)
    with pytest.raises(NotNow, match="already being deleted"):
        ask(ended, workspace=True)
    monkeypatch.setattr(reana, "delete", lambda *_: failing(RemoteRefused("it is running", status=409)))
    monkeypatch.setattr(reana, "status", lambda *_: SimpleNamespace(status="running"))
    RunDeletion.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    worker.delete(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "it is running")
    assert Run.objects.get(pk=ended.pk).workspace_deleted_at is None
    assert "The deletion failed." in page_of(signed_in("lead"), ended)
    assert ask(ended, workspace=True).pk == job.pk


def test_members_delete_only_their_own_and_leads_any_in_the_portal(ended: Run, at_reana: list[str], signed_in: SignIn) -> None:
    ended.project.memberships.create(group="escape/km3net", role="member")
    member = signed_in("member")
    address = f"{ended.get_absolute_url()}delete/"
    assert member.get(address).status_code == 403
    assert member.post(address, {"here": "on"}).status_code == 403
    Run.objects.filter(pk=ended.pk).update(by=member.session["_auth_user_id"])
    lead = signed_in("lead")
    page = page_of(lead, ended)
    assert "can delete its files at REANA" in page
    assert "{workspace}" not in page
    assert "{here}" in page
    assert lead.post(address, {"workspace": "on"}).status_code == 422
    assert lead.post(address, {"here": "on"}).status_code == 302
    assert RunDeletion.objects.get().of_run


@pytest.mark.parametrize(
    ("facts", "words"),
    [({"status": "running"}, "has not ended"), ({"published_at": timezone.now()}, "Unpublish it first")],
)
def test_a_run_that_goes_on_or_is_published_is_not_deleted(ended: Run, facts: dict[str, Any], words: str) -> None:
    Run.objects.filter(pk=ended.pk).update(**facts)
    with pytest.raises(NotNow, match=words):
        ask(ended, here=True)


def test_a_result_that_was_public_keeps_its_page(ended: Run) -> None:
    Result.objects.create(run=ended, title="R", was_published=True)
    with pytest.raises(NotNow, match="its page stays"):
        ask(ended, here=True)


def test_a_result_on_its_way_and_a_run_in_the_same_workspace_are_waited_for(ended: Run, kept: Keep, at_reana: list[str]) -> None:
    with pytest.raises(NotNow, match="still being stored"):
        ask(ended, workspace=True)
    Keep.objects.all().delete()
    Run.objects.create(
        project=ended.project, number=2, by=ended.by, specification=ended.specification, text=ended.text, key=ended.pk and Run.new_name()[4:],
        server=ended.server, name=Run.new_name(), workspace_name=ended.name, continues=ended, status="running",
    )  # fmt: skip
    with pytest.raises(NotNow, match="Run 2 uses the same files"):
        ask(ended, workspace=True)
    Run.objects.filter(number=2).update(status="finished")  # its files are not listed yet
    with pytest.raises(NotNow, match="Run 2 uses the same files at REANA, and some of them are still being copied"):
        ask(ended, workspace=True)
    Run.objects.filter(number=2).update(collected_at=timezone.now())
    of_other = Keep.objects.create(
        run=Run.objects.get(number=2), by=ended.by, key=uuid.uuid4(), lake="escape", scope="TEST_SP", dataset="DM.Y", paths=["a"],
        rse="A", copy_rse="B", status="uploading",
    )  # fmt: skip
    with pytest.raises(NotNow, match="A result of a run with the same files"):
        ask(ended, workspace=True)
    of_other.delete()
    worker.delete(ask(ended, workspace=True).pk)
    assert Run.objects.filter(workspace_deleted_at=None).count() == 0


@pytest.mark.parametrize("facts", [{"listed_at": None, "collected_at": None}, {"collected_at": None}, {}])
def test_files_that_are_still_to_be_listed_or_copied_are_waited_for(ended: Run, at_reana: list[str], facts: dict[str, Any]) -> None:
    if not facts:
        RunFile.objects.filter(path="large.h5").update(state=RunFile.State.WAITING)
    else:
        Run.objects.filter(pk=ended.pk).update(**facts)
    with pytest.raises(NotNow, match="still being copied"):
        ask(ended, workspace=True)
    assert ask(ended, here=True).of_run


def test_what_was_published_after_the_wish_is_not_deleted(ended: Run) -> None:
    job = ask(ended, here=True)
    Run.objects.filter(pk=ended.pk).update(published_at=timezone.now())
    worker.delete(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "This run is published. Unpublish it first.")


def test_what_was_published_while_its_files_were_deleted_stays(ended: Run, at_reana: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reana, "delete", lambda *_: Run.objects.filter(pk=ended.pk).update(published_at=timezone.now()))
    job = ask(ended, workspace=True, here=True)
    worker.delete(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "This run is published. Unpublish it first.")


def test_where_the_run_has_to_stay_its_files_stay(ended: Run, at_reana: list[str]) -> None:
    job = ask(ended, workspace=True, here=True)
    Run.objects.filter(pk=ended.pk).update(published_at=timezone.now())
    worker.delete(job.pk)
    job.refresh_from_db()
    assert (job.state, at_reana) == ("failed", [])


def test_a_run_that_is_being_deleted_is_not_published(ended: Run, at_reana: list[str]) -> None:
    Run.objects.filter(pk=ended.pk).update(was_public=True)
    job = ask(ended, here=True)
    with pytest.raises(publication.NotPublished, match="being deleted"):
        publication.publish(by=ended.by, run=ended, confirmed=[])
    publication.publish_earlier(by=ended.by, project=ended.project)
    worker.delete(job.pk)
    assert not Run.objects.exists()


def test_a_withdrawn_result_and_one_that_was_kept_stay_with_their_run(ended: Run, kept: Keep) -> None:
    Keep.objects.update(status=Keep.Status.OK)
    result = Result.objects.create(run=ended, title="R")
    with pytest.raises(NotNow, match="stored in the Data Lake, so its page stays"):
        ask(ended, here=True)
    Keep.objects.all().delete()
    result.withdraw(ended.by, "wrong")
    with pytest.raises(NotNow, match="was withdrawn"):
        ask(ended, here=True)
    Result.objects.all().delete()
    Result.objects.create(run=ended, title="R")
    assert ask(ended, here=True).of_run


def test_a_secret_that_is_still_at_reana_is_deleted_first(ended: Run) -> None:
    secret = FetchSecret.objects.create(run=ended, state=FetchSecret.State.MADE)
    with pytest.raises(NotNow, match="secret of this run at REANA is still being deleted"):
        ask(ended, here=True)
    assert still_at_work(ended.by) == ["The secret of 1 of your runs is still being deleted at REANA. Wait until this is complete."]
    Run.objects.filter(pk=ended.pk).update(finished_at=timezone.now() - timedelta(days=8))  # nobody waits for ever
    assert still_at_work(ended.by) == []
    assert ask(ended, here=True).of_run
    Run.objects.filter(pk=ended.pk).update(finished_at=timezone.now())
    secret.was_deleted()
    assert still_at_work(ended.by) == ["1 run is still being deleted. Wait until this is complete."]


def test_files_that_are_not_listed_and_those_of_other_runs_are_counted(ended: Run, signed_in: SignIn) -> None:
    lead = signed_in("lead")
    RunFile.objects.filter(state=RunFile.State.LEFT).update(state=RunFile.State.COPIED)
    RunFile.objects.create(run=ended, path="never.csv", state=RunFile.State.MISSING, is_declared=True)
    Run.objects.filter(pk=ended.pk).update(files_total=2)
    assert "All files that are listed there are copied" in page_of(lead, ended)
    Run.objects.filter(pk=ended.pk).update(files_total=7002, files_note="The run has 7,002 files; 2 are listed here.")
    page = page_of(lead, ended)
    assert "All files that are listed there" not in page
    assert "7,000 files that the portal does not list are lost, too." in page
    assert "The run has 7,002 files; 2 are listed here." in page
    other = Run.objects.create(
        project=ended.project, number=2, by=ended.by, specification=ended.specification, text=ended.text, key=uuid.uuid4(),
        server=ended.server, name=Run.new_name(), workspace_name=ended.name, continues=ended, status="failed",
    )  # fmt: skip
    RunFile.objects.create(run=other, path="large.h5", state=RunFile.State.LEFT)
    assert "1 file of other runs in the same workspace that is only there is lost." in page_of(lead, ended)
    RunFile.objects.filter(run=ended, path="large.h5").update(state=RunFile.State.LEFT)  # the same file is counted once
    assert "of other runs in the same workspace" not in page_of(lead, ended)
