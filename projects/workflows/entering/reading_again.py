"""A workflow read once more: as it is, as it was, or as it is in its repository now."""

import uuid
from typing import Any

from django.utils.translation import gettext as _

from projects.workflows.entering.beginning import EntryRefused, begin
from projects.workflows.models import Entry, Specification, SpecificationVersion
from vre_portal.iam.models import User

REPOSITORIES = (Entry.Origin.GIT, Entry.Origin.LINK, Entry.Origin.SOFTWARE)


def read_again(*, by: User, specification: Specification, key: uuid.UUID) -> Entry:
    """Read the current version once more, where the engine gave no answer: from its repository at that commit, else its stored files.

    Raises EntryRefused.
    """
    base = specification.current
    if base is None:
        raise EntryRefused(_("This workflow has no stored files that could be read again."))
    in_repository = base.origin in REPOSITORIES and base.address and base.commit
    state = Entry.State.FETCHING if in_repository else Entry.State.READING
    return begin(
        by, specification.project, key, base.origin, state=state, text=base.text, base=base, specification=specification,
        title=specification.title, name=specification.name, **_kept(base),
    )  # fmt: skip


def restore(*, by: User, specification: Specification, key: uuid.UUID, number: int) -> Entry:
    """Read an earlier version once more, to be saved as the next one. Raises EntryRefused."""
    base = specification.versions.filter(number=number).first()
    if base is None:
        raise EntryRefused(_("This workflow has no such version."))
    return begin(
        by, specification.project, key, base.origin, state=Entry.State.READING, text=base.text, base=base, specification=specification,
        title=specification.title, name=specification.name, **_kept(base),
    )  # fmt: skip


def _kept(base: SpecificationVersion) -> dict[str, Any]:
    """Where a version came from, for what is read of it once more."""
    return {name: getattr(base, name) for name in ("address", "ref", "commit", "root", "path", "offered", "notes", "parameter_schema")}


def look_for_update(*, by: User, specification: Specification, key: uuid.UUID) -> Entry:
    """Ask whether the branch or tag has a newer commit, and read that. Raises EntryRefused where it came from no repository."""
    source = repository_of(specification)
    if source is None:
        raise EntryRefused(_("This workflow did not come from a git repository."))
    return begin(
        by, specification.project, key, source.origin, specification=specification, address=source.address, ref=source.ref, path=source.path,
        title=specification.title, name=specification.name,
    )  # fmt: skip


def repository_of(specification: Specification) -> SpecificationVersion | None:
    """The newest version that came from a git repository."""
    return specification.versions.filter(origin__in=REPOSITORIES).exclude(address="").first()
