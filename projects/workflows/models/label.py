"""What runs are found and compared by: tags of people, and their parameters and results as single values."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef
from django.utils.translation import gettext_lazy as _

from projects.workflows import number_text
from projects.workflows.models.run import Run
from projects.workflows.number_text import short_text, short_texts
from vre_portal.text import storable

MAX_TAG, MAX_TAGS = 40, 20
MAX_VALUES = 500  # of one run and kind
MAX_NAME, MAX_TEXT = 200, 200
EXACT = 2**53  # up to here a double holds every whole number


class RunTag(models.Model):
    """A word that people put on a run."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="tags")
    name = models.CharField(max_length=MAX_TAG)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["run", "name"], name="a_tag_once"),)
        indexes = (models.Index(fields=["name"], name="run_tags_by_name"),)

    def __str__(self) -> str:
        return self.name


def tag_names() -> ArraySubquery:
    """The tags of each run of a query, by name: `tag_names`, with which they cost no question of their own."""
    return ArraySubquery(RunTag.objects.filter(run=OuterRef("pk")).values("name"))


class RunValue(models.Model):
    """One parameter or result of a run in a form that the database can compare, for a JSON column is kept as text."""

    class Kind(models.TextChoices):
        PARAMETER = "parameter", _("parameter")
        RESULT = "result", _("result")

    run = models.ForeignKey(Run, models.CASCADE, related_name="values")
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=MAX_NAME)
    number = models.FloatField(null=True, help_text=_("Empty for texts, and for numbers that a double cannot hold"))
    text = models.CharField(max_length=MAX_TEXT, help_text=_("As it is shown; the beginning of a long text"))

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=["run", "kind", "name"], name="a_value_once"),)

    def __str__(self) -> str:
        return f"{self.name} = {self.text}"

    @property
    def short(self) -> str:
        """A result as a page shows it, with fewer digits than `text`: beside others of its name with as many as tell them apart."""
        beside_others: str | None = self.__dict__.get("told_apart")
        return (short_text(self.text) if self.kind == self.Kind.RESULT else self.text) if beside_others is None else beside_others


def tell_apart(values: Iterable[RunValue]) -> None:
    """Show results of one name, of several runs, with as many digits as tell them apart."""
    results = [value for value in values if value.kind == RunValue.Kind.RESULT]
    for value, text in zip(results, short_texts([value.text for value in results]), strict=True):
        value.__dict__["told_apart"] = text


def exact_number(number: float | None, text: str) -> float | None:
    """The number of a result as files have it: a whole one with all its digits and without a point."""
    if number is None:
        return None
    if number_text.WHOLE.fullmatch(text) and float(text) == number:  # which a text without all digits may not be
        return int(text)
    return int(number) if number.is_integer() and abs(number) <= EXACT else number


def exported_result(name: str, number: float | None, text: str) -> dict[str, str | float]:
    """A result as columns of a file: its number, and the text as well where that says more, such as an error."""
    column, exact = f"result {name}", exact_number(number, text)
    if exact is None:
        return {column: text}
    return {column: exact} | ({f"{column} (text)": text} if number_text.number_of(text) is None else {})


def parameter_values(run: Run, parameters: Mapping[str, Any]) -> list[RunValue]:
    """A row for each parameter that is a single value; lists and objects are only on the page of the run."""
    single = ((name, value) for name, value in parameters.items() if isinstance(value, str | int | float | bool))
    return _rows(run, RunValue.Kind.PARAMETER, ((name, number_of(value), shown(value)) for name, value in single))


def result_values(run: Run, results: Iterable[tuple[str, float | None, str]]) -> list[RunValue]:
    """A row for each headline number: its label, the number, and how it is shown."""
    return _rows(run, RunValue.Kind.RESULT, results)


def _rows(run: Run, kind: RunValue.Kind, values: Iterable[tuple[str, float | None, str]]) -> list[RunValue]:
    rows: dict[str, RunValue] = {}
    for name, number, text in values:
        key = storable(name)[:MAX_NAME]
        if key not in rows and len(rows) < MAX_VALUES:
            rows[key] = RunValue(run=run, kind=kind, name=key, number=number, text=_cut(storable(text)))
    return list(rows.values())


def shown(value: str | float | bool) -> str:
    """A single value as the specification writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def number_of(value: str | float | bool) -> float | None:
    """The number that values are sorted by; None for what is none."""
    if isinstance(value, bool | str):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}\u2026"
