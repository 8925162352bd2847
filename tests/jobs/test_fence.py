"""A worker whose lease ran out changes nothing any more, whatever it says and however late."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from projects.notebooks.models import Session
from vre_portal.jobs.lease import LeaseLost
from vre_portal.jobs.models import Job

pytestmark = pytest.mark.django_db
Late = Callable[[Any], object]
# All that a worker of each kind can say of its job.
COMMON: dict[str, Late] = {
    "hold": lambda job: job.hold(),
    "release": lambda job: job.release(),
    "release with a pause": lambda job: job.release(pause=60, tries=3),
    "save": lambda job: job.save(),
    "save of a column": lambda job: job.save(update_fields=["lease_until"]),
}
SAID: dict[str, dict[str, Late]] = {
    "run": {
        "submitting": lambda run: run.submitting(),
        "created_remotely": lambda run: run.created_remotely("r-2"),
        "started": lambda run: run.started(),
        "refused": lambda run: run.refused("no"),
        "delayed": lambda run: run.delayed("later"),
        "seen": lambda run: run.seen("failed", [], error="x"),
        "unseen": lambda run: run.unseen("x"),
        "stopped": lambda run: run.stopped(),
        "listed": lambda run: run.listed(3),
        "not_listed": lambda run: run.not_listed("away"),
        "noted_before": lambda run: run.noted_before(["r-1"]),
    },
    "keep": {"moved": lambda keep: keep.moved("failed", error="no"), "uploaded": lambda keep: keep.moved("uploading", uploaded=["a"])},
    "file": {
        "copied": lambda file: file.copied(size=1, sha256="0" * 64, name="runs/x", head=b"x"),
        "failed": lambda file: file.failed("no"),
        "postponed": lambda file: file.postponed("later"),
    },
    "secret": {"deleted": lambda secret: secret.was_deleted(), "hindered": lambda secret: secret.hindered("away")},
    "session": {
        "heard": lambda session: session.heard(50, "half"),
        "needs_sign_in": lambda session: session.needs_sign_in(),
        "is_gone": lambda session: session.is_gone(),
        "was_given_data": lambda session: session.was_given_data(),
        "became_ready": lambda session: session.became_ready("/user/x/", None),
        "failed": lambda session: session.failed("no"),
        "delayed": lambda session: session.delayed("later"),
    },
    "operation": {
        "moved": lambda operation: operation.moved("running"),
        "refused": lambda operation: operation.moved("refused", "no"),
        "noted": lambda operation: operation.noted({"what": "a:b", "state": "done"}),
    },
    "upload": {
        "moved": lambda upload: upload.moved("moving", sha256="0" * 64),
        "failed": lambda upload: upload.moved("failed", "no"),
    },
    "access": {
        "carried": lambda access: access.carried(before="granting", to="granted"),
        "is_entered": lambda access: access.is_entered(),
        "hindered": lambda access: access.hindered("away"),
    },
    "snapshot": {
        "failed": lambda snapshot: snapshot.write(state="failed", reason="no"),
        "delayed": lambda snapshot: snapshot.write(reason="later"),
    },
    "deletion": {"done": lambda job: job.done(), "failed": lambda job: job.failed("no"), "delayed": lambda job: job.delayed("later")},
    "whole_log": {
        "fetched": lambda log: log.fetched("logs/x", size=1, lines=1, pages=[[0, 1]], is_cut=False),
        "failed": lambda log: log.failed("no"),
        "delayed": lambda log: log.delayed("later"),
    },
    "entry": {"failed": lambda entry: entry.failed("no"), "waits": lambda entry: entry.waits("later")},
    "tombstone": {"unnamed": lambda tombstone: tombstone.write(title="")},
    "act": {"waits": lambda act: act.write(problem="later"), "done": lambda act: act.write(state="done", problem="")},
    "mail": {"failed": lambda job: job.write(last_error="away")},
    "webhook": {"failed": lambda webhook: webhook.write(failures=1), "switched off": lambda webhook: webhook.write(is_on=False)},
    "environment_version": {
        "told": lambda version: version.write(registry_state="told", size=5),
        "delayed": lambda version: version.write(registry_words="later"),
    },
    "environment_test": {"ended": lambda test: test.write(state="failed", words="no"), "delayed": lambda test: test.write(words="later")},
    "logout": {"done": lambda logout: logout.done("no"), "delayed": lambda logout: logout.write(message="away")},
}
NAMES = {
    "access": "accessgrant",
    "act": "requestact",
    "environment_test": "environmenttest",
    "environment_version": "environmentversion",
    "mail": "mailjob",
    "file": "runfile",
    "logout": "hublogout",
    "deletion": "rundeletion",
    "whole_log": "wholelog",
    "secret": "fetchsecret",
}
CASES = [(kind, word) for kind, said in SAID.items() for word in (*said, *COMMON)]


def claimed(job: Job) -> Any:
    """The job as a worker has it."""
    type(job).claim(job.pk)
    return type(job).objects.get(pk=job.pk)  # type: ignore[attr-defined]


def taken_over(job: Job) -> Any:
    """A worker that has slept through its lease, while another took the job."""
    sleeper = claimed(job)
    type(job).objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))  # type: ignore[attr-defined]
    assert claimed(job).attempt == sleeper.attempt + 1
    return sleeper


def row(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = type(job).objects.values().get(pk=job.pk)  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize(("kind", "word"), CASES)
def test_a_late_word_changes_nothing(request: pytest.FixtureRequest, kind: str, word: str) -> None:
    sleeper = taken_over(request.getfixturevalue(kind))
    before = row(sleeper)
    with pytest.raises(LeaseLost):
        ({**SAID[kind], **COMMON})[word](sleeper)
    assert row(sleeper) == before


@pytest.mark.parametrize(("kind", "word"), CASES)
def test_the_same_word_in_time_is_heard(request: pytest.FixtureRequest, kind: str, word: str) -> None:
    worker = claimed(request.getfixturevalue(kind))
    before = row(worker)
    ({**SAID[kind], **COMMON})[word](worker)
    assert row(worker) != before or word.startswith("save") or word == "is_gone"


def test_only_a_worker_that_has_it_in_hand_makes_a_notebook_stop_or_end(session: Session) -> None:
    for state, word in (("stopping", lambda held: held.ended("x")), ("stopping", lambda held: held.cannot_stop("x"))):
        Session.objects.update(state=state, lease_until=None)
        sleeper = taken_over(session)
        with pytest.raises(LeaseLost):
            word(sleeper)
        assert row(sleeper)["state"] == state


WISHES: dict[str, Late] = {
    "run": lambda run: run.ask_to_stop(),
    "session": lambda session: session.asked_to_stop("x"),
}


@pytest.mark.parametrize("kind", list(WISHES))
def test_a_wish_of_a_person_is_heard_whoever_has_the_job_in_hand(request: pytest.FixtureRequest, kind: str) -> None:
    seen = request.getfixturevalue(kind)  # as a page read it
    worker = type(seen).claim(seen.pk)
    before = row(seen)
    WISHES[kind](seen)
    assert row(seen) != before
    worker.release()


def test_every_kind_of_job_is_looked_at_here() -> None:
    kinds = {model for model in apps.get_models() if issubclass(model, Job)}
    assert {model._meta.model_name for model in kinds} == {NAMES.get(kind, kind) for kind in SAID}


@pytest.mark.parametrize("kind", list(SAID))
def test_one_that_reads_the_row_again_does_not_come_into_its_successors_rights(request: pytest.FixtureRequest, kind: str) -> None:
    job = request.getfixturevalue(kind)
    sleeper = type(job).claim(job.pk)
    type(job).objects.update(lease_until=None)
    claimed(job)
    with pytest.raises(LeaseLost):
        sleeper.refresh_from_db()
    with pytest.raises(LeaseLost):
        sleeper.release()


@pytest.mark.parametrize("kind", list(SAID))
def test_the_thread_that_renews_a_lease_does_not_renew_anothers(request: pytest.FixtureRequest, kind: str) -> None:
    sleeper = taken_over(request.getfixturevalue(kind))
    before = row(sleeper)
    assert not sleeper.still_held()
    assert row(sleeper) == before


@pytest.mark.parametrize("kind", list(SAID))
def test_a_job_is_claimed_by_one_and_again_only_when_it_is_free(request: pytest.FixtureRequest, kind: str) -> None:
    job = request.getfixturevalue(kind)
    first = type(job).claim(job.pk)
    assert (first.attempt, first.claims) == (1, 1)
    assert type(job).claim(job.pk) is None
    first.release(pause=60)
    assert type(job).claim(job.pk) is None
    first.release()
    second = type(job).claim(job.pk)
    assert (second.attempt, second.claims) == (2, 1)
