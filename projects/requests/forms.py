"""What people type in a request, and what leads answer."""

import uuid
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Role
from projects.people.forms import joining_choices
from projects.requests.models import Request
from vre_portal.validators import validate_visible_text

MAX_TEXT_LENGTH = 4000
AT_MOST = format_lazy(_("At most {limit} characters."), limit=MAX_TEXT_LENGTH)


def text_field(label: Any, hint: Any, *, rows: int = 4, required: bool = True) -> forms.CharField:
    """A text of several lines without invisible characters."""
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(
        label=label, help_text=hint, max_length=MAX_TEXT_LENGTH, required=required, widget=widget, validators=[validate_visible_text]
    )


class JoinForm(forms.Form):
    """A request to join: which role, and why."""

    role = forms.ChoiceField(label=_("Role"), choices=joining_choices, initial=Role.MEMBER)
    text = text_field(_("Why do you want to join?"), _("The leads of the project see this with your name and e-mail address."))
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class CommentForm(forms.Form):
    """A comment, which decides nothing."""

    text = text_field(_("Comment"), AT_MOST, rows=3)
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class DecisionForm(forms.Form):
    """The answer: granted with a role, or declined with words."""

    GRANT, DECLINE = "grant", "decline"

    role = forms.ChoiceField(label=_("Role"), choices=joining_choices)
    text = text_field(_("Message to the person"), _("Required if you decline."), rows=3, required=False)
    decision = forms.ChoiceField(choices=[(GRANT, _("Grant request")), (DECLINE, _("Decline request"))], widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("decision") == self.DECLINE and not values.get("text") and "text" not in self.errors:
            self.add_error("text", gettext("A message is required to decline. Say why, so that the person knows what to do."))
        return values


class RequestFilterForm(forms.Form):
    """Which requests a list shows."""

    whose = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[("", _("all requests")), ("mine", _("my requests")), ("others", _("requests that I can answer"))],
    )
    state = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("any status")), *Request.State.choices])
