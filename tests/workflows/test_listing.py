"""Files of runs that failed, were stopped or go on: listed once at their end, or when the person who launched the run asks."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from projects.workflows import copying, listing, outputs, polling, reana, viewers
from projects.workflows.models import Run, RunFile, RunValue
from projects.workflows.refusals import NotNow
from projects.workflows.workspace import services
from tests.factories import make_person
from tests.workflows.conftest import SERVER
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.vault import SignInAgain

Say = Callable[..., Run]
SignIn = Callable[[str], Client]
State = RunFile.State
EARLY, LATE = datetime(2026, 12, 1, 12, 3, tzinfo=UTC), datetime(2026, 12, 1, 12, 9, tzinfo=UTC)


def file(name: str, size: int = 3, modified: datetime | None = EARLY) -> reana.File:
    return reana.File(name, size, modified)


def states(run: Run) -> dict[str, str]:
    return dict(run.outputs.order_by("pk").values_list("path", "state"))


def page(client: Client, run: Run, where: str = "") -> str:
    return re.sub(r"\s+", " ", client.get(f"{run.get_absolute_url()}{where}").content.decode())


@pytest.fixture
def begun(run: Run) -> Run:
    """The run as REANA began it."""
    Run.objects.filter(pk=run.pk).update(started_at=timezone.now(), remote_id="r-1", status=Run.Status.RUNNING)
    cache.delete_many([f"failing-list-request-{run.pk}", viewers._rest_key(run.by_id, SERVER)])
    run.refresh_from_db()
    return run


@pytest.fixture
def asked(begun: Run, out_there: Say, monkeypatch: pytest.MonkeyPatch) -> Say:
    """The same with somebody's request for its files, done: `asked("running", list_files=[...])`."""
    monkeypatch.setattr(services, "require_sign_in", lambda *_: None)

    def say(state: str, **answers: Any) -> Run:
        Run.objects.filter(pk=begun.pk).update(interim_listed_at=None, list_asked_at=timezone.now())
        cache.delete(f"follow-{begun.by_id}-{SERVER}")
        return out_there(state, **answers)

    return say


def copy_here(run: Run, path: str, **columns: Any) -> RunFile:
    """A file of the run that is in the portal."""
    values = {"state": State.COPIED, "size": 3, "modified_at": EARLY, "sha256": "0" * 64, **columns}
    item, _made = RunFile.objects.update_or_create(run=run, path=path, defaults=values)
    item.file.save("copy", ContentFile(b"abc"), save=False)
    RunFile.objects.filter(pk=item.pk).update(file=item.file.name)
    return item


@pytest.mark.parametrize("state", ["failed", "stopped"])
def test_the_files_of_a_run_that_did_not_finish_are_listed_once_and_not_copied(begun: Run, out_there: Say, state: str) -> None:
    run = out_there(state, list_files=[file("work/half.dat"), file("plots/a.png")])
    assert states(run) == {"plots/a.png": State.LEFT, "out.csv": State.MISSING, "work/half.dat": State.LEFT}
    assert (run.files_total, run.files_note, run.interim_listed_at) == (2, "", None)
    assert run.listed_at is not None
    assert run.collected_at is not None
    assert polling.followed() == []
    assert not run.can_be_kept


def test_a_run_that_reana_never_began_is_not_asked_about(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(status="failed", remote_id="r-1", finished_at=timezone.now())
    assert polling.followed() == []
    run.refresh_from_db()
    assert not run.fetching


def test_runs_that_ended_long_ago_cost_no_call_until_somebody_asks(begun: Run) -> None:
    old = timezone.now() - timedelta(days=3)
    Run.objects.filter(pk=begun.pk).update(status="failed", finished_at=old)
    assert polling.followed() == []
    begun.refresh_from_db()
    assert not begun.awaits_list
    begun.ask_for_list()
    assert polling.followed() == [(begun.by_id, SERVER)]
    Run.objects.filter(pk=begun.pk).update(list_asked_at=timezone.now() - timedelta(hours=1))
    assert polling.followed() == []


def test_a_run_is_not_listed_while_it_goes_on_unless_somebody_asks(begun: Run, out_there: Say) -> None:
    run = out_there("running", list_files=AssertionError("nobody asked"))
    assert run.files_as_of is None


def test_a_run_that_goes_on_is_listed_on_request(asked: Say, signed_in: SignIn) -> None:
    run = asked("running", list_files=[file("plots/a.png"), file("work/half.dat")])
    assert states(run) == {"plots/a.png": State.LEFT, "work/half.dat": State.LEFT}  # what is not there yet is not missing
    assert run.listed_at is None
    assert run.list_asked_at is None
    assert run.collected_at is None
    text = page(signed_in("lead"), run)
    assert f"as of {timezone.localtime(run.interim_listed_at):%-d %b %Y, %H:%M} UTC" in text
    assert "The run goes on" in text
    assert "All files (2)" in text
    assert "Keep result" not in text


def test_an_ended_run_keeps_its_status_and_error_and_costs_one_call(asked: Say, begun: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reana, "status", lambda *_: pytest.fail("the status of an ended run was asked for"))
    Run.objects.filter(pk=begun.pk).update(
        status="failed", error="Step 2 failed.", finished_at=timezone.now(), list_asked_at=timezone.now()
    )
    monkeypatch.setattr(reana, "statuses", lambda *_: pytest.fail("the states of ended runs were asked for"))
    monkeypatch.setattr(reana, "list_files", lambda *_, **__: [file("a")])
    polling.follow(begun.by_id, SERVER)
    begun.refresh_from_db()
    assert (begun.status, begun.error) == ("failed", "Step 2 failed.")
    assert states(begun)["a"] == State.LEFT


def test_while_reana_is_away_the_reason_for_a_failure_stays(begun: Run, out_there: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    away = RemoteUnavailable("REANA cannot be reached.")
    run = out_there("failed", logs=reana.Logs("Out of memory", (), False), list_files=away)
    assert run.status == Run.Status.FAILED
    error = run.error
    assert error
    assert run.files_note.startswith("The list of files could not be read: REANA cannot be reached.")
    assert run.fetching
    cache.delete(f"follow-{run.by_id}-{SERVER}")

    def nobody(*_: object, **__: object) -> str:
        raise SignInAgain("x")

    monkeypatch.setattr(polling, "access_token", nobody)
    polling.follow(run.by_id, SERVER)
    run.refresh_from_db()
    assert run.error == error
    assert "signs in again" in run.files_note


def test_a_workspace_that_is_gone_is_said_once(begun: Run, out_there: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "has_patience", lambda *_: False)  # it was asked for long enough
    run = out_there("failed", list_files=RemoteRefused("REANA says: no such workspace", status=404))
    assert "no such workspace" in run.files_note
    assert polling.followed() == []
    assert not run.fetching


def test_a_request_that_fails_leaves_the_earlier_list_with_its_time(asked: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    run = asked("running", list_files=[file("a")])
    Run.objects.filter(pk=run.pk).update(interim_listed_at=EARLY)
    Run.objects.filter(pk=run.pk).update(list_asked_at=timezone.now())
    cache.clear()

    def refused(*_: object, **__: object) -> Any:
        raise RemoteRefused("No.")

    monkeypatch.setattr(reana, "list_files", refused)
    polling.follow(run.by_id, SERVER)
    run.refresh_from_db()
    assert run.list_asked_at is not None  # it may be a refusal of the moment
    monkeypatch.setattr(viewers, "has_patience", lambda *_: False)
    cache.clear()
    polling.follow(run.by_id, SERVER)
    run.refresh_from_db()
    assert (run.interim_listed_at, run.list_asked_at) == (EARLY, None)
    assert "could not be read again: No." in run.files_note
    assert states(run) == {"a": State.LEFT}


def test_copies_from_before_the_end_are_made_again_where_the_file_changed(asked: Say, begun: Run) -> None:
    for path in ("same", "changed", "gone", "timeless"):
        copy_here(begun, path)
    listed = [file("same"), file("changed", modified=LATE), file("timeless", modified=None), file("new")]
    run = asked("failed", list_files=listed)
    assert {path: state for path, state in states(run).items() if path != "out.csv"} == {
        "same": State.COPIED, "changed": State.WAITING, "gone": State.COPIED, "timeless": State.WAITING, "new": State.LEFT, "plots": State.MISSING,
    }  # fmt: skip
    changed = run.outputs.get(path="changed")
    assert (changed.file.name, changed.sha256, changed.modified_at) == ("", "", LATE)
    assert run.outputs.get(path="gone").reason == "No longer at REANA."
    assert run.fetching
    assert run.collected_at is None


def test_what_was_listed_before_the_end_is_in_the_order_of_outputs_afterwards(asked: Say) -> None:
    asked("running", list_files=[file("a"), file("z")])
    run = asked("finished", list_files=[file("a"), file("z"), file("out.csv")])
    assert list(states(run)) == ["out.csv", "plots", "a", "z"]
    assert states(run)["out.csv"] == State.WAITING


def test_a_list_that_breaks_off_takes_nothing_away(asked: Say) -> None:
    asked("running", list_files=[file("a"), file("b")])

    def broken(*_: object, **__: object) -> Any:
        yield file("a")
        raise RemoteRefused("No more.")

    run = asked("running", list_files=broken())
    assert sorted(states(run)) == ["a", "b"]
    assert "No more." in run.files_note


def test_a_worker_that_copies_a_file_which_changed_meanwhile_loses_it(asked: Say, begun: Run) -> None:
    waiting = RunFile.objects.create(run=begun, path="a", size=3, modified_at=EARLY, state=State.WAITING)
    held = RunFile.claim(waiting.pk)
    assert held is not None
    asked("running", list_files=[file("a", modified=LATE)])
    with pytest.raises(Exception, match="RunFile"):
        held.copied(size=3, sha256="0" * 64, name="runs/x", head=b"abc")
    assert RunFile.objects.get(pk=waiting.pk).state == State.WAITING


def test_files_of_a_run_that_reana_deleted_are_told_to_be_gone(asked: Say, begun: Run, signed_in: SignIn) -> None:
    asked("running", list_files=[file("a")])
    run = asked("deleted", list_files=AssertionError("there is nothing to list"))
    assert (run.status, states(run)) == ("deleted", {"a": State.DELETED})
    assert "deleted at REANA" in page(signed_in("lead"), run)


def test_numbers_in_the_outputs_of_a_failed_run_are_no_results(begun: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Run.objects.filter(pk=begun.pk).update(status="failed", listed_at=timezone.now())
    item = copy_here(begun, "out.csv")
    with item.file.storage.open(item.file.name, "wb") as content:
        content.write(b"quantity,value\nflux,3\n")
    cache.delete(f"copy-files-{begun.pk}")
    copying.copy_files(begun.pk)
    begun.refresh_from_db()
    assert begun.collected_at is not None
    assert not RunValue.objects.filter(run=begun, kind=RunValue.Kind.RESULT).exists()


def test_the_person_who_launched_it_asks_and_nobody_else(begun: Run, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "require_sign_in", lambda *_: None)
    address = f"{begun.get_absolute_url()}files/list/"
    other = make_person("member")
    begun.project.memberships.create(user=other, role="editor")
    member = signed_in("member")
    assert "Refresh file list" not in page(member, begun)
    assert "who launched the run, can refresh the file list." in page(member, begun)
    assert member.post(address).status_code == 403
    begun.refresh_from_db()
    assert begun.list_asked_at is None
    lead = signed_in("lead")
    assert "Refresh file list" in page(lead, begun)
    assert lead.post(address)["Location"] == f"{begun.get_absolute_url()}#files"
    assert lead.post(address, {"back": "files"})["Location"] == f"{begun.get_absolute_url()}files/"
    begun.refresh_from_db()
    assert begun.list_asked_at is not None
    for where in ("", "files/"):
        text = page(lead, begun, where)
        assert "Reading the list of files from REANA." in text
        assert "Refresh file list" not in text


def test_why_a_list_is_refused(begun: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "require_sign_in", lambda *_: None)

    def refusal(**columns: Any) -> str:
        Run.objects.filter(pk=begun.pk).update(**columns)
        begun.refresh_from_db()
        with pytest.raises(NotNow) as refused:
            services.list_files(by=begun.by, run=begun)
        return str(refused.value)

    assert "a few seconds ago" in refusal(interim_listed_at=timezone.now())
    assert "does not change" in refusal(status="finished", listed_at=EARLY)
    assert "are deleted" in refusal(status="failed", workspace_deleted_at=EARLY)
    assert "no files at REANA" in refusal(workspace_deleted_at=None, started_at=None)


def test_files_of_a_run_that_was_continued_are_those_of_the_later_run(begun: Run) -> None:
    Run.objects.filter(pk=begun.pk).update(status="failed", finished_at=timezone.now())
    begun.refresh_from_db()
    assert listing.why_not_listed(begun) == ""
    later = Run(project=begun.project, number=2, by=begun.by, specification=begun.specification, server=SERVER, name=Run.new_name())
    later.key, later.workspace_name, later.continues = begun.key.__class__(int=7), begun.name, begun
    later.save()
    assert "continues this one" in listing.why_not_listed(begun)


@pytest.mark.parametrize(("listed", "state"), [(None, State.WAITING), (EARLY, State.COPIED)])
def test_a_copy_is_made_again_only_where_it_was_made_before_the_end(
    begun: Run, settings: Any, tmp_path: Any, listed: datetime | None, state: str
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    kept = RunFile(run=begun, path="out.csv", size=3, modified_at=EARLY, state=State.COPIED)
    kept.file.save("x", ContentFile(b"1,2"))
    begun.status, begun.listed_at = Run.Status.FAILED, listed
    outputs.store(begun, [RunFile(run=begun, path="out.csv", size=4, modified_at=LATE)], is_complete=True, most=9, max_bytes=9)
    assert begun.outputs.get().state == state


def test_outputs_of_a_failed_run_are_copied_by_one_press(begun: Run, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projects.workflows.services.require_sign_in", lambda *_: None)
    Run.objects.filter(pk=begun.pk).update(status="failed", listed_at=EARLY, collected_at=EARLY)
    for path, declared in (("out.csv", True), ("work.dat", False)):
        RunFile.objects.create(run=begun, path=path, size=3, state=State.LEFT, is_declared=declared)
    lead = signed_in("lead")
    assert "Copy outputs to the portal" in page(lead, begun)
    lead.post(f"{begun.get_absolute_url()}files/copy/", {"file": "outputs"})
    assert states(begun) == {"out.csv": State.WAITING, "work.dat": State.LEFT}
    assert "Copying 1 file from REANA." in page(lead, begun)


def test_the_bound_holds_however_often_a_list_breaks_off(begun: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "MAX_ROWS", 3)
    for round_number in range(3):
        rows = [RunFile(run=begun, path=f"{round_number}-{n}", state=State.LEFT) for n in range(2)]
        outputs.store(begun, rows, is_complete=False, most=3, max_bytes=10)
    assert begun.outputs.count() == 3
