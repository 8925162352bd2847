"""rucio-clients over the portal's HTTP transport: its addresses, bodies and replies, without its sessions, files and prompts."""

import logging
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rucio.client.accountclient import AccountClient
from rucio.client.didclient import DIDClient
from rucio.client.replicaclient import ReplicaClient
from rucio.client.rseclient import RSEClient
from rucio.client.ruleclient import RuleClient
from rucio.client.scopeclient import ScopeClient
from rucio.client.subscriptionclient import SubscriptionClient
from rucio.common.exception import RucioException
from rucio.common.utils import build_url, parse_response

from datalake.rucio.unreadable import MAX_SHOWN_CHARS, UNREADABLE, NotJson
from vre_portal import http
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.http.transport import raise_for
from vre_portal.services import Service
from vre_portal.text import plain as plain_text

READ_SECONDS = 20.0  # for all of one read
WRITE_TIMEOUT = (2.0, 60.0)  # seconds to connect and to answer: a rule on many files takes Rucio a while
RETRY_DELAY_SECONDS = 0.1
INVALID = "InvalidObject"
# Rucio refuses a name by its own rule for names with status 500, as it does some rules and limits that one may not make.
REFUSED_WITH_500 = {INVALID: 400, "AccountNotFound": 404, "InvalidRSEExpression": 400, "AccessDenied": 403}
logger = logging.getLogger("datalake.rucio")

# What Rucio's refusals mean to a person; others are told in its own first words.
MEANINGS = {
    "CannotAuthenticate": _("%(service)s did not accept your sign-in. Sign in again; if that doesn't help, you may have no account there."),
    "AccessDenied": _("Your account does not have permission to do this in %(service)s."),
    "InsufficientAccountLimit": _("Your quota at this storage element is used up."),
    "InsufficientTargetRSEs": _("There are not enough storage elements for this number of copies."),
    "InvalidRSEExpression": _("The RSE expression is not valid or matches no storage element: %(message)s"),
    "DuplicateRule": _("This rule already exists."),
}


class ClientResponse:
    """A reply as rucio-clients reads it, over the portal's stream."""

    def __init__(self, stream: http.Stream) -> None:
        self.status_code = stream.status
        self.headers = stream.headers
        self._stream = stream
        self._body: bytes | None = None

    @property
    def content(self) -> bytes:
        if self._body is None:
            self._body = self._stream.read()
        return self._body

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", errors="replace")

    def iter_lines(self) -> Iterator[str]:
        return self._stream.lines()

    @property
    def ends_within_a_line(self) -> bool:
        return self._stream.ends_within_a_line


class LakeClient(AccountClient, DIDClient, ReplicaClient, RSEClient, RuleClient, ScopeClient, SubscriptionClient):  # type: ignore[misc]
    """One person at one lake. BaseClient's constructor is not called: it reads configuration and shared token files."""

    def __init__(self, lake: Service, token: str, stack: ExitStack) -> None:
        self.lake = lake
        self.host = lake.url
        self.list_hosts = [lake.url]
        self.account = None
        self.logger = logger
        self.status = 0
        self.skip = 0  # rows of a listing that are not wanted
        self._token = token
        self._stack = stack

    def _send_request(
        self,
        url: str,
        method: Any,
        headers: Mapping[str, str] | None = None,
        data: Any = None,
        params: Any = None,
        stream: bool = False,
        **_unused: Any,
    ) -> ClientResponse:
        """One request; after an outage it is not retried here: the caller decides that."""
        path, mark, query = url.removeprefix(self.lake.url).partition("?")
        path = path.replace("+", "%20")  # it quotes names as a form does; in a path a plus is a plus
        sent = {"X-Rucio-Auth-Token": self._token, **(headers or {})}
        if data is not None:
            sent["Content-Type"] = "application/json"
        verb, target = str(getattr(method, "value", method)), path + mark + query
        answer = self._once(verb, target, params, data, sent)
        if answer.status_code in (307, 308):
            target, params = self._moved(answer), None
            answer = self._once(verb, target, params, data, sent)
        if answer.status_code == 401 and answer.headers.get("ExceptionClass") == "CannotAuthenticate":
            # Rucio notes each new token, and of two first requests at the same moment it turns one away.
            time.sleep(RETRY_DELAY_SECONDS)
            answer = self._once(verb, target, params, data, sent)
        return answer

    def raise_refusal(self, answer: ClientResponse) -> NoReturn:
        """Raises what rucio-clients raises for an answer that is not a good one."""
        cause, text = self._get_exception(headers=answer.headers, status_code=answer.status_code, data=answer.content)
        raise cause(text)

    def fetch(self, path: str, **params: Any) -> Iterator[Any]:
        """The rows of an address for which rucio-clients has no call, or none with these parameters; raises RucioException."""
        answer = self._send_request(build_url(self.lake.url, path=path, params=params or None), "GET")
        if answer.status_code != 200:
            self.raise_refusal(answer)
        return self._load_json_data(answer)

    def _load_json_data(self, response: ClientResponse) -> Iterator[Any]:
        """The rows of a listing; raises ValueError for an answer of another content type, which is never taken for an empty listing."""
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
        if kind == "application/json":
            yield parse_response(response.text)
        elif kind == "application/x-json-stream":
            for number, line in enumerate(response.iter_lines()):
                if line and (number >= self.skip or not number):  # reading a row that nobody wants costs ten times as much as passing it by
                    row = parsed(line)
                    if isinstance(row, NotJson) and response.ends_within_a_line:
                        raise ValueError("a listing that ends within a row")
                    if number >= self.skip:
                        yield row
        else:
            raise ValueError(f"an answer of type {kind or 'none'}")

    def _once(self, verb: str, target: str, params: Any, data: Any, headers: Mapping[str, str]) -> ClientResponse:
        reads = verb == "GET" or target.startswith("/replicas/list")
        timeout, deadline = (http.TIMEOUT, READ_SECONDS) if reads else (WRITE_TIMEOUT, 2 * WRITE_TIMEOUT[1])
        opened = http.stream(
            self.lake, verb, target, params=params, data=data, headers=headers, timeout=timeout, deadline=deadline, raise_5xx=False
        )
        answer = ClientResponse(self._stack.enter_context(opened))
        if answer.headers.get("ExceptionClass") not in REFUSED_WITH_500:
            raise_for(self.lake, answer.status_code, answer.headers)
        self.status = answer.status_code
        return answer

    def _moved(self, answer: ClientResponse) -> str:
        """Where Rucio sends us for a slash more or less: on the same server, whatever name a proxy makes it believe it has."""
        there = urlsplit(urljoin(f"{self.lake.url}/", answer.headers.get("Location", "")))
        path = there.path.removeprefix(urlsplit(self.lake.url).path)
        return f"{path}?{there.query}" if there.query else path


def parsed(line: str) -> Any:
    """One row of a listing; a line that is not JSON becomes NotJson."""
    try:
        return parse_response(line)
    except (ValueError, RecursionError):
        return NotJson(line[:MAX_SHOWN_CHARS])


def refusal(lake: Service, status: int, error: RucioException) -> RemoteRefused:
    """Rucio's refusal as an error to raise, with a text for people."""
    code = type(error).__name__
    message = plain_text(re.sub(r"\s+", " ", str(error.args[0] if error.args else error)).strip())
    message = message.partition("DETAIL:")[0].partition("(psycopg")[0].strip()[:300]
    if code in MEANINGS:
        text = str(MEANINGS[code]) % {"service": lake.title, "message": message or code}
    elif status == 404:
        text = message or gettext("Not found in the Data Lake.")
    else:
        text = gettext("%(service)s refused the request: %(reason)s") % {"service": lake.title, "reason": message or code}
    return RemoteRefused(
        text, service=lake, status=REFUSED_WITH_500[code] if code in REFUSED_WITH_500 and status >= 500 else status, code=code
    )


@contextmanager
def open_client(lake: Service, token: str) -> Iterator[LakeClient]:
    """Yields a client for a few calls; raises RemoteRefused or RemoteUnavailable. All listings are to be read inside: the end of the block stops what is still being sent.

    What is made of the replies belongs inside too: a reply that is not what it should be is an outage.
    """
    with ExitStack() as stack:
        client = LakeClient(lake, token, stack)
        try:
            yield client
        except RucioException as error:
            if client.status < 300:  # not what the question is answered with, and no refusal either: a page of somebody in between
                raise RemoteUnavailable(gettext("%(service)s sent an unexpected answer.") % {"service": lake.title}, service=lake) from None
            raise refusal(lake, client.status, error) from None
        except (*UNREADABLE, StopIteration) as error:
            logger.warning("%s answered something unexpected: %.300r", lake.title, error)
            raise RemoteUnavailable(gettext("%(service)s sent an unexpected answer.") % {"service": lake.title}, service=lake) from None


@contextmanager
def ignore_codes(*codes: str) -> Iterator[None]:
    """Goes on after RemoteRefused with one of Rucio's codes, such as those that say that it is so already."""
    try:
        yield
    except RemoteRefused as error:
        if error.code not in codes:
            raise
