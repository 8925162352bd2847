"""Bring the index of a lake up to date: every part may be interrupted anywhere, and the next run goes on from there."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import DataError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from datalake import rucio, service_account
from datalake.index import problems, store
from datalake.index.halving import reason_of
from datalake.index.models import Problem, Run, Scope
from datalake.index.scope_sync import AT_ONCE, ScopeSync
from datalake.rucio import unreadable
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.services import Service, ServiceKind

FULL_EVERY = timedelta(days=1)
MAX_FAILURES_IN_A_ROW = 10  # scopes about which a lake that answers a ping says nothing, before the run is ended
INTERNAL_ERROR = "The portal failed at this. Its operators find the reason in the log."
logger = logging.getLogger(__name__)


class TakenOver(Exception):
    """Another run has the lake."""


class Incomplete(Exception):
    """Some scopes could not be read; why is noted for each."""


class IndexSync:
    """One run over one lake."""

    def __init__(self, lake: Service, run: Run) -> None:
        self.lake, self.run = lake, run
        self.pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="lake-index")

    def __enter__(self) -> "IndexSync":
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown(wait=True, cancel_futures=True)

    def token(self) -> str:
        return service_account.token(self.lake)

    def heard(self, **counts: int) -> None:
        if not self.run.heard(**counts):
            raise TakenOver

    def scopes(self) -> list[Scope]:
        """The lake's scopes as rows, those that failed in the last run at the end; one that the lake no longer names is hidden.

        A scope that cannot be a row is noted, and so is a row of Rucio's that is no scope.
        """
        with unreadable.collecting() as odd:
            listed = {item.name: item.account for item in rucio.list_scopes(self.lake, self.token())}
        known = {item.name: item for item in Scope.objects.filter(lake=self.lake.name)}
        failed = {row.text: row.reason for row in odd}
        for name, account in listed.items():
            try:
                known[name] = self.row_of(name, account, known.get(name))
            except DataError as error:
                failed[name] = reason_of(error)
        for name, reason in failed.items():
            problems.note(self.lake.name, name, Problem.Part.SCOPE, {"": reason})
        if not odd:  # one of the rows that could not be read may be a scope that is missed here
            gone = [item for item in known.values() if item.name not in listed]
            Scope.objects.filter(pk__in=[item.pk for item in gone]).update(gone=True)
            Problem.objects.filter(lake=self.lake.name).exclude(scope__in=[problems.key_of(name) for name in (*listed, *failed)]).delete()
        last = set(Problem.objects.filter(lake=self.lake.name, part=Problem.Part.SCOPE).values_list("scope", flat=True))
        return [known[name] for name in sorted(listed, key=lambda name: (name in last, name)) if name in known]

    @transaction.atomic
    def row_of(self, name: str, account: str, row: Scope | None) -> Scope:
        """The scope as a row; raises DataError where its name cannot be one."""
        if row is None:
            return Scope.objects.create(lake=self.lake.name, name=name, account=account)
        if row.account != account or row.gone:
            Scope.objects.filter(pk=row.pk).update(account=account, gone=False)
        return row

    def fill(self) -> None:
        """All scopes, each with a failure of its own; raises Incomplete where some failed, and RemoteError where the lake is down."""
        failed = in_a_row = 0
        scopes = self.scopes()
        for scope in scopes:
            self.run.scope = scope.name
            self.heard()
            try:
                self.read(scope)
            except TakenOver:
                raise
            except Exception as error:  # noqa: BLE001 -- whatever is wrong with one scope, the others are read
                in_a_row = in_a_row + 1 if isinstance(error, RemoteUnavailable) else 0
                self.failed(scope, error, last=in_a_row > MAX_FAILURES_IN_A_ROW)
                failed += 1
            else:
                in_a_row = 0
        if failed:
            raise Incomplete(f"{failed} of {len(scopes)} scopes could not be read.")

    def read(self, scope: Scope) -> None:
        """One scope, and its sums where something changed."""
        before = self.run.changed, self.run.described, self.run.removed
        try:
            ScopeSync(self.lake, scope, self.run.full or is_due(scope), self.token, self.pool, self.heard).read()
            problems.solved(self.lake.name, scope.name, Problem.Part.SCOPE)
        finally:
            if (self.run.changed, self.run.described, self.run.removed) != before or scope.counted_at is None:
                self.count(scope)

    def failed(self, scope: Scope, error: Exception, *, last: bool) -> None:
        """Note why a scope could not be read; raises the error where no other could be read either."""
        if isinstance(error, OperationalError | InterfaceError) and not database_answers():
            raise error
        logger.warning("The scope %s of %s could not be indexed: %s", scope, self.lake, error, exc_info=not isinstance(error, RemoteError))
        if isinstance(error, RemoteError):
            elsewhere = error.service is not None and error.service.kind is not ServiceKind.RUCIO  # the IAM, for a token
            if elsewhere or (isinstance(error, RemoteUnavailable) and (last or not rucio.is_up(self.lake))):
                raise error
        reason = reason_of(error) if isinstance(error, RemoteError | DataError) else INTERNAL_ERROR
        problems.note(self.lake.name, scope.name, Problem.Part.SCOPE, {"": reason})

    def count(self, scope: Scope) -> None:
        """Sums take a look at everything: those of a large scope are not taken with every small change."""
        known = scope.counted_at
        if known is None or self.run.full or timezone.now() - known > timedelta(seconds=30 * scope.count_seconds):
            store.count(scope)


def database_answers() -> bool:
    """Whether the portal's own database is there."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except (OperationalError, InterfaceError):
        return False
    return True


def fill(lake: Service, *, full: bool = False) -> Run | None:
    """One run; None while another is at work. What became of it stands in the row."""
    run = Run.objects.begin(lake.name, full=full)
    if run is None:
        return None
    try:
        with IndexSync(lake, run) as sync:
            sync.fill()
    except TakenOver:
        logger.warning("Another run has taken over the index of %s.", lake)
        return None
    except (RemoteError, Incomplete) as error:
        run.end(Run.State.FAILED, str(error))
    except BaseException:
        run.end(Run.State.FAILED, "It stopped with an error of the portal's own.")
        raise
    else:
        run.end(Run.State.DONE)
    return run


def is_due(scope: Scope) -> bool:
    """Whether it is time for a pass over all names of a scope: asked for each, so that one that fails does not make the others' due."""
    return scope.walked_at is None or timezone.now() - scope.walked_at > FULL_EVERY
