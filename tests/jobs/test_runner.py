"""What becomes of a job: done, tried again, refused, given up; and what is left when its worker loses it on the way."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.db.models import Q

from projects.workflows.models import Run
from tests.jobs.conftest import make_run
from vre_portal.cache import ForgetfulCache
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.vault import SignInAgain
from vre_portal.jobs import alone, fates, runner, sweep
from vre_portal.jobs.runner import Runner
from vre_portal.services import UnknownService

pytestmark = pytest.mark.django_db


class Doing(Runner[Run]):
    """A runner whose work is what a test says, and which notes what was told."""

    model = Run

    def __init__(self, *answers: Any) -> None:
        self.answers, self.told = list(answers), list[tuple[str, str]]()

    def ready(self) -> Q:
        return Q(status=Run.Status.QUEUED)

    def work(self, job: Run) -> float:
        answer = self.answers.pop(0) if self.answers else 0
        if isinstance(answer, BaseException):
            raise answer
        return answer(job) if callable(answer) else answer

    def refused(self, job: Run, error: Exception) -> float:
        self.told.append(("refused", str(error)))
        job.refused(str(error))
        return 0

    def delayed(self, job: Run, words: str) -> None:
        self.told.append(("delayed", words))
        job.delayed(words)

    def given_up(self, job: Run, words: str) -> None:
        self.told.append(("given up", words))
        job.refused(words)


class Killed(BaseException):
    """As far as the row knows, a process that died: nobody says how it went."""


@pytest.fixture(autouse=True)
def _no_suspects() -> Iterator[None]:
    cache.delete(alone.KEY)
    yield
    cache.delete(alone.KEY)


def now(run: Run) -> Run:
    return Run.objects.get(pk=run.pk)


def again(doing: Doing, run: Run) -> Run:
    """Once more, as if the pause were over."""
    Run.objects.update(lease_until=None)
    doing.perform(run.pk)
    return now(run)


FATES = [
    (RemoteRefused("The lake says no."), "refused", "The lake says no."),
    (UnknownService("No lake of that name"), "refused", "No lake of that name"),
    (fates.Refused("Two of three were refused."), "refused", "Two of three were refused."),
    (RemoteUnavailable("The lake is away."), "delayed", "The lake is away. Retrying automatically."),
    (SignInAgain("Sign in."), "delayed", "Resumes when Lena Lead signs in again."),
    (ZeroDivisionError("nobody foresaw this"), "delayed", f"{fates.INTERNAL_ERROR_MESSAGE} Retrying automatically."),
]


@pytest.mark.parametrize(("error", "word", "words"), FATES, ids=lambda item: type(item).__name__)
def test_each_error_has_its_fate_and_its_words(run: Run, error: Exception, word: str, words: str) -> None:
    run.by.name = "Lena Lead"
    run.by.save()
    doing = Doing(error)
    doing.perform(run.pk)
    assert doing.told == [(word, words)]
    assert (now(run).claims, now(run).lease_until is None) == (0, word == "refused")


def test_what_was_done_is_free_at_once_and_what_is_looked_at_again_after_its_pause(run: Run) -> None:
    Doing(0).perform(run.pk)
    assert (now(run).lease_until, now(run).claims) == (None, 0)
    doing = Doing(60)
    doing.perform(run.pk)
    doing.perform(run.pk)
    assert doing.waiting() == []
    assert now(run).attempt == 2


def test_the_pauses_grow_and_a_service_may_ask_for_a_longer_one() -> None:
    assert [fates.pause_after(tries) for tries in range(1, 7)] == [5, 10, 20, 40, 60, 60]
    assert fates.pause_after(10**9, longest=300) == 300
    assert fates.pause_after(1, RemoteUnavailable("x", retry_after=90)) == 90
    assert fates.pause_after(1, RemoteUnavailable("x", retry_after=1e12)) == 3600


def test_own_faults_are_given_up_after_so_many_in_a_row_and_outages_only_where_that_is_said(run: Run) -> None:
    doing = Doing(*[ZeroDivisionError()] * 2, 0, *[ZeroDivisionError()] * 3, RemoteUnavailable("away"))
    doing.max_tries = 3  # type: ignore[misc]
    for _ in range(6):
        again(doing, run)
    assert [word for word, _ in doing.told] == [*["delayed"] * 4, "given up"]
    assert "tried 3 times" in now(run).error
    Run.objects.update(status="queued", tries=40)
    doing.answers = [RemoteUnavailable("away")]
    assert again(doing, run).tries == 41
    doing.max_outages, doing.answers = 42, [RemoteUnavailable("away")]  # type: ignore[misc]
    assert again(doing, run).status == "failed"


def test_a_late_refusal_does_not_end_what_another_worker_has_started(run: Run) -> None:
    def overtaken(held: Run) -> float:
        Run.objects.update(lease_until=None)  # it slept, its lease ran out
        other = Run.claim(run.pk)
        assert other
        other.started()
        other.release()
        raise RemoteRefused("It exists already.")

    doing = Doing(overtaken)
    doing.perform(run.pk)
    assert (now(run).status, now(run).error) == ("pending", "")


def test_a_late_delay_does_not_shorten_the_lease_of_another(run: Run) -> None:
    ends: list[Any] = []

    def overtaken(held: Run) -> float:
        Run.objects.update(lease_until=None)
        other = Run.claim(run.pk, seconds=1000)
        assert other
        ends.append(other.lease_until)
        raise RemoteUnavailable("away")

    Doing(overtaken).perform(run.pk)
    assert now(run).lease_until == ends[0]


def test_a_job_that_interrupts_every_claim_is_worked_at_five_times_and_then_given_up_with_words(run: Run) -> None:
    doing = Doing(*[Killed()] * 50)
    for _ in range(runner.MAX_CLAIMS):
        Run.objects.update(lease_until=None)
        with pytest.raises(Killed):
            doing.perform(run.pk)
        assert doing.told == []
    assert again(doing, run).status == "failed"
    assert doing.told == [("given up", fates.INTERRUPTED_MESSAGE % {"count": runner.MAX_CLAIMS})]
    assert len(doing.answers) == 50 - runner.MAX_CLAIMS


def test_one_that_still_waits_after_it_was_given_up_is_not_worked_at_again(run: Run) -> None:
    """Such as the look at a run whose logs kill the process: the run goes on, its logs are not read."""
    doing = Doing()
    doing.given_up = lambda job, words: doing.told.append(("given up", words))  # type: ignore[method-assign]
    Run.objects.update(claims=runner.MAX_CLAIMS)
    for _ in range(3):
        assert again(doing, run).claims > runner.MAX_CLAIMS
    assert [word for word, _ in doing.told] == ["given up"] * 3


def test_a_word_from_the_worker_begins_the_count_of_claims_anew(run: Run) -> None:
    doing = Doing(Killed(), RemoteUnavailable("away"), Killed())
    for claims in (1, 0, 1):
        Run.objects.update(lease_until=None)
        with suppress(Killed):
            doing.perform(run.pk)
        assert now(run).claims == claims


def test_of_those_that_were_interrupted_time_and_again_one_is_at_work_at_a_time(run: Run) -> None:
    Run.objects.update(claims=alone.SUSPECT_AFTER)
    other = alone.place(alone.SUSPECT_AFTER + 1)
    doing = Doing(0, 0)
    with other as place:
        assert place
        doing.perform(run.pk)
        assert (len(doing.answers), now(run).claims, now(run).lease_until) == (2, alone.SUSPECT_AFTER, None)
        with alone.place(alone.SUSPECT_AFTER) as needs_none:
            assert needs_none
    doing.perform(run.pk)
    assert (len(doing.answers), now(run).claims) == (1, 0)


def test_a_suspect_is_done_while_the_cache_is_away(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would wait without a word for as long as nobody can hold the place."""
    Run.objects.update(claims=alone.SUSPECT_AFTER)
    monkeypatch.setattr(alone, "cache", ForgetfulCache("redis://127.0.0.1:1/0", {}))
    doing = Doing(0)
    doing.perform(run.pk)
    assert (doing.answers, now(run).claims) == ([], 0)


def test_an_application_that_cannot_say_how_it_went_costs_its_neighbours_nothing(run: Run) -> None:
    doing = Doing(RemoteRefused("no"), RemoteUnavailable("away"), ZeroDivisionError())
    doing.refused = doing.delayed = lambda *_: 1 / 0  # type: ignore[method-assign, assignment, return-value]
    for claims in (1, 2, 3):
        assert again(doing, run).claims == claims
    doing.given_up = lambda *_: 1 / 0  # type: ignore[method-assign, assignment, return-value]
    Run.objects.update(claims=runner.MAX_CLAIMS)
    assert again(doing, run).claims == runner.MAX_CLAIMS + 1


@pytest.mark.django_db(transaction=True)
def test_a_suspect_holds_its_place_for_as_long_as_it_works_and_no_longer(run: Run, settings: Any) -> None:
    settings.LEASE_SECONDS = 2
    Run.objects.update(claims=alone.SUSPECT_AFTER)
    held: list[bool] = []

    def work(job: Run) -> float:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            held.append(cache.get(alone.KEY) is not None)
            time.sleep(0.05)
        return 0

    Doing(work).perform(run.pk)
    assert all(held)
    assert cache.get(alone.KEY) is None


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_as_long_as_the_work_takes(run: Run, settings: Any) -> None:
    settings.LEASE_SECONDS = 3
    others: list[Run | None] = []

    def work(job: Run) -> float:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            others.append(Run.claim(run.pk))
            time.sleep(0.05)
        return 0

    Doing(work).perform(run.pk)
    assert len(others) > 10
    assert not any(others)
    assert Run.claim(run.pk)


def terminate_others() -> None:
    """What a restart of PostgreSQL does to the connections of everybody else."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.django_db(transaction=True)
def test_the_renewal_outlives_a_restart_of_the_database(run: Run, settings: Any) -> None:
    settings.LEASE_SECONDS = 4
    others: list[Run | None] = []

    def work(job: Run) -> float:
        time.sleep(2)
        terminate_others()  # among them is the renewing thread's connection
        end = time.monotonic() + 6
        while time.monotonic() < end:
            others.append(Run.claim(run.pk))
            time.sleep(0.1)
        return 0

    Doing(work).perform(run.pk)
    assert not any(others)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_in_the_middle_leaves_a_row_that_is_taken_up_again(run: Run) -> None:
    ready = threading.Event()
    doing = Doing(lambda job: ready.set() or time.sleep(0.5) or job.started() or 0, 0)
    errors: list[BaseException] = []

    def perform() -> None:
        try:
            doing.perform(run.pk)
        except BaseException as error:  # noqa: BLE001 -- looked at below
            errors.append(error)
        finally:
            connection.close()

    worker = threading.Thread(target=perform)
    worker.start()
    assert ready.wait(10)
    terminate_others()
    worker.join()
    assert [type(error) for error in errors] == [OperationalError]
    assert doing.told == []
    found = now(run)
    assert (found.status, found.claims, found.lease_until is None) == ("queued", 1, False)
    assert again(doing, run).claims == 0


class Task:
    """Where the sweep's messages go."""

    name = "test"

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def apply_async(self, arguments: tuple[Any]) -> None:
        self.sent.append(arguments[0])


def test_the_sweep_hands_out_what_waits_and_a_kind_that_cannot_be_read_costs_only_itself(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Q:
        raise ZeroDivisionError

    for place in range(3):
        kinds: list[tuple[Task, Doing]] = [(Task(), Doing()) for _ in range(3)]
        kinds[place][1].ready = broken  # type: ignore[method-assign]
        monkeypatch.setattr(sweep, "_kinds", kinds)
        sweep.sweep()
        assert [task.sent for task, _ in kinds] == [[] if number == place else [run.pk] for number in range(3)]


def test_the_sweep_hands_out_those_last_that_were_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    doing = Doing()
    Run.objects.update(claims=3)
    other = make_run(run.specification, number=2, by=run.by)
    assert doing.waiting() == [other.pk, run.pk]
    assert doing.waiting(limit=1) == [other.pk]
