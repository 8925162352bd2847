"""A parameter's value as its field gets it from a browser, and as a person wrote it in YAML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from yaml import Node

from projects.workflows.launching import yaml_values
from projects.workflows.launching.plain_values import same
from projects.workflows.launching.yaml_values import Entry, YamlFault
from projects.workflows.parameter_fields import ChoiceParameterField, ExactBooleanField, NumberField, YAMLParameterField

MAX_FAULTS = 50


def sent(form_field: forms.Field, value: Any) -> str:
    """What a browser sends for a value that the field shows."""
    if isinstance(form_field, YAMLParameterField):
        return yaml_values.dump(value)
    if isinstance(form_field, ExactBooleanField) and isinstance(value, bool):
        return "true" if value else "false"
    return str(form_field.prepare_value(value))


def sent_untouched(form_field: forms.Field) -> str:
    """What a browser sends for a field that is left as the form opens."""
    if isinstance(form_field, YAMLParameterField):
        return str(form_field.prepare_value(form_field.initial))  # text is YAML already
    return sent(form_field, form_field.initial)


@dataclass
class Typed:
    """What a YAML text says, as a browser would send it: by field; and what is wrong with it, by parameter and as a whole."""

    sent: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)  # name of the parameter -> words with the line
    faults: list[str] = field(default_factory=list)  # of the text, and of names that are no parameters
    nodes: dict[str, Node] = field(default_factory=dict)  # as they are written, by parameter

    @property
    def is_readable(self) -> bool:
        """Whether all that stands there has a field."""
        return not self.faults


def typed(text: str, fields: Mapping[str, forms.Field]) -> Typed:
    """The values that a YAML text gives to the fields, by parameter name; the rules for a value are the field's own."""
    found = Typed()
    try:
        given = yaml_values.entries(text)
    except YamlFault as fault:
        found.faults += yaml_values.lines_with([fault])
        return found
    for entry in given:
        if entry.name not in fields:
            found.faults.append(_("Line %(line)s: %(fault)s") % {"line": entry.line, "fault": unknown(entry.name, list(fields))})
            continue
        found.nodes[entry.name] = entry.node
        try:
            found.sent[entry.name] = _sent(entry, fields[entry.name])
        except YamlFault as fault:
            found.sent[entry.name] = entry.text if entry.text is not None else ""
            found.wrong[entry.name] = _("Line %(line)s: %(fault)s") % {"line": fault.line or entry.line, "fault": fault}
    del found.faults[MAX_FAULTS:]
    return found


def unknown(name: str, names: Sequence[str]) -> str:
    """That there is no such parameter, with the one that may be meant."""
    near = get_close_matches(name, names, n=1)
    if near:
        text = _("There is no parameter “%(name)s”. Did you mean “%(near)s”?")
        return text % {"name": name[:80], "near": near[0]}
    return _("There is no parameter “%(name)s”.") % {"name": name[:80]}


def _sent(entry: Entry, form_field: forms.Field) -> str:
    """What the field gets; raises YamlFault where the written value is of another kind."""
    if form_field.disabled:
        if not same(entry.value(), form_field.initial):
            raise YamlFault(_("This value cannot be changed here."), entry.line)
        return ""
    if isinstance(form_field, YAMLParameterField):
        return yaml_values.dump(entry.value())
    if entry.text is None:
        raise YamlFault(_("Write one value here, not a list or an object."), entry.line)
    if isinstance(form_field, ChoiceParameterField):
        return str(form_field.prepare_value(entry.value()))
    value = entry.value()
    if isinstance(form_field, NumberField | ExactBooleanField):
        if entry.is_quoted and _reads(form_field, entry.text):
            raise YamlFault(_("In quotes this is text. Remove the quotes."), entry.line)
        return sent(form_field, value) if isinstance(value, bool) else entry.text
    if not isinstance(value, str):
        raise YamlFault(_("This must be text. Write it in quotes."), entry.line)
    return value


def _reads(form_field: forms.Field, text: str) -> bool:
    try:
        form_field.clean(text)
    except ValidationError:
        return False
    return True
