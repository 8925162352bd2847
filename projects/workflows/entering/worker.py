"""Reads entries: fetched by the repositories' child, gathered here, understood by the engine; may be interrupted anywhere and run again."""

import logging
from contextlib import ExitStack

from django.db.models import ProtectedError, Q
from django.utils.translation import gettext as _

from projects.workflows import engines
from projects.workflows.engines.asking import remove_orphans
from projects.workflows.entering import gathered, gathering, limits, reading, specification_files, taken_along
from projects.workflows.entering.archives import first_archive
from projects.workflows.entering.left_files import sweep_files
from projects.workflows.entering.newer_commits import note_lost
from projects.workflows.entering.origins import beside, repository_of
from projects.workflows.entering.places import Place, SnapshotPlace, VersionPlace, ZipPlace
from projects.workflows.inputs import uploads
from projects.workflows.models import Entry, Specification, StoredFile
from vre_portal.address_guard import AddressRefused
from vre_portal.http import RemoteUnavailable
from vre_portal.jobs.fates import Refused
from vre_portal.jobs.runner import Runner
from vre_portal.repositories import services as repositories
from vre_portal.repositories.child_process import NotThere
from vre_portal.repositories.looking import commit_at
from vre_portal.repositories.models import Snapshot
from vre_portal.slots import NoSlot
from vre_portal.text import plain, storable

logger = logging.getLogger(__name__)
LOOK_SECONDS, BUSY_SECONDS = 1.0, 5.0  # until a fetch is looked at again, and until one is tried that there was no room for
REMEMBERED = 50  # files after which the lease is renewed while contents are stored


class Entries(Runner[Entry]):
    """Specifications that somebody wants to be read."""

    model = Entry
    max_tries = 3
    max_outages = 3

    def ready(self) -> Q:
        return Q(state__in=(Entry.State.FETCHING, Entry.State.READING))

    def work(self, job: Entry) -> float:
        if job.state == Entry.State.FETCHING and (pause := _fetch(job)):
            return pause
        if job.state == Entry.State.READING:
            _read(job)
        return 0

    def refused(self, job: Entry, error: Exception) -> float:
        job.failed(str(error))
        return 0

    def delayed(self, job: Entry, words: str) -> None:
        job.waits(words)

    def given_up(self, job: Entry, words: str) -> None:
        job.failed(words)


runner = Entries()


def _fetch(job: Entry) -> float:
    """Bring it to where it can be read, or to the question which one is meant; returns a pause where it has to wait for that."""
    if job.snapshot is None:
        return _begin_fetch(job)
    snapshot = job.snapshot
    if snapshot.state == Snapshot.State.QUEUED:
        if snapshot.reason != job.reason:
            job.waits(snapshot.reason)
        return LOOK_SECONDS
    if snapshot.state == Snapshot.State.FAILED:
        if job.base is None:
            raise Refused(snapshot.reason or _("The repository was not fetched."))
        words = _("The repository could not be fetched again, so only the files stored with the workflow were read: %(reason)s")
        notes = list(dict.fromkeys([*job.notes, words % {"reason": snapshot.reason}]))
        job.write(snapshot=None, state=Entry.State.READING, commit=job.base.commit, notes=notes, reason="")
        return 0
    if job.base is None and _known_commit(job) == snapshot.commit and _is_followed(job):
        _same(job)
        return 0
    place = SnapshotPlace(snapshot)
    found = specification_files.specifications(place)
    path, reason = _path_in_repository(job, place, found)
    if not found and not path:
        raise Refused(_("The repository has no REANA specification: no reana.yaml, and no other YAML file with a workflow."))
    state = Entry.State.READING if path else Entry.State.CHOICE
    choices = [] if path else [specification_files.choice(place, name) for name in found]
    job.write(state=state, path=path, choices=choices, commit=snapshot.commit, reason=reason)
    return 0


def _path_in_repository(job: Entry, place: Place, found: list[str]) -> tuple[str, str]:
    """The specification that is meant; else empty, with the reason why the person has to choose where that is not their number."""
    if job.path in place.sizes:
        return job.path, ""
    if job.path and found:
        words = _("This commit has no file %(file)s. Choose the specification that is meant.")
        return "", words % {"file": plain(job.path)[:200]}
    if job.path or len(found) != 1:
        return job.path, ""
    if found[0] in [choice[0] for choice in job.choices]:  # where one begins that wants another
        return "", _("This is the only specification of the repository, and the project has it already.")
    return found[0], ""


def _begin_fetch(job: Entry) -> float:
    """Fetch the repository of a workflow anew, unless its branch or tag still names the commit that is current.

    What is read again has a version as its base: there that commit is fetched.
    """
    try:
        if job.base is None and job.specification and _is_followed(job) and not _has_newer_commit(job, job.specification):
            return 0
        ref = job.base.commit if job.base else job.ref
        snapshot = repositories.fetch(by=job.by, address=job.address, ref=ref, key=job.key)
    except NoSlot:
        return BUSY_SECONDS
    except repositories.TooManyFetches as busy:
        job.waits(str(busy))
        return BUSY_SECONDS
    except AddressRefused as refused:
        raise Refused(str(refused)) from None
    job.write(snapshot=snapshot)
    return LOOK_SECONDS


def _has_newer_commit(job: Entry, followed: Specification) -> bool:
    """Whether the branch or tag that its workflow follows names another commit; if not, the entry has ended, and the workflow's page says how."""
    try:
        commit = commit_at(job.address, job.ref)
    except NotThere as missing:
        note_lost([followed], Specification.Lost.BRANCH if missing.has_repository else Specification.Lost.REPOSITORY)
        job.write(state=Entry.State.LOST, reason=str(missing))
        return False
    note_lost([followed], "")
    if commit == _known_commit(job):
        _same(job)
        return False
    return True


def _same(job: Entry) -> None:
    job.write(state=Entry.State.SAME, commit=_known_commit(job), reason="")
    if job.specification:
        Specification.objects.filter(pk=job.specification.pk).update(newer_commit="", newer_since=None, lost="")


def _is_followed(job: Entry) -> bool:
    """Whether its workflow follows this branch of this repository already."""
    source = repository_of(job.specification) if job.specification else None
    return source is not None and (source.address, source.ref) == (job.address, job.ref)


def _known_commit(job: Entry) -> str:
    return job.specification.commit if job.specification else ""


def _place(job: Entry, stack: ExitStack) -> tuple[Place, str, str | None]:
    """Where its files are, the path of its reana.yaml there, and the folder from which its paths count where that is known."""
    if job.snapshot is None and (job.base is not None or job.origin == Entry.Origin.EDITOR):
        path = job.path_in_workspace
        over = _uploaded_over(job, path, stack) if job.upload else None
        return VersionPlace(job.base, path, job.text, over=over, removed=frozenset(job.removed)), path, ""
    if job.upload:
        place = ZipPlace(stack.enter_context(job.upload.open("rb")))
        found = specification_files.specifications(place)
        if not found and not job.path:
            if not (archive := first_archive(place.sizes)) and _goes_beside(job):
                return _place(job, stack)
            raise Refused(_without_specification(archive))
        return place, job.path or _meant(job, found), None
    if job.snapshot is None:
        raise Refused(_("The fetched repository has expired. Begin again."))
    return SnapshotPlace(job.snapshot), job.path, None


def _goes_beside(job: Entry) -> bool:
    """Keep the other files of the workflow, where only some of them were uploaded; False where it has none, or they are kept already."""
    if job.base is not None or not job.specification or not (facts := beside(job.specification)):
        return False
    words = _("There is no REANA specification among the files, so the other files of the workflow are kept.")
    job.write(**facts, notes=[*job.notes, words])
    return True


def _without_specification(archive: str) -> str:
    if archive:
        words = _("There is no REANA specification among the files, but the archive %(file)s. Unpack it, and upload its folder as a zip.")
        return words % {"file": plain(archive)[:200]}
    return _("There is no REANA specification among the files: no reana.yaml, and no other YAML file with a workflow.")


def _uploaded_over(job: Entry, path: str, stack: ExitStack) -> Place:
    """The files that replace some of a version. A folder around all of them is none of the workflow's where the reana.yaml is in it."""
    stream = stack.enter_context(job.upload.open("rb"))
    whole = ZipPlace(stream, keeps_folder=True)
    if job.origin == Entry.Origin.EDITOR:
        return whole
    if path not in whole.sizes and path in (place := ZipPlace(stream)).sizes:
        return place
    known = job.base.files.values_list("path", flat=True) if job.base else ()
    return whole.in_folders({*known, *job.reana_yaml.files, path})


def _meant(job: Entry, found: list[str]) -> str:
    """The only specification among uploaded files, or the one where the current version has it; empty where nobody knows."""
    current = job.specification.current if job.specification else None
    here = [path for path in found if current and path in (current.path, current.path_in_workspace)]
    return found[0] if len(found) == 1 else here[0] if here else ""


def _read(job: Entry) -> None:
    with ExitStack() as stack:
        place, path, root = _place(job, stack)
        if not path:
            job.write(
                state=Entry.State.CHOICE,
                choices=[specification_files.choice(place, name) for name in specification_files.specifications(place)],
                reason="",
            )
            return
        found = gathering.gather(place, path, root=root)
        # What the engine may look into is given with its content, everything else by its name only.
        names = dict.fromkeys([path, *found.candidates, *found.further])
        files = {name: place.read(name) for name in names}
        names_only = [target for target, at in found.files.items() if at not in files] + gathered.later(found)
        names_only += gathered.others(found, place, files)
        understood = engines.read(
            files,
            path,
            root=found.root,
            placeholders=names_only,
            parameters=found.input_parameters,
            no_workflow=found.why_no_workflow,
        )
        if understood.by_clock and job.tries + 1 < Entries.max_outages:
            raise RemoteUnavailable(understood.why_not)
        taken_along.add_included(found, place, understood.includes)
        taken_along.add_opened(found, place, understood.opened)
        if understood.why_not or understood.is_partial:
            taken_along.add_candidates(found, place)
        if isinstance(place, VersionPlace) and (unnamed := place.unnamed(found.files)):
            words = _("Not part of the workflow, because the reana.yaml does not name it: %(file)s. Add it to inputs.files.")
            found.notes += limits.few([words % {"file": plain(name)[:200]} for name in unnamed])
        listing = []
        for number, (target, at) in enumerate(sorted(found.files.items())):
            if number % REMEMBERED == 0:
                job.hold()
            stored = StoredFile.objects.keep(place.read(at))
            listing.append([target, stored.sha256, stored.size])
    kept = (job.path, job.root) if root is not None else (path, found.root)
    job.understood(
        path=kept[0] or path, root=kept[1], text=storable(found.text), listing=listing, unbound=found.unbound, file_faults=found.faults,
        notes=list(dict.fromkeys([*job.notes, *found.notes, *place.notes])), input_parameters=found.input_parameters, reading=reading.as_json(understood),
        parameter_schema=found.parameter_schema or job.parameter_schema,
    )  # fmt: skip
    if job.specification_id:
        Entry.objects.asked_before(job).filter(state=Entry.State.READ).delete()


def read(pk: int) -> None:
    """Read one."""
    runner.perform(pk)


def forget() -> None:
    """Delete entries whose time is over, and contents that nothing has any more, with their files."""
    for rows in (Entry.objects.expired(), StoredFile.objects.orphans()[:1000]):
        for row in rows:
            try:
                row.delete()
            except ProtectedError as error:  # a version took it at this moment
                logger.info("%s is kept: %s", row, error)
    uploads.forget()
    remove_orphans()
    sweep_files()
