"""The other specifications of a repository or an upload: the next one is chosen from what is here already."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from projects.workflows.entering.beginning import EntryRefused, begin
from projects.workflows.entering.origins import REPOSITORIES, repository_of
from projects.workflows.entering.services import enter_repository
from projects.workflows.models import Entry, Specification
from projects.workflows.reana_yaml import ENGINE_TITLES
from vre_portal.iam.models import User
from vre_portal.repositories.models import Snapshot

WHENCE = ("address", "ref")


def enter_another(*, by: User, entry: Entry, key: uuid.UUID) -> Entry:
    """Choose again among what an entry was chosen from. Raises EntryRefused where it is gone and can't be fetched again."""
    facts: dict[str, Any] = {name: getattr(entry, name) for name in WHENCE}
    if entry.upload:
        try:
            with entry.upload.open("rb") as stream:
                packed = stream.read()
        except OSError:
            raise EntryRefused(_("The upload has expired. Upload the files again.")) from None
        return begin(by, entry.project, key, entry.origin, state=Entry.State.READING, packed=packed)
    if entry.origin not in REPOSITORIES or not entry.address:
        raise EntryRefused(_("There is nothing else to choose from."))
    if entry.snapshot is not None and entry.snapshot.is_ready:
        return _of_snapshot(by, entry.project, key, entry.snapshot, entry.origin, **facts)
    return enter_repository(by=by, project=entry.project, key=key, origin=entry.origin, **facts)


def enter_sibling(*, by: User, specification: Specification, key: uuid.UUID) -> Entry:
    """Choose among all specifications of the repository from which a workflow came: as it was fetched, or fetched again.

    Raises EntryRefused, AddressRefused, TooManyFetches.
    """
    key = uuid.uuid5(key, "another")  # the same page may ask for something else with its key
    source = repository_of(specification)
    if source is None:
        raise EntryRefused(_("This workflow did not come from a git repository."))
    facts: dict[str, Any] = {name: getattr(source, name) for name in WHENCE}
    facts["choices"] = [[source.path, "", ""]]  # which the project has already
    snapshots = Snapshot.objects.filter(by=by, address=source.address, commit=source.commit, state=Snapshot.State.READY)
    if snapshot := snapshots.first():
        return _of_snapshot(by, specification.project, key, snapshot, source.origin, **facts)
    return enter_repository(by=by, project=specification.project, key=key, origin=source.origin, **facts)


def _of_snapshot(by: User, project: Any, key: uuid.UUID, snapshot: Snapshot, origin: str, **facts: Any) -> Entry:
    return begin(by, project, key, origin, snapshot=snapshot, commit=snapshot.commit, **facts)


@dataclass(frozen=True)
class Choice:
    """A specification to choose, and the workflows of the project that have it already."""

    path: str
    engine: str
    steps: str
    workflows: list[Specification]


def choices_of(entry: Entry) -> list[Choice]:
    """What an entry can be chosen from; one question to the database, none for an upload."""
    known: dict[str, list[Specification]] = {}
    for specification in _of_same_address(entry):
        known.setdefault(specification.path, []).append(specification)
    return [Choice(path, ENGINE_TITLES.get(engine, engine), steps, known.get(path, [])) for path, engine, steps in entry.choices]


def _of_same_address(entry: Entry) -> Iterable[Specification]:
    if not entry.address:
        return ()
    return entry.project.specifications.in_use().filter(source=entry.address).only("name", "title", "path", "project_id")
