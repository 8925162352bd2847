"""The parts of the page: each application registers functions that list its parts, and each part says how much is used of what."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from vre_portal.iam.models import User
from vre_portal.sources import Sources

WARN, FULL = 80.0, 98.0  # percent


class Unit(StrEnum):
    """What the figures of a row count."""

    COUNT = "count"
    BYTES = "bytes"
    SECONDS = "seconds"


@dataclass(frozen=True)
class Allowance:
    """One thing with a limit. `limit` None: there is none, or `limit_text` says what is known of it."""

    what: str
    used: float | None = None  # None: not known, or not counted
    limit: float | None = None
    unit: Unit = Unit.COUNT
    limit_text: str = ""  # instead of "no limit", such as "not stated by the service"
    renews: str = ""  # when what is used becomes free again, in words
    detail: str = ""
    url: str = ""  # of the page that lists what uses it
    request: tuple[str, Mapping[str, str]] | None = None  # kind of request, and what its form begins with

    @property
    def percent(self) -> float | None:
        """The used part of the limit, at most 100; None where that is not known."""
        if self.limit is None or self.used is None:
            return None
        return min(100.0 * self.used / self.limit, 100.0) if self.limit else (100.0 if self.used else 0.0)

    @property
    def width(self) -> str:
        """The width of the bar; small usage is still visible."""
        percent = self.percent or 0.0
        return f"{max(percent, 0.6) if self.used else 0:.1f}"

    @property
    def tone(self) -> str:
        """How the bar looks: from 80 % on as a warning."""
        percent = self.percent or 0.0
        return "bad" if percent >= FULL else "warn" if percent >= WARN else ""

    @property
    def is_bytes(self) -> bool:
        return self.unit == Unit.BYTES

    @property
    def is_time(self) -> bool:
        return self.unit == Unit.SECONDS

    def as_row(self) -> dict[str, Any]:
        """For JSON."""
        facts = asdict(self)
        del facts["request"]
        return {**facts, "percent": self.percent}


@dataclass(frozen=True)
class PartAnswer:
    """What a part says now. `as_of` is the time of figures that are not of this moment; `problem` why they are missing or old."""

    rows: Sequence[Allowance] = ()
    as_of: datetime | None = None
    problem: str = ""
    note: str = ""
    is_counted: bool = True  # False: nothing is known of what is used, and nothing renews
    needs_token: bool = False  # the problem is a token that the person has to store
    request: str = ""  # the kind of request that may help with the problem


@dataclass(frozen=True)
class AllowancePart:
    """A section of the page. One that asks a remote service is loaded by itself, so that it delays no other."""

    key: str  # a part of an address
    title: str
    read: Callable[[User], PartAnswer] = field(repr=False)
    is_remote: bool = False


_sources, _last_sources = Sources[[User], AllowancePart]("allowances"), Sources[[User], AllowancePart]("allowances")


def register(source: Callable[[User], Iterable[AllowancePart]], *, last: bool = False) -> None:
    """Let an application list its parts for a person, `last` on the page if wanted; the function itself asks no remote service."""
    (_last_sources if last else _sources).register(source)


def parts_for(user: User) -> tuple[list[AllowancePart], int]:
    """All parts of a person in the order of their registration, and how many applications could not list theirs."""
    first, last = _sources.collect(user), _last_sources.collect(user)
    return first[0] + last[0], first[1] + last[1]
