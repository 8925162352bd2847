"""Which page or task is at work, and what the services answered to the tokens that it used."""

import contextvars
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vre_portal.services import Service


@dataclass
class Call:
    """One request that carried a person's token; the status stays 0 when no answer came."""

    status: int = 0


@dataclass
class Trail:
    """One page or task."""

    place: str
    uses: dict[str, int] = field(default_factory=dict)  # "kind/name" of a service -> the row about the token given for it
    calls: dict[int, list[Call]] = field(default_factory=dict)  # that row -> what was asked with the token


_current: contextvars.ContextVar[Trail | None] = contextvars.ContextVar("trail", default=None)


def begin(place: str) -> Trail:
    """Something new is at work."""
    trail = Trail(place)
    _current.set(trail)
    return trail


def end() -> Trail | None:
    """It is over; what it did."""
    trail = _current.get()
    _current.set(None)
    return trail


def current() -> Trail | None:
    """What is at work now; None in a shell or a command."""
    return _current.get()


def calling(service: "Service", token: str | None) -> Call:
    """A request is on its way; noted where it carries a token that the vault gave."""
    call, trail = Call(), _current.get()
    row = trail.uses.get(f"{service.kind}/{service.name}") if trail and token else None
    if trail and row is not None:
        trail.calls.setdefault(row, []).append(call)
    return call
