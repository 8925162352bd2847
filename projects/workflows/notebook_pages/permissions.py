"""Who sees a notebook page and its results."""

from django.contrib.auth.models import AnonymousUser

from projects import audience
from projects.permissions import role_of
from projects.workflows.models import NotebookPage, NotebookRendering
from projects.workflows.permissions import origins_of
from vre_portal.iam.models import User


def can_see_page(user: User | AnonymousUser, page: NotebookPage) -> bool:
    """Whether somebody who sees its project sees the page: members, and where it is public everybody."""
    return page.is_public or role_of(user, page.specification.project) is not None


def can_see_rendering(user: User | AnonymousUser, rendering: NotebookRendering) -> bool:
    """Whether somebody who sees the page sees a result, however public the page is.

    Of restricted data only who may read those of the run that made it, and of the one that computes it again; what was withdrawn only
    people with a role.
    """
    runs = [run for run in (rendering.run, rendering.made_by) if run is not None]
    if any(run.is_withdrawn for run in runs) and role_of(user, rendering.page.specification.project) is None:
        return False
    return audience.can_read_all(user, {origin for run in runs for origin in origins_of(run)})
