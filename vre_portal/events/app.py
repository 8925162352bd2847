"""The ASGI application behind /events/: opens a stream for a page, and tells it that something changed until either end closes."""

import asyncio
import contextlib
import logging
import math
import os
import signal
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.db import Error as DatabaseError
from redis.exceptions import RedisError

from vre_portal.events import bus, listener
from vre_portal.events.access import Access, access_of, session_key
from vre_portal.events.hub import Hub, Stream, lines_for
from vre_portal.events.topics import MAX_TOPICS
from vre_portal.events.window import EventId

logger = logging.getLogger(__name__)
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATH, HEALTH = "/events/", "/events/healthz"
THREADS = 4  # in which Django is asked
MAX_WAITING = 200  # new pages that wait for one of these threads
HEARTBEAT_SECONDS = 20.0  # so that no proxy takes a quiet stream for a dead one
SEND_SECONDS = 20.0  # after which a reader that takes nothing is let go
MARK_SECONDS = 10.0
RETRY_MS = 3000
BUSY_SECONDS = 30  # in Retry-After
HEADERS = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
)


class Application:
    """One process that holds open pages; it works from the start of its lifespan on."""

    def __init__(self) -> None:
        self.hub = Hub()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="events")
        self._waiting = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._tasks = [asyncio.create_task(work) for work in (listener.listen(self.hub), self._recheck(), self._mark())]
                for task in self._tasks:
                    task.add_done_callback(_end_process)
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                for task in self._tasks:
                    task.cancel()
                self._pool.shutdown(wait=False, cancel_futures=True)
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        origin = headers.get("origin", "")
        if scope["path"] == HEALTH:
            await _refuse(send, 503 if self.hub.is_away else 200)
        elif scope["path"] != PATH or settings.EVENTS_URL == "":
            await _refuse(send, 404)
        elif scope["method"] != "GET":
            await _refuse(send, 405)
        elif origin not in ("", settings.PORTAL_URL):
            await _refuse(send, 403)  # another site's page, or another program at this machine: cookies do not know ports
        else:
            try:
                query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=2 * MAX_TOPICS)
            except ValueError:  # more fields than a page has
                await _refuse(send, 400)
            else:
                await self._open(headers, query, receive, send)

    async def _open(self, headers: dict[str, str], query: dict[str, list[str]], receive: Receive, send: Send) -> None:
        topics = tuple(dict.fromkeys(query.get("topic", [])))
        key = session_key(headers.get("cookie", ""))
        if not key:
            await _refuse(send, 401)
        elif not 0 < len(topics) <= MAX_TOPICS:
            await _refuse(send, 400)
        elif self.hub.is_away or len(self.hub.streams) >= settings.EVENTS_STREAMS or self._waiting >= MAX_WAITING:
            await _refuse(send, 503)
        else:
            rechecks = self.hub.rechecks
            try:
                access = await self._ask(key, topics)
            except DatabaseError:
                await _refuse(send, 503)
                return
            if access is None:
                await _refuse(send, 401)
            elif not access.topics:
                await _refuse(send, 404)
            elif self.hub.count_of(access.user) >= settings.EVENTS_STREAMS_OF_PERSON:
                await _refuse(send, 429)
            else:
                place = EventId.parse(headers.get("last-event-id") or query.get("since", [""])[0])
                if place and place.milliseconds > time.time() * 1000:  # a clock that is ahead: nobody knows what its page has missed
                    place = EventId(0)
                await self._serve(Stream(key, topics, access), place, rechecks, receive, send)

    async def _ask(self, key: str, topics: tuple[str, ...]) -> Access | None:
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, access_of, key, topics)
        finally:
            self._waiting -= 1

    async def _serve(self, stream: Stream, place: EventId | None, rechecks: int, receive: Receive, send: Send) -> None:
        """Until the page is gone, takes nothing, or may see nothing any more."""
        gone = asyncio.create_task(_close_when_gone(receive, stream))
        self.hub.open(stream, place, rechecks)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, *_shared()]})
            await _write(send, f"retry: {RETRY_MS}\n\n".encode())
            while not stream.is_closed:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await stream.wake.wait()
                stream.wake.clear()
                if not stream.is_closed:
                    await _write(send, lines_for(stream, self.hub.window.last) or b":\n\n")
            await _write(send, b"", more=False)
        except (TimeoutError, OSError):
            logger.info("a page that took nothing was let go")
        finally:
            gone.cancel()
            self.hub.close(stream)

    async def _recheck(self) -> None:
        """Ask again who may see what; without Redis all pages are let go, for they would wait for nothing."""
        while True:
            await asyncio.sleep(0.5)
            if self.hub.is_away:
                self.hub.close_all()
            due = self.hub.to_check()
            for start in range(0, len(due), THREADS):
                await asyncio.gather(*(self._check(stream) for stream in due[start : start + THREADS]))

    async def _check(self, stream: Stream) -> None:
        stream.check_at = math.inf  # until it is answered, unless somebody changes meanwhile what the answer is
        try:
            self.hub.checked(stream, await self._ask(stream.key, stream.asked))
        except Exception:
            logger.exception("who may see an open page could not be asked")
            self.hub.not_checked(stream)

    async def _mark(self) -> None:
        """Tell workers what is looked at."""
        while True:
            with contextlib.suppress(RedisError, OSError):
                await asyncio.get_running_loop().run_in_executor(self._pool, bus.mark_open, self.hub.topics)
            await asyncio.sleep(MARK_SECONDS)


def _end_process(task: asyncio.Task[None]) -> None:
    """Without one of its tasks the process would look well and tell nobody anything: its server starts another."""
    if not task.cancelled():
        logger.critical("a task of the events process ended", exc_info=task.exception())
        os.kill(os.getpid(), signal.SIGTERM)


async def _close_when_gone(receive: Receive, stream: Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.close()


async def _write(send: Send, body: bytes, *, more: bool = True) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def _refuse(send: Send, status: int) -> None:
    """An answer without words: only scripts see it."""
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"0"), (b"cache-control", b"no-store"), *_shared()]
    if status in (429, 503):
        headers.append((b"retry-after", str(BUSY_SECONDS).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _shared() -> list[tuple[bytes, bytes]]:
    """Only pages of the portal read the answer, also where this process has a port of its own."""
    return [
        (b"access-control-allow-origin", settings.PORTAL_URL.encode()),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin, Cookie"),
    ]
