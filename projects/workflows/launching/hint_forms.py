"""The form of what a project's editors say of one parameter."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.workflows.launching import yaml_values
from projects.workflows.launching.hint import BOUNDS, DATE, MAX_TEXT, MOMENT, Hint, fitting, read_hint
from projects.workflows.launching.hints import version_of
from projects.workflows.launching.yaml_values import YamlFault
from projects.workflows.models import Specification
from vre_portal.text import storable

YES, NO = "yes", "no"
CHOICES_LENGTH = 10_000  # characters


class NumberText(forms.CharField):
    """A number that stays whole where it is written whole; empty for none."""

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value)).strip()
        if not text:
            return None
        try:
            number = yaml_values.scalar(text)
        except YamlFault as fault:
            raise forms.ValidationError(str(fault)) from None
        if not isinstance(number, int | float) or isinstance(number, bool):
            raise forms.ValidationError(_("Enter a number."))
        return number


class HintForm(forms.Form):
    """All that can be said of a parameter; empty fields leave what the author says."""

    version = forms.CharField(max_length=40, widget=forms.HiddenInput)
    label = forms.CharField(label=gettext_lazy("Label"), max_length=MAX_TEXT["label"], required=False)
    unit = forms.CharField(label=gettext_lazy("Unit"), max_length=MAX_TEXT["unit"], required=False)
    help = forms.CharField(
        label=gettext_lazy("Help"), max_length=MAX_TEXT["help"], required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    min = NumberText(label=gettext_lazy("Minimum"), max_length=100, required=False)
    max = NumberText(label=gettext_lazy("Maximum"), max_length=100, required=False)
    above = NumberText(label=gettext_lazy("Greater than"), max_length=100, required=False)
    below = NumberText(label=gettext_lazy("Less than"), max_length=100, required=False)
    step = NumberText(label=gettext_lazy("Multiple of"), max_length=100, required=False)
    choices = forms.CharField(
        label=gettext_lazy("Choices"),
        max_length=CHOICES_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono", "spellcheck": "false"}),
        help_text=gettext_lazy("One on each line, as in YAML: numbers as numbers, text that looks like a number in quotes."),
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        required=False,
        choices=[("", "—"), (DATE, gettext_lazy("date")), (MOMENT, gettext_lazy("date and time"))],
    )
    group = forms.CharField(label=gettext_lazy("Group"), max_length=MAX_TEXT["group"], required=False)
    advanced = forms.ChoiceField(
        label=gettext_lazy("Advanced"),
        required=False,
        choices=[("", gettext_lazy("as the author says")), (YES, gettext_lazy("yes")), (NO, gettext_lazy("no"))],
    )

    def __init__(self, *args: Any, default: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.default = default
        if isinstance(default, bool) or not isinstance(default, int | float):
            for name in (*BOUNDS, "step"):
                del self.fields[name]
        if not isinstance(default, str):
            del self.fields["format"]

    @classmethod
    def of(cls, specification: Specification, name: str) -> "HintForm":
        """The form with what is saved."""
        said = specification.editor_hints.get(name, {})
        initial = {**said, "version": version_of(specification.editor_hints)}
        initial["choices"] = "\n".join(yaml_values.dump(choice) for choice in said.get("choices", []))
        if "advanced" in said:
            initial["advanced"] = YES if said["advanced"] else NO
        form = cls(initial=initial, default=specification.default_parameters[name])
        form.show_in_force(specification.hints.of(name))
        return form

    def show_in_force(self, hint: Hint) -> None:
        """What holds now, in the fields that are empty."""
        for name in (*MAX_TEXT, *BOUNDS, "step"):
            value = getattr(hint, name)
            if name in self.fields and value not in ("", None):
                self.fields[name].widget.attrs["placeholder"] = str(value)
        if hint.choices:
            self.fields["choices"].widget.attrs["placeholder"] = "\n".join(yaml_values.dump(choice) for choice in hint.choices)

    def clean_choices(self) -> list[Any]:
        """The values, each with its type."""
        values = []
        for number, line in enumerate(self.cleaned_data["choices"].splitlines(), 1):
            try:
                if line.strip():
                    values.append(yaml_values.value(line))
            except YamlFault as fault:
                raise forms.ValidationError(_("Line %(line)s: %(fault)s") % {"line": number, "fault": fault}) from None
        return values

    def clean(self) -> dict[str, Any]:
        """What contradicts the default is refused here, where somebody can mend it."""
        values = super().clean() or {}
        hint, wrong = read_hint(self.said)
        for words in (*wrong, *fitting(hint, self.default)[1]):
            name, _colon, reason = words.partition(": ")
            name = "format" if name == "kind" else name
            if name == "choices" and hint.choices:
                reason = _("the default must be one of them")
            self.add_error(name if name in self.fields else None, reason)
        return values

    @property
    def said(self) -> dict[str, Any]:
        """What was filled in, as the row holds it."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "version" and value not in ("", None, [])}
        if "advanced" in values:
            values["advanced"] = values["advanced"] == YES
        return {name: storable(value) if isinstance(value, str) else value for name, value in values.items()}
