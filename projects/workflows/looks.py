"""One look at a run that is out there: its row says what REANA says, and its files are listed where that is wanted."""

import logging
from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.workflows import job_reports, listing, notices, outputs, reana
from projects.workflows.inputs import following
from projects.workflows.models import Run, awaiting_list
from vre_portal.audit import record
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.jobs.runner import Runner
from vre_portal.services import Service
from vre_portal.text import plain

logger = logging.getLogger(__name__)
BEGUN_SECONDS = 60  # after the start, until which REANA may call a run created
# REANA's "queued" comes after the start and the portal's before it: the same word would bring a run back to its beginning.
WORDS = {"queued": Run.Status.PENDING}


def of_interest() -> Q:
    """Runs that may have changed, or whose files are to be listed."""
    return Q(status__in=Run.ACTIVE) | awaiting_list()


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


def has_news(run: Run, said: str | None, reason: str, is_watched: bool) -> bool:
    """Whether a look can change what is known of it: the others need not be claimed."""
    if run.ended or run.is_list_asked or run.stop_asked_at or reason:
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
    if state != run.status or _has_other_word(run, word) or without or job_reports.are_wanted(run):
        failure, steps = (without, run.steps) if without else job_reports.read(run, server, token, state)
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
