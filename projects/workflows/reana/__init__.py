"""The portal's only door to REANA: the server and the person's token are named in every call."""

import base64
import json
import logging
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import Any

from django.utils.translation import gettext as _

from projects.workflows.reana import long_logs
from projects.workflows.reana.answers import AnswerPage, File, Logs, Person, ReanaJob, RemoteRun, Usage
from projects.workflows.reana.bodies import rewindable
from projects.workflows.reana.bundles import Finding, Report, validate, validates
from projects.workflows.reana.calls import call, opened, understood, unreadable
from projects.workflows.reana.dialect import problem
from projects.workflows.reana.downloads import Download, download
from projects.workflows.reana.info import Info, info
from projects.workflows.reana.load import ClusterLoad, load
from vre_portal.http import RemoteRefused, RemoteUnavailable, Reply
from vre_portal.portable_gettext import grouped
from vre_portal.services import Service
from vre_portal.text import size as size_text

__all__ = [
    "AnswerPage",
    "ClusterLoad",
    "Download",
    "File",
    "Finding",
    "Info",
    "Logs",
    "Person",
    "ReanaJob",
    "RemoteRun",
    "Report",
    "Usage",
    "add_secret",
    "create",
    "delete",
    "delete_secret",
    "download",
    "find_by_name",
    "info",
    "list_files",
    "listed",
    "load",
    "logs",
    "problem",
    "restart",
    "start",
    "status",
    "statuses",
    "stop",
    "upload",
    "validate",
    "validates",
    "whole_log",
    "you",
]  # fmt: skip
logger = logging.getLogger(__name__)
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
PAGE = 100
MOST_PAGES = 50
LOG_BYTES = 2 * 10**9  # of an answer with logs, of which a block is in memory at a time
LOG_BLOCK = 1024 * 1024
LOG_SECONDS, WHOLE_LOG_SECONDS = 120.0, 900.0
UPLOAD_TIMEOUT = (3.0, 120.0)  # the server answers only when it has written the whole file


def you(server: Service, token: str) -> Person:
    """The person whose token this is, and what they have used."""
    with understood(server):
        return Person.of(call(server, token, "get_you").json())


def create(server: Service, token: str, name: str, specification: Mapping[str, Any]) -> str:
    """A new workflow's id. Not idempotent: the same name again makes another run, so look by name first."""
    reply = call(server, token, "create_workflow", params={"workflow_name": name}, json=specification)
    with understood(server):
        return _identifier(reply.json()["workflow_id"])


def _done(server: Service, reply: Reply) -> None:
    """Raise RemoteUnavailable where the answer is none of REANA's: a page of somebody before it says 200, too."""
    with understood(server):
        if not isinstance(reply.json(), dict | list):
            raise TypeError


def _identifier(value: Any) -> str:
    """The id of a workflow as a row keeps it; raises ValueError for what cannot be one, which is then asked for again."""
    if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
        raise ValueError(f"not an id: {str(value)[:80]!r}")
    return value


def listed(
    server: Service,
    token: str,
    page: int = 1,
    *,
    size: int = PAGE,
    name: str = "",
    status: Collection[str] = (),
    progress: bool = False,
) -> AnswerPage[RemoteRun]:
    """One page of a person's workflows, the newest first; sizes on disk are never asked for, which takes REANA minutes."""
    params: dict[str, Any] = {"type": "batch", "page": page, "size": size, "include_workspace_size": "false"}
    params["include_progress"] = "true" if progress else "false"
    if name:
        params["search"] = json.dumps({"name": [name]})
    if status:
        params["status"] = list(status)
    reply = call(server, token, "get_workflows", params=params)
    with understood(server):
        return AnswerPage.of(reply.json(), RemoteRun.of)


def find_by_name(server: Service, token: str, name: str) -> list[RemoteRun]:
    """All workflows of exactly that name that are not deleted. REANA itself looks for parts of names.

    Raises RemoteUnavailable where one of them cannot be read: it may be the one that is looked for.
    """
    found = list(_all(server, token, name=name, whole=True))
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


def _all(server: Service, token: str, name: str = "", *, whole: bool = False) -> Iterator[RemoteRun]:
    for number in range(1, MOST_PAGES + 1):
        page = listed(server, token, number, name=name)
        if whole and page.unreadable:
            raise unreadable(server)
        yield from page.items
        if not page.has_next:
            return
    logger.warning("the list of workflows at %s was read to its page %s only", server.name, MOST_PAGES)


def status(server: Service, token: str, workflow: str) -> RemoteRun:
    """One workflow's state and progress."""
    with understood(server):
        return RemoteRun.of(call(server, token, "get_workflow_status", workflow).json())


def logs(server: Service, token: str, workflow: str) -> Logs:
    """What the workflow and each of its jobs have written so far; of long logs the ends."""
    with opened(server, token, "get_workflow_logs", workflow, deadline=LOG_SECONDS) as answer, understood(server):
        blocks = _limited(server, answer.blocks(LOG_BLOCK))
        first = next(blocks, b"")
        second = next(blocks, None)
        if second is None:
            return Logs.of(json.loads(first))
        return long_logs.read(chain([first, second], blocks))


@contextmanager
def whole_log(server: Service, token: str, workflow: str, job: str) -> Iterator[Iterator[str]]:
    """The whole log of one job in pieces, as they come. Raises RemoteRefused where REANA knows no such job."""
    with opened(server, token, "get_workflow_logs", workflow, deadline=WHOLE_LOG_SECONDS) as answer:
        yield _understood(server, long_logs.log_of(_limited(server, answer.blocks(LOG_BLOCK)), job))


def _understood(server: Service, pieces: Iterator[str]) -> Iterator[str]:
    """What is wrong with the answer is said while it is read."""
    try:
        yield from pieces
    except KeyError:
        raise RemoteRefused(_("%(server)s has no log of this job.") % {"server": server.title}, service=server, status=404) from None
    except (ValueError, RecursionError):
        raise unreadable(server) from None


def _limited(server: Service, blocks: Iterator[bytes]) -> Iterator[bytes]:
    total = 0
    for block in blocks:
        total += len(block)
        if total > LOG_BYTES:
            text = _("The logs at %(server)s have more than %(limit)s, which the portal does not read.")
            raise RemoteRefused(text % {"server": server.title, "limit": size_text(LOG_BYTES)}, service=server)
        yield block


def start(server: Service, token: str, workflow: str, parameters: Mapping[str, Any] | None = None, *, from_step: str = "") -> None:
    """Start once; a second start is refused. `from_step` names where a serial workflow begins."""
    body = {"operational_options": _begin_at(from_step), "input_parameters": dict(parameters or {})}
    _done(server, call(server, token, "start_workflow", workflow, json=body))


def _begin_at(step: str) -> dict[str, str]:
    return {"FROM": step} if step else {}


def restart(server: Service, token: str, workflow: str, parameters: Mapping[str, Any], from_step: str = "") -> str:
    """The id of a further run in the same workspace, which has started; `from_step` names where a serial one begins.

    Not idempotent, and writes over the files that the steps write: look for the new one by name before asking again.
    """
    body = {"restart": True, "operational_options": _begin_at(from_step), "input_parameters": dict(parameters)}
    reply = call(server, token, "start_workflow", workflow, json=body)
    with understood(server):
        return _identifier(reply.json()["workflow_id"])


def stop(server: Service, token: str, workflow: str) -> None:
    """End a workflow; refused with 409 where it does not run."""
    _done(server, call(server, token, "set_workflow_status", workflow, params={"status": "stop"}, json={}))


def delete(server: Service, token: str, workflow: str, *, workspace: bool = True) -> None:
    """Mark one run as deleted and, unless told otherwise, remove its files."""
    options = {"all_runs": False, "workspace": workspace}
    _done(server, call(server, token, "set_workflow_status", workflow, params={"status": "deleted"}, json=options))


def upload(server: Service, token: str, workflow: str, path: str, content: bytes | Iterable[bytes]) -> None:
    """Write one file of the workspace."""
    with rewindable(content) as body:
        reply = call(
            server, token, "upload_file", workflow,
            params={"file_name": path}, data=body if len(body) else b"",
            headers={"Content-Type": "application/octet-stream"}, timeout=UPLOAD_TIMEOUT, deadline=1800.0,
        )  # fmt: skip
    _done(server, reply)


def add_secret(server: Service, token: str, name: str, value: str) -> None:
    """Keep a secret of the person that their jobs get as a variable of the environment; one of that name is replaced."""
    content = {name: {"value": base64.b64encode(value.encode()).decode(), "type": "env"}}
    _done(server, call(server, token, "add_secrets", params={"overwrite": "true"}, json=content))


def delete_secret(server: Service, token: str, name: str) -> None:
    """Delete one secret of the person; it may be gone already."""
    try:
        _done(server, call(server, token, "delete_secrets", json=[name]))
    except RemoteRefused as error:
        if error.status != 404:
            raise


def list_files(server: Service, token: str, workflow: str, *, whole: bool = False) -> Iterator[File]:
    """The files of a workspace, page by page as they are asked for, each once; REANA gives them in no order.

    With `whole`, raises RemoteUnavailable at the end where REANA counts more files than it has listed.
    """
    seen: set[str] = set()
    number = 1
    while True:
        reply = call(server, token, "get_files", workflow, params={"page": number, "size": PAGE})
        with understood(server):
            page = AnswerPage.of(reply.json(), File.of)
        new = [file for file in page.items if file.name not in seen]
        seen.update(file.name for file in new)
        yield from new
        if not page.has_next or not new:
            break
        number += 1
    if whole and len(seen) < page.total:
        text = _("%(server)s counts %(total)s files but lists %(listed)s.")
        raise RemoteUnavailable(text % {"server": server.title, "total": grouped(page.total), "listed": grouped(len(seen))}, service=server)
