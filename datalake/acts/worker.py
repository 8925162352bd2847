"""How an act comes to its lake; it may be interrupted anywhere and run again."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from datalake.acts import kinds
from datalake.acts.models import Act
from datalake.scopes import demand
from vre_portal.audit import record
from vre_portal.http import RemoteRefused
from vre_portal.iam.freshness import present
from vre_portal.iam.vault import access_token
from vre_portal.jobs import fates
from vre_portal.jobs.runner import Runner
from vre_portal.services import ServiceKind, UnknownService, service

PATIENCE = timedelta(days=1)  # what its person has not signed in for by then is no longer done behind their back
State = Act.State


class Acts(Runner[Act]):
    """What people want done in a lake."""

    model = Act
    max_tries = max_outages = 12

    def ready(self) -> Q:
        return Q(state__in=Act.UNENDED)

    def work(self, act: Act) -> float:
        if act.moved(State.RUNNING, act.answer):  # else it was called off in the last moment
            _end(act, State.DONE, _do(act))
        return 0

    def refused(self, act: Act, error: Exception) -> float:
        _end(act, State.REFUSED, str(error))
        return 0

    def delayed(self, act: Act, words: str) -> None:
        act.moved(State.QUEUED, words)

    def given_up(self, act: Act, words: str) -> None:
        _end(act, State.FAILED, words)

    def waits_for_sign_in(self, act: Act, error: Exception) -> float:
        """Nobody but the person can open the lake for it."""
        if timezone.now() - act.asked_at > PATIENCE:
            _end(act, State.FAILED, "It waited a day for you to sign in, and was given up. Ask for it again if you still want it.")
            return 0
        act.moved(State.QUEUED, "Resumes when you sign in again.")
        return fates.SIGN_IN_PAUSE


acts = Acts()


def perform(pk: int) -> None:
    """Do an act exactly once, whoever was interrupted before."""
    acts.perform(pk)


def _do(act: Act) -> str:
    try:
        kind = kinds.known(act.kind)
    except LookupError as error:
        raise UnknownService(f"This portal no longer does it: {error}") from None
    if not act.by.is_active:
        raise RemoteRefused("Whoever asked for it may no longer sign in.", status=403)
    lake = service(ServiceKind.RUCIO, act.lake)
    token = access_token(act.by, lake, purpose=f"{kind.title.lower()} (act {act.pk})")
    groups = present(act.by).groups  # as they are now, not as they were at the press of the button
    for subject in act.subjects:  # rules have no scope in their name, and are the lake's to guard
        demand(lake, subject.partition(":")[0], groups)
    return kind.perform(kinds.Doing(lake, token, act), kind.decode(act.arguments))


def _end(act: Act, state: str, answer: str) -> None:
    if act.moved(state, answer):
        record("lake.act", by=act.by, subject=f"lake/{act.lake}/act/{act.pk}", outcome=state, kind=act.kind)
