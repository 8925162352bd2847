"""What the dashboard says of plans: to the leads of their projects."""

from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from projects.models import Project
from projects.onboarding.plan_services import progress
from projects.project_health import HealthNote
from vre_portal.iam.models import User


def plan_progress(_user: User, projects: Sequence[Project]) -> Iterator[HealthNote]:
    """How much of each plan is done."""
    known = progress(list(projects))
    for project in projects:
        if found := known.get(project.pk):
            done, needed = found
            text = _("%(done)s of %(all)s items done") % {"done": done, "all": needed}
            yield HealthNote(project.pk, _("Plan"), text, reverse("plan:plan", args=[project.slug]))
