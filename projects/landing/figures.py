"""The numbers of the start page: each of what a visitor may see, and each the number of rows of the list that it leads to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from catalog.software.models import Entry
from datalake.index.holdings import Amount
from datalake.index.models import IndexedScope
from datalake.reads.scopes import is_public
from datalake.sites.models import Sample, SiteRecord
from projects.models import Project
from projects.workflows.models import Run
from projects.workflows.models.run_queries import RunQuerySet
from vre_portal.pages import SharedValue, expires_at
from vre_portal.services import ServiceKind, services

REPORTS_WITHIN = timedelta(days=1)  # of the newest report of its lake: what is silent for longer is not counted


@dataclass(frozen=True)
class LakeFigures:
    """What a visitor sees of one lake, and the age of the least recent scope among it."""

    name: str
    title: str
    amount: Amount
    read_at: datetime | None


@dataclass(frozen=True)
class StorageSite:
    """A storage element that reported to the portal lately."""

    lake: str
    rse: str
    site: str
    country: str


def public_scopes() -> dict[str, list[IndexedScope]]:
    """By lake, the scopes that everybody may see."""
    lakes = {lake.name: lake for lake in services(ServiceKind.RUCIO)}
    found: dict[str, list[IndexedScope]] = {name: [] for name in lakes}
    for scope in IndexedScope.objects.filter(lake__in=lakes, gone=False):
        if is_public(lakes[scope.lake], scope.name):
            found[scope.lake].append(scope)
    return found


def _lakes() -> list[LakeFigures]:
    scopes, found = public_scopes(), []
    for lake in services(ServiceKind.RUCIO):
        shown = scopes[lake.name]
        moments = [scope.read_at for scope in shown if scope.read_at]
        found.append(LakeFigures(lake.name, lake.title, Amount.of(shown), min(moments, default=None)))
    return found


def _sites() -> list[StorageSite]:
    lakes = [lake.name for lake in services(ServiceKind.RUCIO)]
    latest = list(Sample.objects.filter(lake__in=lakes).order_by("lake", "rse", "-at").distinct("lake", "rse"))
    newest = {lake: max((sample.at for sample in latest if sample.lake == lake), default=None) for lake in lakes}
    records = {(record.lake, record.rse): record for record in SiteRecord.objects.filter(lake__in=lakes)}
    found = []
    for sample in latest:
        until = newest[sample.lake]
        if until is not None and until - sample.at < REPORTS_WITHIN:
            record = records.get((sample.lake, sample.rse))
            found.append(StorageSite(sample.lake, sample.rse, record.site if record else "", record.country if record else ""))
    return found


def month_begin() -> datetime:
    """The first moment of this month, in UTC as all times of the portal."""
    return timezone.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def runs_of_this_month() -> RunQuerySet:
    """Runs that finished this month and that everybody may see: published ones of public projects."""
    begin = month_begin()
    expires_at((begin + timedelta(days=32)).replace(day=1))
    done = Run.objects.filter(status=Run.Status.FINISHED, finished_at__gte=begin)
    return done.visible_to(AnonymousUser())


def _run_count() -> int:
    return runs_of_this_month().count()


def _project_count() -> int:
    until_next_opening()
    return Project.objects.public().count()


def until_next_opening() -> None:
    if moment := Project.objects.next_opening():
        expires_at(moment)


lake_figures = SharedValue(_lakes, "lake_sums")
storage_sites = SharedValue(_sites, "lake_sites")
run_count = SharedValue(_run_count, "runs", "projects")
project_count = SharedValue(_project_count, "projects")
software_count = SharedValue(lambda: Entry.objects.listed().count(), "software")
