"""What is done to news: each change by its own version, recorded, and harmless when it is sent twice."""

import uuid
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from projects.locking import open_project_locked
from projects.models import Project
from projects.news import announcing
from projects.news.models import NewsItem
from vre_portal.audit import record
from vre_portal.iam.models import User

FIELDS = ("title", "text", "picture_description", "publish_at", "until", "is_published")


class ChangedMeanwhile(Exception):
    """Somebody else changed the item since this editor opened it; `item` is how it is now."""

    def __init__(self, item: NewsItem) -> None:
        super().__init__(item.pk)
        self.item = item


class KeyTaken(Exception):
    """The identifier of the form belongs to an item of somebody else or of another place."""


def create(*, by: User, project: Project | None, key: uuid.UUID, facts: dict[str, Any], picture: tuple[bytes, str] | None) -> NewsItem:
    """A new item; sending the same form again gives the one that it made. Raises ChangedMeanwhile where that says something else, KeyTaken."""
    with transaction.atomic():
        _require_open(project)
        item, is_new = NewsItem.objects.get_or_create(key=key, defaults={"project": project, "written_by": by, **facts})
        if is_new:
            if picture is not None:
                _set_picture(item, picture)
            announcing.announce(item)
            _note("create", by, item)
    if is_new:
        return item
    if (item.written_by_id, item.project_id) != (by.pk, project.pk if project else None):
        raise KeyTaken
    if item.deleted_at is not None or any(getattr(item, name) != facts[name] for name in FIELDS if name != "publish_at"):
        raise ChangedMeanwhile(item)
    return item


def edit(*, by: User, item: NewsItem, seen: int, facts: dict[str, Any], picture: tuple[bytes, str] | None, drops_picture: bool) -> NewsItem:
    """Save over the version that the writer saw; an item that they saw to be deleted is restored with it.

    Raises ChangedMeanwhile; saving what is stored already changes nothing.
    """
    with transaction.atomic():
        _require_open(item.project)
        now = NewsItem.objects.select_for_update(of=("self",)).select_related("project").get(pk=item.pk)
        changed = [name for name in FIELDS if getattr(now, name) != facts[name]]
        changes_picture = picture is not None or (drops_picture and bool(now.picture))
        was_deleted = now.deleted_at is not None
        if not changed and not changes_picture and not was_deleted:
            return now
        if now.version != seen:
            raise ChangedMeanwhile(now)
        for name in changed:
            setattr(now, name, facts[name])
        if was_deleted:
            now.deleted_at = None
            changed.append("deleted_at")
            _note("restore", by, now)
        now.version, now.changed_at = now.version + 1, timezone.now()
        now.save(update_fields=[*changed, "version", "changed_at"])
        if changes_picture:
            _set_picture(now, picture)
        if not was_deleted:  # what is restored was announced before
            announcing.announce(now)
        _note("edit", by, now)
    return now


def delete(*, by: User, item: NewsItem) -> None:
    """Show it to nobody; it can be restored for a month. Who is editing it meanwhile is told when they save."""
    with transaction.atomic():
        _require_open(item.project)
        if NewsItem.objects.filter(pk=item.pk, deleted_at=None).update(deleted_at=timezone.now(), version=F("version") + 1):
            _note("delete", by, item)


def restore(*, by: User, item: NewsItem) -> None:
    """Undo a deletion."""
    with transaction.atomic():
        _require_open(item.project)
        if NewsItem.objects.filter(pk=item.pk).exclude(deleted_at=None).update(deleted_at=None):
            _note("restore", by, item)


def _require_open(project: Project | None) -> None:
    """News of the portal belong to no project; those of a project change while it is open. Raises ProjectClosed."""
    if project is not None:
        open_project_locked(project)


def _set_picture(item: NewsItem, picture: tuple[bytes, str] | None) -> None:
    """Put the picture in place of the one that there is; None takes that away."""
    old = str(item.picture.name or "")
    if picture is not None:
        content, suffix = picture
        item.picture.save(f"{uuid.uuid4().hex}{suffix}", ContentFile(content), save=False)
    else:
        item.picture = ""
    item.save(update_fields=["picture"])
    if old:
        transaction.on_commit(partial(item.picture.storage.delete, old), robust=True)


def _note(verb: str, by: User, item: NewsItem) -> None:
    place = {"project": item.project.slug} if item.project else {}
    record(f"news.{verb}", by=by, subject=f"news/{item.pk}", published=item.is_published, **place)
