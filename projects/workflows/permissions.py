"""Who may have a file of a run that is at REANA only: it is read there in the name of whoever launched the run, so nobody else may."""

from django.contrib.auth.models import AnonymousUser

from projects.permissions import Permission, can
from projects.workflows.models import Run, RunFile
from vre_portal.iam.models import User


def may_copy(user: User | AnonymousUser, run: Run) -> bool:
    """Whether somebody may copy files of the run from REANA, or download them from there."""
    return user.pk == run.by_id and can(user, run.project, Permission.LAUNCH)


def why_not_from_reana(user: User | AnonymousUser, file: RunFile) -> str:
    """Why somebody may not have this file straight from REANA; empty where they may."""
    if file.state == RunFile.State.MISSING:
        return "The run did not create this file."
    if not may_copy(user, file.run):
        return f"The portal has no copy of this file. {file.run.by}, who launched the run, can download it from REANA or copy it here."
    return ""
