"""A search as typed values, read from an address and written into one. What cannot be read becomes a message and is not used."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from vre_portal.amounts import parse_size

OPERATORS = {
    "eq": pgettext_lazy("comparison", "is"),
    "ne": pgettext_lazy("comparison", "is not"),
    "lt": "<",
    "le": "≤",
    "gt": ">",
    "ge": "≥",
    "has": pgettext_lazy("comparison", "contains"),
    "any": pgettext_lazy("comparison", "has a value"),
}
SORTS = {
    "name": _("Name (A–Z)"),
    "-name": _("Name (Z–A)"),
    "-size": _("Largest first"),
    "size": _("Smallest first"),
    "-date": _("Newest first"),
    "date": _("Oldest first"),
}
TYPES = {
    "all": _("All types"),
    "collection": _("Datasets and containers"),
    "container": _("Containers"),
    "dataset": _("Datasets"),
    "file": _("Files"),
}
MAX_CONDITIONS = 20
MAX_PATTERN_LENGTH = 500


@dataclass(frozen=True)
class Condition:
    """One condition on a metadata key."""

    key: str
    operator: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.key} {OPERATORS[self.operator]} {self.value}".strip()


@dataclass(frozen=True)
class Query:
    """A search: an entry must match all fields, and all conditions of at least one of `groups`."""

    pattern: str = ""
    scopes: tuple[str, ...] = ()
    type: str = "all"
    least: int | None = None
    most: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    groups: tuple[tuple[Condition, ...], ...] = ()
    sort: str = "name"
    mistakes: tuple[str, ...] = ()
    project: str = ""  # to which data are being added: its slug goes along with each address and is no part of the search
    texts: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)  # as they were typed, for the form

    @property
    def conditions(self) -> list[Condition]:
        return [condition for group in self.groups for condition in group]

    @property
    def asks(self) -> bool:
        """Whether the search has any filter."""
        return bool(self.pattern or self.scopes or self.type != "all" or self.sized or self.dated or self.groups or self.mistakes)

    @property
    def sized(self) -> bool:
        return self.least is not None or self.most is not None

    @property
    def dated(self) -> bool:
        return self.since is not None or self.until is not None

    def parameters(self) -> list[tuple[str, str]]:
        """The search as the query of an address; the same search always in the same words."""
        pairs = [("pattern", self.pattern)] if self.pattern else []
        pairs += [("scope", name) for name in self.scopes]
        if self.type != "all":
            pairs.append(("type", self.type))
        for name, value in (("size_min", self.least), ("size_max", self.most), ("since", self.since), ("until", self.until)):
            if value is not None:
                pairs.append((name, self.texts.get(name) or str(value)))
        for group in self.groups:
            for place, condition in enumerate(group):
                pairs += [
                    ("join", "and" if place else "or"),
                    ("key", condition.key),
                    ("op", condition.operator),
                    ("value", condition.value),
                ]
        if self.sort != "name":
            pairs.append(("sort", self.sort))
        return pairs

    def address(self, **more: str) -> str:
        """`?…`, with more parameters where they say something."""
        return "?" + urlencode(self.parameters() + [(key, value) for key, value in {"project": self.project, **more}.items() if value])

    def with_(self, **changes: Any) -> "Query":
        """A copy with other fields."""
        return replace(self, **changes)

    def without(self, condition: Condition) -> "Query":
        """A copy of the query without one condition; groups that had only this one are left out."""
        groups = tuple(tuple(item for item in group if item != condition) for group in self.groups)
        return replace(self, groups=tuple(group for group in groups if group))

    def also(self, condition: Condition) -> "Query":
        """A copy of the query with the condition added to every group."""
        groups = tuple(group if condition in group else (*group, condition) for group in self.groups) or ((condition,),)
        return replace(self, groups=groups)


def day(text: str, *, end: bool = False) -> datetime | None:
    """A date, or a time; a date as an end means all of that day."""
    text = text.strip()
    if not text:
        return None
    value = datetime.fromisoformat(text)
    if end and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        value += timedelta(days=1) - timedelta(microseconds=1)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def read(parameters: QueryDict) -> Query:
    """The search of an address. Whole DIDs may be pasted as a name, and `*` may stand on both sides of the colon."""
    texts = {name: parameters.get(name, "")[:60] for name in ("size_min", "size_max", "since", "until")}
    mistakes: list[str] = []
    pattern = clean(parameters.get("pattern", ""), MAX_PATTERN_LENGTH)
    scopes = tuple(dict.fromkeys(name for name in (clean(item, 60) for item in parameters.getlist("scope")[:100]) if name))
    scope, separator, name = pattern.partition(":")
    if separator and scope and len(scope) <= 60 and " " not in scope and not name.startswith((" ", "//")):
        scopes, pattern = (() if not scope.strip("*") else (scope,)), name
    limits: dict[str, int | datetime | None] = {}
    no_size = gettext("“%(text)s” is not a size and was ignored. Enter a size such as 2.5 GB.")
    no_date = gettext("“%(text)s” is not a date and was ignored. Enter a date such as 2026-11-20.")
    for field_name, parse, mistake in (
        ("size_min", parse_size, no_size),
        ("size_max", parse_size, no_size),
        ("since", day, no_date),
        ("until", lambda text: day(text, end=True), no_date),
    ):
        try:
            limits[field_name] = parse(texts[field_name])
        except (ValueError, OverflowError):
            mistakes.append(mistake % {"text": texts[field_name]})
            limits[field_name] = None
    groups, wrong = conditions(parameters)
    kind, sort = parameters.get("type", "all") or "all", parameters.get("sort", "name") or "name"
    return Query(
        pattern=pattern,
        scopes=scopes,
        type=kind if kind in TYPES else "all",
        least=limits["size_min"],  # type: ignore[arg-type]
        most=limits["size_max"],  # type: ignore[arg-type]
        since=limits["since"],  # type: ignore[arg-type]
        until=limits["until"],  # type: ignore[arg-type]
        groups=groups,
        sort=sort if sort in SORTS else "name",
        mistakes=(*mistakes, *wrong),
        project=read_project(parameters),
        texts=texts,
    )


def read_project(parameters: QueryDict) -> str:
    """The slug of the project to which data are being added; empty for what is none."""
    text = parameters.get("project", "")
    return text if re.fullmatch(r"[-a-zA-Z0-9_]{1,60}", text) else ""


def clean(text: str, most: int) -> str:
    """The text without NUL and surrounding spaces, cut to `most` characters."""
    return text.replace("\0", "").strip()[:most]


def conditions(parameters: QueryDict) -> tuple[tuple[tuple[Condition, ...], ...], list[str]]:
    """The rows of the form, which come as four equally long lists; "or" begins a new group. Empty rows are none."""
    rows = rows_of(parameters)
    groups: list[list[Condition]] = []
    wrong: list[str] = []
    for join, key, operator, value in rows[:MAX_CONDITIONS]:
        if not key:
            continue
        if operator not in OPERATORS:
            wrong.append(gettext("“%(text)s” is not a comparison; this condition was ignored.") % {"text": operator[:20]})
            continue
        if operator != "any" and not value:
            operator = "any"
        condition = Condition(key, operator, "" if operator == "any" else value)
        if join == "or" or not groups:
            groups.append([])
        groups[-1].append(condition)
    if len(rows) > MAX_CONDITIONS:
        wrong.append(gettext("A search can have at most %(limit)s conditions; the others were ignored.") % {"limit": MAX_CONDITIONS})
    return tuple(tuple(group) for group in groups), wrong


def rows_of(parameters: QueryDict) -> list[tuple[str, str, str, str]]:
    """Join, key, operator and value of each row; what is left out is "and", "eq" or empty."""
    keys = [clean(item, 255) for item in parameters.getlist("key")]

    def column(name: str, plain: str) -> Iterable[str]:
        values = parameters.getlist(name)
        return [clean(values[place], 500) if place < len(values) else plain for place in range(len(keys))]

    return list(zip(column("join", "and"), keys, column("op", "eq"), column("value", ""), strict=True))
