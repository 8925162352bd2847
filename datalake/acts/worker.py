"""How an act comes to its lake; it may be interrupted anywhere and run again."""

import logging
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from datalake.acts import kinds
from datalake.acts.models import Act
from datalake.scopes import demand
from vre_portal.audit import record
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.vault import SignInAgain, access_token
from vre_portal.lease import LeaseLost
from vre_portal.services import ServiceKind, UnknownService, service

logger = logging.getLogger(__name__)
PAUSE, LONG_PAUSE = 5.0, 60.0  # seconds until it is tried again
MOST_ATTEMPTS = 12
PATIENCE = timedelta(days=1)  # what its person has not signed in for by then is no longer done behind their back
PUZZLED = "The portal failed at this. Its operators find the reason in the log."
State = Act.State


def waiting() -> list[int]:
    """What somebody wants and no worker has in hand."""
    return list(Act.objects.unended().filter(Act.free()).order_by("pk").values_list("pk", flat=True)[:50])


def perform(pk: int) -> None:
    """Do an act exactly once, whoever was interrupted before."""
    if not Act.claim(pk, state__in=Act.UNENDED) or not Act.begin(pk):
        return
    act = Act.objects.select_related("by").get(pk=pk)
    try:
        with act.held():
            _end(act, State.DONE, _do(act))
    except LeaseLost:
        logger.warning("%s was taken over by another worker", act)
    except SignInAgain:
        _wait_for_sign_in(act)
    except (RemoteRefused, UnknownService, kinds.Unfinished) as error:
        _end(act, State.REFUSED, str(error))
    except RemoteUnavailable as error:
        _later(act, str(error), error.retry_after or 0)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the lease runs out, and the sweep begins anew
    except Exception:
        logger.exception("%s failed", act)
        _later(act, PUZZLED, LONG_PAUSE)


def _do(act: Act) -> str:
    try:
        kind = kinds.known(act.kind)
    except LookupError as error:
        raise UnknownService(f"This portal no longer does it: {error}") from None
    if not act.by.is_active:
        raise RemoteRefused("Whoever asked for it may no longer sign in.", status=403)
    lake = service(ServiceKind.RUCIO, act.lake)
    token = access_token(act.by, lake, purpose=f"{kind.title.lower()} (act {act.pk})")
    for subject in act.subjects:  # rules have no scope in their name, and are the lake's to guard
        demand(lake, subject.partition(":")[0], act.by.groups)
    return kind.perform(kinds.Doing(lake, token, act), kind.decode(act.arguments))


def _end(act: Act, state: str, answer: str) -> None:
    act.moved(state, answer)
    act.release()
    record("lake.act", by=act.by, subject=f"lake/{act.lake}/act/{act.pk}", outcome=state, kind=act.kind)


def _later(act: Act, why: str, pause: float) -> None:
    """It is tried again, each time after a longer pause, until it has failed too often."""
    if act.tries >= MOST_ATTEMPTS:
        _end(act, State.FAILED, f"{why} It was tried {act.tries} times.")
        return
    act.moved(State.QUEUED, f"{why} It is tried again by itself.")
    act.rest(max(pause, min(PAUSE * 2 ** (act.tries - 1), LONG_PAUSE)))


def _wait_for_sign_in(act: Act) -> None:
    """Nobody but the person can open the lake for it."""
    if timezone.now() - act.asked_at > PATIENCE:
        _end(act, State.FAILED, "It waited a day for you to sign in, and was given up. Ask for it again if you still want it.")
        return
    act.moved(State.QUEUED, "It goes on when you sign in again.")
    act.rest(LONG_PAUSE)
