"""The one way to write to a part of a project: under the lock of its row, after looking whether it still takes changes."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from projects.models import Project
from vre_portal.form_drafts.errors import FormClosed


class ProjectClosed(FormClosed, PermissionDenied):
    """The project was archived or deleted in the meantime; the text says which, for the person who tried."""


def archived_text() -> str:
    """What somebody reads who tries to change an archived project."""
    return _("This project is archived and read only. A lead can restore it.")


def open_project_locked(project: Project, *, archived_too: bool = False) -> Project:
    """The project as it is now, which nobody else archives, deletes or writes to until the transaction ends.

    With `archived_too`, for what is still changed in an archived project: its people and who sees it. Raises ProjectClosed.
    Rows that only point to the project may be written meanwhile, so that this waits for writers of the project alone.
    """
    now = Project.objects.select_for_update(of=("self",), no_key=True).filter(pk=project.pk).first()
    if now is None or now.deleted_at is not None:
        raise ProjectClosed(_("This project was deleted. Nothing was changed."))
    if now.is_archived and not archived_too:
        raise ProjectClosed(archived_text())
    return now
