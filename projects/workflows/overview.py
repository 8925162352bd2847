"""What the dashboard says of runs and kept results: to the person who launched them, to leads, and to staff."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Exists, F, Max, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from projects import audience, project_health
from projects.audience import Origin
from projects.models import Project
from projects.project_health import HealthNote
from projects.workflows.models import Keep, Run
from vre_portal import attention, staff_overview
from vre_portal.attention import AttentionItem
from vre_portal.iam.models import User
from vre_portal.staff_overview import StaffFigure, StaffSection
from vre_portal.text import distance

LISTED_FOR = timedelta(days=7)  # how long a failure stays on the dashboard of somebody who does not open it
SHARE_OF = timedelta(days=30)
STAFF_PERIOD = timedelta(hours=24)
MANY = 5  # failed runs of one project that are listed one by one
MAX_FAILURES = 200


def failed_runs(user: User) -> Iterator[AttentionItem]:
    """Runs of the person that failed and that they have not opened since; many of one project are one line."""
    by_project: dict[int, list[Run]] = {}
    for run in _unseen_failures(user):
        by_project.setdefault(run.project_id, []).append(run)
    for runs in by_project.values():
        if len(runs) <= MANY:
            yield from (_failed_run(run) for run in runs)
            continue
        project = runs[0].project
        title = _("%(n)s failed runs in %(project)s") % {"n": len(runs), "project": project.title}
        yield AttentionItem(title, reverse("workflows:index", args=[project.slug]), since=runs[0].finished_at, icon="workflow", kind="run")


def _unseen_failures(user: User) -> list[Run]:
    """As far as the person may still see them: in their projects, and of data that they may read. One question."""
    recent = Run.objects.filter(by=user, status=Run.Status.FAILED, failure_seen_at=None, finished_at__gte=timezone.now() - LISTED_FOR)
    scopes = ArrayAgg(F("origins__scope"), filter=Q(origins__isnull=False), default=[], order_by="origins__pk")
    lakes = ArrayAgg(F("origins__lake"), filter=Q(origins__isnull=False), default=[], order_by="origins__pk")
    rows = recent.filter(project__in=Project.objects.mine(user)).annotate(scopes=scopes, lakes=lakes)
    rows = rows.select_related("project", "specification").only(
        "number", "error", "finished_at", "project__slug", "project__title", "specification__title"
    )
    runs = list(rows.order_by("-finished_at")[:MAX_FAILURES])
    return [run for run in runs if audience.can_read_all(user, map(Origin, run.__dict__["lakes"], run.__dict__["scopes"]))]


def _failed_run(run: Run) -> AttentionItem:
    words = {"number": run.number, "workflow": run.specification.title, "project": run.project.title}
    title = _("Run %(number)s of %(workflow)s failed") % words
    return AttentionItem(title, run.get_absolute_url(), run.error or run.project.title, run.finished_at, "workflow", "run")


def failed_keeps(user: User) -> Iterator[AttentionItem]:
    """Results that the person wanted to keep and that are not in the lake, unless another attempt succeeded; and those that are stuck."""
    again = Keep.objects.filter(lake=OuterRef("lake"), scope=OuterRef("scope"), dataset=OuterRef("dataset"), pk__gt=OuterRef("pk"))
    recent = Keep.objects.filter(by=user, changed_at__gte=timezone.now() - LISTED_FOR).exclude(Exists(again))
    wrong = recent.filter(Q(status__in=(Keep.Status.FAILED, Keep.Status.STUCK)) | ~Q(failed={}))
    rows = wrong.filter(run__project__in=Project.objects.mine(user)).select_related("run__project")
    for keep in rows.only("dataset", "scope", "lake", "status", "error", "changed_at", "run__number", "run__project__slug")[:MANY]:
        if not audience.can_read(user, keep.origin):
            continue
        stuck = keep.status == Keep.Status.STUCK
        title = _("The second copy of %(dataset)s is stuck") if stuck else _("%(dataset)s was not kept, or only in part")
        address = reverse("workflows:run", args=[keep.run.project.slug, keep.run.number]) + "#keeps"
        yield AttentionItem(title % {"dataset": keep.dataset}, address, keep.error, keep.changed_at, "archive", "rule")


def health(user: User, projects: Sequence[Project]) -> Iterator[HealthNote]:
    """The last run of each project, and how many of the last 30 days failed."""
    since = timezone.now() - SHARE_OF
    recent = Q(created_at__gte=since, status__in=(Run.Status.FINISHED, Run.Status.FAILED))
    rows = Run.objects.filter(project__in=projects).order_by().values("project").annotate(
        last=Max("created_at"), total=Count("pk", filter=recent), failed=Count("pk", filter=recent & Q(status=Run.Status.FAILED))
    )  # fmt: skip
    counts = {row["project"]: row for row in rows}
    for project in projects:
        address, row = reverse("workflows:index", args=[project.slug]), counts.get(project.pk)
        last = distance(row["last"], timezone.now()) if row else _("none yet")
        yield HealthNote(project.pk, _("Last run"), str(last), address)
        if row and row["total"]:
            value = _("%(failed)s of %(runs)s") % {"failed": row["failed"], "runs": row["total"]}
            yield HealthNote(project.pk, _("Failed in 30 days"), value, address, "warn" if row["failed"] * 4 >= row["total"] else "")


def staff_figures() -> Iterator[StaffFigure]:
    """Runs that are under way, and those of the last day."""
    since = timezone.now() - STAFF_PERIOD
    finished = Q(status=Run.Status.FINISHED, finished_at__gte=since)
    row = Run.objects.filter(~Q(status__in=Run.ENDED) | finished).aggregate(
        active=Count("pk", filter=~finished), done=Count("pk", filter=finished)
    )
    yield StaffFigure(_("Active runs"), row["active"])
    yield StaffFigure(_("Runs finished in 24 hours"), row["done"])


def staff_problems() -> Iterator[StaffFigure]:
    """Runs and kept results that failed in the last day."""
    since = timezone.now() - STAFF_PERIOD
    yield StaffFigure(_("Failed runs"), Run.objects.filter(status=Run.Status.FAILED, finished_at__gte=since).count())
    yield StaffFigure(_("Results not kept"), Keep.objects.filter(status=Keep.Status.FAILED, changed_at__gte=since).count())


def register_sources() -> None:
    """Tell the dashboard whom to ask."""
    attention.register(failed_runs)
    attention.register(failed_keeps)
    project_health.register(health)
    staff_overview.register(StaffSection.FIGURES, staff_figures)
    staff_overview.register(StaffSection.PROBLEMS, staff_problems)
