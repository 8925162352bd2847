"""One call of REANA's API, by the name that reana-commons' description of the API gives it, in the server's own dialect."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from projects.workflows.reana import dialect, pace
from vre_portal.http import RemoteRefused, RemoteUnavailable, Reply, Stream, request, stream
from vre_portal.iam.stored import services as stored
from vre_portal.iam.vault import renewable_token
from vre_portal.services import Dialect, Service
from vre_portal.text import plain

TIMEOUT = (2.0, 20.0)
MESSAGE_LENGTH = 500
CODES = {401: "sign-in", 403: "forbidden", 404: "not-found", 409: "conflict"}
NOT_VALID = "Token not valid"  # untranslated: how 0.9 refuses a wrong token, with 403


# What a later description has than the one that is installed: name -> method, path.
LATER = {"validate_workflow_specification": ("POST", "/api/workflows/validate")}


@cache
def operations() -> dict[str, tuple[str, str]]:
    """Name -> (method, path): the description that reana-client uses, read without reana-client."""
    text = files("reana_commons").joinpath("openapi_specifications/reana_server.json").read_text()
    paths = json.loads(text)["paths"]
    known = {operation["operationId"]: (method.upper(), path) for path, methods in paths.items() for method, operation in methods.items()}
    return LATER | known


def place(operation: str, workflow: str = "", file_path: str = "") -> tuple[str, str]:
    """The method and the path of an operation on one workflow; `file_path` is quoted already."""
    method, path = operations()[operation]
    path = path.replace("{workflow_id_or_name}", quote(workflow, safe=""))
    return method, path.replace("{file_name}", file_path)


@contextmanager
def understood(server: Service) -> Iterator[None]:
    """An answer of another shape than REANA's is a failing server, not a mistake of the person."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError):
        raise unreadable(server) from None


def unreadable(server: Service) -> RemoteUnavailable:
    """The error for an answer that does not have the shape of REANA's."""
    return RemoteUnavailable(_("%(server)s sent an answer that the portal cannot read.") % {"server": server.title}, service=server)


def call(
    server: Service, token: str, operation: str, workflow: str = "", *, params: Mapping[str, Any] | None = None, **options: Any
) -> Reply:
    """One call with a whole answer; pauses that the server asks for are kept, and a token that it refuses is replaced once.

    Raises RemoteRefused with REANA's own words.
    """
    method, path = place(operation, workflow)
    sent = {"timeout": TIMEOUT, "deadline": 60.0, **options}

    def once() -> Reply:
        header, query = dialect.identity(server, token)
        with pace.waited(server):
            return request(server, method, path, token=header, params={**query, **(params or {})}, raise_5xx=False, **sent)

    reply = pace.patiently(once)
    if reply.status == 401 and renewable_token.renew(token):
        reply = pace.patiently(once)
    _refuse(server, reply.status, reply.body)
    return reply


@contextmanager
def opened(
    server: Service, token: str, operation: str, workflow: str, file_path: str = "", *, deadline: float = 3600.0
) -> Iterator[Stream]:
    """One call whose answer is read piece by piece; pauses and refusals as in `call`."""
    method, path = place(operation, workflow, file_path)

    def once() -> tuple[ExitStack, Stream]:
        header, query = dialect.identity(server, token)
        with pace.waited(server), ExitStack() as stack:
            answer = stack.enter_context(
                stream(server, method, path, token=header, params=query, timeout=TIMEOUT, deadline=deadline, raise_5xx=False)
            )
            return stack.pop_all(), answer

    stack, answer = pace.patiently(once)
    if answer.status == 401:
        with stack:
            is_another = renewable_token.renew(token)
            if not is_another:
                stack = stack.pop_all()
        if is_another:
            stack, answer = pace.patiently(once)
    with stack:
        if answer.status != 200:
            _refuse(server, answer.status, answer.read(64 * 1024))
            text = _("%(server)s answered with the unexpected status %(status)s.")
            raise RemoteUnavailable(text % {"server": server.title, "status": answer.status}, service=server)
        yield answer


def _refuse(server: Service, status: int, body: bytes) -> None:
    """Raise what the status means; REANA says some refusals with 500, and those are told by their words."""
    if status in (200, 201):
        return
    said = _message(body)
    values = {"server": server.title, "status": status, "message": said}
    if status >= 500 and "Unknown workflow type" not in said:  # untranslated: words of REANA
        raise RemoteUnavailable(_("%(server)s is failing (status %(status)s).") % values, service=server)
    if status < 400:
        raise RemoteUnavailable(_("%(server)s answered with the unexpected status %(status)s.") % values, service=server)
    if server.dialect is Dialect.QUERY and (status == 401 or (status == 403 and said.startswith(NOT_VALID))):
        raise stored.not_accepted(server, status)
    raise RemoteRefused(
        _("%(server)s says: %(message)s") % values if said else _("%(server)s refused the request (status %(status)s).") % values,
        service=server,
        status=status,
        code=CODES.get(status, ""),
    )


def _message(body: bytes) -> str:
    """REANA's words for a refusal: `detail` from the newer server itself, `message` from what is behind it and from 0.9."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(answer, dict):
        return ""
    said = [answer.get("message"), answer.get("detail")]
    return next((plain(text)[:MESSAGE_LENGTH] for text in said if isinstance(text, str) and text), "")
