"""How busy a REANA is (`GET /api/status`): the workflows of everybody there, not only those of this portal."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from projects.workflows.reana.calls import call, understood
from vre_portal.services import Service

MOST = 10**9  # workflows; a larger figure is no count


@dataclass(frozen=True)
class ClusterLoad:
    """Workflows that run, and those that wait to run: pending ones and those in REANA's queue."""

    running: int
    pending: int

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """From the whole answer; raises KeyError, TypeError or ValueError where it does not count workflows."""
        said = answer["workflow"]
        return cls(_count(said["running"]), _count(said["pending"]) + _count(said.get("queued", 0)))

    @classmethod
    def stored(cls, facts: Mapping[str, Any]) -> Self | None:
        """As `facts` gave it; None where nothing is stored."""
        return cls(facts["running"], facts["pending"]) if {"running", "pending"} <= facts.keys() else None

    @property
    def facts(self) -> dict[str, int]:
        """As a JSON column holds it."""
        return asdict(self)


def load(server: Service, token: str) -> ClusterLoad:
    """Ask the server; raises RemoteError."""
    with understood(server):
        return ClusterLoad.of(call(server, token, "status").json())


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST:
        raise ValueError("not a count")  # untranslated: `understood` says it to people
    return int(value)
