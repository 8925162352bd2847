"""A step as the page shows it: its fields, its rows, and the version that the typed values belong to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from projects.onboarding.forms import steps

MAX_ROWS, MIN_SHOWN, MORE_ROWS = 20, 2, 3


@dataclass(frozen=True)
class StepKind:
    """A step with its words and forms."""

    name: str
    title: Any
    form: type[forms.Form]
    row: type[forms.Form] | None = None
    rows_title: Any = ""
    rows_hint: Any = ""


STEP_KINDS = {
    kind.name: kind
    for kind in (
        StepKind(
            "people",
            _("Project and people"),
            steps.PeopleForm,
            steps.PersonForm,
            _("People"),
            _("For your plan only: nobody is invited or informed."),
        ),
        StepKind(
            "data",
            _("Data"),
            steps.DataForm,
            steps.DatasetForm,
            _("Datasets"),
            _(
                "What you bring, what you read from elsewhere, and what the analysis makes. Sizes such as 500 GB or 7.6 PB; a number alone is in GB."
            ),
        ),
        StepKind("compute", _("Computing"), steps.ComputeForm),
        StepKind("software", _("Software"), steps.SoftwareForm),
        StepKind("further", _("Archives, training, publication"), steps.FurtherForm),
    )
}


if TYPE_CHECKING:
    FormSet = BaseFormSet[forms.Form]
else:
    FormSet = BaseFormSet


class Rows(FormSet):
    """The rows of a step; an empty one is left out."""

    deletion_widget = forms.CheckboxInput

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Remove this row")

    def values(self) -> list[dict[str, Any]]:
        """The filled rows that are not to be removed."""
        found = [jsonable(form.cleaned_data) for form in self.forms if form.is_valid() and not form.cleaned_data.get("DELETE")]
        return [row for row in found if any(row.values())]


class StepForm:
    """The fields and rows of one step together."""

    def __init__(self, kind: StepKind, data: Any = None, *, values: Mapping[str, Any] | None = None, rows: int = 0) -> None:
        self.kind = kind
        known = showable(values)
        self.form = kind.form(data, initial=known)
        self.rows: Rows | None = None
        if kind.row is not None:
            saved = values.get("rows") if isinstance(values, Mapping) else None
            initial = [showable(row) for row in saved if isinstance(row, Mapping)][:MAX_ROWS] if isinstance(saved, list) else []
            extra = min(MAX_ROWS - len(initial), max(1, rows - len(initial), MIN_SHOWN - len(initial)))
            made = formset_factory(
                kind.row, formset=Rows, extra=max(0, extra), max_num=MAX_ROWS, absolute_max=MAX_ROWS + 5, validate_max=True, can_delete=True
            )
            rows_set = made(data, initial=initial or None, prefix="rows")
            assert isinstance(rows_set, Rows)  # noqa: S101 -- made of this class
            self.rows = rows_set

    @property
    def is_valid(self) -> bool:
        return self.form.is_valid() and (self.rows is None or self.rows.is_valid())

    @property
    def shown_rows(self) -> int:
        """How many rows the form has now."""
        return len(self.rows.forms) if self.rows is not None else 0

    def values(self) -> dict[str, Any]:
        """What was typed, as it is stored."""
        found = jsonable(self.form.cleaned_data)
        return {**found, "rows": self.rows.values()} if self.rows is not None else found

    def partial(self) -> dict[str, Any]:
        """What was typed and is valid, for matches that are shown while somebody types."""
        self.form.is_valid()
        found = jsonable(getattr(self.form, "cleaned_data", {}))
        if self.rows is None:
            return found
        rows = []
        for row in self.rows.forms if self.rows.management_form.is_valid() else ():
            row.is_valid()
            rows.append(jsonable(getattr(row, "cleaned_data", {})))
        return {**found, "rows": [row for row in rows[:MAX_ROWS] if any(row.values())]}


def showable(values: Any) -> dict[str, Any]:
    """Stored values as the fields show them; what no form has stored is left out."""
    found = values.items() if isinstance(values, Mapping) else ()
    return {str(name): value for name, value in found if isinstance(value, str | int | float) or _is_list(value)}


def _is_list(value: Any) -> bool:
    """Whether it is a list of texts, or of rows of texts."""
    rows = value if isinstance(value, list) else [None]
    return all(isinstance(row, str) or (isinstance(row, dict) and all(isinstance(part, str) for part in row.values())) for row in rows)


def jsonable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Cleaned values as JSON takes them, without the mark of removal."""
    kept = {name: value for name, value in values.items() if name != "DELETE"}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in kept.items()}
