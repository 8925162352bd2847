"""Bulkhead: limits how many pages of this process wait for one remote server, so that a server that hangs cannot take all web threads."""

import hashlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from vre_portal.services import Service

HANGING_AFTER_SECONDS = 2.2  # seconds without any answer, to anybody, after which a server counts as hanging; a slow answer is an answer
WAIT_SECONDS = 0.5  # seconds for which a page waits for a place at a server that does answer


class TooManyWaiting(Exception):
    """As many pages wait for the server as may; `is_hanging` says whether it answers nobody, or is only busy."""

    def __init__(self, is_hanging: bool) -> None:
        super().__init__(is_hanging)
        self.is_hanging = is_hanging


@dataclass
class RemoteServer:
    """The pages that wait for one server, and since when it has answered nothing."""

    waiting: dict[int, str] = field(default_factory=dict)  # id of a thread -> key of the person whose page it serves
    unanswered_since: float | None = None  # when the first request since its last answer was sent

    @property
    def is_hanging(self) -> bool:
        return self.unanswered_since is not None and time.monotonic() - self.unanswered_since > HANGING_AFTER_SECONDS

    def has_room(self, person: str) -> bool:
        """Whether one more page of the person may wait: a quarter of the threads while it hangs, else three quarters; half of that for one
        person."""
        limit: int = max(settings.WEB_THREADS * (1 if self.is_hanging else 3) // 4, 1)
        mine = sum(1 for whose in self.waiting.values() if whose == person)
        return len(self.waiting) < limit and mine < max(limit // 2, 1)


_page: ContextVar[tuple[int, str] | None] = ContextVar("page", default=None)
_servers: defaultdict[str, RemoteServer] = defaultdict(RemoteServer)
_changed = threading.Condition()


def server(service: Service, url: str = "") -> RemoteServer:
    """The server of a service, or the one at an address of the service: a storage is not its lake."""
    return _servers[f"{service.kind}/{service.name} {urlsplit(url or service.url).netloc}"]


@contextmanager
def waiting(at: RemoteServer, *, begun: bool = False) -> Iterator[None]:
    """The page of this thread waits; raises TooManyWaiting where too many do, unless its answer has begun to come. Tasks wait as they like."""
    page = _page.get()
    if page is None or page[0] != threading.get_ident() or page[0] in at.waiting:
        yield
        return
    with _changed:
        if not begun:
            _changed.wait_for(lambda: at.is_hanging or at.has_room(page[1]), WAIT_SECONDS)
            if not at.has_room(page[1]):
                raise TooManyWaiting(at.is_hanging)
        at.waiting[page[0]] = page[1]
        at.unanswered_since = at.unanswered_since or time.monotonic()
    try:
        yield
    finally:
        with _changed:
            del at.waiting[page[0]]
            _changed.notify_all()


def answered(at: RemoteServer) -> None:
    """Note that the server has given a whole answer, whatever it was."""
    with _changed:
        at.unanswered_since = time.monotonic() if at.waiting else None


def person_key(request: HttpRequest) -> str:
    """By what requests of one person are known without asking the database: the session, or of a program, which has none, its token's digest."""
    authorization = request.headers.get("Authorization", "")
    return request.COOKIES.get(settings.SESSION_COOKIE_NAME) or (
        hashlib.sha256(authorization.encode()).hexdigest() if authorization else ""
    )


class PageBulkhead:
    """Middleware: requests of this thread are a page's, until it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _page.set((threading.get_ident(), person_key(request)))
        try:
            return self.get_response(request)
        finally:
            _page.reset(token)


middleware = PageBulkhead
