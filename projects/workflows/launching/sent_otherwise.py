"""Numbers that are sent with fewer zeros than somebody typed: 3.10, which may be the name of a version, is the number 3.1."""

from collections.abc import Iterator

import yaml
from django import forms
from django.utils.translation import gettext as _

from projects.workflows import changed_values
from projects.workflows.launching import yaml_values
from projects.workflows.launching.plain_values import has_needless_zeros, written
from projects.workflows.parameter_fields import NumberField, YAMLParameterField
from vre_portal import bounded_yaml
from vre_portal.text import plain

SHOWN = 60  # characters of a number, and of a name
MOST = 5  # sentences of one parameter


def sentences(name: str, field: forms.Field, text: str, value: object, node: yaml.Node | None = None) -> list[str]:
    """A sentence for each number of a parameter that is sent otherwise than it was typed: in its field, or at the node of a YAML file."""
    if isinstance(field, NumberField):
        pairs = iter([(text.strip(), written(value))])
    elif isinstance(field, YAMLParameterField):
        pairs = _in_yaml(node or bounded_yaml.load(text).root)
    else:
        return []
    found = [
        _("%(name)s: the number %(typed)s is sent as %(sent)s.")
        % {"name": plain(name)[:SHOWN], "typed": typed[:SHOWN], "sent": sent[:SHOWN]}
        for typed, sent in pairs
        if has_needless_zeros(typed) and typed != sent
    ]
    return list(dict.fromkeys(found))[:MOST]


def _in_yaml(root: yaml.Node | None) -> Iterator[tuple[str, str]]:
    for node in changed_values.scalars(root):
        if has_needless_zeros(text := str(node.value)):
            yield text, written(yaml_values.value_of(node))
