"""The fields for what a launch changes in steps: one for each setting of a step, or one YAML text for many steps."""

from collections.abc import Mapping
from typing import Any, override

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from projects.workflows.launching import yaml_values
from projects.workflows.launching.offers import Offer
from projects.workflows.launching.overrides import (
    IMAGE,
    KEYS,
    KUBERNETES,
    LABELS,
    Overrides,
    bytes_of,
    cpus_of,
    seconds_of,
)  # fmt: skip
from projects.workflows.launching.yaml_values import YamlFault

MAX_TEXT = 20_000  # characters


class SettingField(forms.CharField):
    """One setting of one step; empty where the step keeps what the specification says."""

    def __init__(self, *, name: str, offer: Offer, was: str, **options: Any) -> None:
        self.name, self.offer = name, offer
        attrs = {"placeholder": was} | ({"list": "images"} if name == "environment" else {})
        options["widget"] = forms.Select(choices=self._backends(was)) if name == "backend" else forms.TextInput(attrs=attrs)
        super().__init__(label=str(LABELS[name]), help_text=offer.words(name, was), required=False, max_length=300, **options)

    def _backends(self, was: str) -> list[tuple[str, str]]:
        return [
            ("", _("as in the specification (%(backend)s)") % {"backend": was or KUBERNETES}),
            *((name, name) for name in self.offer.backends),
        ]

    @override
    def clean(self, value: Any) -> Any:
        text = str(super().clean(value)).strip()
        return checked(self.name, text, self.offer) if text else ""


def checked(name: str, text: str, offer: Offer) -> str | int:
    """The value of a setting as REANA takes it; raises ValidationError."""
    if not offer.has(name):
        raise ValidationError(_("%(server)s does not offer this.") % {"server": offer.title})
    limit = offer.most(name)
    if name == "environment":
        if not IMAGE.fullmatch(text):
            raise ValidationError(_("Enter the name of a container image, such as docker.io/library/python:3.12."))
        if offer.vetted is not None and text not in offer.vetted:
            raise ValidationError(_("%(server)s runs only images of its own list.") % {"server": offer.title})
    elif name == "memory":
        _require(bytes_of(text), bytes_of(limit), limit, _("Enter an amount such as 512Mi or 4Gi."))
    elif name == "cpu":
        _require(cpus_of(text), cpus_of(limit), limit, _("Enter a number such as 2 or 0.5."))
    elif name == "time":
        seconds = seconds_of(text)
        _require(seconds, seconds_of(limit), _("%(limit)s s") % {"limit": limit}, _("Enter a time such as 3600, 90m, 2h or 1d."))
        return int(seconds or 0)
    elif text not in offer.backends:
        raise ValidationError(_("%(server)s has no backend “%(name)s”.") % {"server": offer.title, "name": text[:60]})
    return text


def _require(amount: Any, most: Any, limit: str, words: str) -> None:
    if amount is None or amount <= 0:
        raise ValidationError(words)
    if most is not None and amount > most:
        raise ValidationError(_("At most %(limit)s is allowed.") % {"limit": limit})


class StepsField(forms.CharField):
    """Settings of many steps as YAML: `name or number of the step: {memory: 4Gi, ...}`."""

    def __init__(self, steps: list[dict[str, Any]], names: list[str], offer: Offer, **options: Any) -> None:
        self.steps, self.names, self.offer = steps, names, offer
        widget = forms.Textarea(attrs={"rows": 5, "class": "mono", "spellcheck": "false"})
        settings = ", ".join(name for name in KEYS if offer.has(name))
        text = _("YAML: a step’s name or number, then what you change of it: %(settings)s. For example: 3: {environment: python:3.12}")
        super().__init__(
            label=_("Changed steps"), required=False, max_length=MAX_TEXT, widget=widget, help_text=text % {"settings": settings}, **options
        )

    @override
    def clean(self, value: Any) -> Any:
        try:
            entries = yaml_values.entries(super().clean(value), with_numbers=True)
            return dict(self._step(entry.name, entry.value(), entry.line) for entry in entries)
        except YamlFault as fault:
            raise ValidationError(list(yaml_values.lines_with([fault]))) from None

    def _step(self, name: str, said: Any, line: int) -> tuple[str, dict[str, Any]]:
        number = self._number(name, line)
        if not isinstance(said, Mapping) or not said:
            raise YamlFault(_("Write what you change of the step, such as {memory: 4Gi}."), line)
        override: dict[str, Any] = {"step": self.names[number]}
        for setting, value in said.items():
            if setting not in KEYS:
                raise YamlFault(_("There is no setting “%(name)s”.") % {"name": setting[:60]}, line)
            try:
                override[setting] = checked(setting, str(value), self.offer)
            except ValidationError as error:
                raise YamlFault(" ".join(error.messages), line) from None
        return str(number), override

    def _number(self, name: str, line: int) -> int:
        places = [place for place, known in enumerate(self.names) if known == name]
        if len(places) == 1:
            return places[0]
        if not places and name.isdecimal() and len(name) <= len(str(len(self.names))) and 1 <= int(name) <= len(self.names):
            return int(name) - 1
        words = _("Several steps are called “%(name)s”. Write the number of the step.") if places else _("There is no step “%(name)s”.")
        raise YamlFault(words % {"name": name[:80]}, line)


def as_yaml(overrides: Overrides) -> str:
    said = {int(number) + 1: {name: item[name] for name in KEYS if name in item} for number, item in overrides.items()}
    return yaml_values.dump(said) if said else ""
