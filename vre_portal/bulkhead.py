"""How many pages of this process may wait for one server: while it hangs, the other threads go on serving the rest of the portal."""

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

SILENCE = 2.2  # seconds without any answer, to anybody, after which a server counts as hanging; a slow answer is an answer
PATIENCE = 0.5  # seconds for which a page waits for a place at a server that does answer


class Crowded(Exception):
    """As many pages wait already as may; the text says why."""


@dataclass
class Server:
    """Who waits for one server, and since when it has said nothing."""

    waiting: dict[int, str] = field(default_factory=dict)  # a thread, and whose page it serves
    asked: float | None = None  # when the first question since its last answer was asked

    @property
    def hangs(self) -> bool:
        return self.asked is not None and time.monotonic() - self.asked > SILENCE

    def takes(self, person: str) -> bool:
        """Whether one more page may wait: while it hangs a quarter of the threads, else three quarters; one person's pages half of that."""
        most: int = max(settings.WEB_THREADS * (1 if self.hangs else 3) // 4, 1)
        mine = sum(1 for whose in self.waiting.values() if whose == person)
        return len(self.waiting) < most and mine < max(most // 2, 1)


_page: ContextVar[tuple[int, str] | None] = ContextVar("page", default=None)
_servers: defaultdict[str, Server] = defaultdict(Server)
_places = threading.Condition()


def server(service: Service, url: str = "") -> Server:
    """What is known of the server of a service, or of the one at an address of the service: a storage is not its lake."""
    return _servers[f"{service.kind}/{service.name} {urlsplit(url or service.url).netloc}"]


@contextmanager
def waiting(at: Server, *, begun: bool = False) -> Iterator[None]:
    """The page of this thread waits; raises Crowded where too many do, unless its answer has begun to come. Tasks wait as they like."""
    page = _page.get()
    if page is None or page[0] != threading.get_ident() or page[0] in at.waiting:
        yield
        return
    with _places:
        if not begun:
            _places.wait_for(lambda: at.hangs or at.takes(page[1]), PATIENCE)
            if not at.takes(page[1]):
                raise Crowded("is not answering just now" if at.hangs else "has more to do than it can just now")
        at.waiting[page[0]] = page[1]
        at.asked = at.asked or time.monotonic()
    try:
        yield
    finally:
        with _places:
            del at.waiting[page[0]]
            _places.notify_all()


def answered(at: Server) -> None:
    """It has given a whole answer, whatever it was and whoever asked."""
    with _places:
        at.asked = time.monotonic() if at.waiting else None


class Pages:
    """Middleware: what this thread asks now, it asks for a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _page.set((threading.get_ident(), request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")))
        try:
            return self.get_response(request)
        finally:
            _page.reset(token)


middleware = Pages
