"""The portal's only door to REANA: the server and the person's token are named in every call."""

import json
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from projects.workflows.reana.answers import File, Job, Logs, Page, Person, Ping, RemoteRun, Usage
from projects.workflows.reana.bodies import rewindable
from projects.workflows.reana.calls import call, known, opened, understood
from vre_portal.http import RemoteUnavailable, Stream
from vre_portal.services import Service

__all__ = [
    "File", "Job", "Logs", "Page", "Person", "Ping", "RemoteRun", "Usage",
    "create", "delete", "download", "find_by_name", "list_files", "listed", "logs", "ping",
    "start", "status", "statuses", "stop", "upload", "you",
]  # fmt: skip
PAGE = 100
MOST_PAGES = 50
LOG_BYTES = 32 * 1024 * 1024
UPLOAD_TIMEOUT = (3.0, 120.0)  # the server answers only when it has written the whole file
UPLOAD_TRIES = 6


def ping(server: Service) -> Ping:
    """Whether the server is up, and what it can do."""
    return known(server, fresh=True)


def you(server: Service, token: str) -> Person:
    """The person whose token this is, and what they have used."""
    with understood(server):
        return Person.of(call(server, token, "get_you").json())


def create(server: Service, token: str, name: str, specification: Mapping[str, Any]) -> str:
    """A new workflow's id. Not idempotent: the same name again makes another run, so look by name first."""
    reply = call(server, token, "create_workflow", params={"workflow_name": name}, json=specification)
    with understood(server):
        return str(reply.json()["workflow_id"])


def listed(
    server: Service,
    token: str,
    page: int = 1,
    *,
    size: int = PAGE,
    name: str = "",
    status: Collection[str] = (),
    progress: bool = False,
) -> Page[RemoteRun]:
    """One page of a person's workflows, the newest first; sizes on disk are never asked for, which takes REANA minutes."""
    params: dict[str, Any] = {"type": "batch", "page": page, "size": size, "include_workspace_size": "false"}
    params["include_progress"] = "true" if progress else "false"
    if name:
        params["search"] = json.dumps({"name": [name]})
    if status:
        params["status"] = list(status)
    reply = call(server, token, "get_workflows", params=params)
    with understood(server):
        return Page.of(reply.json(), RemoteRun.of)


def find_by_name(server: Service, token: str, name: str) -> list[RemoteRun]:
    """All workflows of exactly that name that are not deleted. REANA itself looks for parts of names."""
    found = _all(server, token, name=name)
    return [run for run in found if run.name == name and run.status != "deleted"]


def statuses(server: Service, token: str, wanted: Collection[str] | None = None) -> list[RemoteRun]:
    """The state of many workflows in as few calls as there are pages; stops when all that are wanted have been seen."""
    missing = None if wanted is None else set(wanted)
    found = []
    for run in _all(server, token):
        if missing is None or run.id in missing:
            found.append(run)
        if missing is not None:
            missing.discard(run.id)
            if not missing:
                break
    return found


def _all(server: Service, token: str, name: str = "") -> Iterator[RemoteRun]:
    for number in range(1, MOST_PAGES + 1):
        page = listed(server, token, number, name=name)
        yield from page.items
        if not page.has_next:
            return


def status(server: Service, token: str, workflow: str) -> RemoteRun:
    """One workflow's state and progress."""
    with understood(server):
        return RemoteRun.of(call(server, token, "get_workflow_status", workflow).json())


def logs(server: Service, token: str, workflow: str) -> Logs:
    """What the workflow and each of its jobs have written so far."""
    with understood(server):
        return Logs.of(call(server, token, "get_workflow_logs", workflow, max_bytes=LOG_BYTES).json())


def start(server: Service, token: str, workflow: str, parameters: Mapping[str, Any] | None = None) -> None:
    """Start once; a second start is refused."""
    call(server, token, "start_workflow", workflow, json={"operational_options": {}, "input_parameters": dict(parameters or {})})


def stop(server: Service, token: str, workflow: str) -> None:
    """End a workflow; refused with 409 where it does not run."""
    call(server, token, "set_workflow_status", workflow, params={"status": "stop"}, json={})


def delete(server: Service, token: str, workflow: str, *, workspace: bool = True) -> None:
    """Mark one run as deleted and, unless told otherwise, remove its files."""
    options = {"all_runs": False, "workspace": workspace}
    call(server, token, "set_workflow_status", workflow, params={"status": "deleted"}, json=options)


def upload(server: Service, token: str, workflow: str, path: str, content: bytes | Iterable[bytes]) -> None:
    """Write one file of the workspace. A pause that REANA asks for is kept here, for it is part of many files."""
    with rewindable(content) as body:
        for attempt in range(1, UPLOAD_TRIES + 1):
            body.rewind()
            try:
                call(
                    server, token, "upload_file", workflow,
                    params={"file_name": path}, data=body if len(body) else b"",
                    headers={"Content-Type": "application/octet-stream"}, timeout=UPLOAD_TIMEOUT, deadline=1800.0,
                )  # fmt: skip
            except RemoteUnavailable as error:
                if error.retry_after is None or error.retry_after > 10 or attempt == UPLOAD_TRIES:
                    raise
                time.sleep(max(error.retry_after, 0.2))
            else:
                return


def list_files(server: Service, token: str, workflow: str) -> Iterator[File]:
    """The files of a workspace, page by page as they are asked for."""
    number = 1
    while True:
        reply = call(server, token, "get_files", workflow, params={"page": number, "size": PAGE})
        with understood(server):
            page = Page.of(reply.json(), File.of)
        yield from page.items
        if not page.has_next or not page.items:
            return
        number += 1


@contextmanager
def download(server: Service, token: str, workflow: str, path: str, byte_range: tuple[int, int | None] | None = None) -> Iterator[Stream]:
    """One file, or with (first, last) a part of it; a server that knows no parts answers with the whole and status 200."""
    headers = {}
    if byte_range:
        first, last = byte_range
        headers["Range"] = f"bytes={first}-{'' if last is None else last}"
    with opened(server, token, "download_file", workflow, file_name=path, headers=headers) as stream:
        yield stream
