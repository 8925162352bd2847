"""How old the index of a lake is, and whether it is being renewed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from datalake.index.models import SILENT, Run
from vre_portal.services import Service

LATE = timedelta(minutes=15)


@dataclass(frozen=True)
class Freshness:
    """What the runs say."""

    since: datetime | None  # what the lake held then is known
    running: Run | None
    failed: Run | None  # the last one, if it failed
    version: tuple[tuple[int, int, int, int], ...] = ()  # of the index, as far as the last runs tell: the same means that nothing changed

    @classmethod
    def of(cls, lake: Service) -> "Freshness":
        runs = list(Run.objects.filter(lake=lake.name)[:2])
        done = next((run for run in runs if run.state == Run.State.DONE), None)
        if done is None:
            done = Run.objects.filter(lake=lake.name, state=Run.State.DONE).first()
        alive = next((run for run in runs if run.state == Run.State.RUNNING and run.heard_at > timezone.now() - SILENT), None)
        ended = next((run for run in runs if run.state != Run.State.RUNNING), None)
        version = tuple((run.pk, run.changed, run.described, run.removed) for run in runs)
        return cls(done.began_at if done else None, alive, ended if ended and ended.state == Run.State.FAILED else None, version)

    @property
    def stale(self) -> bool:
        """Whether it is older than it ought to be."""
        return self.since is not None and timezone.now() - self.since > LATE
