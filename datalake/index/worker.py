"""Update the index of a lake. A run may be interrupted at any point; the next one continues from there."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import DataError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from datalake import rucio
from datalake.index import problems, store
from datalake.index.halving import reason_of
from datalake.index.models import IndexedScope, Problem, SyncRun
from datalake.index.scope_sync import MAX_PARALLEL, ScopeSync
from datalake.reads import service_account
from datalake.rucio import unreadable
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.services import Service, ServiceKind

FULL_EVERY = timedelta(days=1)
MAX_FAILURES_IN_A_ROW = 10  # scopes about which a lake that answers a ping says nothing, before the run is ended
INTERNAL_ERROR = _("An internal error occurred. The administrators of the portal can find the cause in the log.")
logger = logging.getLogger(__name__)


class TakenOver(Exception):
    """Another run has the lake."""


class SyncIncomplete(Exception):
    """Some scopes could not be read; the reason is stored for each."""


class IndexSync:
    """One run over one lake."""

    def __init__(self, lake: Service, run: SyncRun) -> None:
        self.lake, self.run = lake, run
        self.pool = ThreadPoolExecutor(MAX_PARALLEL, thread_name_prefix="lake-index")

    def __enter__(self) -> "IndexSync":
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown(wait=True, cancel_futures=True)

    def token(self) -> str:
        return service_account.token(self.lake)

    def heartbeat(self, **counts: int) -> None:
        if not self.run.heartbeat(**counts):
            raise TakenOver

    def scopes(self) -> list[IndexedScope]:
        """The lake's scopes as rows, those that failed in the last run at the end; one that the lake no longer names is hidden.

        A scope that cannot be a row is noted, and so is a row of Rucio's that is no scope.
        """
        with unreadable.collect_unreadable() as odd:
            listed = {item.name: item.account for item in rucio.list_scopes(self.lake, self.token())}
        known = {item.name: item for item in IndexedScope.objects.filter(lake=self.lake.name)}
        failed = {row.text: row.reason for row in odd}
        for name, account in listed.items():
            try:
                known[name] = self.row_of(name, account, known.get(name))
            except DataError as error:
                failed[name] = reason_of(error)
        for name, reason in failed.items():
            problems.record(self.lake.name, name, Problem.Part.SCOPE, {"": reason})
        if not odd:  # one of the rows that could not be read may be a scope that is missed here
            gone = [item for item in known.values() if item.name not in listed]
            IndexedScope.objects.filter(pk__in=[item.pk for item in gone]).update(gone=True)
            Problem.objects.filter(lake=self.lake.name).exclude(scope__in=[problems.key_of(name) for name in (*listed, *failed)]).delete()
        last = set(Problem.objects.filter(lake=self.lake.name, part=Problem.Part.SCOPE).values_list("scope", flat=True))
        return [known[name] for name in sorted(listed, key=lambda name: (name in last, name)) if name in known]

    @transaction.atomic
    def row_of(self, name: str, account: str, row: IndexedScope | None) -> IndexedScope:
        """The scope as a row; raises DataError where its name cannot be one."""
        if row is None:
            return IndexedScope.objects.create(lake=self.lake.name, name=name, account=account)
        if row.account != account or row.gone:
            IndexedScope.objects.filter(pk=row.pk).update(account=account, gone=False)
        return row

    def run_all(self) -> None:
        """All scopes, each with a failure of its own; raises SyncIncomplete where some failed, and RemoteError where the lake is down."""
        failed = in_a_row = 0
        scopes = self.scopes()
        for scope in scopes:
            self.run.scope = scope.name
            self.heartbeat()
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
            text = ngettext(
                "%(failed)s of %(total)s scope could not be read.", "%(failed)s of %(total)s scopes could not be read.", len(scopes)
            )
            raise SyncIncomplete(text % {"failed": failed, "total": len(scopes)})

    def read(self, scope: IndexedScope) -> None:
        """One scope, and its sums where something changed."""
        before = self.run.changed, self.run.described, self.run.removed
        try:
            ScopeSync(self.lake, scope, self.run.full or is_due(scope), self.token, self.pool, self.heartbeat).read()
            problems.clear(self.lake.name, scope.name, Problem.Part.SCOPE)
        finally:
            if (self.run.changed, self.run.described, self.run.removed) != before or scope.counted_at is None:
                self.count(scope)

    def failed(self, scope: IndexedScope, error: Exception, *, last: bool) -> None:
        """Note why a scope could not be read; raises the error where no other could be read either."""
        if isinstance(error, OperationalError | InterfaceError) and not database_answers():
            raise error
        logger.warning("The scope %s of %s could not be indexed: %s", scope, self.lake, error, exc_info=not isinstance(error, RemoteError))
        if isinstance(error, RemoteError):
            elsewhere = error.service is not None and error.service.kind is not ServiceKind.RUCIO  # the IAM, for a token
            if elsewhere or (isinstance(error, RemoteUnavailable) and (last or not rucio.is_lake_up(self.lake))):
                raise error
        reason = reason_of(error) if isinstance(error, RemoteError | DataError) else str(INTERNAL_ERROR)
        problems.record(self.lake.name, scope.name, Problem.Part.SCOPE, {"": reason})

    def count(self, scope: IndexedScope) -> None:
        """Count a scope, unless it was counted a short while ago: counting reads all of it."""
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


def sync_index(lake: Service, *, full: bool = False) -> SyncRun | None:
    """One run, and its row with the result; None while another run is at work."""
    run = SyncRun.objects.begin(lake.name, full=full)
    if run is None:
        return None
    try:
        with IndexSync(lake, run) as sync:
            sync.run_all()
    except TakenOver:
        logger.warning("Another run has taken over the index of %s.", lake)
        return None
    except (RemoteError, SyncIncomplete) as error:
        run.end(SyncRun.State.FAILED, str(error))
    except BaseException:
        run.end(SyncRun.State.FAILED, gettext("The last update of the index stopped because of an error of the portal."))
        raise
    else:
        run.end(SyncRun.State.DONE)
    return run


def is_due(scope: IndexedScope) -> bool:
    """Whether it is time for a pass over all names of a scope: asked for each, so that one that fails does not make the others' due."""
    return scope.walked_at is None or timezone.now() - scope.walked_at > FULL_EVERY
