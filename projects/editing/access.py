"""Who sees a project, and until when: changed under a lock, recorded, and taken back only from what the change had made of it."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from projects import checklist, exposure, project_events
from projects.exposure import Exposure
from projects.locking import open_project_locked
from projects.models import Project
from vre_portal.audit import record
from vre_portal.iam.models import User

BEGINNING, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class AccessChangeRefused(Exception):
    """The change is not made; the text says why."""


class NotConfirmed(AccessChangeRefused):
    """It would show something to everybody that the person has not seen listed."""


@dataclass(frozen=True)
class Access:
    """What a project's row says of who sees it."""

    visibility: str
    embargo_until: datetime | None

    @classmethod
    def of(cls, project: Project) -> "Access":
        return cls(str(project.visibility), project.embargo_until)

    @property
    def version(self) -> str:
        """Tells one state from another; a form carries it."""
        return hashlib.sha256(f"{self.visibility} {self.embargo_until}".encode()).hexdigest()[:24]

    @property
    def public_from(self) -> datetime:
        """The moment from which everybody sees it."""
        return BEGINNING if self.visibility == Project.Visibility.PUBLIC else self.embargo_until or NEVER

    @property
    def is_over(self) -> bool:
        """Whether it is an embargo that has ended."""
        return self.visibility == Project.Visibility.MEMBERS and self.public_from <= timezone.now()

    def opens(self, project: Project) -> bool:
        """Whether the project, as it is now, would be public by this, or be so earlier."""
        return not project.is_public and self.public_from < Access.of(project).public_from


def confirmation(by: User, project: Project, shown: list[Exposure] | None = None) -> str:
    """Tells one state of a project, and what of it would be shown to everybody, from another; a form that opens it carries it."""
    shown = exposure.exposures(by, project) if shown is None else shown
    return f"{Access.of(project).version[:12]}{exposure.version(shown)[:12]}"


def told(project: Project) -> str:
    """Who sees it, for the record."""
    if project.is_public:
        return "public"
    if project.is_draft:
        return "draft"
    return f"members until {project.embargo:%Y-%m-%dT%H:%MZ}" if project.embargo else "members"


@transaction.atomic
def _put(by: User, project: Project, access: Access, action: str, seen: str = "") -> bool:
    """Write it down over the state that the person saw, if one is named; True where it is something new.

    What opens the project needs the `confirmation` of what the person saw listed, and is recorded with the numbers; raises NotConfirmed.
    """
    now = open_project_locked(project, archived_too=True)
    facts: dict[str, Any] = {}
    if access.opens(now):
        if missing := checklist.missing(by, now):
            raise AccessChangeRefused(_("Not published. Still missing: %(lines)s.") % {"lines": ", ".join(line.text for line in missing)})
        shown = exposure.exposures(by, now)
        if seen != confirmation(by, now, shown):
            raise NotConfirmed(_("This project was changed in the meantime. Review what becomes public, then confirm again."))
        facts = exposure.counts(shown)
    elif seen and Access.of(now).version != seen:
        raise AccessChangeRefused(_("The visibility was changed in the meantime. Review it, then try again."))
    if Access.of(now) == access:
        return False
    was, was_public = told(now), now.is_public
    now.visibility, now.embargo_until = access.visibility, access.embargo_until
    now.save(update_fields=["visibility", "embargo_until", "changed_at"])
    if now.is_public and not was_public:
        project_events.published(now, by=by, record=now.changed_at.isoformat())
    record(action, by=by, subject=f"project/{now.slug}", was=was, now=told(now), **facts)
    return True


def set_visibility(*, by: User, project: Project, to: str, seen: str = "") -> bool:
    """Open it to everybody, or to its people only. What a lead decides now is not undone by a date."""
    return _put(by, project, Access(to, None), "project.visibility", seen)


def set_embargo(*, by: User, project: Project, until: datetime | None, seen: str = "") -> bool:
    """For its people until a moment, for everybody from then on; without a moment it stays with its people."""
    if until is not None and until <= timezone.now():
        raise AccessChangeRefused(_("This time is in the past. Choose a later one."))
    return _put(by, project, Access(Project.Visibility.MEMBERS, until), "project.embargo", seen)


def take_back(*, by: User, project: Project, was: Access, made: str, seen: str = "") -> None:
    """Bring back who saw it before, if it still is as the change made it and the date that there was is still to come.

    Where that opens the project, `seen` is the confirmation.
    """
    if was.is_over:
        raise AccessChangeRefused(_("The previous embargo has ended, so this can't be undone. Set the visibility again."))
    if Access.of(Project.objects.get(pk=project.pk)).version != made:
        raise AccessChangeRefused(_("The visibility was changed in the meantime. Review it, then try again."))
    _put(by, project, was, "project.visibility-undo", seen if was.opens(project) else made)
