"""Changes of what a project says of itself; two tabs never overwrite each other unseen."""

import hashlib
import json
import uuid
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from projects.locking import open_project_locked
from projects.models import Project
from vre_portal.audit import record
from vre_portal.iam.models import User

TEXTS = (
    "title", "summary", "description", "theme", "further_themes", "keywords", "stage", "experiments", "institutes", "institute_rors", "contact",
    "contacts", "repository", "website", "licence", "citation", "funding",
)  # fmt: skip


class ChangedMeanwhile(Exception):
    """Somebody else saved other texts since this form was opened; `names` are those that differ from what the form began with."""

    def __init__(self, project: Project) -> None:
        super().__init__(_("This project was changed while you were editing."))
        self.project = project


def version(project: Project) -> str:
    """Changes when any of the texts does, and with nothing else."""
    return hashlib.sha256(json.dumps([getattr(project, name) for name in TEXTS], sort_keys=True).encode()).hexdigest()[:24]


def edit(*, by: User, project: Project, seen: str, texts: dict[str, Any]) -> list[str]:
    """Save the texts over those that the writer saw; the names of those that changed. Raises ChangedMeanwhile.

    Saving what is stored already changes nothing, so that a form that is sent twice is no conflict with itself.
    """
    with transaction.atomic():
        now = open_project_locked(project)
        changed = [name for name in TEXTS if getattr(now, name) != texts[name]]
        if not changed:
            return []
        if version(now) != seen:
            raise ChangedMeanwhile(now)
        for name in changed:
            setattr(now, name, texts[name])
        now.save(update_fields=[*changed, "changed_at"])
        record("project.edit", by=by, subject=f"project/{now.slug}", fields=changed)
    return changed


def set_picture(*, by: User, project: Project, content: bytes, suffix: str, description: str) -> None:
    """Put another picture in place of the one there is; no content leaves it and changes its description."""
    with transaction.atomic():
        now = open_project_locked(project)
        old = str(now.picture.name or "")
        if content:
            now.picture.save(f"{now.slug}-{uuid.uuid4().hex[:8]}{suffix}", ContentFile(content), save=False)
            if old:
                transaction.on_commit(partial(now.picture.storage.delete, old), robust=True)
        now.picture_description = description
        now.save(update_fields=["picture", "picture_description", "changed_at"])
        record("project.picture", by=by, subject=f"project/{now.slug}", bytes=len(content))


def remove_picture(*, by: User, project: Project) -> None:
    """Take the picture away."""
    with transaction.atomic():
        now = open_project_locked(project)
        if not now.picture:
            return
        transaction.on_commit(partial(now.picture.storage.delete, str(now.picture.name)), robust=True)
        now.picture, now.picture_description = "", ""
        now.save(update_fields=["picture", "picture_description", "changed_at"])
        record("project.picture", by=by, subject=f"project/{now.slug}", removed=True)
