"""The form for one key of a DID's metadata: its value has the kind that the person chose, never a guessed one."""

import json
import math
import re
import uuid
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datalake.naming import check_metadata
from datalake.naming.forms import NamedForm
from datalake.rucio.metadata import FORBIDDEN_KEYS, MAX_KEY_CHARS, MAX_VALUE_CHARS
from vre_portal.services import Service

KINDS = (
    ("text", _("Text")),
    ("number", _("Number")),
    ("boolean", _("True or false")),
    ("date", _("Date or time")),
    ("list", _("List (JSON)")),
    ("object", _("Object (JSON)")),
)
NUMBERS = frozenset({"events", "lumiblocknr", "panda_id", "run_number", "task_id"})  # Rucio's own columns of numbers
MAX_DEPTH = 20
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]{5,15}(Z|[+-][0-9]{2}:?[0-9]{2})?)?")


def kind_of(value: Any) -> str:
    """The kind of a value as Rucio keeps it: true is a boolean, "True" is a text."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, list):
        return "list"
    if isinstance(value, dict):
        return "object"
    return "nothing" if value is None else "date" if is_date(str(value)) else "text"


def is_date(text: str) -> bool:
    """Whether a text is a day or a moment in ISO's spelling, which is how JSON keeps one."""
    try:
        return bool(DATE.fullmatch(text) and datetime.fromisoformat(text))
    except ValueError:
        return False


def typed(value: Any) -> str:
    """A value as it is typed into the field."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def depth(value: Any, left: int = MAX_DEPTH) -> int:
    """How many levels are left below; negative where it is nested too deeply."""
    if left < 0 or not isinstance(value, list | dict):
        return left
    return min((depth(item, left - 1) for item in (value.values() if isinstance(value, dict) else value)), default=left)


class MetadataForm(NamedForm):
    """One key with its value; the form's own id makes it one operation however often it is sent."""

    key = forms.CharField(max_length=MAX_KEY_CHARS, label=_("Key"))
    kind = forms.ChoiceField(choices=KINDS, label=_("Type of value"), initial="text")
    value = forms.CharField(
        max_length=MAX_VALUE_CHARS,
        strip=False,
        label=_("Value"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    before = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, *args: Any, lake: Service, scope: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.lake, self.scope = lake, scope
        self.fields["value"].required = "remove" not in self.data

    def clean_key(self) -> str:
        """A key that can be looked for: without dots, which are operators in Rucio's filters, and none of Rucio's own."""
        key: str = self.cleaned_data["key"]
        if key.lower() in FORBIDDEN_KEYS:
            raise forms.ValidationError(gettext("Rucio reserves this key: it changes the data, not the metadata. Choose another key."))
        if any(char in key for char in ".;,=<>!*'\"\\") or not key.isprintable():
            raise forms.ValidationError(
                gettext(
                    "A key cannot contain dots, commas, quotes, comparison signs or control characters, "
                    "because Rucio cannot search for it. Remove them."
                )
            )
        return key

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        kind, text = values.get("kind", ""), values.get("value", "")
        if {"key", "kind", "value"} <= set(values) and "remove" not in self.data:
            try:
                values["said"] = self._read(kind, text)
            except ValueError as error:
                self.add_error("value", str(error))
            if "said" in values:
                self.require_name("value", check_metadata(self.lake, self.scope, values["key"], values["said"]))
            if values["key"] in NUMBERS and "said" in values and kind != "number":
                self.add_error("kind", gettext("Rucio stores this key as a number. Choose “Number”."))
        return values

    def _read(self, kind: str, text: str) -> Any:
        if "\0" in text:
            raise ValueError(gettext("The value contains a NUL character. Remove it."))
        if kind == "text":
            if not text.strip():
                raise ValueError(gettext("Enter a value, or delete the key."))
            return text
        return {"number": number, "boolean": boolean, "date": moment, "list": json_list, "object": json_object}[kind](text.strip())

    def clean_before(self) -> tuple[bool, Any]:
        """What the key said when the person looked: nothing at all, or a JSON value."""
        text: str = self.cleaned_data["before"]
        try:
            return (True, json.loads(text)) if text else (False, None)
        except (ValueError, RecursionError):
            raise forms.ValidationError(gettext("The form is out of date. Reload the page.")) from None


def number(text: str) -> int | float:
    try:
        value = int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else float(text)
    except ValueError:
        raise ValueError(gettext("Enter a number, for example 42 or 1.5e-3.")) from None
    if not math.isfinite(value):
        raise ValueError(gettext("Enter a finite number."))
    return value


def boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(gettext("Enter true or false."))
    return text.lower() == "true"


def moment(text: str) -> str:
    if not is_date(text):
        raise ValueError(gettext("Enter a date such as 2026-11-20, or a time such as 2026-11-20T18:30:00Z."))
    return text if "T" in text or " " in text else date.fromisoformat(text).isoformat()


def json_list(text: str) -> list[Any]:
    value = _json(text)
    if not isinstance(value, list):
        raise ValueError(gettext('Enter a list, for example ["a", "b"] or [1, 2].'))
    return value


def json_object(text: str) -> dict[str, Any]:
    value = _json(text)
    if not isinstance(value, dict):
        raise ValueError(gettext('Enter an object, for example {"ra": 83.6, "dec": 22.0}.'))
    return value


def _json(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=lambda word: number(word.lower().replace("infinity", "inf")))
    except RecursionError:
        raise ValueError(gettext("The value is nested too deeply.")) from None
    except ValueError as error:
        raise ValueError(gettext("The value is not valid JSON: %(reason)s") % {"reason": error}) from None
    if depth(value) < 0 or r"\u0000" in text:
        raise ValueError(gettext("The value is nested too deeply, or contains a NUL character."))
    return value
