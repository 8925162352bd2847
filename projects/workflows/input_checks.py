"""Whether what a run reads is there: its code with the specification, its data in the Data Lake."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake import rucio
from datalake.reads import scopes
from projects.audience import Origin
from projects.workflows.models import Specification
from projects.workflows.reana_yaml import workspace_path
from projects.workflows.validation_results import Check
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.iam.models import User
from vre_portal.iam.vault import SignInAgain, access_token
from vre_portal.services import ServiceKind, UnknownService, service

LOOKUP_SECONDS = 5.0  # for all data files of one launch together


def stored_files(specification: Specification) -> Check:
    """Whether each of `inputs.files` is stored or named by DID; the lake itself is not asked here."""
    wanted, name = specification.reana_yaml.files, _("Input files")
    missing = [path for path in wanted if not is_stored(specification, path) and path not in specification.data]
    if missing:
        text = _("inputs.files: %(path)s is not stored with this workflow, and no file of the Data Lake is given for it.")
        return Check(name, "error", tuple(text % {"path": path[:200]} for path in missing[:20]))
    if count := len(specification.data):
        text = ngettext(
            "%(n)s data file: looked up in the Data Lake at launch.", "%(n)s data files: looked up in the Data Lake at launch.", count
        )
        return Check(name, "not checked", (text % {"n": count},))
    if not wanted:
        return Check(name, "not checked", (_("The specification has no input files."),))
    return Check(name, "ok", (_("All files are stored with the workflow."),))


def is_stored(specification: Specification, path: str) -> bool:
    """Whether a file of this name, or files of a folder of this name, are stored with the workflow."""
    if path in specification.stored_paths:
        return True
    name = workspace_path(path)
    return name is not None and any(stored == name or stored.startswith(f"{name}/") for stored in specification.stored_paths)


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
            found.not_checked = _("Not all data files could be looked up in time.")
            break
        try:
            found.wrong |= _wrong(user, path, source, tokens)
        except (RemoteError, SignInAgain, UnknownService) as error:
            found.not_checked = _("The data files could not be looked up: %(reason)s") % {"reason": error}
            break
    return found


def _closed(user: User, inputs: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The paths whose data the person may not read, or whose lake is not configured, with words."""
    wrong = {}
    for path, source in inputs.items():
        origin = Origin.of_did(source["lake"], source["did"])
        try:
            scopes.require_scope_access(service(ServiceKind.RUCIO, origin.lake), origin.scope, user.groups)
        except UnknownService as error:
            wrong[path] = f"{error}."
        except RemoteRefused as error:
            wrong[path] = _refused(source["did"], error)
    return wrong


def _refused(did: str, error: RemoteRefused) -> str:
    """What is said of a file: the same where there is none and where nobody may know that there is one."""
    if error.status == 404:
        if error.service:
            return _("Input %(did)s not found in %(lake)s.") % {"did": did, "lake": error.service.title}
        return _("Input %(did)s not found.") % {"did": did}
    return _("Input %(did)s cannot be read: %(reason)s") % {"did": did, "reason": error}


def _wrong(user: User, path: str, source: Mapping[str, str], tokens: dict[str, str]) -> dict[str, str]:
    """The path with what is wrong, or nothing. Raises RemoteUnavailable, SignInAgain, UnknownService."""
    lake = service(ServiceKind.RUCIO, source["lake"])
    if lake.name not in tokens:
        tokens[lake.name] = access_token(user, lake, purpose=_("look up inputs"))
    scope, _colon, name = source["did"].partition(":")
    try:
        scopes.require_scope_access(lake, scope, user.groups)
        did = rucio.get_did(lake, tokens[lake.name], scope, name)
    except RemoteRefused as error:
        return {path: _refused(source["did"], error)}
    if did.type != "FILE":
        return {path: _("Enter the DID of a file. %(did)s has the type %(type)s.") % {"did": source["did"], "type": did.type.lower()}}
    return {}
