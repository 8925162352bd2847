"""The last events in memory: of each topic the newest, for a page only has to know that it is behind."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

MAX_TOPICS = 10_000


@dataclass(frozen=True, order=True, slots=True)
class EventId:
    """A place in the stream of events, as Redis counts them."""

    milliseconds: int
    number: int = 0

    @classmethod
    def parse(cls, text: str) -> "EventId | None":
        """The place that a browser names; None where it is none."""
        milliseconds, dash, number = text.partition("-")
        good = dash and all(part.isascii() and part.isdecimal() and len(part) <= 18 for part in (milliseconds, number))
        return cls(int(milliseconds), int(number)) if good else None

    def __str__(self) -> str:
        return f"{self.milliseconds}-{self.number}"


@dataclass(frozen=True, slots=True)
class Event:
    """Something changed about a topic."""

    id: EventId
    topic: str
    kind: str
    data: str  # the event's numbers as JSON, with topic and kind


class Window:
    """The newest event of each topic, complete from one place on."""

    def __init__(self, begin: EventId) -> None:
        self.begin = self.last = begin
        self._newest: OrderedDict[str, Event] = OrderedDict()

    def add(self, event: Event) -> None:
        """Keep an event, which is newer than all that are there."""
        self._newest.pop(event.topic, None)
        self._newest[event.topic] = event
        self.last = event.id
        while len(self._newest) > MAX_TOPICS:
            self.begin = self._newest.popitem(last=False)[1].id

    def since(self, place: EventId, topics: Iterable[str]) -> list[Event] | None:
        """The newest events of these topics after a place, oldest first; None where some may be missing."""
        if place < self.begin:
            return None
        found = (self._newest.get(topic) for topic in topics)
        return sorted((event for event in found if event is not None and event.id > place), key=lambda event: event.id)

    def lose(self, place: EventId) -> None:
        """Something between the last event and this place may have been missed."""
        self._newest.clear()
        self.begin = self.last = place
