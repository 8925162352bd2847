"""A search as typed values: read from an address, written into one. What is not understood is said, and never passed on."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.http import QueryDict

OPERATORS = {
    "eq": "is",
    "ne": "is not",
    "lt": "<",
    "le": "≤",
    "gt": ">",
    "ge": "≥",
    "has": "contains",
    "any": "is known",
}
SORTS = {
    "name": "name",
    "-name": "name, backwards",
    "-size": "largest first",
    "size": "smallest first",
    "-date": "newest first",
    "date": "oldest first",
}
TYPES = {"all": "everything", "collection": "datasets and containers", "container": "containers", "dataset": "datasets", "file": "files"}
UNITS = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "pb": 10**15,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
MOST = 20  # conditions
PATTERN = 500
BIGGEST = 2**63 - 1


@dataclass(frozen=True)
class Condition:
    """One thing that is said of a DID."""

    key: str
    operator: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.key} {OPERATORS[self.operator]} {self.value}".strip()


@dataclass(frozen=True)
class Query:
    """What is looked for: all of it has to hold, and of `groups` all conditions of at least one."""

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
    texts: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)  # as they were typed, for the form

    @property
    def conditions(self) -> list[Condition]:
        return [condition for group in self.groups for condition in group]

    @property
    def asks(self) -> bool:
        """Whether anything was asked for."""
        return bool(self.pattern or self.scopes or self.type != "all" or self.sized or self.dated or self.groups or self.mistakes)

    @property
    def sized(self) -> bool:
        return self.least is not None or self.most is not None

    @property
    def dated(self) -> bool:
        return self.since is not None or self.until is not None

    def parameters(self) -> list[tuple[str, str]]:
        """The search as the query of an address; the same search always in the same words."""
        found = [("pattern", self.pattern)] if self.pattern else []
        found += [("scope", name) for name in self.scopes]
        if self.type != "all":
            found.append(("type", self.type))
        for name, value in (("size_min", self.least), ("size_max", self.most), ("since", self.since), ("until", self.until)):
            if value is not None:
                found.append((name, self.texts.get(name) or str(value)))
        for group in self.groups:
            for place, condition in enumerate(group):
                found += [
                    ("join", "and" if place else "or"),
                    ("key", condition.key),
                    ("op", condition.operator),
                    ("value", condition.value),
                ]
        if self.sort != "name":
            found.append(("sort", self.sort))
        return found

    def address(self, **more: str) -> str:
        """`?…`, with more parameters where they say something."""
        return "?" + urlencode(self.parameters() + [(key, value) for key, value in more.items() if value])

    def without(self, condition: Condition) -> "Query":
        """The same without one condition; a group that had only this one is gone."""
        groups = tuple(tuple(item for item in group if item != condition) for group in self.groups)
        return replace(self, groups=tuple(group for group in groups if group))

    def also(self, condition: Condition) -> "Query":
        """The same, narrowed: the condition joins every group."""
        groups = tuple(group if condition in group else (*group, condition) for group in self.groups) or ((condition,),)
        return replace(self, groups=groups)


def size(text: str) -> int | None:
    """2.5 GB as a number of bytes; None for no text; ValueError for what is no size."""
    if not text.strip():
        return None
    match = re.fullmatch(r"\s*([0-9]{1,18}(?:\.[0-9]{1,6})?)\s*([a-zA-Z]{0,3})\s*", text)
    if match is None or match[2].lower() not in UNITS:
        raise ValueError(text)
    return (
        min(int(float(match[1]) * UNITS[match[2].lower()]), BIGGEST)
        if "." in match[1]
        else min(int(match[1]) * UNITS[match[2].lower()], BIGGEST)
    )


def day(text: str, *, end: bool = False) -> datetime | None:
    """A date, or a time; a date as an end means all of that day."""
    text = text.strip()
    if not text:
        return None
    value = datetime.fromisoformat(text)
    if end and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        value += timedelta(days=1) - timedelta(microseconds=1)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def read(asked: QueryDict) -> Query:
    """The search of an address. Whole DIDs may be pasted as a name."""
    texts = {name: asked.get(name, "")[:60] for name in ("size_min", "size_max", "since", "until")}
    mistakes: list[str] = []
    pattern = clean(asked.get("pattern", ""), PATTERN)
    scopes = tuple(dict.fromkeys(name for name in (clean(item, 60) for item in asked.getlist("scope")[:100]) if name))
    scope, separator, name = pattern.partition(":")
    if separator and scope and "*" not in scope and " " not in scope:
        scopes, pattern = (scope,), name
    found: dict[str, int | datetime | None] = {}
    for field_name, parse, hint in (
        ("size_min", size, "a size such as 2.5 GB"),
        ("size_max", size, "a size such as 2.5 GB"),
        ("since", day, "a date such as 2026-11-20"),
        ("until", lambda text: day(text, end=True), "a date such as 2026-11-20"),
    ):
        try:
            found[field_name] = parse(texts[field_name])
        except (ValueError, OverflowError):
            mistakes.append(f"“{texts[field_name]}” is not {hint}.")
            found[field_name] = None
    groups, wrong = conditions(asked)
    kind, sort = asked.get("type", "all") or "all", asked.get("sort", "name") or "name"
    return Query(
        pattern=pattern,
        scopes=scopes,
        type=kind if kind in TYPES else "all",
        least=found["size_min"],  # type: ignore[arg-type]
        most=found["size_max"],  # type: ignore[arg-type]
        since=found["since"],  # type: ignore[arg-type]
        until=found["until"],  # type: ignore[arg-type]
        groups=groups,
        sort=sort if sort in SORTS else "name",
        mistakes=(*mistakes, *wrong),
        texts=texts,
    )


def clean(text: str, most: int) -> str:
    """What a database can be asked about."""
    return text.replace("\0", "").strip()[:most]


def conditions(asked: QueryDict) -> tuple[tuple[tuple[Condition, ...], ...], list[str]]:
    """The rows of the form, which come as four equally long lists; "or" begins a new group. Empty rows are none."""
    rows = rows_of(asked)
    groups: list[list[Condition]] = []
    wrong: list[str] = []
    for join, key, operator, value in rows[:MOST]:
        if not key:
            continue
        if operator not in OPERATORS:
            wrong.append(f"“{operator[:20]}” is no way to compare.")
            continue
        if operator != "any" and not value:
            operator = "any"
        condition = Condition(key, operator, "" if operator == "any" else value)
        if join == "or" or not groups:
            groups.append([])
        groups[-1].append(condition)
    if len(rows) > MOST:
        wrong.append(f"At most {MOST} conditions are looked at.")
    return tuple(tuple(group) for group in groups), wrong


def rows_of(asked: QueryDict) -> list[tuple[str, str, str, str]]:
    """Join, key, operator, value of each row; what is left out has its plainest meaning."""
    keys = [clean(item, 255) for item in asked.getlist("key")]

    def column(name: str, plain: str) -> Iterable[str]:
        given = asked.getlist(name)
        return [clean(given[place], 500) if place < len(given) else plain for place in range(len(keys))]

    return list(zip(column("join", "and"), keys, column("op", "eq"), column("value", ""), strict=True))
