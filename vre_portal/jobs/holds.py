"""Work that waits because staff have stopped it at a service: a kind of job names the service and the action, and is held by itself."""

from collections.abc import Callable
from dataclasses import dataclass

from vre_portal.services import ServiceKind

StoppedNames = Callable[[ServiceKind, str], frozenset[str]]
_sources: list[StoppedNames] = []


@dataclass(frozen=True)
class Stoppable:
    """What a kind of job begins: an action at the service of this kind that the column names."""

    kind: ServiceKind
    action: str
    column: str


class Held(Exception):
    """The action was stopped while a worker had the job in hand and before it began at the service: it waits, and nothing has failed."""


def register_source(source: StoppedNames) -> None:
    """Let `source` say at which services of a kind an action is stopped now."""
    if source not in _sources:
        _sources.append(source)


def stopped_names(kind: ServiceKind, action: str) -> frozenset[str]:
    """The names of the services at which the action is stopped now."""
    return frozenset().union(*(source(kind, action) for source in _sources))


def require_open(kind: ServiceKind, name: str, action: str) -> None:
    """Raise Held where the action is stopped at this service: said right before the step that begins it there."""
    if name in stopped_names(kind, action):
        raise Held(f"{action} at {kind}/{name}")
