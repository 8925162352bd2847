"""Bring a run's code and its data into the workspace: code from the specification, data by DID from the Data Lake."""

from datalake import files, rucio, scopes
from datalake.credentials import PersonCredentials
from projects.audience import Origin
from projects.workflows import reana
from projects.workflows.models import Run
from vre_portal.http import RemoteRefused
from vre_portal.iam.freshness import present
from vre_portal.iam.vault import access_token
from vre_portal.services import Service, ServiceKind, service


def bring(run: Run, server: Service, token: str) -> None:
    """Upload what is not there yet with the right size; may be interrupted and run again."""
    there = {file.name: file.size for file in reana.list_files(server, token, run.remote_id)}
    for path, text in run.code.items():
        body = text.encode()
        if there.get(path) != len(body):
            run.hold()
            reana.upload(server, token, run.remote_id, path, body)
    for path, source in run.inputs.items():
        run.hold()
        bring_did(run, server, token, path, source, there.get(path))


def bring_did(run: Run, server: Service, token: str, path: str, source: dict[str, str], size_there: int | None) -> None:
    """Stream one file from the lake into the workspace, with the person's own identity, and their groups as they are, on both sides."""
    groups = present(run.by).groups
    lake = service(ServiceKind.RUCIO, source["lake"])
    lake_token = access_token(run.by, lake, purpose=f"inputs of {run.name}")
    scope, _, name = source["did"].partition(":")
    try:
        scopes.demand(lake, scope, groups)
        did = rucio.get_did(lake, lake_token, scope, name)
        scopes.demand(lake, did.scope, groups)  # the lake may give it under another one
    except RemoteRefused as error:
        raise RemoteRefused(f"Input {path} could not be fetched: {source['did']}: {error}", service=lake, status=error.status) from None
    run.comes_from(Origin(lake.name, did.scope))  # before any of its bytes are in the workspace
    if did.type != "FILE":
        raise RemoteRefused(f"The input {path} must be one file, but {source['did']} is a {did.type.lower()}.", service=lake)
    if size_there == did.bytes:
        return
    try:
        reana.upload(server, token, run.remote_id, path, files.pieces(lake, PersonCredentials(lake_token), did))
    except files.Damaged as error:
        raise RemoteRefused(f"The input {path} cannot be used: {error}", service=lake) from None
