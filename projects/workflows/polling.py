"""What REANA says of the runs that are out there: one listing for each person and server, and more of those that changed."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from projects import authorization
from projects.workflows import failures, listing, notices, outputs, reana, viewers
from projects.workflows.inputs import following
from projects.workflows.models import LeaseLost, Run, awaiting_list
from projects.workflows.permissions import why_not_run
from vre_portal.audit import record
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.iam import sign_in_waits
from vre_portal.iam.vault import SignInAgain, access_token
from vre_portal.jobs.runner import Runner
from vre_portal.services import Service, ServiceKind, UnknownService, service
from vre_portal.text import plain, storable

logger = logging.getLogger(__name__)
LOG_BYTES = 64 * 1024  # of each job's log, the end of it
ALL_LOGS_BYTES = 1024 * 1024  # of all logs of one run, for they are one column of its row
MOST_JOBS = 500
LOG_LINES_OF_A_FAILURE = 50
LARGE_LOGS, LARGE_LOGS_SECONDS = 8 * 1024 * 1024, 60.0  # characters of a run's logs, which are read again after so long
CHECKED_SECONDS = 60  # how exact it is when a run that does not change was last seen
UNSEEN_SECONDS = 3600.0  # after which people are told that their runs wait for their sign-in
LOCK_SECONDS = 60
BEGUN_SECONDS = 60  # after the start, until which REANA may call a run created
PAUSE, LONG_PAUSE = 5.0, 30.0  # seconds until a server is asked again that did not answer, or a person who is not signed in
PATIENCE = 60.0  # how long a run that has ended waits for its logs
# REANA's "queued" comes after the start and the portal's before it: the same word would bring a run back to its beginning.
WORDS = {"queued": Run.Status.PENDING}


def of_interest() -> Q:
    """Runs that may have changed, or whose files are to be listed."""
    return Q(status__in=Run.ACTIVE) | awaiting_list()


def followed() -> list[tuple[int, str]]:
    """Each person and server with runs that have to be looked at: one listing each."""
    return list(Run.objects.filter(of_interest()).order_by().values_list("by", "server").distinct())


def due() -> list[tuple[int, str]]:
    """Those of them to ask about now: less often where nothing changes and nobody looks."""
    return viewers.without_resting(followed())


def follow(user: int, server_name: str) -> None:
    """Ask one server once about all runs of one person; one worker at a time, and not at once again where it failed."""
    lock = f"follow-{user}-{server_name}"
    if not cache.add(lock, True, LOCK_SECONDS):
        return
    pause = LONG_PAUSE
    try:
        rows = Run.objects.filter(of_interest(), by=user, server=server_name).select_related("by", "project").prefetch_related("origins")
        runs = list(rows.defer("code", "text", "files", "steps"))
        pause = _look(runs, server_name, lock) if runs else 0
    finally:
        if pause:
            cache.set(lock, True, pause)
        else:
            cache.delete(lock)


def follow_run(pk: int) -> None:
    """Ask at once about the runs of the person who launched this one, at its server."""
    for user, server_name in Run.objects.filter(pk=pk).order_by().values_list("by", "server"):
        follow(user, server_name)


def _look(runs: list[Run], server_name: str, lock: str) -> float:
    """Bring all of them up to date; how many seconds to wait before the next time."""
    try:
        server = service(ServiceKind.REANA, server_name)
        by = authorization.refresh_user(runs[0].by)
        if not by.is_active:
            reason = _("%(person)s may no longer use this portal, so the portal cannot update this run.") % {"person": by}
            return _none_seen(runs, reason, LONG_PAUSE)
        token = access_token(by, server, purpose=_("follow runs"))
        states = _states(runs, server, token)
    except SignInAgain:
        _report_unseen(runs)
        reason = _("The portal updates this run when %(person)s signs in again.") % {"person": runs[0].by}
        return _none_seen(runs, reason, LONG_PAUSE)
    except RemoteUnavailable as error:
        return _asked_again(runs, str(error), error.retry_after or PAUSE)
    except (RemoteRefused, UnknownService) as error:
        return _asked_again(runs, str(error), LONG_PAUSE)
    looks = Looks(server, token, states, {run.pk: why_not_run(by, run) for run in runs})
    watched = viewers.watched(runs)
    news = [run for run in runs if _has_news(run, states.get(run.remote_id), looks.reasons[run.pk], run.pk in watched)]
    for run in news:
        cache.touch(lock, LOCK_SECONDS)
        looks.perform(run.pk)
    _note_unchanged([run for run in runs if run not in news])
    if news:
        viewers.end_rest(by.pk, server_name)
    else:
        viewers.rest(by.pk, server_name)
    if looks.failed:
        viewers.note_next_look(by.pk, server_name, PAUSE)
    return PAUSE if looks.failed else 0


def _states(runs: list[Run], server: Service, token: str) -> dict[str, str]:
    """REANA's words for those that have not ended, by one question; nobody asks again about the others."""
    active = [run.remote_id for run in runs if not run.ended]
    return {item.id: item.status for item in reana.statuses(server, token, active)} if active else {}


def _asked_again(runs: list[Run], why: str, pause: float) -> float:
    """The server could not be asked; people are told when it is asked next."""
    viewers.note_next_look(runs[0].by_id, runs[0].server, pause)
    return _none_seen(runs, why, pause)


def _note_unchanged(runs: list[Run]) -> None:
    """They were seen just now: one statement for all, and only where that was last written a while ago."""
    now = timezone.now()
    old = [run.pk for run in runs if run.checked_at is None or (now - run.checked_at).total_seconds() > CHECKED_SECONDS]
    if old:
        Run.objects.filter(pk__in=old, status__in=Run.ACTIVE).update(checked_at=now)


def _report_unseen(runs: list[Run]) -> None:
    """Runs go on while their person is not signed in, which is nothing to tell until their state is old."""
    for run in runs:
        if run.ended and run.status != Run.Status.FINISHED:
            continue  # its files may be listed later
        seen_at = run.checked_at or run.started_at
        if seen_at and (timezone.now() - seen_at).total_seconds() > UNSEEN_SECONDS:
            sign_in_waits.report(run.by, run.get_absolute_url())
            return


def _none_seen(runs: list[Run], why: str, pause: float) -> float:
    for run in runs:
        with suppress(LeaseLost):  # another worker looks at it, and knows better
            run.unseen(why)
    return pause


class Looks(Runner[Run]):
    """One look at each of the runs of a listing: what is wrong with one of them is no harm to the others."""

    model = Run

    def __init__(self, server: Service, token: str, states: Mapping[str, str], reasons: Mapping[int, str]) -> None:
        self.server, self.token, self.states, self.reasons = server, token, states, reasons
        self.failed = False

    def ready(self) -> Q:
        return of_interest()

    def work(self, run: Run) -> float:
        self._look(run)
        return 0

    def refused(self, run: Run, error: Exception) -> float:
        self.delayed(run, str(error))
        return 0

    def delayed(self, run: Run, words: str) -> None:
        run.unseen(words)
        self.failed = True

    def given_up(self, run: Run, words: str) -> None:
        """What it wrote cannot be read: it is shown as the listing says, without logs and outputs, and can still be stopped."""
        try:
            self._look(run, without=_("Its logs and outputs could not be read. %(reason)s") % {"reason": words})
        except RemoteError as error:
            self.delayed(run, str(error))

    def _look(self, run: Run, *, without: str = "") -> None:
        state, reason = self.states.get(run.remote_id), self.reasons[run.pk]
        self.failed |= not look_at(run, self.server, self.token, state, reason, without=without)


def _has_news(run: Run, said: str | None, reason: str, is_watched: bool) -> bool:
    """Whether a look can change what is known of it: the others need not be claimed."""
    if run.ended or run.list_asked_at or run.stop_asked_at or reason:
        return True
    if said is None or WORDS.get(said, said) != run.status or _has_other_word(run, said):
        return True
    return is_watched or run.checked_at is None or bool(run.error)


def _has_other_word(run: Run, said: str) -> bool:
    """Whether REANA's word has changed though the state is the same: its queue and its preparations are both "pending" here."""
    return bool(run.remote_status) and said != run.remote_status


def look_at(run: Run, server: Service, token: str, said: str | None, reason: str = "", *, without: str = "") -> bool:
    """Make the row say what REANA says, then list its files where that is wanted; False where that has to be tried again.

    `reason` says why whose run it is may not run it, or read its data, any more, `without` says why neither logs nor outputs are read.
    """
    if not run.ended:
        _look_at_state(run, server, token, said, reason, without)
    if run.status == Run.Status.DELETED:
        listing.note_deleted(run)
        return True
    if not run.awaits_list:
        return True
    if why := reason or without or listing.why_not_listed(run):
        listing.note_not_listed(run, _("Its files were not fetched. %(reason)s") % {"reason": why})
        return True
    return outputs.list_files(run, server, token)


def _look_at_state(run: Run, server: Service, token: str, said: str | None, reason: str, without: str) -> None:
    """The status of a run that has not ended, and its jobs where somebody looks or it has changed."""
    if reason and run.stop_asked_at is None:
        logger.info("run %s is stopped: %s", run.pk, reason)
        with transaction.atomic():
            run.ask_to_stop()
            notices.access_ended(run)
            record(
                "run.stop", by=None, subject=f"project/{run.project.slug}", whose=run.by, run=run.number, why="role or access to data gone"
            )
    word = said or _state_alone(run, server, token)  # not in the listing: deleted, or the listing was cut
    state = known_state(server, word)
    if state == Run.Status.CREATED and _was_started_long_ago(run):
        run.not_begun()  # a worker stops it, or starts it again
        return
    if run.stop_asked_at and state in Run.ACTIVE:
        _ask_to_stop(run, server, token)
    if state != run.status or _has_other_word(run, word) or without or _wants_logs(run):
        failure, steps = (without, run.steps) if without else _told(run, server, token, state)
        run.seen(state, steps, error=reason or failure, word=word)
        following.note(run)
    elif run.error:
        run.seen(state, run.steps, error=reason, word=word)  # what kept it from being seen is over


def _was_started_long_ago(run: Run) -> bool:
    """Whether REANA ought to have begun it by now. It has not where it lost the start, or once answered wrongly."""
    return run.started_at is not None and timezone.now() - run.started_at > timedelta(seconds=BEGUN_SECONDS)


def known_state(server: Service, said: str) -> str:
    """The status in the words of the portal. Raises RemoteUnavailable for one that it does not know."""
    state = WORDS.get(said, said)
    if state not in (*Run.ACTIVE, *Run.ENDED):
        text = _("%(server)s reports the status “%(status)s”, which this portal does not know.")
        raise RemoteUnavailable(text % {"server": server.title, "status": plain(said)[:40]}, service=server)
    return state


def _state_alone(run: Run, server: Service, token: str) -> str:
    try:
        return reana.status(server, token, run.remote_id).status
    except RemoteRefused as error:
        if error.status == 404:
            return Run.Status.DELETED
        raise


def _ask_to_stop(run: Run, server: Service, token: str) -> None:
    try:
        reana.stop(server, token, run.remote_id)
    except RemoteRefused as error:  # it does not run yet, or not any more: the next look will tell
        logger.info("run %s was not stopped: %s", run.pk, error)


def _wants_logs(run: Run) -> bool:
    """Logs are for people who look: of a run that nobody looks at they are fetched when its state changes. Large ones come less often."""
    return run.checked_at is None or (bool(viewers.watched([run])) and not cache.get(_large_key(run)))


def _large_key(run: Run) -> str:
    return f"large-logs-{run.pk}"


def _told(run: Run, server: Service, token: str, state: str) -> tuple[str, list[dict[str, object]]]:
    """Why it failed, and its jobs as a run keeps them. Logs that cannot be fetched do not keep a run from ending."""
    try:
        logs = reana.logs(server, token, run.remote_id)
    except RemoteRefused as error:
        return _("Its logs could not be fetched: %(reason)s") % {"reason": error} if state == Run.Status.FAILED else "", run.steps
    except RemoteUnavailable as error:
        if state not in Run.ENDED or viewers.has_patience("logs", run, PATIENCE):
            raise
        return _("Its logs could not be fetched: %(reason)s") % {"reason": error}, run.steps
    if sum(job.length for job in logs.jobs) > LARGE_LOGS:
        cache.set(_large_key(run), True, LARGE_LOGS_SECONDS)
    failure = ""
    if state == Run.Status.FAILED:
        failure = failures.reason_of(logs) or _("%(server)s gave no reason.") % {"server": server.title}
    return failure, list(_as_kept(logs.jobs))


def _as_kept(jobs: tuple[reana.ReanaJob, ...]) -> Iterator[dict[str, object]]:
    """The last jobs, in their order and with their numbers: names are often empty or equal, so they tell no job from another."""
    kept = list(enumerate(jobs, start=1))[-MOST_JOBS:]
    size = min(LOG_BYTES, ALL_LOGS_BYTES // max(len(kept), 1))
    for number, job in kept:
        log = storable(job.log[-size:])
        yield {
            "number": number,
            "id": storable(job.id)[:100],
            "name": storable(job.name)[:300],
            "state": storable(job.state)[:40],
            "command": storable(job.command)[:4000],
            "environment": storable(job.environment)[:300],
            "log": log,
            "log_length": max(job.length, len(job.log)),  # characters of all of it; the end is kept
            "log_end": "\n".join(log.rstrip().split("\n")[-LOG_LINES_OF_A_FAILURE:]),
            "started": job.started.isoformat() if job.started else None,
            "finished": job.finished.isoformat() if job.finished else None,
            "started_seconds": job.started.timestamp() if job.started else None,
            "finished_seconds": job.finished.timestamp() if job.finished else None,
        }
