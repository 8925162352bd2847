"""The launch form, made from a specification: types from the defaults, words and limits from its facts."""

import copy
import math
import re
import uuid
from typing import Any

from django import forms
from django.utils.functional import cached_property

from projects.workflows.models import Run, Specification
from projects.workflows.offering import place_for
from projects.workflows.validation import Check, validate
from vre_portal.services import ServiceKind, service, services

DID = re.compile(r"(?P<scope>[^\s:]{1,30}):(?P<name>[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,249})")
LONGEST = 1000  # characters of a text parameter


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
        servers = [(item.name, item.title) for item in services(ServiceKind.REANA)]
        if len(servers) > 1:
            first = previous.server if previous else servers[0][0]
            self.fields["server"] = forms.ChoiceField(label="Run on", choices=servers, initial=first, required=False)
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
    def server_field(self) -> forms.BoundField | None:
        """The choice of a REANA, where there is one."""
        return self["server"] if "server" in self.fields else None

    @property
    def server(self) -> str:
        """The name of the REANA that was chosen, or of the only one."""
        return self.cleaned_data.get("server") or service(ServiceKind.REANA).name

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
    """Which outputs go into the Data Lake, under which name, with a second copy where."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    dataset = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{2,190}$",
        label="Dataset name",
        help_text="ProjectType.Description.DataType, for example DM.Sensitivity.run12",
        error_messages={"invalid": "Use letters, digits, dots, hyphens and underscores; begin with a letter or digit."},
    )
    paths = forms.MultipleChoiceField(label="Files", widget=forms.CheckboxSelectMultiple)
    copy_rse = forms.ChoiceField(label="Second copy at")

    def __init__(self, *args: Any, paths: list[str], copy_rses: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["key"].initial = uuid.uuid4
        self.fields["paths"].choices = [(path, path) for path in paths]  # type: ignore[attr-defined]
        self.fields["paths"].initial = paths
        self.fields["copy_rse"].choices = [(rse, rse) for rse in copy_rses]  # type: ignore[attr-defined]
