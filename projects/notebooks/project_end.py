"""Notebook sessions of a project that ends: which are open, and how they are stopped."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.deletion import Feature, delete_rows
from projects.models import Project
from projects.notebooks import services
from projects.notebooks.models import Session
from vre_portal.iam.models import User


def at_work(project: Project) -> list[str]:
    """Sessions that have not ended."""
    sessions = Session.objects.alive().filter(project=project).count()
    text = ngettext("%(n)s notebook session is open.", "%(n)s notebook sessions are open.", sessions)
    return [text % {"n": sessions}] if sessions else []


def stop(by: User, project: Project) -> None:
    """End them; what their people wrote stays in their folders at the hub."""
    for session in Session.objects.alive().filter(project=project).select_related("project", "by"):
        services.stop_session(session=session, why=_("The project was deleted."), by=by)


feature = Feature(at_work=at_work, stop=stop, clear=lambda project: delete_rows(Session.objects.filter(project=project)))
