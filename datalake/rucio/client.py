"""rucio-clients on the portal's HTTP door: its addresses, bodies and replies, without its sessions, files and prompts."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

from rucio.client.accountclient import AccountClient
from rucio.client.didclient import DIDClient
from rucio.client.replicaclient import ReplicaClient
from rucio.client.rseclient import RSEClient
from rucio.client.ruleclient import RuleClient
from rucio.client.scopeclient import ScopeClient
from rucio.client.subscriptionclient import SubscriptionClient
from rucio.common.exception import RucioException
from rucio.common.utils import parse_response

from datalake.rucio.types import Stretch
from datalake.rucio.unreadable import LONGEST, ODD, NotJson, each
from vre_portal import http
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.http.wire import raise_for
from vre_portal.services import Service
from vre_portal.text import plain as plain_text

SECONDS = 20.0  # for all of one read
PATIENCE = (2.0, 60.0)  # a rule on many files takes Rucio a while before it says anything
PAUSE = 0.1
MOST = 100_000  # rows that are read of any one listing
INVALID = "InvalidObject"  # Rucio refuses a name by its own rule for names, and says status 500 with it
LONGEST_NAME, LONGEST_TEXT = 500, 3000  # characters that Rucio's columns hold; the generic schema has names of 250, CMS and LSST of 500
UNSENDABLE = "Unsendable"  # the portal refused to send it
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
logger = logging.getLogger("datalake.rucio")

# What Rucio's refusals mean to a person; others are told in its own first words.
MEANINGS = {
    "CannotAuthenticate": "{lake} does not accept who you are: it may not have an account for you, or your sign-in has ended.",
    "AccessDenied": "Your account may not do this in {lake}.",
    "InsufficientAccountLimit": "Your account's space at that storage is used up.",
    "InsufficientTargetRSEs": "There are not enough storage elements for that many copies.",
    "InvalidRSEExpression": "That expression describes no storage element: {said}",
    "DuplicateRule": "There is such a rule already.",
}


class Answer:
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
    ) -> Answer:
        """One request; after an outage it is not tried again here: who asks decides that."""
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
            time.sleep(PAUSE)
            answer = self._once(verb, target, params, data, sent)
        return answer

    def _load_json_data(self, response: Answer) -> Iterator[Any]:
        """The rows of a listing. What says that it is something else is no listing, least of all an empty one."""
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

    def _once(self, verb: str, target: str, params: Any, data: Any, headers: Mapping[str, str]) -> Answer:
        reads = verb == "GET" or target.startswith("/replicas/list")
        timeout, deadline = (http.TIMEOUT, SECONDS) if reads else (PATIENCE, 2 * PATIENCE[1])
        opened = http.stream(
            self.lake, verb, target, params=params, data=data, headers=headers, timeout=timeout, deadline=deadline, raise_5xx=False
        )
        answer = Answer(self._stack.enter_context(opened))
        if answer.headers.get("ExceptionClass") != INVALID:
            raise_for(self.lake, answer.status_code, answer.headers)
        self.status = answer.status_code
        return answer

    def _moved(self, answer: Answer) -> str:
        """Where Rucio sends us for a slash more or less: on the same server, whatever name a proxy makes it believe it has."""
        there = urlsplit(urljoin(f"{self.lake.url}/", answer.headers.get("Location", "")))
        path = there.path.removeprefix(urlsplit(self.lake.url).path)
        return f"{path}?{there.query}" if there.query else path


def parsed(line: str) -> Any:
    """One row of a listing; a line that is no JSON costs only itself."""
    try:
        return parse_response(line)
    except (ValueError, RecursionError):
        return NotJson(line[:LONGEST])


def refused(lake: Service, status: int, error: RucioException) -> RemoteRefused:
    """Rucio's no, in words that may be shown."""
    code = type(error).__name__
    said = plain_text(re.sub(r"\s+", " ", str(error.args[0] if error.args else error)).strip())
    said = said.partition("DETAIL:")[0].partition("(psycopg")[0].strip()[:300]
    meaning = MEANINGS.get(code, f"{{lake}} refused: {said or code}" if status != 404 else said or "There is no such thing.")
    status = 400 if code == INVALID else status
    return RemoteRefused(meaning.replace("{lake}", lake.title).replace("{said}", said or code), service=lake, status=status, code=code)


@contextmanager
def speaking(lake: Service, token: str) -> Iterator[LakeClient]:
    """A client for a few calls. All listings are to be read inside: the end of the block stops what is still being sent.

    What is made of the replies belongs inside too: a reply that is not what it should be is an outage.
    """
    with ExitStack() as stack:
        client = LakeClient(lake, token, stack)
        try:
            yield client
        except RucioException as error:
            if client.status < 300:  # not what the question is answered with, and no refusal either: a page of somebody in between
                raise RemoteUnavailable(f"{lake.title} answered with something unexpected.", service=lake) from None
            raise refused(lake, client.status, error) from None
        except (*ODD, StopIteration) as error:
            logger.warning("%s answered something unexpected: %.300r", lake.title, error)
            raise RemoteUnavailable(f"{lake.title} answered with something unexpected.", service=lake) from None


def sendable(lake: Service, what: str, *values: Any, longest: int = LONGEST_TEXT) -> None:
    """Refuse what Rucio's database cannot hold, which it would answer with "internal error": control characters, halves, length.

    `what` names the values to the person. Texts in lists and dictionaries are looked at as well.
    """
    for value in values:
        if isinstance(value, str):
            if len(value) > longest:
                raise unsendable(lake, f"{what} has at most {longest:,} characters; this one has {len(value):,}.")
            if CONTROLS.search(value):
                raise unsendable(lake, f"{what} holds characters that Rucio cannot take, such as NUL. Remove them and try again.")
        elif isinstance(value, Mapping):
            sendable(lake, what, *value.keys(), *value.values(), longest=longest)
        elif isinstance(value, list | tuple):
            sendable(lake, what, *value, longest=longest)


def unsendable(lake: Service, words: str) -> RemoteRefused:
    return RemoteRefused(words, service=lake, status=400, code=UNSENDABLE)


def page[Row](rows: Iterator[Row], offset: int, limit: int) -> list[Row]:
    """A stretch of a listing; what comes after it is never sent. What comes before is left out sooner by the client's `skip`."""
    return list(islice(rows, offset, offset + min(limit, MOST)))


def stretch[Row](rows: Iterator[Any], limit: int, read: Callable[[Any], Row]) -> Stretch[Row]:
    """The same as a page that knows whether it is the last one. Places are counted before rows that cannot be read are left out."""
    found = page(rows, 0, limit + 1)
    return Stretch(tuple(each(found[:limit], read)), more=len(found) > limit)


def plain(lake: Service, *words: str) -> None:
    """Refuse what is not a word: rucio-clients puts rules' and storages' names into addresses as they are."""
    for word in words:
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,255}", word) or not word.strip("."):
            raise RemoteRefused("There is no such thing in the lake.", service=lake, status=404, code="NotFound")


def named(lake: Service, scope: str, name: str) -> None:
    """Refuse what no DID is called and what an address would read as "one folder up"."""
    plain(lake, scope)
    if not name or not name.strip(".") or len(name) > LONGEST_NAME or UNSTORABLE.search(name):
        raise RemoteRefused(
            f"No DID has such a name: names have 1 to {LONGEST_NAME} characters, and no NUL or half of a character among them.",
            service=lake,
            status=404,
            code="DataIdentifierNotFound",
        )
