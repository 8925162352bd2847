"""Kinds of requests of this installation, as REQUESTS_FILE describes them: instructions and a tick."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from projects.requests import kinds
from projects.requests.approvers import AnyOf, Approvers, Curators, Groups, Staff
from projects.requests.configuration import configuration
from projects.requests.configuration_reader import ConfiguredField, ConfiguredKind, parsed, unknown_kinds
from projects.requests.kinds import RequestKind, Scope
from projects.requests.numbers import NumberField
from projects.requests.values import RequestValuesForm
from vre_portal.pasted_text import TextField
from vre_portal.validators import validate_visible_line

# The general kind of a later application, which is not registered yet when the file is checked.
LATE_KINDS = ("project-need",)
SCOPES = {"none": Scope.NONE, "optional": Scope.OPTIONAL, "required": Scope.PROJECT}
MAX_LINE, MAX_PARAGRAPH = 300, 4000


def check() -> None:
    """Raise ValueError with all faults of REQUESTS_FILE, names of kinds included; called when the other kinds are registered."""
    if not settings.REQUESTS_FILE:
        return
    path = Path(settings.REQUESTS_FILE)
    found, faults = parsed(path)
    registered = kinds.registered_kinds()
    curated = [kind.key for kind in registered if is_curated(kind.approvers)]
    faults += unknown_kinds(found, [*LATE_KINDS, *(kind.key for kind in registered)], curated)
    if faults:
        raise ValueError(f"{path.name} cannot be used: " + "; ".join(faults))  # untranslated: for operators


def is_curated(approvers: Approvers) -> bool:
    """Whether REQUESTS_FILE can name further people who decide."""
    return isinstance(approvers, Curators) or (isinstance(approvers, AnyOf) and any(map(is_curated, approvers.rules)))


def configured_kinds() -> tuple[RequestKind, ...]:
    """All kinds of the file, in its order."""
    return tuple(map(kind_from, configuration().kinds))


@cache
def kind_from(entry: ConfiguredKind) -> RequestKind:
    """One of them; the same entry gives the same kind."""
    approvers = AnyOf((Staff(), Groups(entry.approvers))) if entry.approvers else Staff()
    return RequestKind(
        key=entry.key,
        title=entry.title,
        description=entry.description,
        approvers=approvers,
        section=entry.section or _("Other"),
        scope=SCOPES[entry.project],
        form=form_of(entry),
        instructions=lambda _request: entry.instructions,
    )


def form_of(entry: ConfiguredKind) -> type[RequestValuesForm]:
    """A form with the fields of the entry."""
    fields = {item.name: field_of(item) for item in entry.fields}
    return type("ConfiguredForm", (RequestValuesForm,), fields)


def field_of(item: ConfiguredField) -> forms.Field:
    """One field, bounded in any case."""
    options: dict[str, Any] = {"label": item.label, "help_text": item.help, "required": item.required}
    match item.type:
        case "paragraph":
            area = forms.Textarea(attrs={"rows": 4})
            return TextField(max_length=MAX_PARAGRAPH, widget=area, **options)
        case "number":
            return NumberField(min_value=Decimal(str(item.minimum)), **options)
        case "choice":
            empty = [] if item.required else [("", "—")]
            return forms.ChoiceField(choices=[*empty, *((choice, choice) for choice in item.choices)], **options)
        case "date":
            return forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **options)
        case "email":
            return forms.EmailField(max_length=254, **options)
        case "yesno":
            return forms.BooleanField(**{**options, "required": False})
        case _:
            return forms.CharField(max_length=MAX_LINE, validators=[validate_visible_line], **options)
