"""Bring a run's code and its data into the workspace: code from the specification, data by DID from the Data Lake."""

from django.utils.translation import gettext as _

from datalake import rucio
from datalake.files import streaming
from datalake.reads import scopes
from datalake.reads.credentials import PersonCredentials
from datalake.reads.errors import Damaged
from projects.audience import Origin
from projects.workflows import notices, reana
from projects.workflows.models import Run
from vre_portal.http import RemoteRefused
from vre_portal.iam.vault import access_token
from vre_portal.iam.vault.group_refresh import refresh_user
from vre_portal.services import Service, ServiceKind, service


def bring(run: Run, server: Service, token: str) -> None:
    """Upload what is not there yet with the right size; may be interrupted and run again."""
    there = {file.name: file.size for file in reana.list_files(server, token, run.remote_id)}
    for path, size, content in run.stored_files():
        if path not in run.inputs and there.get(path) != size:
            run.hold()
            reana.upload(server, token, run.remote_id, path, content())
    for path, source in run.inputs.items():
        run.hold()
        bring_did(run, server, token, path, source, there.get(path))


def bring_did(run: Run, server: Service, token: str, path: str, source: dict[str, str], size_there: int | None) -> None:
    """Stream one file from the lake into the workspace, with the person's own identity, and their groups as they are, on both sides."""
    groups = refresh_user(run.by).groups
    lake = service(ServiceKind.RUCIO, source["lake"])
    lake_token = access_token(run.by, lake, purpose=_("inputs of %(run)s") % {"run": run.name})
    scope, _colon, name = source["did"].partition(":")
    try:
        scopes.require_scope_access(lake, scope, groups)
        did = rucio.get_did(lake, lake_token, scope, name)
        scopes.require_scope_access(lake, did.scope, groups)  # the lake may give it under another one
    except RemoteRefused as error:
        text = _("Input %(path)s (%(did)s) could not be read: %(reason)s")
        reason = text % {"path": path, "did": source["did"], "reason": error}
        raise RemoteRefused(reason, service=lake, status=error.status) from None
    run.comes_from(Origin(lake.name, did.scope))  # before any of its bytes are in the workspace
    if run.published_at:
        notices.audience_changed(run)
    if did.type != "FILE":
        text = _("Input %(path)s must be a file, but %(did)s has the type %(type)s.")
        raise RemoteRefused(text % {"path": path, "did": source["did"], "type": did.type.lower()}, service=lake)
    run.noted_input(path, {"bytes": did.bytes, "adler32": did.adler32 or "", "md5": did.md5 or ""})
    if size_there == did.bytes:
        return
    try:
        reana.upload(server, token, run.remote_id, path, streaming.pieces(lake, PersonCredentials(lake_token), did))
    except Damaged as error:
        text = _("Input %(path)s cannot be used: %(reason)s")
        raise RemoteRefused(text % {"path": path, "reason": error}, service=lake) from None
