"""The context of one page or task: which tokens the vault gave in it, and what services answered to the requests that carried them."""

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
class TokenUseContext:
    """The page ("GET /path") or task at work, and its uses of tokens."""

    place: str
    uses: dict[str, int] = field(default_factory=dict)  # "kind/name" of a service -> id of the row about the token given for it
    calls: dict[int, list[Call]] = field(default_factory=dict)  # that id -> requests that carried the token


_current: contextvars.ContextVar[TokenUseContext | None] = contextvars.ContextVar("token_use_context", default=None)


def start(place: str) -> TokenUseContext:
    """Set and return a new context for the page or task; called at its beginning, it replaces what stood there."""
    context = TokenUseContext(place)
    _current.set(context)
    return context


def finish() -> TokenUseContext | None:
    """Unset and return the context at the end of the page or task; None where none was started."""
    context = _current.get()
    _current.set(None)
    return context


def current() -> TokenUseContext | None:
    """The context of the page or task at work; None in a shell or a command."""
    return _current.get()


def record_call(service: "Service", token: str | None) -> Call:
    """A new Call, whose status the caller sets when the answer comes; listed in the context where the vault gave the token for the service."""
    call, context = Call(), _current.get()
    row = context.uses.get(f"{service.kind}/{service.name}") if context and token else None
    if context and row is not None:
        context.calls.setdefault(row, []).append(call)
    return call
