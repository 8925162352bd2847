"""What is told of runs and kept results: each event once, to those who may see the run now, and with the state or not at all."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from projects.audience import Origin
from projects.models import Membership, Project, Role
from projects.workflows import polling, publication, reana, services, worker
from projects.workflows.models import Keep, Run
from tests.factories import make_person
from tests.notices.reading import seen_by, title_of
from tests.workflows.conftest import SERVER
from tests.workflows.test_who_sees_runs import EMBARGO
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.iam.vault import SignInAgain
from vre_portal.notices.kinds import Delivery
from vre_portal.notices.models import Event, Follow, Notice
from vre_portal.notices.services import notify
from vre_portal.search.audiences import PUBLIC

pytestmark = pytest.mark.django_db
Say = Callable[..., Run]


@pytest.fixture
def member(run: Run) -> User:
    """A member who follows the project."""
    person = make_person("member")
    Membership.objects.create(project=run.project, user=person, role=Role.MEMBER)
    Follow.objects.create(user=person, topic=f"project:{run.project_id}")
    return person


def again(run: Run) -> None:
    polling.cache.delete(f"follow-{run.by_id}-{SERVER}")


def test_a_run_that_finished_is_told_once_to_its_person_and_to_followers(out_there: Say, member: User) -> None:
    run = out_there("finished")
    again(run)
    out_there("finished")
    assert seen_by(run.by) == seen_by(member) == ["runs.finished"]
    assert title_of("runs.finished") == f"Run 1 of {run.project} finished"
    assert Event.objects.get().url == run.get_absolute_url()


def test_a_failed_run_is_told_with_its_cause_by_mail_and_to_followers_in_the_inbox(out_there: Say, member: User) -> None:
    run = out_there("failed", logs=reana.Logs("Input not found. Look at it.\nMore of it", (), False))
    assert title_of("runs.failed") == f"Run 1 of {run.project} failed: Input not found"
    assert Notice.objects.get(user=run.by).delivery == Delivery.MAIL
    assert Notice.objects.get(user=member).delivery == Delivery.INBOX


def test_who_lost_the_role_or_the_account_sees_nothing_of_it(out_there: Say, member: User) -> None:
    run = out_there("finished")
    Membership.objects.filter(user=member).delete()
    assert seen_by(member) == []
    User.objects.filter(pk=run.by_id).update(is_active=False)
    assert seen_by(run.by) == []


def test_a_run_on_restricted_data_is_told_to_those_only_who_may_read_them(run: Run, out_there: Say, member: User) -> None:
    run.comes_from(Origin("escape", EMBARGO))
    out_there("finished")
    assert seen_by(run.by) == ["runs.finished"]
    assert seen_by(member) == []


def test_a_public_project_does_not_tell_visitors_of_its_runs(out_there: Say, member: User) -> None:
    outsider = make_person("outsider")
    run = out_there("finished")
    Project.objects.update(visibility="public")
    Event.objects.get().notices.filter(user=member).update(user=outsider)
    assert seen_by(outsider) == []
    assert seen_by(run.by) == ["runs.finished"]


def test_what_is_rolled_back_was_never_told(run: Run) -> None:
    def change_and_fail() -> None:
        with transaction.atomic():
            run.refused("no")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert not Event.objects.exists()
    assert Run.objects.get().status == Run.Status.QUEUED


def test_ones_own_stop_is_no_news_and_that_of_somebody_else_is(run: Run, member: User) -> None:
    services.stop(by=run.by, run=run)
    assert not Event.objects.exists()
    services.stop(by=member, run=run)
    services.stop(by=member, run=run)
    assert title_of("runs.stopped") == f"Run 1 of {run.project} was stopped by somebody else"
    assert seen_by(run.by) == ["runs.stopped"]
    assert seen_by(member) == []  # who did it
    assert Event.objects.get().actor == member


def test_the_file_of_ones_data_names_only_what_one_may_see_now(run: Run, member: User) -> None:
    run.refused("no")
    assert run.project.title in str(data_export.export_person(member)["notices.notice"])
    Membership.objects.filter(user=member).delete()
    exported = data_export.export_person(member)["notices.notice"]
    assert len(exported) == 1
    assert run.project.title not in str(exported)


def test_a_run_that_one_stopped_and_that_then_fails_is_no_failure(run: Run, out_there: Say) -> None:
    run.ask_to_stop()
    assert out_there("failed").status == Run.Status.FAILED
    assert not Event.objects.exists()


def test_what_was_stopped_at_the_server_is_told(out_there: Say) -> None:
    run = out_there("stopped")
    assert seen_by(run.by) == ["runs.stopped"]


def test_who_lost_access_is_told_of_the_stop_without_a_word_of_the_project(
    run: Run, out_there: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    Membership.objects.all().delete()
    monkeypatch.setattr(reana, "stop", lambda *_: None)
    out_there("running")
    again(run)
    out_there("stopped")
    assert seen_by(run.by) == ["runs.stopped"]
    event = Event.objects.get(kind="runs.stopped")
    assert run.project.title not in event.title + event.text
    assert run.project.slug not in event.url + str(event.data)


def test_a_launch_that_is_refused_because_access_ended_is_told_once(run: Run) -> None:
    Membership.objects.all().update(role=Role.VIEWER)
    worker.submit(run.pk)
    assert Run.objects.get().status == Run.Status.FAILED
    assert seen_by(run.by) == ["runs.stopped"]


def test_a_launch_that_is_refused_is_told_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise RemoteRefused("The quota is used.")

    monkeypatch.setattr(reana, "create", full)
    worker.submit(run.pk)
    worker.submit(run.pk)
    assert seen_by(run.by) == ["runs.failed"]
    assert title_of("runs.failed").endswith("failed: The quota is used")


def test_a_published_result_is_told_to_others_while_they_may_see_it(run: Run, member: User) -> None:
    outsider = make_person("outsider")
    Project.objects.update(visibility="public")
    Follow.objects.create(user=outsider, topic=f"project:{run.project_id}")
    publication.publish(by=run.by, run=run, confirmed=[])
    assert seen_by(outsider) == seen_by(member) == ["runs.published"]
    assert seen_by(run.by) == []
    publication.unpublish(by=run.by, run=run)
    assert seen_by(outsider) == []
    assert seen_by(member) == ["runs.published"]
    publication.publish(by=run.by, run=run, confirmed=[])
    assert seen_by(outsider) == ["runs.published"]


def test_a_kept_result_is_told_when_its_copies_are_there_and_once_when_they_are_stuck(kept: Keep, member: User) -> None:
    for status in ("uploading", "REPLICATING", "STUCK", "REPLICATING", "STUCK", "OK", "OK"):
        kept.moved(status)
    assert seen_by(kept.by) == seen_by(member) == ["results.copy_stuck", "results.copied"]
    assert Event.objects.first().url == f"{kept.run.get_absolute_url()}#kept"  # type: ignore[union-attr]


def test_a_result_in_a_scope_that_is_closed_to_somebody_is_not_told_to_them(kept: Keep, member: User) -> None:
    Keep.objects.update(scope=EMBARGO)
    kept.refresh_from_db()
    kept.moved("failed", error="no room")
    assert seen_by(kept.by) == ["results.not_kept"]
    assert seen_by(member) == []


def test_runs_out_of_sight_are_told_when_their_state_is_old(run: Run, out_there: Say) -> None:
    Run.objects.update(checked_at=timezone.now())
    out_there("running", statuses=SignInAgain("Sign in."))
    assert not Event.objects.exists()
    again(run)
    Run.objects.update(checked_at=timezone.now() - timedelta(hours=2))
    out_there("running", statuses=SignInAgain("Sign in."))
    assert seen_by(run.by) == ["account.sign_in_needed"]


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_once_one_tells(run: Run) -> None:
    together = threading.Barrier(2)

    def end() -> None:
        mine = Run.objects.get(pk=run.pk)
        together.wait()
        try:
            mine.refused("no")
        finally:
            connection.close()

    threads = [threading.Thread(target=end) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Event.objects.count() == Notice.objects.count() == 1
    assert Run.objects.get().status == Run.Status.FAILED


def test_an_error_in_what_is_told_keeps_no_run_from_ending(out_there: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        notify("runs.finished", "x", title="x", url="/", audience=PUBLIC)
        raise ZeroDivisionError

    monkeypatch.setattr("projects.workflows.notices.notify", broken)
    assert out_there("finished").status == Run.Status.FINISHED
    assert not Event.objects.exists()
