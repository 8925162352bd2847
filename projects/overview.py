"""What the dashboard says of projects themselves: to their leads, and to staff."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake.index.growth import growth_of
from projects import audience, checklist, project_health
from projects.audience import Origin
from projects.models import Project, Resource, text_label
from projects.project_health import HealthNote
from vre_portal import staff_overview
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, UnknownService, service
from vre_portal.staff_overview import StaffFigure, StaffSection
from vre_portal.text import size

GROWTH_PERIOD = timedelta(days=30)
EXPECTED = ("summary", "picture", "licence", "contact")  # texts of a project that readers look for


def data_growth(user: User, projects: Sequence[Project]) -> Iterator[HealthNote]:
    """What the index has in the scope of each project, where the person may read it, and how much of it is new."""
    try:
        lake = service(ServiceKind.RUCIO).name
    except UnknownService:
        return
    readable = {item.scope for item in projects if item.scope and audience.can_read(user, Origin(lake, item.scope))}
    growth = growth_of(lake, readable, timezone.now() - GROWTH_PERIOD)
    for project in projects:
        if (sums := growth.get(project.scope)) is None:
            continue
        value = size(sums.bytes)
        if sums.new_files:
            text = ngettext(
                "%(size)s (%(new)s in %(files)s new file within 30 days)",
                "%(size)s (%(new)s in %(files)s new files within 30 days)",
                sums.new_files,
            )
            value = text % {"size": value, "new": size(sums.new_bytes), "files": sums.new_files}
        yield HealthNote(project.pk, _("Data"), value, reverse("projects:data", args=[project.slug]))


def missing_parts(_user: User, projects: Sequence[Project]) -> Iterator[HealthNote]:
    """What readers look for and do not find: texts, and anything that the project binds together."""
    filled = checklist.with_content(projects)
    for project in projects:
        missing = [capfirst(text_label(name)) for name in EXPECTED if not getattr(project, name)]
        if project.pk not in filled:
            missing.append(checklist.content_label())
        if missing:
            yield HealthNote(project.pk, _("Missing"), ", ".join(missing), reverse("projects:settings", args=[project.slug]), "warn")


def restricted_references(_user: User, projects: Sequence[Project]) -> Iterator[HealthNote]:
    """Public projects that refer to data which not everybody may see."""
    public = [project for project in projects if project.is_public]
    counts: dict[int, int] = {}
    for item in Resource.objects.filter(project__in=public).origins() if public else ():
        if audience.is_restricted(item.origin):
            counts[item.project] = counts.get(item.project, 0) + item.count
    for project in public:
        if count := counts.get(project.pk):
            value = ngettext("%(n)s reference in a public project", "%(n)s references in a public project", count) % {"n": count}
            yield HealthNote(project.pk, _("Restricted data"), value, reverse("projects:data", args=[project.slug]), "warn")


def staff_figures() -> Iterator[StaffFigure]:
    """All projects, and how many of them are public."""
    public = Q(visibility=Project.Visibility.PUBLIC) | Q(embargo_until__lte=timezone.now())
    row = Project.objects.order_by().aggregate(all=Count("pk"), public=Count("pk", filter=public))
    yield StaffFigure(_("Projects"), row["all"], reverse("projects:index"), _("%(n)s public") % {"n": row["public"]})


def register_sources() -> None:
    """Tell the dashboard whom to ask."""
    for source in (data_growth, missing_parts, restricted_references):
        project_health.register(source)
    staff_overview.register(StaffSection.FIGURES, staff_figures)
