"""The counts beside the hits: by type, project and so on with links that change the search, and by date as bars."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.utils.dates import MONTHS_3

from vre_portal.folding import fold
from vre_portal.search import sources
from vre_portal.search.audiences import Reader
from vre_portal.search.find import SearchPage
from vre_portal.search.query import FILTERS, ParsedQuery

MAX_VALUES, MAX_BARS = 8, 36
WIDTH, HEIGHT, GAP = 560, 72, 2


@dataclass(frozen=True)
class FacetValue:
    """One value with its count, and the address of the search with it, or without it where it is chosen."""

    label: str
    count: int
    is_chosen: bool
    url: str


@dataclass(frozen=True)
class FacetGroup:
    """The values of one filter, the most frequent first."""

    name: str
    title: str
    values: Sequence[FacetValue]


@dataclass(frozen=True)
class HistogramBar:
    """One span of time in the histogram, and the address of the search within it."""

    label: str
    count: int
    x: float
    y: float
    width: float
    height: float
    url: str


def address(text: str, **more: str) -> str:
    """The address of a search with this text."""
    return "?" + urlencode({"q": text, **{name: value for name, value in more.items() if value}})


def groups(query: ParsedQuery, page: SearchPage, sort: str, reader: Reader | None = None) -> list[FacetGroup]:
    """All filters that divide the hits, and those that are chosen; all types, and of the others the most frequent values."""
    chosen = {(term.name, fold(term.text)): term.text for term in query.filters}
    types = {name: str(label.label) for name, label in sources.types().items()}
    found = []
    for name, title in FILTERS.items():
        counts = _merged((facet.partition(":")[2], count) for facet, count in page.facets if facet.startswith(f"{name}:"))
        if name == "year":
            counts.sort(reverse=True)
        counts.sort(key=lambda pair: (name, fold(pair[0])) not in chosen)
        named = {fold(value) for value, _ in counts}
        counts += [(text, 0) for (own, folded), text in chosen.items() if own == name and folded not in named and not counts]
        counts = counts if name == "type" else counts[:MAX_VALUES]
        names = types if name == "type" else sources.names_of(name, [value for value, _ in counts], reader) if reader else {}
        values = [
            FacetValue(
                names.get(value, value),
                count,
                (name, fold(value)) in chosen,
                address(query.toggled(name, value), sort=sort),
            )
            for value, count in counts
        ]
        if any(value.is_chosen or value.count != page.total or page.is_cut for value in values):
            found.append(FacetGroup(name, str(title), values))
    return found


def _merged(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Values that differ in case or accents alone as one, as the filter takes them: written as most documents do."""
    sums: dict[str, tuple[str, int]] = {}
    for value, count in counts:
        known, total = sums.get(fold(value), (value, 0))
        sums[fold(value)] = (known, total + count)
    return sorted(sums.values(), key=lambda pair: -pair[1])


def histogram(query: ParsedQuery, months: Mapping[str, int], sort: str) -> list[HistogramBar]:
    """The hits by month, or by year where there are too many months; nothing where all are of one."""
    spans = _filled(dict(months))
    if len(spans) > MAX_BARS:
        years: dict[str, int] = {}
        for month, count in months.items():
            years[month[:4]] = years.get(month[:4], 0) + count
        first, last = int(min(years)), int(max(years))
        spans = {f"{year:04}": years.get(f"{year:04}", 0) for year in range(max(first, last - MAX_BARS + 1), last + 1)}
    if len(spans) < 2:
        return []
    width, most = WIDTH / len(spans), max(spans.values())
    bars = []
    for place, (label, count) in enumerate(spans.items()):
        height = max(HEIGHT * count / most, 2.0 if count else 0.0)
        link = address(query.with_dates(label, label), sort=sort)
        bars.append(
            HistogramBar(
                span_name(label), count, round(place * width, 1), round(HEIGHT - height, 1), round(width - GAP, 1), round(height, 1), link
            )
        )
    return bars


def span_name(span: str) -> str:
    """A month such as 2026-03, or a year, as pages call it."""
    year, _, month = span.partition("-")
    return f"{MONTHS_3[int(month)].capitalize()} {year}" if month else year


def _filled(months: dict[str, int]) -> dict[str, int]:
    """All months from the first to the last."""
    if not months:
        return {}
    (year, month), (last_year, last_month) = (map(int, text.split("-")) for text in (min(months), max(months)))
    if (last_year - year) * 12 + last_month - month > MAX_BARS * 2:
        return dict.fromkeys(map(str, range(MAX_BARS + 1)), 0)  # too many: years are shown
    spans = {}
    while (year, month) <= (last_year, last_month):
        name = f"{year:04}-{month:02}"
        spans[name] = months.get(name, 0)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return spans


def day(moment: datetime | None) -> str:
    """A moment's day, for a field of a form."""
    return moment.astimezone(UTC).date().isoformat() if moment else ""
