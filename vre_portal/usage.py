"""Who uses a thing (data, software, an environment): features register a function of (person, thing), and a page shows what that person may see of it."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vre_portal.iam.models import User
from vre_portal.tables import Row, listing

logger = logging.getLogger(__name__)
MAX_OF_SOURCE = 200  # uses that one source is asked for
SHOWN = 5  # uses of each kind beside the thing; all of them have a page
KINDS: dict[str, str | Promise] = {
    "project": _("Projects"), "workflow": _("Workflows"), "run": _("Runs"), "result": _("Results"),
    "software": _("Software"), "environment": _("Environments"),
}  # fmt: skip
OTHER = _("Other uses")
EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Thing:
    """Something that can be used: its kind ("did", "software", "environment"), its service in services.toml, its identifier, and those of what contains it."""

    kind: str
    service: str
    identifier: str
    within: tuple[str, ...] = ()

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Its own identifier, and those of what contains it."""
        return (self.identifier, *self.within)


@dataclass(frozen=True)
class Use:
    """One use, as a person may see it; `kind` is one of KINDS."""

    kind: str
    title: str
    url: str
    detail: str = ""
    when: datetime | None = None


Source = Callable[[User | AnonymousUser, Thing], Iterable[Use]]
_sources: list[tuple[Source, str | Promise]] = []


def register(source: Source, *, title: str | Promise = OTHER) -> None:
    """Add a source; it gives only what the person may see. `title` says in a message what is missing when it fails."""
    _sources.append((source, title))


@dataclass(frozen=True)
class UseGroup:
    """The uses of one kind, the newest first; `is_cut` says that there are more than these."""

    kind: str
    title: str | Promise
    items: Sequence[Use]
    is_cut: bool = False

    @property
    def first(self) -> Sequence[Use]:
        """Those that are shown beside the thing."""
        return self.items[:SHOWN]

    @property
    def more(self) -> int:
        """How many are not among the first."""
        return len(self.items) - len(self.first)


@dataclass(frozen=True)
class Uses:
    """All uses by kind, and the titles of the sources that failed."""

    groups: tuple[UseGroup, ...] = ()
    failing: tuple[str | Promise, ...] = ()

    @property
    def items(self) -> list[Use]:
        return [item for group in self.groups for item in group.items]


def uses(person: User | AnonymousUser, thing: Thing) -> Uses:
    """What a person may see of the uses of a thing; a source that fails costs only what it would have said."""
    by_kind: dict[str, dict[tuple[str, str], Use]] = {}
    failing, cut = [], set[str]()
    for source, title in _sources:
        try:
            with transaction.atomic():  # an error of the database does not end what the page asks besides
                rows = list(islice(source(person, thing), MAX_OF_SOURCE + 1))
        except Exception:
            logger.exception("A source of uses failed.")
            failing.append(title)
            continue
        if len(rows) > MAX_OF_SOURCE:
            cut |= {item.kind for item in rows}
        for item in rows[:MAX_OF_SOURCE]:
            by_kind.setdefault(item.kind, {}).setdefault((item.url, item.title), item)
    order = [*KINDS, *(kind for kind in by_kind if kind not in KINDS)]
    groups = [
        UseGroup(kind, KINDS.get(kind, OTHER), sorted(by_kind[kind].values(), key=_newest_first), kind in cut)
        for kind in order
        if kind in by_kind
    ]
    return Uses(tuple(groups), tuple(dict.fromkeys(failing)))


def _newest_first(item: Use) -> tuple[float, str]:
    return (-(item.when or EARLIEST).timestamp() if item.when else 0.0, item.title)


def json_of(request: HttpRequest, result: Uses, filename: str) -> HttpResponse | None:
    """The uses as JSON or CSV where `?format=` asks for it; None where it asks for the page."""
    rows: list[Row] = [
        {"kind": item.kind, "title": item.title, "page": item.url, "detail": item.detail, "when": item.when} for item in result.items
    ]
    return listing(request, rows, following=None, filename=filename)
