"""The values of a notebook page: a form of the workflow's parameters, whose address is that of the result."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from projects.workflows.launching.field_values import sent
from projects.workflows.launching.parameter_part import ParameterPart
from projects.workflows.models import NotebookPage, Specification
from projects.workflows.parameter_fields import parameter_field

MAX_NOTES = 20
MAX_SENT = 1000  # characters of a value that is wrong in an address


class ValuesForm(ParameterPart, forms.Form):
    """Each parameter as `p-<name>`; what is not sent has its default."""

    def __init__(self, data: QueryDict, *, specification: Specification) -> None:
        known = {f"p-{name}" for name in specification.default_parameters} | {"version"}
        super().__init__({name: data[name] for name in data if name in known})
        self.specification = specification
        self.notes, self.field_notes, self.filled, self.left_out = [], {}, [], []
        self.add_parameters()
        self.add_left_out()
        for name in [name for name in data if name.startswith("p-") and name not in known][:MAX_NOTES]:
            self.take_field(name, str(data[name]))  # which only notes that there is no such parameter

    @property
    def sent_values(self) -> list[tuple[str, str]]:
        """Names and values as they are sent on."""
        return [(name, value) for name, value in self.data.items() if name.startswith("p-")]

    def address_on(self, page: NotebookPage) -> str:
        """The page with the values as they were sent, right or wrong, at the version that is current."""
        if self.is_valid():
            return address_of(page, self.parameters)
        given = [(name, value[:MAX_SENT]) for name, value in self.sent_values]
        return f"{page.get_absolute_url()}?{urlencode([('version', self.current_version), *given])}"


def digest_of(parameters: Mapping[str, Any]) -> str:
    """By which a result is found: the same for the same values of the same types."""
    return hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()


def address_of(page: NotebookPage, parameters: Mapping[str, Any]) -> str:
    """The page with these values; those that are no parameters any more are left out."""
    specification = page.specification
    defaults, hints = specification.default_parameters, specification.hints
    named = {
        f"p-{name}": sent(parameter_field(defaults[name], hints.of(name)), value) for name, value in parameters.items() if name in defaults
    }
    return f"{page.get_absolute_url()}?{urlencode(named)}"
