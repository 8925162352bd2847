"""Which runs a list shows, and one page of them in the order that was chosen."""

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, F, FloatField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Extract, Lower, NullIf
from django.http import HttpRequest
from django.utils import timezone

from projects.workflows.models import Run, RunQuerySet, RunValue
from vre_portal.tables import page_size
from vre_portal.text import storable

PAGE, DIGITS = 50, 18
NOT_SHOWN = ("code", "files", "steps", "text", "specification__code")  # a megabyte each
# What lists are ordered by as a text; runs without one come last.
TEXTS: dict[str, Any] = {
    "name": F("title"),
    "workflow": F("specification__title"),
    "person": Coalesce(NullIf("by__name", Value("")), "by__preferred_username"),
}
KINDS = {"p": RunValue.Kind.PARAMETER, "r": RunValue.Kind.RESULT}


@dataclass(frozen=True)
class Column:
    """A parameter or result as a column: `r:chi2` in addresses."""

    key: str
    kind: str
    name: str


@dataclass(frozen=True)
class Order:
    """What a list is ordered by besides time, a number or a text, and whether the largest comes first."""

    value: Any
    is_descending: bool = False
    is_text: bool = False

    def cursor(self, last: Run) -> str:
        """Value and key of the last row of a page, from which the next one goes on."""
        value = last.__dict__["value"]
        return f"{'' if value is None else value if self.is_text else repr(float(value))}_{last.pk}"


def column_of(key: str) -> Column | None:
    """The column that an address names; None where it names none."""
    kind, _, name = key.partition(":")
    return Column(key, KINDS[kind], name) if kind in KINDS and name else None


def of_facets(runs: RunQuerySet, chosen: dict[str, Any]) -> RunQuerySet:
    """The runs of the workflow and of the person that were chosen."""
    return runs.filter(**{name: chosen[key] for key, name in (("of", "specification"), ("by", "by")) if key in chosen})


def filtered(runs: RunQuerySet, chosen: dict[str, Any]) -> RunQuerySet:
    """The runs that the filters leave, whatever their facets."""
    state, archived = chosen.get("state"), chosen.get("archived")
    if archived != "all":
        runs = runs.filter(archived_at__isnull=archived != "only")
    if state:
        runs = runs.exclude(status__in=Run.ENDED) if state == "active" else runs.filter(status=state)
    if words := chosen.get("workflow"):
        runs = runs.filter(Q(specification__name=words) | Q(specification__title__icontains=words))
    if words := chosen.get("person"):
        runs = runs.filter(Q(by__name__icontains=words) | Q(by__name="", by__preferred_username__icontains=words))
    if words := chosen.get("tag"):
        runs = runs.filter(tags__name=words)
    if day := chosen.get("since"):
        runs = runs.filter(created_at__gte=_midnight(day))
    if (day := chosen.get("until")) and day < date.max:
        runs = runs.filter(created_at__lt=_midnight(day) + timedelta(days=1))
    return runs.filter(_named(words)) if (words := chosen.get("q")) else runs


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _named(words: str) -> Q:
    number = words.removeprefix("#")
    named = Q(title__icontains=words) | Q(note__icontains=words) | Q(name=words)
    return named | Q(number=int(number)) if number.isascii() and number.isdecimal() and len(number) <= 9 else named


def page_of(request: HttpRequest, runs: RunQuerySet, usual: int | None = None, order: Order | None = None) -> tuple[list[Run], str | None]:
    """One page, and the address of the next, in the order of the address or in another one. Runs without its value come last."""
    size, sort = page_size(request, usual or PAGE), request.GET.get("sort", "")
    order = order or _order(sort)
    if order is None:
        _value, after = _cursor(request.GET.get("after", ""), is_text=False)
        runs = runs.order_by("pk" if sort == "oldest" else "-pk")
        if after is not None:
            runs = runs.filter(pk__gt=after) if sort == "oldest" else runs.filter(pk__lt=after)
    else:
        after_value, after = _cursor(request.GET.get("after", ""), is_text=order.is_text)
        runs = runs.annotate(value=order.value)
        first = F("value").desc(nulls_last=True) if order.is_descending else F("value").asc(nulls_last=True)
        runs = runs.order_by(first, "-pk")
        if after is not None:
            runs = runs.filter(_behind(after_value, after, is_descending=order.is_descending))
    rows = list(runs[: size + 1])
    if len(rows) <= size:
        return rows, None
    last = rows[size - 1]
    cursor = str(last.pk) if order is None else order.cursor(last)
    query = request.GET.copy()
    for name in ("before", "format"):
        query.pop(name, None)
    query["after"] = cursor
    return rows[:size], f"{request.path}?{urlencode(sorted(query.lists()), doseq=True)}"


def _order(sort: str) -> Order | None:
    """The order that an address names; None for that by time."""
    if sort == "longest":
        # As a double, for the cursor has to say it exactly: Django takes the seconds for whole ones.
        return Order(Cast(Extract(F("finished_at") - F("started_at"), "epoch"), FloatField()), is_descending=True)
    key, is_descending = sort.removeprefix("-"), sort.startswith("-")
    if key == "status":
        ranks = [When(status=status, then=Value(float(rank))) for rank, status in enumerate(Run.Status.values)]
        return Order(Case(*ranks, output_field=FloatField()), is_descending)
    if key in TEXTS:
        return Order(NullIf(Lower(TEXTS[key]), Value("")), is_descending, is_text=True)
    if column := column_of(key):
        found = RunValue.objects.filter(run=OuterRef("pk"), kind=column.kind, name=column.name)
        return Order(Subquery(found.values("number")[:1]), is_descending)
    return None


def _behind(value: float | str | None, pk: int, *, is_descending: bool) -> Q:
    """What comes after a row with this value and key."""
    if value is None:
        return Q(value__isnull=True, pk__lt=pk)
    beyond = Q(value__lt=value) if is_descending else Q(value__gt=value)
    return beyond | Q(value=value, pk__lt=pk) | Q(value__isnull=True)


def _cursor(text: str, *, is_text: bool) -> tuple[float | str | None, int | None]:
    """Value and key of the last row of the page before; nothing for what is no cursor."""
    value, _, key = text.rpartition("_")
    if not (key.isascii() and key.isdecimal() and len(key) <= DIGITS):
        return None, None
    if is_text:
        return (storable(value) or None, int(key))
    try:
        number = float(value) if value else None
    except ValueError:
        return None, None
    return (number, int(key)) if number is None or math.isfinite(number) else (None, None)
