"""What somebody entered and has not saved yet: listed, and never deleted without a word."""

from django.contrib import messages
from django.db.models import Case, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext

from projects.models import Project
from projects.permissions import Permission, can
from projects.workflows.entering.beginning import MAX_KEPT, kept_of
from projects.workflows.models import Entry
from vre_portal.iam.current_user import current_user
from vre_portal.text import plain

MAX_UNSAVED = 50  # that the Workflows tab lists, most of them folded
SHOWN = ("title", "path", "address", "ref", "origin", "state", "reason", "created_at",
         "specification__title", "specification__name", "project_id")  # fmt: skip


def unsaved(request: HttpRequest, project: Project) -> list[Entry]:
    """The reader's own entries in a project that wait to be saved, newest first."""
    if not can(request.user, project, Permission.EDIT):
        return []
    rows = Entry.objects.filter(project=project, by=current_user(request)).unsaved().select_related("specification")
    rows = rows.order_by(Case(When(state=Entry.State.FAILED, then=1), default=0), "-pk")
    found = list(rows.only(*SHOWN)[:MAX_UNSAVED])
    for item in found:
        item.project = project
    return found


def next_to_go(request: HttpRequest) -> Entry | None:
    """The entry that is deleted when the person enters another one; None while there is room for it."""
    found = kept_of(current_user(request)).select_related("project")
    oldest = found.only("title", "path", "address", "origin", "state", "project__slug", "project__title")[MAX_KEPT - 1 : MAX_KEPT].first()
    return None if oldest is None or oldest.state in Entry.NOTHING_TO_SAVE else oldest


def opened(request: HttpRequest, entry: Entry) -> HttpResponse:
    """The way to the page of a new entry, which says what was deleted for it."""
    if entry.displaced:
        text = ngettext(
            "At most %(limit)s workflows that are not saved are kept, so the oldest one was deleted: %(names)s.",
            "At most %(limit)s workflows that are not saved are kept, so the oldest ones were deleted: %(names)s.",
            len(entry.displaced),
        )
        messages.warning(request, text % {"limit": MAX_KEPT, "names": ", ".join(plain(name)[:80] for name in entry.displaced)})
    return redirect(entry)
