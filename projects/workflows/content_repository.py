"""A workflow of a content file that comes from a git repository: the entry that a person makes in the browser, read while the command waits."""

import time
import uuid
from pathlib import PurePosixPath
from typing import Any

from django.db import transaction

from projects.citation import leads_of
from projects.content import BadEntry, text
from projects.models import Project
from projects.workflows import content
from projects.workflows.entering import services
from projects.workflows.entering import worker as entering
from projects.workflows.entering.beginning import EntryRefused
from projects.workflows.entering.saving import NoRoom
from projects.workflows.models import Entry, Specification
from vre_portal.address_guard import AddressRefused
from vre_portal.repositories import worker as repositories
from vre_portal.repositories.services import TooManyFetches

PATIENCE_SECONDS, PAUSE_SECONDS = 60.0, 0.5  # for one repository, and between two looks where a worker is reading it


def enter(project: Project, entry: dict[str, Any], repositories_at: str) -> Specification:
    """Fetch the repository of the workflow in the name of the project's lead, read it and save it; one that is there is left to its editors.

    Its path in the repository is what follows the first folder of `specification`. Raises BadEntry; then a later start tries again.
    """
    name, path = content.name_of(entry), PurePosixPath(text(entry, "specification", 300))
    bindings = content.bindings_of(entry)
    if present := Specification.objects.filter(project=project, name=name).first():
        return present
    leads = leads_of(project)
    if not leads or leads[0].user is None:
        raise BadEntry("repository: nobody leads the project, and a repository is fetched in the name of its lead")
    by = leads[0].user
    address = f"{repositories_at.rstrip('/')}/{text(entry, 'repository', 300)}"
    inside = str(PurePosixPath(*path.parts[1:]))
    try:
        read = _read(services.enter_repository(by=by, project=project, key=uuid.uuid4(), address=address, path=inside))
        faults = [*read.file_faults]
        facts = content.facts_of(entry, read.reana_yaml, faults)
        read.write(file_faults=faults)
        with transaction.atomic():
            version = services.save(by=by, entry=read, name=name, title=text(entry, "title", 200), bindings=bindings)
            specification = version.specification
            specification.facts = facts
            specification.save(update_fields=["facts"])
            content.add_environments(project, entry, name)
    except (EntryRefused, NoRoom, AddressRefused, TooManyFetches) as refused:
        raise BadEntry(f"repository: {refused}") from None
    return specification


def _read(entry: Entry) -> Entry:
    """What its jobs do, done here; a worker may do it as well, and is waited for. Raises BadEntry."""
    end = time.monotonic() + PATIENCE_SECONDS
    while entry.is_changing:
        if time.monotonic() > end:
            raise BadEntry(f"repository: {entry.address} was not read in {PATIENCE_SECONDS:.0f} s")
        if entry.snapshot_id:
            repositories.fetch(entry.snapshot_id)
        entering.read(entry.pk)
        entry.refresh_from_db()
        if entry.is_changing:
            time.sleep(PAUSE_SECONDS)
    if entry.state != Entry.State.READ:
        raise BadEntry(f"repository: {entry.address}: {entry.reason or entry.get_state_display()}")
    return entry
