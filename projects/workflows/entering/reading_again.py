"""A workflow read once more: as it is, as it was, or as it is in its repository now."""

import uuid
from typing import Any

from django.utils.translation import gettext as _

from projects.workflows.entering.beginning import EntryRefused, begin
from projects.workflows.entering.origins import REPOSITORIES, repository_of
from projects.workflows.models import Entry, Specification, SpecificationVersion
from vre_portal.iam.models import User
from vre_portal.repositories.addresses import normalised


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


def look_for_update(*, by: User, specification: Specification, key: uuid.UUID, address: str | None = None, ref: str | None = None) -> Entry:
    """Ask whether the branch or tag has a newer commit, and read that; with an address, of the branch that is to be followed from then on.

    Raises EntryRefused where it came from no repository, AddressRefused.
    """
    source = repository_of(specification)
    if source is None:
        raise EntryRefused(_("This workflow did not come from a git repository."))
    address, ref = (source.address, source.ref) if address is None else normalised(address, ref or "")
    return begin(
        by, specification.project, key, source.origin, specification=specification, address=address, ref=ref, path=source.path,
        title=specification.title, name=specification.name,
    )  # fmt: skip
