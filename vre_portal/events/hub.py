"""The open streams of this process: who listens to what, and what each has still to be told."""

import asyncio
import json
import math
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from vre_portal.events.access import Access
from vre_portal.events.bus import EVERYBODY, KIND, RECHECK, TOPIC
from vre_portal.events.window import Event, EventId, Window

RECHECK_SECONDS = 240.0  # after which it is asked again who may see what
RECHECK_AGAIN_SECONDS = 10.0  # where the database did not answer
MAX_UNCHECKED_SECONDS = 300.0  # after which a stream ends about which nobody could be asked
AWAY_SECONDS = 3.0  # without Redis, after which pages have to ask by themselves


class Stream:
    """One open page: its topics, and the newest event of each that it has not got yet. It holds no more, however slow its reader is."""

    __slots__ = ("access", "asked", "check_at", "checked_at", "has_gap", "is_closed", "is_new", "key", "pending", "wake")

    def __init__(self, key: str, asked: tuple[str, ...], access: Access) -> None:
        self.key, self.asked, self.access = key, asked, access
        self.pending: dict[str, Event] = {}
        self.wake = asyncio.Event()
        self.is_closed = self.has_gap = False
        self.is_new = True  # the page does not know yet what it listens to
        self.check_at = math.inf
        self.was_checked()

    def was_checked(self) -> None:
        self.checked_at = time.monotonic()
        if self.check_at:  # at 0 it has to be asked again, for what changed while it was asked
            self.check_at = self.checked_at + RECHECK_SECONDS * random.uniform(0.7, 1)  # noqa: S311 -- so that not all ask at once

    def close(self) -> None:
        self.is_closed = True
        self.wake.set()


class Hub:
    """All streams of a process, and the last events."""

    def __init__(self) -> None:
        self.window = Window(EventId(0))
        self.streams: set[Stream] = set()
        self.rechecks = 0  # how often it had to be asked again what somebody may see
        self.away_since: float | None = time.monotonic()  # Redis has not answered yet
        self._of_topic: defaultdict[str, set[Stream]] = defaultdict(set)

    @property
    def topics(self) -> list[str]:
        """What pages listen to."""
        return list(self._of_topic)

    @property
    def is_away(self) -> bool:
        """Whether nothing has come from Redis for so long that pages have to ask by themselves."""
        return self.away_since is not None and time.monotonic() - self.away_since > AWAY_SECONDS

    def count_of(self, user: int) -> int:
        """How many pages of a person listen."""
        return sum(stream.access.user == user for stream in self.streams)

    def open(self, stream: Stream, place: EventId | None, rechecks: int | None = None) -> None:
        """From now on the page is told; first of all what has happened since the place that it names.

        `rechecks` is how many there were when it was asked what the page may see: after others the answer may be an old one.
        """
        if rechecks not in (None, self.rechecks):
            stream.check_at = 0
        self.streams.add(stream)
        self._subscribe(stream)
        missed = self.window.since(place, stream.access.topics) if place else []
        if missed is None:
            stream.has_gap = True
        else:
            stream.pending |= {event.topic: event for event in missed}
        stream.wake.set()

    def close(self, stream: Stream) -> None:
        """The page is gone."""
        self.streams.discard(stream)
        self._unsubscribe(stream)
        stream.close()

    def checked(self, stream: Stream, access: Access | None) -> None:
        """What the page may see now; nothing: it is told no more. One that was closed while it was asked stays so."""
        if stream not in self.streams:
            return
        if access is None or not access.topics or access.user != stream.access.user:
            stream.close()
            return
        stream.was_checked()
        if access.topics != stream.access.topics:
            self._unsubscribe(stream)
            stream.access, stream.is_new = access, True
            stream.pending = {topic: event for topic, event in stream.pending.items() if topic in access.topics}
            self._subscribe(stream)
            stream.wake.set()

    def not_checked(self, stream: Stream) -> None:
        """Nobody could be asked: again soon, and after some time the stream ends."""
        if time.monotonic() - stream.checked_at > MAX_UNCHECKED_SECONDS:
            stream.close()
        stream.check_at = time.monotonic() + RECHECK_AGAIN_SECONDS

    def to_check(self) -> list[Stream]:
        """The streams of which it has to be asked again who may see them."""
        now = time.monotonic()
        return [stream for stream in self.streams if stream.check_at <= now and not stream.is_closed]

    def take(self, place: EventId, fields: Mapping[str, str]) -> None:
        """Something came from Redis."""
        if RECHECK in fields:
            self.window.last = place
            self._recheck(int(fields[RECHECK]))
            return
        topic, kind = fields.get(TOPIC, ""), fields.get(KIND, "")
        numbers = {name: int(value) for name, value in fields.items() if name not in (TOPIC, KIND)}
        event = Event(place, topic, kind, json.dumps({"topic": topic, "kind": kind, **numbers}))
        self.window.add(event)
        for stream in self._of_topic.get(topic, ()):
            stream.pending.pop(topic, None)  # so that the newest stand last
            stream.pending[topic] = event
            stream.wake.set()

    def lost(self, place: EventId) -> None:
        """Events before this place may have been missed: all pages read their parts again."""
        self.window.lose(place)
        for stream in self.streams:
            stream.has_gap = True
            stream.wake.set()

    def close_all(self) -> None:
        for stream in self.streams:
            stream.close()

    def _recheck(self, user: int) -> None:
        self.rechecks += 1
        for stream in self.streams:
            if user in (EVERYBODY, stream.access.user):
                stream.check_at = 0

    def _subscribe(self, stream: Stream) -> None:
        for topic in stream.access.topics:
            self._of_topic[topic].add(stream)

    def _unsubscribe(self, stream: Stream) -> None:
        for topic in stream.access.topics:
            self._of_topic[topic].discard(stream)
            if not self._of_topic[topic]:
                del self._of_topic[topic]


def lines_for(stream: Stream, place: EventId) -> bytes:
    """What a page has to be told now, as server-sent events; afterwards nothing of it is pending."""
    return b"".join(_lines(stream, place))


def _lines(stream: Stream, place: EventId) -> Iterator[bytes]:
    if stream.is_new:
        stream.is_new = False
        # No id before what was missed: a page that loses the connection in between would not be told of it again.
        yield _event("topics", json.dumps(stream.access.topics), None if stream.pending else place)
    if stream.has_gap:
        stream.has_gap = False
        stream.pending.clear()
        yield _event("gap", "{}", place)
    pending: Iterable[Event] = stream.pending.values()
    stream.pending = {}
    for event in pending:
        yield _event("change", event.data, event.id)


def _event(name: str, data: str, place: EventId | None) -> bytes:
    identity = f"id: {place}\n" if place else ""
    return f"{identity}event: {name}\ndata: {data}\n\n".encode()
