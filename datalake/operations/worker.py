"""Carries out operations in their lake; it may be interrupted anywhere and run again."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from datalake.operations import kinds
from datalake.operations.models import Operation
from datalake.reads.scopes import require_scope_access
from vre_portal.audit import record
from vre_portal.http import RemoteRefused
from vre_portal.iam import sign_in_waits
from vre_portal.iam.vault import access_token
from vre_portal.iam.vault.group_refresh import refresh_user
from vre_portal.jobs import fates, holds
from vre_portal.jobs.runner import Runner
from vre_portal.services import ServiceKind, UnknownService, service

SIGN_IN_TIMEOUT = timedelta(days=1)  # an operation whose person has not signed in by then is given up
State = Operation.State


class OperationRunner(Runner[Operation]):
    """Runs the operations of all lakes."""

    model = Operation
    stoppable = holds.Stoppable(ServiceKind.RUCIO, "changes", "lake")
    max_tries = max_outages = 12

    def ready(self) -> Q:
        return Q(state__in=Operation.UNENDED)

    def work(self, operation: Operation) -> float:
        if operation.moved(State.RUNNING, operation.answer):  # else it was called off in the last moment
            _end(operation, State.DONE, _do(operation))
        return 0

    def refused(self, operation: Operation, error: Exception) -> float:
        _end(operation, State.REFUSED, str(error))
        return 0

    def delayed(self, operation: Operation, words: str) -> None:
        operation.moved(State.QUEUED, words)

    def given_up(self, operation: Operation, words: str) -> None:
        _end(operation, State.FAILED, words)

    def waits_for_sign_in(self, operation: Operation, error: Exception) -> float:
        """Store that the operation waits for its person to sign in; it fails after SIGN_IN_TIMEOUT."""
        if timezone.now() - operation.asked_at > SIGN_IN_TIMEOUT:
            _end(operation, State.FAILED, _("Stopped because there was no sign-in for a day. Retry it if you still need it."))
            return 0
        operation.moved(State.QUEUED, _("Resumes when you sign in again."))
        sign_in_waits.report(operation.by, operation.get_absolute_url())
        return fates.SIGN_IN_PAUSE


runner = OperationRunner()


def execute(pk: int) -> None:
    """Carry out an operation exactly once, even where a worker was interrupted before."""
    runner.perform(pk)


def _do(operation: Operation) -> str:
    try:
        kind = kinds.kind_named(operation.kind)
    except LookupError:
        raise UnknownService(_("The portal no longer supports this kind of request (%(kind)s).") % {"kind": operation.kind}) from None
    if not operation.by.is_active:
        raise RemoteRefused(_("The person who made this request can no longer sign in."), status=403)
    lake = service(ServiceKind.RUCIO, operation.lake)
    token = access_token(
        operation.by,
        lake,
        purpose=_("%(title)s (request %(number)s)") % {"title": kinds.title(operation.kind).lower(), "number": operation.pk},
    )
    groups = refresh_user(operation.by).groups  # as they are now, not as they were at the press of the button
    for subject in operation.subjects:  # rules have no scope in their name, and are the lake's to guard
        require_scope_access(lake, subject.partition(":")[0], groups)
    return kind.perform(kinds.OperationContext(lake, token, operation), kind.decode(operation.arguments))


def _end(operation: Operation, state: str, answer: str) -> None:
    if operation.moved(state, answer):
        record("lake.act", by=operation.by, subject=f"lake/{operation.lake}/act/{operation.pk}", outcome=state, kind=operation.kind)
