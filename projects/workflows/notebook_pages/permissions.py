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
    """Whether somebody who sees the page sees a result: of restricted data only who may read them, however public the page is."""
    return audience.can_read_all(user, origins_of(rendering.run))
