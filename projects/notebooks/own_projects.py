"""The projects in which a person may use notebooks."""

from projects.models import Project
from projects.permissions import Permission, can, know_roles
from vre_portal.iam.models import User


def notebook_projects(by: User) -> list[Project]:
    """Those of their own projects; one query for the roles in all of them."""
    mine = list(Project.objects.mine(by))
    know_roles(by, mine)
    return [project for project in mine if can(by, project, Permission.NOTEBOOK)]
