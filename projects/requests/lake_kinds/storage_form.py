"""Forms about a storage element: they suggest those that the portal has noted, and refuse names that are none of them."""

import re
from typing import Any, override

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datalake.sites.recorded import recorded_storages
from projects.requests.lake_kinds.lakes import LakeForm, lakes
from vre_portal.services import Service, ServiceKind, service
from vre_portal.text import size

RSE_EXPRESSION = re.compile(r"[A-Za-z0-9_.=&|\\()*<>!~+ -]{1,255}")
_OPERATORS = frozenset("=&|\\()*<>!~+ ")
MAX_SUGGESTIONS = 300
HINT = gettext_lazy("The name of a storage element, or an RSE expression such as country=FR.")


class SuggestingInput(forms.TextInput):
    """A line of text with suggestions, each with a few words about it; anything else can be typed."""

    suggestions: tuple[tuple[str, str], ...] = ()

    @override
    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        key = f"{(attrs or {}).get('id') or name}_suggestions"
        field = super().render(name, value, {**(attrs or {}), "list": key}, renderer)
        options = format_html_join("", '<option value="{}">{}</option>', self.suggestions)
        return format_html('{}<datalist id="{}">{}</datalist>', field, key, options)


class StorageForm(LakeForm):
    """The base of forms about a storage element of a lake."""

    rse = forms.CharField(label=gettext_lazy("Storage element"), max_length=255, help_text=HINT, widget=SuggestingInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["rse"].widget.suggestions = tuple(suggestions())  # type: ignore[attr-defined]

    def clean_rse(self) -> str:
        text = " ".join(str(self.cleaned_data["rse"]).split())
        if not RSE_EXPRESSION.fullmatch(text):
            raise forms.ValidationError(_("This is no storage element and no RSE expression. Check the characters."))
        return text

    @override
    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "lake" in values and "rse" in values and (problem := problem_with(service(ServiceKind.RUCIO, values["lake"]), values["rse"])):
            self.add_error("rse", problem)
        return values


def suggestions() -> list[tuple[str, str]]:
    """The storage elements of all lakes that take data, with their free space."""
    known = [(lake, storage) for lake in lakes() for storage in recorded_storages(lake.name) if storage.is_writable]
    titles = len(lakes()) > 1
    return [(storage.rse, ", ".join(filter(None, (lake.title if titles else "", free_words(storage.free))))) for lake, storage in known][
        :MAX_SUGGESTIONS
    ]


def free_words(count: int | None) -> str:
    """What a storage has left; empty where it does not tell."""
    return "" if count is None else _("%(size)s free") % {"size": size(count)}


def is_expression(text: str) -> bool:
    """Whether it may stand for several storage elements."""
    return bool(_OPERATORS & set(text))


def problem_with(lake: Service, text: str) -> str:
    """Why this is no storage element of the lake; empty for an expression, which only Rucio can read, and where the portal has noted none."""
    known = {storage.rse for storage in recorded_storages(lake.name)}
    if is_expression(text) or not known or text in known:
        return ""
    message = _("%(lake)s has no storage element with this name. Choose one of the list; new ones are in it within an hour.")
    return message % {"lake": lake.title}
