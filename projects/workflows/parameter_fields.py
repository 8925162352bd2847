"""The form field of one parameter. REANA's parameters have no types: the default's type is the parameter's, and a field never changes it."""

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, override

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vre_portal.text import storable

LONGEST = 1000  # characters of a text on one line
LONGEST_BLOCK = 10_000  # characters of a text of many lines, and of a list or an object
LONGEST_NUMBER = 100  # characters of a number
FORBIDDEN = "`$\\\"'\x7f"
FORBIDDEN_TEXT = gettext_lazy("Leave out quotes, backslashes, dollar signs, backticks and control characters.")
TRUTH = {"": False, "false": False, "0": False, "off": False, "true": True, "1": True, "on": True}
SCALARS = (str, int, float, bool, type(None))


class ExactIntegerField(forms.IntegerField):
    """A whole number of any size that a person may type."""

    @override
    def to_python(self, value: Any) -> Any:
        if len(str(value)) > LONGEST_NUMBER:
            raise ValidationError(_("Enter a number of at most %(limit)s characters.") % {"limit": LONGEST_NUMBER})
        return super().to_python(value)


class ExactFloatField(forms.FloatField):
    """A number that arrives as it was typed: finite, and with no more digits than a float carries."""

    @override
    def to_python(self, value: Any) -> Any:
        if len(str(value)) > LONGEST_NUMBER:
            raise ValidationError(_("Enter a number of at most %(limit)s characters.") % {"limit": LONGEST_NUMBER})
        number = super().to_python(value)
        if number is None:
            return None
        if not math.isfinite(number):
            raise ValidationError(_("Enter a finite number."))
        if _differs(str(value), number):
            text = _("This number has too many digits. Enter %(number)s if that is close enough.")
            raise ValidationError(text % {"number": repr(number)})
        return number


def _differs(typed: str, number: float) -> bool:
    try:
        return Decimal(typed.strip().replace("_", "")) != Decimal(repr(number))
    except InvalidOperation:
        return False


class ExactCheckbox(forms.CheckboxInput):
    """Hands the field what was sent, so that an odd word is refused instead of being taken for a yes."""

    @override
    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        return data.get(name, "")


class ExactBooleanField(forms.BooleanField):
    """True or false; a browser sends nothing for an empty box."""

    widget = ExactCheckbox

    @override
    def to_python(self, value: Any) -> bool:
        truth = TRUTH.get(str(value).strip().lower())
        if truth is None:
            raise ValidationError(_("Enter true or false."))
        return truth


class TextParameterField(forms.CharField):
    """Text as it was typed, with its spaces; what could leave its quotes in a command line is taken only from the specification itself."""

    def __init__(self, *, default: str, **options: Any) -> None:
        self.default = default
        self.has_lines = "\n" in default
        limit = max(LONGEST_BLOCK if self.has_lines else LONGEST, len(default))
        if self.has_lines or len(default) > 200:
            options["widget"] = forms.Textarea(attrs={"rows": 6})
        super().__init__(max_length=limit, strip=False, required=False, **options)

    @override
    def to_python(self, value: Any) -> str:
        # A browser sends line breaks as CR LF, whatever was written.
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value) or ""

    @override
    def validate(self, value: str) -> None:
        super().validate(value)
        if value != self.default:
            require_plain(value, lines=self.has_lines)


class JSONParameterField(forms.CharField):
    """A list, an object or null, typed as JSON; its kind is that of the default, and it is sent as typed."""

    def __init__(self, *, default: Any, **options: Any) -> None:
        self.default = default
        options["help_text"] = " ".join(filter(None, (str(options.get("help_text", "")), _("JSON: %(kind)s.") % {"kind": _kind(default)})))
        super().__init__(max_length=max(LONGEST_BLOCK, len(written(default))), widget=forms.Textarea(attrs={"rows": 3}), **options)

    @override
    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else written(value)

    @override
    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            parsed = json.loads(text, parse_constant=_not_json, parse_float=_exact_float, object_pairs_hook=_without_repetition)
        except (ValueError, RecursionError) as error:
            raise ValidationError(_("Enter JSON: %(reason)s.") % {"reason": str(error)[:200]}) from None
        if self.default is not None and type(parsed) is not type(self.default):
            raise ValidationError(_("Enter %(kind)s.") % {"kind": _kind(self.default)})
        if written(parsed) != written(self.default):
            require_plain(*_texts(parsed), lines=any("\n" in text for text in _texts(self.default)))
        return parsed


class ChoiceParameterField(forms.ChoiceField):
    """One of the declared values, with the type that it was declared with."""

    def __init__(self, *, values: Sequence[Any], **options: Any) -> None:
        # A text that reads like another choice's JSON ("1" beside 1) is shown in quotes.
        shown = {written(value) for value in values if not isinstance(value, str)}
        self.values = {value if isinstance(value, str) and value not in shown else written(value): value for value in values}
        super().__init__(choices=[(key, key) for key in self.values], **options)

    @override
    def prepare_value(self, value: Any) -> Any:
        return next((key for key, known in self.values.items() if known == value and type(known) is type(value)), value)

    @override
    def clean(self, value: Any) -> Any:
        return self.values[super().clean(value)]


def parameter_field(default: Any, facts: Mapping[str, Any]) -> forms.Field:
    """The field of a parameter with this default; `facts` add words, limits and choices where they are of use."""
    words: dict[str, Any] = {"initial": default, "help_text": str(facts.get("hint") or ""), "label": str(facts.get("label") or "")}
    choices = facts.get("choices")
    if isinstance(choices, list) and choices and all(isinstance(choice, SCALARS) for choice in (*choices, default)):
        is_known = any(type(choice) is type(default) and choice == default for choice in choices)
        values = choices if is_known else [default, *choices]
        return ChoiceParameterField(values=values, required="" not in values, **words)
    if isinstance(default, bool):
        return ExactBooleanField(required=False, **words)
    if isinstance(default, int | float):
        return _number_field(default, facts, words)
    if not isinstance(default, str):
        return JSONParameterField(default=default, **words)
    field = TextParameterField(default=default, **words)
    if any(ord(character) < 32 and character != "\n" for character in default):
        field.disabled = True  # it is sent as it is written in the specification
        text = _("This value contains characters that cannot be entered in a form. It is sent as in the specification.")
        field.help_text = f"{field.help_text} {text}".strip()
    return field


def _number_field(default: int | float, facts: Mapping[str, Any], words: dict[str, Any]) -> forms.Field:
    low, high = (limit_of(facts, name) for name in ("min", "max"))
    if low is not None and high is not None:
        allowed = _("From %(low)s to %(high)s.") % {"low": low, "high": high}
    elif low is not None:
        allowed = _("At least %(low)s.") % {"low": low}
    else:
        allowed = _("At most %(high)s.") % {"high": high} if high is not None else ""
    words["help_text"] = f"{words['help_text']} {allowed}".strip()
    limits: dict[str, Any] = {"min_value": low, "max_value": high}  # the limit of a whole number may be a fraction
    if isinstance(default, int):
        return ExactIntegerField(**limits, **words)
    return ExactFloatField(**limits, widget=forms.NumberInput(attrs={"step": "any"}), **words)


def limit_of(facts: Mapping[str, Any], name: str) -> int | float | None:
    """The declared limit, or None where there is none that is a number."""
    value = facts.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number else None


def carries(field: forms.Field, value: Any) -> bool:
    """Whether the field shows the value and gives the same one back."""
    if field.disabled:
        return bool(field.initial == value)
    try:
        shown = field.prepare_value(value)
        back = field.clean(shown if isinstance(shown, str) else str(shown))
    except (ValidationError, KeyError, TypeError):
        return False
    are_numbers = all(isinstance(item, int | float) and not isinstance(item, bool) for item in (back, value))
    return bool(back == value) if are_numbers else written(back) == written(value)


def written(value: Any) -> str:
    """The value as JSON, with its letters as they are."""
    return json.dumps(value, ensure_ascii=False)


def require_plain(*texts: str, lines: bool = False) -> None:
    """Raises ValidationError where a text has characters that could leave its quotes in a command line."""
    for text in texts:
        odd = any((ord(character) < 32 and not (lines and character == "\n")) or character in FORBIDDEN for character in text)
        if odd or storable(text) != text:
            raise ValidationError(FORBIDDEN_TEXT)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(text for item in value.values() for text in _texts(item))]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return _("a list, such as [1, 2]")
    return _('an object, such as {"a": 1}') if isinstance(value, dict) else _("null, a number, or a text in double quotes")


def _not_json(word: str) -> Any:
    raise ValueError(_("%(word)s is not a number") % {"word": word})


def _exact_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number) or _differs(text, number):
        raise ValueError(_("%(number)s has too many digits") % {"number": text[:40]})
    return number


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(_("a name is given twice"))
    return found
