"""The launch form, made from a specification: types from the defaults, words and limits from its facts."""

import copy
import math
import re
import uuid
from typing import Any

from django import forms
from django.utils.functional import cached_property

from projects.workflows.models import Run, RunFile, Specification
from projects.workflows.offering import place_for
from projects.workflows.validation import Check, validate

DID = re.compile(r"(?P<scope>[^\s:]{1,30}):(?P<name>[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,249})")
LONGEST = 1000  # characters of a text parameter
MAX_CHOICES = 200  # files that are offered with a box of their own


class FiniteFloatField(forms.FloatField):
    """A number that REANA's command line can take back: neither inf nor nan."""

    def clean(self, value: Any) -> Any:
        number = super().clean(value)
        if number is not None and not math.isfinite(number):
            raise forms.ValidationError("Enter a finite number.")
        return number


class ParameterText(forms.CharField):
    """Text that ends up in a command line of the step: no line breaks, no control characters."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if any(ord(character) < 32 or character in "`$\\\"'\x7f" for character in text):
            raise forms.ValidationError("Leave out quotes, backslashes, dollar signs, backticks and control characters.")
        return text


def parameter_field(default: Any, facts: dict[str, Any]) -> forms.Field:
    """The form field of one parameter: REANA's parameters have no types, so the default value tells."""
    words: dict[str, Any] = {"initial": default, "help_text": facts.get("hint", ""), "label": facts.get("label")}
    if facts.get("choices"):
        return forms.ChoiceField(choices=[(choice, choice) for choice in facts["choices"]], **words)
    limits: dict[str, Any] = {"min_value": facts.get("min"), "max_value": facts.get("max")}
    if isinstance(default, bool):
        return forms.BooleanField(required=False, **words)
    if isinstance(default, int):
        return forms.IntegerField(**limits, **words)
    if isinstance(default, float):
        widget = forms.NumberInput(attrs={"step": "any"})
        return FiniteFloatField(widget=widget, **limits, **words)
    return ParameterText(max_length=LONGEST, required=False, **words)


class LaunchForm(forms.Form):
    """Parameters as `p-<name>`, the DID of each data file as `i-<number>`, and the form's own id against double launches."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, specification: Specification, previous: Run | None = None, offered: tuple[str, str] = ("", ""), **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.specification = specification
        self.fields["key"].initial = uuid.uuid4
        values = {**specification.default_parameters, **(previous.parameters if previous else {})}
        for name, default in specification.default_parameters.items():
            field = parameter_field(default, specification.facts.get(name, {}))
            field.initial = values[name]
            field.label = field.label or name
            self.fields[f"p-{name}"] = field
        bound = {**specification.data, **(previous.inputs if previous else {})}
        self.paths = sorted(specification.data)
        lake, did = offered  # a file of the Data Lake that somebody wants to use
        if DID.fullmatch(did) and (place := place_for(specification, lake, did)):
            bound[place] = {"lake": lake, "did": did}
        for number, path in enumerate(self.paths):
            self.fields[f"i-{number}"] = forms.RegexField(
                rf"^{DID.pattern}$",
                label=path,
                initial=bound[path]["did"],
                max_length=280,
                error_messages={"invalid": "Enter a DID as scope:name, for example KM3NET_ECAP_SP:aeff.fits."},
            )

    def clean(self) -> dict[str, Any]:
        """What REANA's own checks refuse is not launched; they see the values that were typed."""
        values = super().clean() or {}
        errors = [message for check in self.checks if check.state == "error" for message in check.messages]
        if errors:
            raise forms.ValidationError([f"The workflow's specification does not pass: {message}" for message in errors])
        return values

    @cached_property
    def checks(self) -> list[Check]:
        """The lines that `reana-client validate` prints, for the typed values where there are any."""
        content = copy.deepcopy(self.specification.content)
        typed = getattr(self, "cleaned_data", {})
        parameters = {name: typed.get(f"p-{name}", value) for name, value in self.specification.default_parameters.items()}
        if parameters:
            content["inputs"]["parameters"] = parameters
        return validate(content)

    def parameter_rows(self) -> list[tuple[forms.BoundField, str]]:
        """Each parameter's field with its unit."""
        return [
            (self[f"p-{name}"], self.specification.facts.get(name, {}).get("unit", "")) for name in self.specification.default_parameters
        ]

    def input_rows(self) -> list[forms.BoundField]:
        """The data files' fields."""
        return [self[f"i-{number}"] for number in range(len(self.paths))]

    @property
    def parameters(self) -> dict[str, Any]:
        """Typed values by parameter name."""
        return {name: self.cleaned_data[f"p-{name}"] for name in self.specification.default_parameters}

    @property
    def inputs(self) -> dict[str, dict[str, str]]:
        """Lake and DID by path in the workspace."""
        return {
            path: {"lake": self.specification.data[path]["lake"], "did": self.cleaned_data[f"i-{number}"]}
            for number, path in enumerate(self.paths)
        }


class KeepForm(forms.Form):
    """Which files of a run go into the Data Lake, under which name, with a second copy where."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    dataset = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{2,190}$",
        label="Dataset name",
        help_text="ProjectType.Description.DataType, for example DM.Sensitivity.run12",
        error_messages={"invalid": "Use letters, digits, dots, hyphens and underscores; begin with a letter or digit."},
    )
    chosen = forms.MultipleChoiceField(label="Files", widget=forms.CheckboxSelectMultiple, required=False)
    others = forms.CharField(
        label="Other files",
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
        strip=False,
        help_text="One path per line, as in the list of all files of this run.",
    )
    copy_rse = forms.ChoiceField(label="Second copy at")

    def __init__(self, *args: Any, run: Run, may_copy: bool, copy_rses: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        # Files at REANA only are fetched from there in the name of whoever launched the run.
        known = run.outputs.exclude(state=RunFile.State.MISSING) if may_copy else run.outputs.copied()
        self._known = known
        offered = list(known.order_by("-is_declared", "pk")[: MAX_CHOICES + 1])
        self.fields["key"].initial = uuid.uuid4
        self.fields["chosen"].choices = [(str(file.pk), file.choice_label) for file in offered[:MAX_CHOICES]]  # type: ignore[attr-defined]
        self.fields["chosen"].initial = [str(file.pk) for file in offered[:MAX_CHOICES] if file.is_copied]
        if len(offered) <= MAX_CHOICES:
            del self.fields["others"]
        self.fields["copy_rse"].choices = [(rse, rse) for rse in copy_rses]  # type: ignore[attr-defined]
        self.paths: list[str] = []

    def clean(self) -> dict[str, Any]:
        """Sets `paths`, the files that were chosen."""
        values = super().clean() or {}
        chosen = self._known.filter(pk__in=values.get("chosen", [])).order_by("pk").values_list("path", flat=True)
        typed = [line for line in (part.rstrip("\r") for part in values.get("others", "").split("\n")) if line.strip()]
        found = set(self._known.filter(path__in=typed).values_list("path", flat=True))
        if unknown := [line for line in typed if line not in found]:
            self.add_error("others", f"This run has no file {', '.join(unknown[:5])}.")
        self.paths = list(dict.fromkeys([*chosen, *typed]))
        if not self.paths and "chosen" not in self.errors:
            self.add_error("chosen", "Choose at least one file.")
        return values
