"""What the notebook pages of a project show to everybody once the project is public."""

from django.utils.translation import gettext as _

from projects.exposure import NAMED, Exposure
from projects.models import Project
from projects.workflows.models import NotebookPage
from vre_portal.iam.models import User


def exposure(_user: User, project: Project) -> Exposure:
    """The public pages by title; their results are seen although the runs behind them are not published."""
    rows = NotebookPage.objects.filter(specification__project=project).order_by("specification__title", "pk")
    pages = list(rows.values_list("specification__title", "is_public"))
    shown = [title for title, is_public in pages if is_public]
    closed = _("Other notebook pages stay visible to members only.") if len(pages) > len(shown) else ""
    return Exposure("public notebook pages", tuple(shown[:NAMED]), len(shown), closed, len(pages) - len(shown))
