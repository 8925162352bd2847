"""The form field of one parameter. REANA's parameters have no types: the default's type is the parameter's, and a field never changes it."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, override

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.workflows.launching import yaml_values
from projects.workflows.launching.hint import DATE, Hint, is_moment
from projects.workflows.launching.plain_values import LONGEST_NUMBER, SCALARS, differs, is_multiple, require_plain, same, texts_of, written

LONGEST = 1000  # characters of a text on one line
LONGEST_BLOCK = 10_000  # characters of a text of many lines, and of a list or an object
TRUTH = {"": False, "false": False, "0": False, "off": False, "true": True, "1": True, "on": True}


class NumberField(forms.Field):
    """A number within the limits and steps of a hint, which its words say beforehand."""

    hint = Hint()
    default_error_messages: ClassVar = {
        "min_value": gettext_lazy("Enter a number of at least %(limit_value)s."),
        "max_value": gettext_lazy("Enter a number of at most %(limit_value)s."),
    }

    @override
    def validate(self, value: Any) -> None:
        super().validate(value)
        hint = self.hint
        if value is None:
            return
        if hint.above is not None and value <= hint.above:
            raise ValidationError(_("Enter a number greater than %(limit)s.") % {"limit": hint.above})
        if hint.below is not None and value >= hint.below:
            raise ValidationError(_("Enter a number less than %(limit)s.") % {"limit": hint.below})
        if hint.step is not None and not is_multiple(value, hint.step):
            raise ValidationError(_("Enter a multiple of %(step)s.") % {"step": hint.step})


class ExactIntegerField(NumberField, forms.IntegerField):
    """A whole number of any size that a person may type."""

    @override
    def to_python(self, value: Any) -> Any:
        if len(str(value)) > LONGEST_NUMBER:
            raise ValidationError(_("Enter a number of at most %(limit)s characters.") % {"limit": LONGEST_NUMBER})
        return super().to_python(value)


class ExactFloatField(NumberField, forms.FloatField):
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
        if differs(str(value), number):
            text = _("This number has too many digits. Enter %(number)s if that is close enough.")
            raise ValidationError(text % {"number": repr(number)})
        return number


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


class MomentField(TextParameterField):
    """A date, or a date with a time, kept as the text that was typed."""

    def __init__(self, *, kind: str, **options: Any) -> None:
        self.kind = kind
        if kind == DATE:
            options["widget"] = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(**options)
        self.required = True

    @override
    def validate(self, value: str) -> None:
        super().validate(value)
        if not is_moment(value, self.kind):
            example = "2027-01-31" if self.kind == DATE else "2027-01-31T12:00:00"
            raise ValidationError(_("Enter a date such as %(example)s.") % {"example": example})


class YAMLParameterField(forms.CharField):
    """A list, an object or null, typed as YAML; its kind is that of the default, and it is sent as typed."""

    def __init__(self, *, default: Any, **options: Any) -> None:
        self.default = default
        kind = _("YAML: %(kind)s.") % {"kind": _kind(default)}
        options["help_text"] = " ".join(filter(None, (str(options.get("help_text", "")), kind)))
        text = yaml_values.dump(default)
        widget = forms.Textarea(attrs={"rows": min(max(text.count("\n") + 1, 2), 12), "class": "mono", "spellcheck": "false"})
        super().__init__(max_length=max(LONGEST_BLOCK, len(text)), strip=False, widget=widget, **options)

    @override
    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else yaml_values.dump(value)

    @override
    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            parsed = yaml_values.value(text)
        except yaml_values.YamlFault as fault:
            raise ValidationError(list(yaml_values.lines_with([fault]))) from None
        if self.default is not None and type(parsed) is not type(self.default):
            raise ValidationError(_("Enter %(kind)s.") % {"kind": _kind(self.default)})
        if not same(parsed, self.default):
            require_plain(*texts_of(parsed), lines=any("\n" in text for text in texts_of(self.default)))
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


def parameter_field(default: Any, hint: Hint) -> forms.Field:
    """The field of a parameter with this default; the hint adds words, limits and choices where they are of use."""
    words: dict[str, Any] = {"initial": default, "help_text": hint.help, "label": hint.label}
    if hint.choices and isinstance(default, SCALARS):
        is_known = any(same(choice, default) for choice in hint.choices)
        values = hint.choices if is_known else (default, *hint.choices)
        return ChoiceParameterField(values=values, required="" not in values, **words)
    if isinstance(default, bool):
        return ExactBooleanField(required=False, **words)
    if isinstance(default, int | float):
        return _number_field(default, hint, words)
    if not isinstance(default, str):
        return YAMLParameterField(default=default, **words)
    if hint.kind and is_moment(default, hint.kind):
        return MomentField(kind=hint.kind, default=default, **words)
    field = TextParameterField(default=default, **words)
    if any(ord(character) < 32 and character != "\n" for character in default):
        field.disabled = True  # it is sent as it is written in the specification
        text = _("This value contains characters that cannot be entered in a form. It is sent as in the specification.")
        field.help_text = f"{field.help_text} {text}".strip()
    return field


def _number_field(default: int | float, hint: Hint, words: dict[str, Any]) -> forms.Field:
    step = _("In steps of %(step)s.") % {"step": hint.step} if hint.step is not None else ""
    words["help_text"] = " ".join(filter(None, (hint.help, hint.range, step)))
    limits: dict[str, Any] = {"min_value": hint.min, "max_value": hint.max}  # the limit of a whole number may be a fraction
    kind = ExactIntegerField if isinstance(default, int) else ExactFloatField
    # Every value may be typed, whatever the arrows of the field do: the form is not checked by browsers.
    has_any_step = isinstance(default, float) and hint.step is None
    attrs: dict[str, Any] = {"step": "any" if has_any_step else hint.step or 1}
    if has_any_step and default:
        attrs["data-step"] = arrow_step(float(default))
    widget = forms.NumberInput(attrs=attrs)
    field = kind(**limits, widget=widget, **words)
    field.hint = hint
    return field


def arrow_step(default: float) -> str:
    """What one press of a field's arrow adds: a power of ten below that of the default, 0.1 for 3.2 and 1e-12 for 5e-11."""
    return f"1e{Decimal(repr(default)).adjusted() - 1}"


def carries(field: forms.Field, value: Any) -> bool:
    """Whether the field shows the value and gives the same one back."""
    if field.disabled:
        return bool(field.initial == value)
    try:
        shown = yaml_values.dump(value) if isinstance(field, YAMLParameterField) else field.prepare_value(value)
        back = field.clean(shown if isinstance(shown, str) else str(shown))
    except (ValidationError, KeyError, TypeError):
        return False
    are_numbers = all(isinstance(item, int | float) and not isinstance(item, bool) for item in (back, value))
    return bool(back == value) if are_numbers else written(back) == written(value)


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return _("a list, such as [1, 2]")
    return _("names with values, such as a: 1, one on each line") if isinstance(value, dict) else _("null, a number or text")
