"""What in the index of a lake does not follow the naming conventions: figures by scope, and the names, a page at a time."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.core.cache import cache
from django.db import DataError, OperationalError, transaction
from django.db.models import Count, Q, QuerySet

from datalake.index.models import IndexedScope, IndexEntry, MetadataKey
from datalake.index.search import statement_timeout
from datalake.naming import Convention, Named, check_metadata, check_name, convention_for
from datalake.naming.conventions import metadata_rules
from vre_portal.services import Service

logger = logging.getLogger(__name__)
PAGE, MAX_VALUES = 50, 100
COUNT_SECONDS = 300  # how long the figures are kept
SORTS = (Named.DATASET, Named.CONTAINER, Named.FILE)


@dataclass(frozen=True)
class NamingIssue:
    """A name or a value that does not follow a convention. A scope's own name has no `name`."""

    scope: str
    name: str
    type: str
    problem: str
    suggestion: str
    is_required: bool
    count: int = 1


@dataclass(frozen=True)
class ScopeFigures:
    """How many names of a scope fall under a convention, and how many do not follow it; None where counting took too long."""

    scope: str
    of: str  # dataset, container or file
    form: str
    total: int | None
    wrong: int | None


@dataclass(frozen=True)
class NamingReport:
    """The figures of all scopes that have a convention, and what is to be said of scopes and metadata."""

    figures: Sequence[ScopeFigures]
    scopes: Sequence[NamingIssue]
    metadata: Sequence[NamingIssue]
    metadata_is_cut: bool
    uncovered: Sequence[str]  # scopes without a convention


@dataclass(frozen=True)
class IssuePage:
    """Some issues, and where the next page begins; empty at the end."""

    items: Sequence[NamingIssue]
    next: str
    is_partial: bool = False  # a convention has a pattern that PostgreSQL does not understand


class TooSlow(Exception):
    """So many names follow their convention that looking for the others takes too long."""


Group = tuple[Convention, Named, list[IndexedScope]]


def of_lake(lake: Service, scopes: Sequence[IndexedScope]) -> NamingReport:
    """The report over the scopes that a visitor may see."""
    groups = list(_groups(lake, scopes))
    covered = {scope.pk for _convention, _of, members in groups for scope in members}
    issues = _metadata_issues(lake, scopes)
    uncovered = sorted(scope.name for scope in scopes if scope.pk not in covered)
    return NamingReport(_figures(lake, groups), list(_scope_issues(lake, scopes)), issues[:MAX_VALUES], len(issues) > MAX_VALUES, uncovered)


def page_of(lake: Service, scopes: Sequence[IndexedScope], after: str) -> IssuePage:
    """Names that do not follow a convention, by scope and name, after the one that a page ended with (`scope:name`). Raises TooSlow."""
    scope, _colon, name = after.partition(":")
    later = Q(scope__name__gt=scope) | Q(scope__name=scope, name__gt=name) if after else Q()
    rows: list[tuple[str, str, str]] = []
    is_partial = False
    try:
        with statement_timeout():
            for convention, of, members in _groups(lake, scopes):
                wrong = _wrong(convention, of, members).filter(later).order_by("scope__name", "name")
                try:
                    with transaction.atomic():
                        rows += list(wrong.values_list("scope__name", "name", "type")[: PAGE + 1])
                except DataError as error:
                    logger.error("PostgreSQL cannot use the naming convention %r of %s: %s", convention.regex, lake.name, error)
                    is_partial = True
    except OperationalError as error:
        if "statement timeout" not in str(error):
            raise
        raise TooSlow from error
    rows.sort()
    items = [_issue(lake, *row) for row in rows[:PAGE]]
    return IssuePage(items, f"{items[-1].scope}:{items[-1].name}" if len(rows) > PAGE else "", is_partial)


def _issue(lake: Service, scope: str, name: str, type: str) -> NamingIssue:
    check = check_name(lake, Named(type.lower()), scope, name)
    return NamingIssue(scope, name, type.lower(), " ".join(check.problems), check.suggestion, check.is_required)


def _groups(lake: Service, scopes: Iterable[IndexedScope]) -> Iterable[Group]:
    """The scopes by the convention that holds in them, for each sort of names."""
    scopes = list(scopes)
    for of in SORTS:
        groups: dict[Convention, list[IndexedScope]] = {}
        for scope in scopes:
            if (convention := convention_for(lake, of, scope.name)) is not None:
                groups.setdefault(convention, []).append(scope)
        for convention, members in groups.items():
            yield convention, of, members


def _wrong(convention: Convention, of: Named, members: Sequence[IndexedScope]) -> QuerySet[IndexEntry]:
    rows = IndexEntry.objects.filter(scope__in=[item.pk for item in members], type=of.upper())
    return rows.exclude(name__regex=f"^(?:{convention.regex})$")


def _figures(lake: Service, groups: Sequence[Group]) -> list[ScopeFigures]:
    """Counted anew when the index counted a scope anew, and otherwise now and then."""
    figures = []
    for convention, of, members in groups:
        state = max((item.counted_at.timestamp() for item in members if item.counted_at), default=0.0)
        key = cache_key(lake, of, convention, sorted(item.pk for item in members), state)
        counts: dict[int, int] | None = cache.get(key)
        if counts is None and (counts := _counted(convention, of, members)) is not None:
            cache.set(key, counts, COUNT_SECONDS)
        totals = {Named.DATASET: "datasets", Named.CONTAINER: "containers", Named.FILE: "files"}
        for item in members:
            total = int(getattr(item, totals[of]))
            if total:
                form = convention.form or convention.text or convention.pattern
                figures.append(ScopeFigures(item.name, of, form, total, None if counts is None else counts.get(item.pk, 0)))
    return sorted(figures, key=lambda item: (-(item.wrong or 0), item.scope))


def cache_key(lake: Service, of: Named, *facts: object) -> str:
    """The same in every process, unlike a hash of Python's."""
    return f"lake-naming:{lake.name}:{of}:{sha256(repr(facts).encode()).hexdigest()}"


def _counted(convention: Convention, of: Named, members: Sequence[IndexedScope]) -> dict[int, int] | None:
    """How many names of each scope do not follow; None where that takes too long."""
    try:
        with statement_timeout():
            return dict(_wrong(convention, of, members).order_by().values_list("scope").annotate(Count("pk")))
    except (OperationalError, DataError):
        return None


def _scope_issues(lake: Service, scopes: Iterable[IndexedScope]) -> Iterable[NamingIssue]:
    for scope in scopes:
        check = check_name(lake, Named.SCOPE, scope.name, scope.name)
        if not check.is_fine and check.convention is not None:
            yield NamingIssue(scope.name, "", "scope", " ".join(check.problems), check.suggestion, check.is_required)


def _metadata_issues(lake: Service, scopes: Iterable[IndexedScope]) -> list[NamingIssue]:
    """Values that no rule allows, among the most frequent ones of each key, which is what the index keeps."""
    by_pk = {scope.pk: scope.name for scope in scopes}
    keys = {rule.key for name in by_pk.values() for rule in metadata_rules(lake, name)}
    issues = []
    for row in MetadataKey.objects.filter(scope__in=by_pk, name__in=keys).order_by("scope__name", "name") if keys else ():
        scope = by_pk[row.scope_id]
        for value, count in row.values:
            check = check_metadata(lake, scope, row.name, value)
            if not check.is_fine:
                issues.append(NamingIssue(scope, "", row.name, " ".join(check.problems), check.suggestion, check.is_required, count))
    return issues
