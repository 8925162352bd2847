"""What people type about baskets."""

import uuid
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from projects.baskets.models import MAX_NAME, MAX_NOTE, Basket
from projects.models import Project
from vre_portal import things
from vre_portal.iam.models import User
from vre_portal.text import number_of
from vre_portal.validators import validate_visible_line, validate_visible_text

MAX_WORDS = 200  # characters
MAX_CHOSEN = 1000  # items that a form or an address names
DIRECTIONS = (("up", _("Move up")), ("down", _("Move down")), ("top", _("Move to top")), ("bottom", _("Move to bottom")))


class BasketForm(forms.Form):
    """The name of a basket, and the project that it is for."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME, validators=[validate_visible_line])
    project = forms.ModelChoiceField(label=_("Project"), queryset=Project.objects.none(), required=False, empty_label=_("No project"))

    def __init__(self, data: Any = None, *, user: User, basket: Basket | None = None, project: Project | None = None) -> None:
        """`project` is the one that a new basket is offered for."""
        now = {"name": basket.name, "project": basket.project_id} if basket else {}
        now |= {"name": project.title[:MAX_NAME], "project": project.pk} if project else {}
        super().__init__(data, initial=now, auto_id=f"id_{basket.pk if basket else 'new'}_%s")
        field = self.fields["project"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 -- for the type checker
        offered = Q(pk__in=Project.objects.mine(user).values("pk"))
        seen = Project.objects.visible_to(user)
        field.queryset = seen.filter(offered | Q(pk=now.get("project"))).order_by("title")
        self.hidden_project = None  # kept, where the person no longer sees the one that it is for: nothing on the page names it
        if basket and basket.project_id and not seen.filter(pk=basket.project_id).exists():
            self.hidden_project = basket.project

    def clean_project(self) -> Project | None:
        """The project that was chosen; the present one where the form could not show it."""
        return self.cleaned_data["project"] or self.hidden_project


class NoteForm(forms.Form):
    """What a person notes about an item."""

    note = forms.CharField(
        label=_("Note"), max_length=MAX_NOTE, required=False, validators=[validate_visible_text], widget=forms.Textarea({"rows": 3})
    )


class ShareForm(forms.Form):
    """How long a link works."""

    LASTS = (("7", _("7 days")), ("30", _("30 days")), ("365", _("1 year")), ("never", _("until revoked")))
    days = forms.TypedChoiceField(
        label=_("Link works for"), choices=LASTS, initial="30", coerce=lambda days: None if days == "never" else int(days)
    )
    key = forms.UUIDField(required=False, initial=uuid.uuid4, widget=forms.HiddenInput)  # the same of a form that is sent twice


class FilterForm(forms.Form):
    """Which items of a basket are listed, and in which order."""

    SORTS = (("", _("Own order")), ("newest", _("Newest first")), ("name", _("Name")))
    q = forms.CharField(max_length=MAX_WORDS, required=False)
    kind = forms.ChoiceField(choices=(), required=False)
    sort = forms.ChoiceField(choices=SORTS, required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        kinds = [("", _("All kinds")), *((kind.name, kind.label) for kind in things.kinds())]
        self.fields["kind"] = forms.ChoiceField(choices=kinds, required=False)

    def chosen(self) -> dict[str, str]:
        """The values that make sense; what was mistyped in an address filters nothing."""
        self.is_valid()
        return {name: value.strip() for name, value in self.cleaned_data.items() if value.strip()}


def item_numbers(sent: QueryDict) -> list[int]:
    """The items that a form or an address names; what is no number is none."""
    return [number for value in sent.getlist("item")[:MAX_CHOSEN] if (number := number_of(value))]


class ItemsForm(forms.Form):
    """What is to be done with the items that were selected."""

    ACTS = (
        ("", _("Choose…")),
        ("remove", pgettext_lazy("from the basket", "Remove")),
        *DIRECTIONS,
        ("copy", _("Copy to another basket")),
        ("as", _("Use as…")),
    )
    act = forms.ChoiceField(choices=ACTS, error_messages={"required": _("Choose what to do first.")})
    item = forms.TypedMultipleChoiceField(coerce=int, error_messages={"required": _("Select items first.")})
    to = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        sent = item_numbers(data)
        field = self.fields["item"]
        assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101 -- for the type checker
        field.choices = [(value, value) for value in sent]
