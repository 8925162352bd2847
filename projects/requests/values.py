"""The fields that one kind of request asks for; their values are stored as JSON and shown as pairs of label and text."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from projects.models import Project
from projects.requests.numbers import NumberField, shown_number
from vre_portal.iam.models import User
from vre_portal.text import plain, storable

MAX_SHOWN = 2_000  # characters of one value


class RequestValuesForm(forms.Form):
    """The base of the forms of all kinds; it knows who asks, and about which project."""

    def __init__(self, *args: Any, user: User, project: Project | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user, self.project = user, project

    def values(self) -> dict[str, Any]:
        """What was typed, as it is stored; empty values are left out."""
        return {name: stored(value) for name, value in self.cleaned_data.items() if name in self.fields and value not in (None, "", [])}

    @classmethod
    def describe(cls, values: Any) -> list[tuple[str, str]]:
        """Stored values for people to read, in the order of the fields; what no field has is shown by its name."""
        if not isinstance(values, Mapping):
            return []
        fields = cls.base_fields
        names = [name for name in fields if name in values] + [name for name in values if name not in fields]
        return [(str(fields[name].label or name) if name in fields else str(name), shown(fields.get(name), values[name])) for name in names]


class NoValuesForm(RequestValuesForm):
    """A kind that asks for nothing but a reason."""


def stored(value: Any) -> Any:
    """A cleaned value as JSON."""
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [stored(item) for item in value]
    return lines(storable(value))


def lines(text: str) -> str:
    """The text with line ends of one kind: browsers send both characters, of which one would be shown as a mark."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def shown(field: forms.Field | None, value: Any) -> str:
    """One stored value as text: the label of a choice, words for yes and no."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(shown(field, item) for item in value)
    if isinstance(field, NumberField):
        value = shown_number(value)
    choices = flat(getattr(field, "choices", ()))
    label = choices.get(value, value) if isinstance(value, str | int) else value
    return plain(lines(str(label)))[:MAX_SHOWN]


def flat(choices: Any) -> dict[Any, Any]:
    """Choices as a dictionary, those of groups too."""
    found: dict[Any, Any] = {}
    for value, label in choices:
        found.update(flat(label) if isinstance(label, list | tuple) else {value: label})
    return found
