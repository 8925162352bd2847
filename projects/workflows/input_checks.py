"""Whether what a run reads is there: its code with the specification, its data in the Data Lake."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from datalake import rucio, scopes
from projects.audience import Origin
from projects.workflows.models import Specification
from projects.workflows.validation import Check
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.iam.models import User
from vre_portal.iam.vault import SignInAgain, access_token
from vre_portal.services import ServiceKind, UnknownService, service

INPUT_FILES = "Input files"
LOOKUP_SECONDS = 5.0  # for all data files of one launch together
NOT_STORED = "inputs.files: {} is not stored with this workflow, and no file of the Data Lake is named for it."


def stored_files(specification: Specification) -> Check:
    """Whether each of `inputs.files` is stored or named by DID; the lake itself is not asked here."""
    wanted = specification.reana_yaml.files
    missing = [name for name in wanted if name not in specification.code and name not in specification.data]
    if missing:
        return Check(INPUT_FILES, "error", tuple(NOT_STORED.format(name[:200]) for name in missing[:20]))
    if specification.data:
        count = len(specification.data)
        return Check(INPUT_FILES, "not checked", (f"{count} data file{'s' if count > 1 else ''}: looked up in the Data Lake at launch.",))
    if not wanted:
        return Check(INPUT_FILES, "not checked", ("The specification names no files.",))
    return Check(INPUT_FILES, "ok", ("All files are stored with the workflow.",))


@dataclass
class Lookup:
    """What the Data Lake says of the chosen files: what is wrong by path, and why some were not looked up."""

    wrong: dict[str, str] = field(default_factory=dict)
    not_checked: str = ""


def look_up(user: User, inputs: Mapping[str, Mapping[str, str]]) -> Lookup:
    """Ask the lake for each chosen file as the person, within a few seconds; a lake that does not answer stops no launch."""
    found = Lookup()
    deadline = time.monotonic() + LOOKUP_SECONDS
    tokens: dict[str, str] = {}
    found.wrong = _closed(user, inputs)  # known without asking the lake, also while it is away
    for path, source in inputs.items():
        if path in found.wrong:
            continue
        if time.monotonic() > deadline:
            found.not_checked = "There was no time to look up all data files."
            break
        try:
            found.wrong |= _wrong(user, path, source, tokens)
        except (RemoteError, SignInAgain, UnknownService) as error:
            found.not_checked = f"The data files could not be looked up: {error}"
            break
    return found


def _closed(user: User, inputs: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The paths whose data the person may not read, or whose lake is not configured, with words."""
    wrong = {}
    for path, source in inputs.items():
        origin = Origin.of_did(source["lake"], source["did"])
        try:
            scopes.demand(service(ServiceKind.RUCIO, origin.lake), origin.scope, user.groups)
        except UnknownService as error:
            wrong[path] = f"{error}."
        except RemoteRefused as error:
            wrong[path] = _refused(source["did"], error)
    return wrong


def _refused(did: str, error: RemoteRefused) -> str:
    """What is said of a file: the same where there is none and where nobody may know that there is one."""
    if error.status == 404:
        return f"Input {did} not found{f' in {error.service.title}' if error.service else ''}."
    return f"Input {did} cannot be read: {error}"


def _wrong(user: User, path: str, source: Mapping[str, str], tokens: dict[str, str]) -> dict[str, str]:
    """The path with what is wrong, or nothing. Raises RemoteUnavailable, SignInAgain, UnknownService."""
    lake = service(ServiceKind.RUCIO, source["lake"])
    if lake.name not in tokens:
        tokens[lake.name] = access_token(user, lake, purpose="look up inputs")
    scope, _, name = source["did"].partition(":")
    try:
        scopes.demand(lake, scope, user.groups)
        did = rucio.get_did(lake, tokens[lake.name], scope, name)
    except RemoteRefused as error:
        return {path: _refused(source["did"], error)}
    if did.type != "FILE":
        return {path: f"Enter a file: {source['did']} is a {did.type.lower()}."}
    return {}
