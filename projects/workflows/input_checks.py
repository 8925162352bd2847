"""Whether what a run reads is there: its code with the specification, its data in the Data Lake."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake import rucio
from datalake.index.models import IndexEntry
from datalake.reads import scopes
from projects.audience import Origin
from projects.workflows.models import Specification
from projects.workflows.reana_yaml import workspace_path
from projects.workflows.validation_results import Check
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.iam.vault import SignInAgain, access_token
from vre_portal.services import ServiceKind, UnknownService, service

LOOKUP_SECONDS = 3.0  # for all data files of one launch together


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
    """What is known of the chosen files: what is wrong by path, and which the portal does not know."""

    wrong: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    @property
    def not_checked(self) -> str:
        """That some files are looked for only when the run starts; empty where all are known."""
        if not self.unknown:
            return ""
        text = ngettext(
            "%(names)s is not in the index of the Data Lake yet.", "%(names)s are not in the index of the Data Lake yet.", len(self.unknown)
        )
        return text % {"names": ", ".join(self.unknown[:5])}


def look_up(user: User, inputs: Mapping[str, Mapping[str, str]]) -> Lookup:
    """What the portal itself knows of each chosen file: access, and its type by the index.

    The lake is asked only for what the index does not know, as the person and within a few seconds: a new file, or a typing error. Where it
    does not answer, the run finds out.
    """
    found, deadline = Lookup(_closed(user, inputs)), time.monotonic() + LOOKUP_SECONDS
    tokens: dict[str, str | None] = {}
    for path, source in inputs.items():
        if path in found.wrong:
            continue
        scope, _colon, name = source["did"].partition(":")
        types = IndexEntry.objects.filter(scope__lake=source["lake"], scope__name=scope, name=name).values_list("type", flat=True)
        kind = types.first()
        if kind is None:
            try:
                kind = _type_at_lake(user, source["lake"], scope, name, tokens) if time.monotonic() < deadline else None
            except RemoteRefused as error:
                found.wrong[path] = _refused(source["did"], error)
                continue
            except RemoteUnavailable:
                deadline = 0  # nor for the others
        if kind is None:
            found.unknown.append(source["did"])
        elif kind != "FILE":
            text = _("Enter the DID of a file. %(did)s has the type %(type)s.")
            found.wrong[path] = text % {"did": source["did"], "type": kind.lower()}
    return found


def _type_at_lake(user: User, lake_name: str, scope: str, name: str, tokens: dict[str, str | None]) -> str | None:
    """What the lake says it is; None where it cannot be asked as the person. Raises RemoteError."""
    lake = service(ServiceKind.RUCIO, lake_name)
    if lake_name not in tokens:
        try:
            tokens[lake_name] = access_token(user, lake, purpose=_("look up inputs"))
        except (RemoteError, SignInAgain):
            tokens[lake_name] = None
    token = tokens[lake_name]
    return rucio.get_did(lake, token, scope, name).type if token else None


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
