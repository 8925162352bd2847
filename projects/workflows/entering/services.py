"""Bringing specifications into a project: what was asked for is a row first, a job reads it, and the person saves what they saw."""

import logging
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.locking import open_project_locked
from projects.models import Project
from projects.workflows import tasks
from projects.workflows.entering.beginning import EntryRefused, begin, key_of, zip_of
from projects.workflows.entering.bindings import hidden_bindings
from projects.workflows.entering.launch_links import LaunchLink
from projects.workflows.entering.origins import beside
from projects.workflows.entering.saving import add_version, require_room
from projects.workflows.models import Entry, Specification, SpecificationVersion, StoredFile
from vre_portal.audit import record
from vre_portal.celery import enqueue
from vre_portal.iam.models import User
from vre_portal.repositories import services as repositories
from vre_portal.repositories.addresses import file_in, normalised
from vre_portal.text import is_storable

logger = logging.getLogger(__name__)
GIVEN = (
    "origin",
    "address",
    "ref",
    "commit",
    "root",
    "path",
    "input_parameters",
    "parameter_schema",
    "offered",
    "notes",
    "file_faults",
    "reading",
)


class ChangedMeanwhile(EntryRefused):
    """Another version is current than the one with which the person compared."""


class NameTaken(EntryRefused):
    """The project has a workflow of this name."""


def enter_repository(
    *, by: User, project: Project, key: uuid.UUID, address: str, ref: str = "", origin: str = Entry.Origin.GIT, path: str = "", **facts: Any
) -> Entry:
    """Have a repository fetched and read; the same form again gives the same entry. Raises EntryRefused, AddressRefused, TooManyFetches.

    An address of a file names the specification, unless `path` does.
    """
    path = path or _specification_in(address)
    address, ref = normalised(address, ref.strip())
    facts |= {"address": address, "ref": ref, "path": path}
    form = key_of(key, project, origin, facts)
    if earlier := Entry.objects.filter(by=by, key=form).first():
        return earlier
    return begin(by, project, key, origin, snapshot=repositories.fetch(by=by, address=address, ref=ref, key=form), **facts)


def _specification_in(address: str) -> str:
    """The YAML file whose page the address is of; empty where it is of another page."""
    path = file_in(address)
    return path if path.lower().endswith((".yaml", ".yml")) and is_storable(path) else ""


def enter_link(*, by: User, project: Project, key: uuid.UUID, link: LaunchLink) -> Entry:
    """The specification that a launch link of REANA names, with its values as what the launch form is offered."""
    return enter_repository(
        by=by, project=project, key=key, address=link.address, ref=link.ref, origin=Entry.Origin.LINK, path=link.path,
        offered=link.parameters, title=link.name[:200],
    )  # fmt: skip


def enter_files(
    *,
    by: User,
    project: Project,
    key: uuid.UUID,
    files: Iterable["UploadedFile[Any]"],
    specification: Specification | None = None,
    keeps_others: bool = False,
) -> Entry:
    """Read a zip, or single files, which are kept in one; for a workflow instead of its files, or beside those that are not among them.

    Raises EntryRefused.
    """
    facts = beside(specification) if specification and keeps_others else {}
    return begin(by, project, key, Entry.Origin.UPLOAD, state=Entry.State.READING, files=list(files), specification=specification, **facts)


def enter_text(
    *,
    by: User,
    project: Project,
    key: uuid.UUID,
    text: str,
    specification: Specification | None = None,
    seen: int | None = None,
    files: Mapping[str, bytes] | None = None,
    removed: Iterable[str] = (),
) -> Entry:
    """Read a text from the editor, beside the files of the workflow that it changes; `seen` is the version that the editor opened with.

    `files` were added or changed there, by their paths in the workspace, and `removed` are left out. Raises EntryRefused.
    """
    packed = zip_of(files) if files else None
    facts = {"path": "reana.yaml", **(beside(specification) if specification else {}), "text": text}
    return begin(
        by, project, key, Entry.Origin.EDITOR, state=Entry.State.READING, specification=specification, seen=seen, packed=packed,
        removed=list(removed), **facts,
    )  # fmt: skip


def enter_copy(*, by: User, project: Project, key: uuid.UUID, source: Specification) -> Entry:
    """Read a workflow of a project that the person sees, as it is now. Raises EntryRefused where it has no files to be copied."""
    base = source.current
    if base is None:
        raise EntryRefused(_("This workflow has no stored files and can't be copied."))
    notes = []
    if not source.project.is_public:
        text = _("It comes from %(project)s, which not everybody can see. Everybody who sees this project will see the copy.")
        notes.append(text % {"project": source.project.title})
    return begin(
        by, project, key, Entry.Origin.COPY, state=Entry.State.READING, text=base.text, base=base, path=base.path or "reana.yaml",
        root=base.root, address=source.get_absolute_url(), commit=base.commit, title=source.title, name=source.name, notes=notes,
        parameter_schema=base.parameter_schema,
    )  # fmt: skip


def choose(*, entry: Entry, path: str) -> None:
    """The person has said which of the specifications is meant."""
    if path not in [item[0] for item in entry.choices]:
        raise EntryRefused(_("Choose one of the specifications."))
    with transaction.atomic():
        read = {"notes": [], "root": "", "parameter_schema": ""}  # of another one that was chosen before
        values = {"state": Entry.State.READING, "path": path, "reason": "", **read, **Entry.ANEW}
        if Entry.objects.filter(pk=entry.pk, state__in=(Entry.State.CHOICE, Entry.State.READ)).update(**values):
            enqueue(tasks.read_entry, entry.pk)


def save(
    *, by: User, entry: Entry, name: str, title: str, bindings: Mapping[str, dict[str, str]], seen: int | None = None
) -> SpecificationVersion:
    """Make the first version of a workflow of what was read, or the next one; a second press gives the same.

    `seen` is the version with which the person compared, if not the one with which they began. Raises EntryRefused, NoRoom.
    """
    try:
        with transaction.atomic():
            project = open_project_locked(entry.project)
            now = Entry.objects.select_for_update(of=("self",)).select_related("specification__current", "base").get(pk=entry.pk)
            if now.version is not None:
                return now.version
            if now.state != Entry.State.READ:
                raise EntryRefused(_("Only what was read can be saved."))
            specification = now.specification or _new_specification(project, now, name)
            current = specification.current
            if current and current.number != (seen or now.seen or current.number):
                raise ChangedMeanwhile(
                    _("Nothing was saved: version %(number)s was saved meanwhile. Look at what changes and save again.")
                    % {"number": current.number}
                )
            files = _files_of(now)
            require_room(project, files)
            specification.title = title
            data = {**hidden_bindings(by, now), **{path: bound for path, bound in bindings.items() if bound.get("did")}}
            facts = {key: getattr(now, key) for key in GIVEN}
            version = add_version(specification, by=by, text=now.text, files=files, data={**bindings, **data}, **facts)
            now.write(state=Entry.State.SAVED, version=version, specification=specification)
            subject = f"specification/{project.slug}/{specification.name}"
            record("specification.save", by=by, subject=subject, version=version.number, origin=version.origin, commit=version.commit)
    except IntegrityError as error:
        if "a_specification_once" in str(error):
            raise NameTaken(_("This project has a workflow of this name. Choose another name.")) from None
        logger.warning("what was read could not be saved: %s", error)
        raise EntryRefused(_("Something that it needs was deleted meanwhile. Begin again.")) from None
    return version


def _new_specification(project: Project, entry: Entry, name: str) -> Specification:
    if project.specifications.filter(name=name).exists():
        raise NameTaken(_("This project has a workflow of this name. Choose another name."))
    source = entry.base.specification if entry.base and entry.origin == Entry.Origin.COPY else None
    return Specification(project=project, name=name, facts=source.facts if source else {})


def _files_of(entry: Entry) -> dict[str, StoredFile]:
    """What was stored when it was read. Raises EntryRefused where some of it is gone."""
    stored = {row.sha256: row for row in StoredFile.objects.filter(sha256__in={item[1] for item in entry.listing})}
    try:
        return {path: stored[digest] for path, digest, _size in entry.listing}
    except KeyError:
        raise EntryRefused(_("What was read has expired. Begin again.")) from None


def set_archived(*, by: User, specification: Specification, archived: bool) -> None:
    """Offer the workflow for new runs no more, or again; its runs stay."""
    with transaction.atomic():
        project = open_project_locked(specification.project)
        Specification.objects.filter(pk=specification.pk).update(archived_at=timezone.now() if archived else None)
        action = "specification.archive" if archived else "specification.restore"
        record(action, by=by, subject=f"specification/{project.slug}/{specification.name}")


def delete(*, by: User, specification: Specification) -> None:
    """Delete a workflow that was never launched, with its versions. Raises EntryRefused where it has runs."""
    with transaction.atomic():
        project = open_project_locked(specification.project)
        if specification.runs.exists():
            raise EntryRefused(_("This workflow has runs, which need it. Archive it instead."))
        specification.delete()
        record("specification.delete", by=by, subject=f"specification/{project.slug}/{specification.name}")
