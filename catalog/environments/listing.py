"""The list of environments: found by words and by a package, narrowed by facets, counted. There are few, so they are read as a whole."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.environments.models import Environment, Package
from catalog.environments.models.packages import key_of
from catalog.environments.verdicts import Verdict, verdicts
from catalog.environments.versions import Condition, NotACondition, condition

MAX_ROWS, MAX_VALUES = 1000, 12
FACETS = {
    "use": gettext_lazy("For"), "status": gettext_lazy("Status"), "language": gettext_lazy("Language"), "gpu": gettext_lazy("GPU"),
    "cvmfs": gettext_lazy("CVMFS"), "contains": gettext_lazy("Promised packages"),
}  # fmt: skip
YES_NO = {True: "yes", False: "no"}


@dataclass(frozen=True)
class Row:
    """One environment of the list, with the versions of the package that was looked for."""

    environment: Environment
    found: tuple[str, ...] = ()
    tested_at: datetime | None = None
    failed_at: datetime | None = None  # of a test of the same version that came later

    @property
    def uses(self) -> list[str]:
        named = {"notebooks": self.environment.for_notebooks, "workflows": self.environment.for_workflows}
        return [name for name, is_for in named.items() if is_for]


VALUES: Mapping[str, Callable[[Row], Iterable[str]]] = {
    "use": lambda row: row.uses,
    "status": lambda row: [row.environment.status],
    "language": lambda row: row.environment.current.languages if row.environment.current else (),
    "gpu": lambda row: [YES_NO[value]] if (value := getattr(row.environment.current, "has_gpu", None)) is not None else (),
    "cvmfs": lambda row: [YES_NO[value]] if (value := getattr(row.environment.current, "has_cvmfs", None)) is not None else (),
    "contains": lambda row: (key_of(name.partition(".")[0]) for name in getattr(row.environment.current, "imports", ())),
}


def labels() -> dict[str, str]:
    """What pages call the values that are not shown as they are."""
    return {
        "notebooks": _("Notebooks"), "workflows": _("Workflow steps"), "yes": _("Yes"), "no": _("No"),
        **{str(value): str(label) for value, label in Environment.Status.choices},
    }  # fmt: skip


@dataclass(frozen=True)
class Found:
    """The rows that match, all facets with their counts, and the condition on a package; `is_misread` where that was none."""

    rows: Sequence[Row]
    counts: Mapping[str, Mapping[str, int]]
    condition: Condition | None = None
    is_misread: bool = False


def find(query: Mapping[str, str]) -> Found:
    """What matches the words, the package and the facets."""
    wanted, is_misread = None, False
    if text := query.get("package", ""):
        try:
            wanted = condition(text)
        except NotACondition:
            is_misread = True
    environments = list(Environment.objects.shown().matching(query.get("q", ""))[:MAX_ROWS])
    versions = versions_of(wanted, environments) if wanted else {}
    tests = verdicts(environments)
    rows = [_row(item, versions, tests.get(item.pk, Verdict())) for item in environments]
    if wanted:
        rows = [row for row in rows if any(wanted.holds_for(version) for version in row.found)]
    elif is_misread:
        rows = []
    rows = [row for row in rows if all(not query.get(name) or query[name] in set(VALUES[name](row)) for name in FACETS)]
    return Found(rows, {name: _counts(rows, name) for name in FACETS}, wanted, is_misread)


def _row(item: Environment, versions: Mapping[int | None, tuple[str, ...]], tests: Verdict) -> Row:
    found = versions.get(item.current.packages_id, ()) if item.current else ()
    passed, failed = tests.passed if tests.is_current else None, tests.failed_since
    return Row(item, found, passed.finished_at if passed else None, failed.finished_at if failed else None)


def versions_of(wanted: Condition, environments: Iterable[Environment]) -> dict[int | None, tuple[str, ...]]:
    """The versions of a package in each list that has it."""
    lists = {item.current.packages_id for item in environments if item.current and item.current.packages_id}
    found: dict[int | None, tuple[str, ...]] = {}
    for key, version in Package.objects.filter(key=wanted.key, list__in=lists).values_list("list", "version"):
        found[key] = (*found.get(key, ()), version)
    return found


def _counts(rows: Iterable[Row], name: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        for value in set(VALUES[name](row)):
            counts[value] = counts.get(value, 0) + 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return dict(ranked[:MAX_VALUES])
