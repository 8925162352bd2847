"""What REANA says of the runs that are out there: one listing for each person and server, and more of those that changed."""

from contextlib import suppress

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _

from projects import authorization
from projects.workflows import reana, viewers
from projects.workflows.looks import Looks, has_news, of_interest
from projects.workflows.models import LeaseLost, Run
from projects.workflows.permissions import why_not_run
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam import sign_in_waits
from vre_portal.iam.vault import SignInAgain, access_token
from vre_portal.services import Service, ServiceKind, UnknownService, service

CHECKED_SECONDS = 60  # how exact it is when a run that does not change was last seen
UNSEEN_SECONDS = 3600.0  # after which people are told that their runs wait for their sign-in
LOCK_SECONDS = 60
PAUSE, LONG_PAUSE = 5.0, 30.0  # seconds until a server is asked again that did not answer, or a person who is not signed in


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
    news = [run for run in runs if has_news(run, states.get(run.remote_id), looks.reasons[run.pk], run.pk in watched)]
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
