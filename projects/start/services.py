"""Creating a project: once for each form, with an address of its own whatever others create at the same moment."""

import uuid
from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from projects.models import Membership, Project, Resource, Role, Tombstone
from projects.start import project_copy, slugs
from vre_portal.audit import record
from vre_portal.iam.models import User
from vre_portal.repositories.models import Snapshot


class FormUsed(Exception):
    """The form created a project that was deleted since."""

    def __init__(self, tombstone: Tombstone) -> None:
        super().__init__(_("This form was already used, and its project was deleted."))
        self.tombstone = tombstone


class SlugTaken(Exception):
    """Somebody else took the slug that the person chose; the text says which is free."""


def create(
    *,
    by: User,
    key: uuid.UUID,
    slug: str,
    values: dict[str, Any],
    outline: str = "",
    source: Project | None = None,
    parts: Collection[str] = (),
    snapshot: Snapshot | None = None,
) -> Project:
    """A draft that the person leads; the same key again gives the same project. Raises SlugTaken, FormUsed.

    A slug that is the one of the title gets a number where another project has it.
    """
    if earlier := created_with(by, key):
        return earlier
    wanted = slug or slugs.slug_of(values["title"])
    choices = slugs.candidates(wanted) if wanted == slugs.slug_of(values["title"]) else iter([wanted])
    for candidate in choices:
        if slugs.is_taken(candidate):
            continue
        try:
            with transaction.atomic():
                project = Project.objects.create(
                    **values, slug=candidate, outline=outline, visibility=Project.Visibility.DRAFT, created_by=by, creation_key=key
                )
                _fill(by, project, source, parts, snapshot)
            return project
        except IntegrityError:  # somebody was faster: with the slug, or the same person with the same form
            if earlier := created_with(by, key):
                return earlier
    if earlier := created_with(by, key):  # it was that form which took the slug
        return earlier
    raise SlugTaken(_("“%(slug)s” is taken. “%(free)s” is free.") % {"slug": wanted, "free": slugs.first_free(wanted)})


def created_with(by: User, key: uuid.UUID) -> Project | None:
    """The project that this person's form created. Raises FormUsed where that was deleted."""
    project = Project.objects.filter(created_by=by, creation_key=key).first()
    if project is not None and project.deleted_at is None:
        return project
    if tombstone := Tombstone.objects.filter(creation_key=key).first():
        raise FormUsed(tombstone)
    return None


def _fill(by: User, project: Project, source: Project | None, parts: Collection[str], snapshot: Snapshot | None) -> None:
    """The person as lead, what is taken over, and where it comes from."""
    Membership.objects.create(project=project, user=by, role=Role.LEAD)
    facts: dict[str, Any] = {}
    if source is not None:
        total = source.resources.count()
        copied = project_copy.take_over(by=by, source=source, project=project, parts=parts)
        facts = {"kind": "project", "project": source.pk, "slug": source.slug, "copied": copied, "not_copied": total - copied}
    elif snapshot is not None:
        facts = {"kind": "repository", "address": snapshot.address, "commit": snapshot.commit, "ref": snapshot.ref}
        facts["specifications"] = [name for name, _steps in snapshot.specifications()]
        kind = Resource.Kind.GIT
        title = _("Source repository")
        Resource.objects.create(project=project, kind=kind, identifier=snapshot.address, title=title, facts=facts, added_by=by)
    if facts:
        project.begun_from = facts
        project.save(update_fields=["begun_from"])
    told = {"source": facts.get("kind", "template" if project.outline else "form"), "copied": facts.get("copied", 0)}
    record("project.create", by=by, subject=f"project/{project.slug}", visibility=project.visibility, **told)
