"""Results of runs that are kept in a lake, as inputs of other runs: whole datasets."""

from django.db.models import Q
from django.utils.translation import gettext as _

from projects import audience
from projects.models import Project
from projects.workflows.inputs.readiness import Readiness, readiness
from projects.workflows.models import Keep, Run
from vre_portal.iam.models import User

MAX_KEPT = 20


def kept_choices(person: User, project: Project, words: str) -> list[tuple[str, Readiness]]:
    """The newest datasets that runs of the project, or the person's own, are kept as, each with the run that made it."""
    runs = Run.objects.visible_to(person).filter(Q(project=project) | Q(by=person)).values("pk")
    rows = Keep.objects.filter(run__in=runs, status__in=(Keep.Status.OK, Keep.Status.REPLICATING)).select_related(
        "run__project", "run__specification"
    )
    if words:
        rows = rows.filter(Q(dataset__icontains=words) | Q(run__title__icontains=words))
    keeps = {str(keep.pk): keep for keep in rows.order_by("-pk")[:MAX_KEPT] if audience.can_read(person, keep.origin)}
    known = readiness(person, {pk: {"lake": keep.lake, "did": str(keep)} for pk, keep in keeps.items()}, only_index=True)
    return [(_("Kept result of %(run)s") % {"run": keeps[row.path].run}, row) for row in known]
