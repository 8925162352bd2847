"""What people type, read as conditions: words, "phrases", -word, OR, and filters such as type:dataset or created>2026-01."""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from vre_portal.folding import fold, visible
from vre_portal.search import sources, words
from vre_portal.search.edit_distance import nearest
from vre_portal.search.models import MAX_QUERY

MAX_WORDS = 200
FILTERS: dict[str, str | Promise] = {
    "type": pgettext_lazy("search filter", "Type"),
    "project": gettext_lazy("Project"),
    "experiment": gettext_lazy("Experiment"),
    "theme": gettext_lazy("Theme"),
    "keyword": gettext_lazy("Keyword"),
    "scope": gettext_lazy("Scope"),
    "year": gettext_lazy("Year"),
}
CREATED = "created"
_TOKEN = re.compile(
    r"""(?P<minus>-)?(?:(?P<name>[^\W\d][\w-]*)(?P<operator>:|>=|<=|>|<|=)(?!//))?(?:"(?P<quoted>[^"]*)(?P<closed>"?)|(?P<plain>[^\s"]*))"""
)
_YEAR = re.compile(r"\d{4}")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


@dataclass(frozen=True)
class QueryTerm:
    """One condition: words in a row, or a filter with its value."""

    text: str
    name: str = ""  # of the filter
    is_phrase: bool = False
    is_excluded: bool = False
    starts: bool = False  # whether the last word is only the beginning of one

    @property
    def stems(self) -> list[str]:
        """Its words as the index has them."""
        return [] if self.name else [words.stem(word) for word in words.words(self.text)]

    def tsquery(self) -> str:
        """The condition in PostgreSQL's own writing, without its exclusion; empty where nothing is left of it."""
        if self.name:
            return words.quoted(words.filter_lexeme(self.name, self.text))
        plain = list(words.words(self.text))
        parts = [words.quoted(words.stem(word)) for word in plain]
        if self.starts and plain:
            parts[-1] = f"({parts[-1]} | {words.quoted(plain[-1])}:*)"
        return f"({' <-> '.join(parts)})" if len(parts) > 1 else "".join(parts)

    def __str__(self) -> str:
        text = f'"{self.text}"' if self.is_phrase or re.search(r"\s", self.text) or not self.text else self.text
        return f"{'-' if self.is_excluded else ''}{f'{self.name}:' if self.name else ''}{text}"


@dataclass(frozen=True)
class ParsedQuery:
    """A search: each group must hold, and of a group one term. What could not be understood is told in `hints`."""

    text: str = ""
    groups: tuple[tuple[QueryTerm, ...], ...] = ()
    since: datetime | None = None  # created at this moment or later
    before: datetime | None = None  # created before this one
    hints: tuple[str, ...] = ()
    dates: tuple[str, ...] = field(default=(), compare=False)  # as they were typed
    corrected: str = field(default="", compare=False)  # with the filters that were probably meant; empty where none was misspelt

    @property
    def terms(self) -> list[QueryTerm]:
        return [term for group in self.groups for term in group]

    @property
    def can_run(self) -> bool:
        """Whether anything is asked for that can be looked up; what is only excluded cannot."""
        return any(not term.is_excluded for term in self.terms) or self.since is not None or self.before is not None

    @property
    def search_words(self) -> list[str]:
        """The words that are looked for, as they were typed and folded."""
        return [word for term in self.terms if not (term.name or term.is_excluded) for word in words.words(term.text)]

    @property
    def filters(self) -> list[QueryTerm]:
        """The filters, one for each that stands alone."""
        return [group[0] for group in self.groups if len(group) == 1 and group[0].name and not group[0].is_excluded]

    def tsquery(self) -> str:
        """All conditions on words and filters; empty where there are only dates."""
        return " & ".join(filter(None, (_group(group) for group in self.groups)))

    def words_tsquery(self) -> str:
        """The words alone, any of which counts for the ranking; empty without words."""
        parts = (term.tsquery() for term in self.terms if not (term.name or term.is_excluded))
        return " | ".join(filter(None, parts))

    def title_tsquery(self) -> str:
        """The same conditions with all words in the title; empty where that cannot be asked."""
        stems = [stem for group in self.groups for stem in group[0].stems if not group[0].is_excluded]
        if not stems or any(len(group) > 1 for group in self.groups):
            return ""
        return " & ".join([self.tsquery(), *(words.quoted(f"{words.TITLE}{stem}") for stem in stems)])

    @staticmethod
    def group_text(group: tuple[QueryTerm, ...]) -> str:
        """A group as somebody would type it."""
        return " OR ".join(map(str, group))

    def written(self) -> str:
        """The conditions as somebody would type them."""
        return " ".join([*map(self.group_text, self.groups), *self.dates])

    def starting(self) -> "ParsedQuery":
        """The same, with each word as the beginning of one."""
        groups = tuple(tuple(replace(term, starts=not term.name and not term.is_phrase) for term in group) for group in self.groups)
        return replace(self, groups=groups)

    def toggled(self, name: str, value: str) -> str:
        """The text of the search with this filter, or without it where it has it."""
        term = QueryTerm(value, name, is_phrase=bool(re.search(r'[\s"]', value)))
        same = [item for item in self.filters if item.name == name and fold(item.text) == fold(value)]
        if not same:
            return f"{self.text} {term}".strip()
        return " ".join(match[0] for match in _TOKEN.finditer(self.text) if match[0].strip() and not _is_filter(match, name, value))

    def with_dates(self, since: str, until: str) -> str:
        """The text of the search with other dates: `2026`, `2026-03` or `2026-03-15`, both included; empty for none."""
        kept = [part for part in tokens(self.text) if not re.match(rf"-?{CREATED}[:<>=]", part, re.IGNORECASE)]
        bounds = [f"{CREATED}>={since}" if since else "", f"{CREATED}<={until}" if until else ""]
        return " ".join(filter(None, [*kept, *bounds]))


def _is_filter(match: re.Match[str], name: str, value: str) -> bool:
    """Whether a part of a search is the filter of this name with this value."""
    own = match["plain"] if match["quoted"] is None else match["quoted"]
    return (match["name"] or "").lower() == name and not match["minus"] and fold(own or "").strip() == fold(value).strip()


def _group(group: tuple[QueryTerm, ...]) -> str:
    parts = [f"!{text}" if term.is_excluded else text for term in group if (text := term.tsquery())]
    return f"({' | '.join(parts)})" if len(parts) > 1 else "".join(parts)


def tokens(text: str) -> list[str]:
    """The search in its parts, each as it was typed."""
    return [match[0] for match in _TOKEN.finditer(text) if match[0].strip()]


def read(text: str) -> ParsedQuery:
    """The search that somebody typed; never raises."""
    text = " ".join(visible(text).split())
    hints, fixes = Hints(), {}
    if len(text) > MAX_QUERY:
        hints.append(_("Your search was cut to %(limit)s characters.") % {"limit": MAX_QUERY})
        text = text[:MAX_QUERY].rstrip()
    groups: list[tuple[QueryTerm, ...]] = []
    bounds: dict[str, Any] = {}
    joins, is_date, is_after_date, count, dates = False, False, False, 0, []
    for match in _TOKEN.finditer(text):
        if not match[0].strip():
            continue
        if match[0] in ("OR", "|"):
            joins, is_after_date = bool(groups), is_date
            continue
        count += len(list(words.words(match[0]))) or 1
        if count > MAX_WORDS:
            hints.append(_("Only the first %(limit)s words of your search were used.") % {"limit": MAX_WORDS})
            break
        is_date = (match["name"] or "").lower() == CREATED
        if is_after_date or (joins and is_date):
            hints.append(_("A date cannot be part of OR: it applies to the whole search."))
        is_after_date = False
        if is_date:
            dates.append(match[0])
            _date(match, bounds, hints)
            joins = False
            continue
        term = _term(match, hints)
        if hints.fixed:
            fixes[match[0]], hints.fixed = f"{match['minus'] or ''}{hints.fixed}", ""
        if term is not None:
            groups[-1:] = [(*groups[-1], term)] if joins else [*groups[-1:], (term,)]
        joins = False
    corrected = " ".join(fixes.get(part, part) for part in tokens(text)) if fixes else ""
    parsed = ParsedQuery(text, tuple(groups), **bounds, dates=tuple(dates), corrected=corrected)
    if groups and not parsed.can_run:
        hints.append(_("Add a word to search for: a search cannot consist of excluded words only."))
    return replace(parsed, hints=tuple(dict.fromkeys(hints)))


class Hints(list[str]):
    """What has to be told of a search, and the last condition as it was probably meant."""

    fixed = ""


def _term(match: re.Match[str], hints: Hints) -> QueryTerm | None:
    """One condition; None where nothing is left of it."""
    is_phrase = match["quoted"] is not None
    value = (match["quoted"] if is_phrase else match["plain"]) or ""
    if is_phrase and not match["closed"]:
        hints.append(_("A quotation mark is missing: write “%(phrase)s”.") % {"phrase": f'"{value.strip()}"'})
    name = (match["name"] or "").lower()
    if name in FILTERS and match["operator"] in (":", "="):
        if not value.strip():
            hints.append(_("The filter “%(filter)s” needs a value, such as %(example)s.") % {"filter": name, "example": _example(name)})
            return None
        _hint_of_value(name, value.strip(), hints)
        return QueryTerm(value.strip(), name, is_phrase, bool(match["minus"]))
    if name and match["operator"] == ":" and value:
        _hint_of(name, value, hints)
    text = f"{match['name']}{match['operator']}{value}" if name else value
    term = QueryTerm(text, "", is_phrase or bool(name), bool(match["minus"]))
    return term if term.stems else None


def _example(name: str) -> str:
    examples = {"type": "type:dataset", "keyword": 'keyword:"dark matter"', "theme": 'theme:"dark matter"', "year": "year:2026"}
    return examples.get(name, f"{name}:km3net")


def _hint_of_value(name: str, value: str, hints: Hints) -> None:
    """Say where a filter of few possible values has none of them."""
    if name == "year" and not _YEAR.fullmatch(value):
        hints.append(_("“%(value)s” is not a year. Write %(example)s.") % {"value": value, "example": _example(name)})
    known = sources.types()
    if name != "type" or not known or fold(value) in known:
        return
    facts = {"type": value, "names": ", ".join(sorted(known))}
    right = nearest(fold(value), known, most=2)
    if right:
        hints.fixed = f"type:{right[0]}"
        hints.append(_("There is no type “%(type)s”. Did you mean %(right)s? Types: %(names)s.") % {**facts, "right": hints.fixed})
    else:
        hints.append(_("There is no type “%(type)s”. Types: %(names)s.") % facts)


def _hint_of(name: str, value: str, hints: Hints) -> None:
    """Say what a filter with a wrong name may have meant; nothing where it looks like a DID or another name with a colon."""
    right = nearest(name, [*FILTERS, CREATED], most=2)
    names = ", ".join([*FILTERS, CREATED])
    if right:
        hints.fixed = f"{right[0]}:{value}" if not re.search(r"\s", value) else f'{right[0]}:"{value}"'
        facts = {"filter": name, "right": hints.fixed, "names": names}
        hints.append(_("There is no filter “%(filter)s”. Did you mean %(right)s? Filters: %(names)s.") % facts)
    elif not re.search(r"[._/\d]", name + value):
        hints.append(_("There is no filter “%(filter)s”. Filters: %(names)s.") % {"filter": name, "names": names})


def _date(match: re.Match[str], bounds: dict[str, Any], hints: Hints) -> None:
    """A condition on the date; a month or a year stands for all of it."""
    value = match["plain"] if match["quoted"] is None else match["quoted"]
    span = _span(value or "")
    if span is None or match["minus"]:
        facts = {"date": value or "", "text": match[0]}
        hints.append(
            _("“%(date)s” is not a date, so “%(text)s” was ignored. Dates: 2026, 2026-03 or 2026-03-15, for example created>2026-01.")
            % facts
        )
        return
    first, after = span
    since = {">": after, ">=": first, ":": first, "=": first}.get(match["operator"])
    before = {"<": first, "<=": after, ":": after, "=": after}.get(match["operator"])
    if since is not None:
        bounds["since"] = max(since, bounds.get("since", since))
    if before is not None:
        bounds["before"] = min(before, bounds.get("before", before))


def _span(text: str) -> tuple[datetime, datetime] | None:
    """The first moment of a year, month or day, and the first after it."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        first = datetime(year, month or 1, day or 1, tzinfo=UTC)
        if day:
            return first, datetime.fromordinal(first.toordinal() + 1).replace(tzinfo=UTC)
        if month:
            return first, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        return first, datetime(year + 1, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
