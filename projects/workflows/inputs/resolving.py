"""Which files of the lake a run reads: looked up once, as its person, and remembered, so that a dataset that grows later is read as it was."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.files.archive_names import Names
from datalake.files.bundles import withheld_words
from datalake.reads import scopes
from datalake.rucio.types import COLLECTIONS
from datalake.rucio.unreadable import collect_unreadable
from projects.audience import Origin
from projects.workflows import notices
from projects.workflows.inputs import limits
from projects.workflows.inputs.accepting import takes_collection
from projects.workflows.inputs.asking import Asker
from projects.workflows.models import Run, RunInput
from projects.workflows.reana_yaml import workspace_path
from vre_portal.http import RemoteRefused
from vre_portal.iam.vault import SignInAgain
from vre_portal.services import Service, ServiceKind, UnknownService, service
from vre_portal.text import storable

MAX_NAMED = 20  # of the files that cannot be read
WEB = "https://"
Ranks = Mapping[str, int]  # storage elements near the compute, the nearest with the lowest number


def resolve(run: Run, asker: Asker) -> list[RunInput]:
    """The files of a run; raises RemoteRefused that names all that cannot be read, as many as MAX_NAMED."""
    if known := list(run.input_files.all()):
        return known
    rows: list[RunInput] = []
    faults: list[RemoteRefused] = []
    for path, source in run.inputs.items():
        run.hold()
        try:
            rows.extend(_rows_of(run, asker, path, source, settings.INPUT_FILES - len(rows)))
        except SignInAgain:
            raise
        except Unreadable as error:
            faults.extend(error.reasons)
        except RemoteRefused as error:
            faults.append(_about(path, source["did"], error))
    faults.extend(_refusal(text) for text in (*_collisions(rows), limits.excess(rows)) if text)
    if faults:
        raise _together(faults)
    run.comes_from(*{Origin(row.lake, row.scope) for row in rows})  # before any of their bytes are in the workspace
    if run.published_at and rows:
        notices.audience_changed(run)
    with transaction.atomic():
        run.hold()
        return RunInput.objects.bulk_create(rows, batch_size=500)


def require_access(asker: Asker, rows: Iterable[RunInput]) -> None:
    """Raise RemoteRefused unless the person may read all of them now, however long ago they were looked up."""
    groups = asker.person.groups
    for lake_name, scope in sorted({(row.lake, row.scope) for row in rows}):
        try:
            scopes.require_scope_access(asker.lake(lake_name), scope, groups)
        except RemoteRefused as error:
            first = next(row for row in rows if (row.lake, row.scope) == (lake_name, scope))
            raise _about(first.binding, asker.run.inputs.get(first.binding, {}).get("did", ""), error) from None


class Unreadable(Exception):
    """Some files of an input cannot be read."""

    def __init__(self, reasons: list[RemoteRefused]) -> None:
        super().__init__(len(reasons))
        self.reasons = reasons


def _rows_of(run: Run, asker: Asker, path: str, source: Mapping[str, str], room: int) -> list[RunInput]:
    """The files of one input of the run: itself, or all files of a dataset or container in a directory of that name."""
    groups, lake = asker.person.groups, asker.lake(source["lake"])
    scope, _colon, name = source["did"].partition(":")
    scopes.require_scope_access(lake, scope, groups)
    credentials = asker.credentials(lake)
    did = rucio.get_did(lake, credentials.lake_token(), scope, name)
    scopes.require_scope_access(lake, did.scope, groups)  # the lake may give it under another one
    if did.type in COLLECTIONS and takes_collection(run.reana_yaml, path):
        place = _in_directory(path, Names(did.scope))
        found = _files_of(lake, credentials.lake_token, did, room)
    elif did.type == "FILE":
        is_directory = workspace_path(path) in {workspace_path(item) for item in run.reana_yaml.directories}
        place = _in_directory(path, Names(did.scope)) if is_directory else lambda _file: workspace_path(path) or path
        found = [(did.scope, did.name)]
    else:
        text = _("Input %(path)s must be a file, but %(did)s has the type %(type)s.")
        raise Unreadable([_refusal(text % {"path": path, "did": source["did"], "type": did.type.lower()}, lake)])
    closed = {item for item in {scope for scope, _name in found} if not _is_open(lake, item, groups)}
    if closed:
        words = withheld_words(sum(scope in closed for scope, _name in found))
        raise RemoteRefused(words, service=lake, status=403)
    ranks = near(service_of(run))
    return list(_listed(run, lake, path, source["did"], rucio.list_copies(lake, credentials.lake_token, found), place, ranks))


def _listed(
    run: Run, lake: Service, path: str, did: str, all_copies: Iterable[rucio.FileCopies], place: Callable[[rucio.Did], str], ranks: Ranks
) -> Iterator[RunInput]:
    """A row for each file; raises Unreadable at the end with all files of which there is nothing to read."""
    reasons = []
    for copies in all_copies:
        file, fault = copies.file, _fault(copies)
        if fault:
            text = _("Input %(path)s (%(did)s) could not be read: %(reason)s")
            reason = fault if str(file) == did else f"{file}: {fault}"
            reasons.append(_refusal(text % {"path": path, "did": did, "reason": reason}, lake))
            continue
        yield RunInput(
            run=run,
            binding=path,
            path=place(file),
            lake=lake.name,
            scope=file.scope,
            name=storable(file.name),
            bytes=file.bytes or 0,
            adler32=(file.adler32 or "")[:16],
            md5=(file.md5 or "")[:64],
            copies=online(copies, ranks),
            tape=RunInput.Tape.NONE if online(copies, ranks) or not file.bytes else RunInput.Tape.OFFLINE,
        )
    if reasons:
        raise Unreadable(reasons)


def online(copies: rucio.FileCopies, ranks: Ranks) -> list[list[str]]:
    """Storage element and address of each copy that can be read over https at once, those near the compute first."""
    found = [[rse, address] for rse, address in copies.addresses if address.startswith(WEB) and rse not in copies.on_tape]
    return sorted(found, key=lambda copy: ranks.get(copy[0], len(ranks)))


def near(server: Service | None) -> Ranks:
    """The storage elements that services.toml calls near a REANA, in its order."""
    names = server.options.get("near") if server else None
    return {str(name): number for number, name in enumerate(names)} if isinstance(names, list) else {}


def service_of(run: Run) -> Service | None:
    """The REANA on which it runs; None where it is no longer configured."""
    try:
        return service(ServiceKind.REANA, run.server)
    except UnknownService:
        return None


def _fault(copies: rucio.FileCopies) -> str:
    """Why a file cannot be read; empty where it can, at once or from tape."""
    if copies.file.bytes is None:
        return _("The Data Lake does not state its size.")
    if copies.missing:
        return copies.missing
    if copies.file.bytes and not copies.on_tape and not online(copies, {}):
        return _("No copy of it can be read over https.")
    return ""


def _files_of(lake: Service, token: Callable[[], str], did: rucio.Did, room: int) -> list[tuple[str, str]]:
    """Scope and name of all files inside; raises RemoteRefused where there are none, too many, or some that the lake does not name."""
    with collect_unreadable() as unreadable:
        try:
            with rucio.spool_file_names(lake, token(), did.scope, did.name, max_files=room) as names:
                found = list(dict.fromkeys(rucio.pairs_of(names)))
        except rucio.TooManyFiles:
            raise RemoteRefused(limits.too_many(), service=lake) from None
    if unreadable:
        raise RemoteRefused(_("Some files in Rucio's list could not be read: %(name)s") % {"name": unreadable[0].text}, service=lake)
    if not found:
        raise RemoteRefused(_("It contains no files."), service=lake)
    return found


def _in_directory(path: str, names: Names) -> Callable[[rucio.Did], str]:
    folder = workspace_path(path) or path
    return lambda file: names.of(file) if folder == "." else f"{folder}/{names.of(file)}"


def _is_open(lake: Service, scope: str, groups: Iterable[str]) -> bool:
    return scopes.may_see(lake, scope, scopes.Visitor(has_account=True, groups=frozenset(groups)))


def _collisions(rows: Iterable[RunInput]) -> Iterator[str]:
    """A sentence for each path to which two files would go."""
    seen: set[str] = set()
    for row in rows:
        if row.path in seen:
            yield _("Two inputs go to %(path)s.") % {"path": row.path}
        seen.add(row.path)


def _about(path: str, did: str, error: RemoteRefused) -> RemoteRefused:
    text = _("Input %(path)s (%(did)s) could not be read: %(reason)s")
    return RemoteRefused(text % {"path": path, "did": did, "reason": error}, service=error.service, status=error.status)


def _refusal(text: str, lake: Service | None = None) -> RemoteRefused:
    return RemoteRefused(text, service=lake)


def _together(faults: list[RemoteRefused]) -> RemoteRefused:
    """One refusal for all of them, of which the first ones are named."""
    lines = [str(fault) for fault in faults[:MAX_NAMED]]
    if len(faults) > MAX_NAMED:
        lines.append(_("… and %(n)s more.") % {"n": len(faults) - MAX_NAMED})
    return RemoteRefused("\n".join(lines), service=faults[0].service, status=faults[0].status)
