"""The age of a lake's index by scope, the problems of its last update, and whether an update is running."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils import timezone

from datalake.index.models import STALE_AFTER, IndexedScope, Problem, SyncRun
from vre_portal.services import Service

LATE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True)
class FailingScope:
    """A scope that could not be read in the last run."""

    name: str
    reason: str
    since: datetime
    read_at: datetime | None  # what it held then is known


@dataclass(frozen=True)
class IndexFreshness:
    """The state of the last updates, and the problems in scopes that the visitor may see."""

    since: datetime | None  # what all scopes but the failing ones held then is known
    running: SyncRun | None
    failed: SyncRun | None  # the last one, if it failed
    version: tuple[tuple[int, int, int, int], ...] = ()  # of the index, as far as the last runs tell: the same means that nothing changed
    failing: tuple[FailingScope, ...] = ()
    left_out: int = 0  # DIDs that the index holds not at all or not whole

    @classmethod
    def of(cls, lake: Service, scopes: Sequence[IndexedScope], is_visible: Callable[[str], bool]) -> "IndexFreshness":
        """`scopes` are those that the visitor may see; `is_visible` says it also of those that are no rows."""
        runs = list(SyncRun.objects.filter(lake=lake.name)[:2])
        done = next((run for run in runs if run.state == SyncRun.State.DONE), None)
        if done is None:
            done = SyncRun.objects.filter(lake=lake.name, state=SyncRun.State.DONE).first()
        alive = next((run for run in runs if run.state == SyncRun.State.RUNNING and run.heard_at > timezone.now() - STALE_AFTER), None)
        ended = next((run for run in runs if run.state != SyncRun.State.RUNNING), None)
        version = tuple((run.pk, run.changed, run.described, run.removed) for run in runs)
        failing = failing_scopes(lake, {item.name: item.read_at for item in scopes}, is_visible)
        since = age_of(scopes, {item.name for item in failing}) if scopes else done.began_at if done else None
        lost = ended if ended and ended.state == SyncRun.State.FAILED else None
        return cls(since, alive, lost, version, failing, sum(count for scope, count in left_out(lake).items() if is_visible(scope)))

    @property
    def stale(self) -> bool:
        """Whether the index is older than LATE_AFTER."""
        return self.since is not None and timezone.now() - self.since > LATE_AFTER

    @property
    def incomplete(self) -> bool:
        return bool(self.failing or self.left_out)


def age_of(scopes: Sequence[IndexedScope], failing: set[str]) -> datetime | None:
    """When the oldest of the scopes was read, of those that do not fail; of the others where all do. None where none was read yet."""
    read = [(item.name in failing, item.read_at) for item in scopes if item.read_at is not None]
    well = [at for fails, at in read if not fails]
    return min(well or [at for _, at in read], default=None)


def failing_scopes(lake: Service, read_at: dict[str, datetime | None], is_visible: Callable[[str], bool]) -> tuple[FailingScope, ...]:
    """Scopes that could not be read, by name."""
    found = Problem.objects.filter(lake=lake.name, part=Problem.Part.SCOPE)
    return tuple(FailingScope(item.scope, item.reason, item.since, read_at.get(item.scope)) for item in found if is_visible(item.scope))


def left_out(lake: Service) -> dict[str, int]:
    """How many DIDs of each scope could not be indexed."""
    rows = Problem.objects.filter(lake=lake.name).exclude(part=Problem.Part.SCOPE).order_by()
    return dict(rows.values_list("scope").annotate(Count("name", distinct=True)))
