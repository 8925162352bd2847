"""What a person says of a new token."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from vre_portal.iam.personal_tokens.models import MAX_NAME, Scope
from vre_portal.validators import validate_visible_line


class TokenForm(forms.Form):
    """Its name, what it allows, and for how long."""

    LASTS = (("7", _("7 days")), ("30", _("30 days")), ("90", _("90 days")), ("365", _("1 year")))
    name = forms.CharField(
        label=_("Name"), max_length=MAX_NAME, validators=[validate_visible_line], help_text=_("What it is for, such as “laptop”")
    )
    scopes = forms.MultipleChoiceField(
        label=_("Allows"), choices=Scope.choices, initial=[Scope.BASKET_READ, Scope.DATA_READ], widget=forms.CheckboxSelectMultiple
    )
    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, required=False)
    days = forms.TypedChoiceField(label=_("Valid for"), choices=LASTS, initial="30", coerce=int)
