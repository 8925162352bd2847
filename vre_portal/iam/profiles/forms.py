"""What people type about themselves."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vre_portal.iam.profiles.models import FIELDS, Profile
from vre_portal.pasted_text import TextField
from vre_portal.validators import validate_visible_line
from vre_portal.vocabularies import orcid as orcids

MAX_LINES, MAX_LINE_LENGTH, MAX_TEXT_LENGTH = 30, 60, 1000
LINES_HINT = _("One per line, at most {lines} lines of {characters} characters.")


class ShortLinesField(forms.CharField):
    """A list of short words, one per line."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.Textarea(attrs={"rows": 4}))
        hint = format_lazy(LINES_HINT, lines=MAX_LINES, characters=MAX_LINE_LENGTH)
        super().__init__(required=False, help_text=hint, **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = [" ".join(line.split()) for line in str(super().to_python(value) or "").splitlines()]
        return list(dict.fromkeys(line for line in lines if line))

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > MAX_LINES or any(len(line) > MAX_LINE_LENGTH for line in value):
            message = gettext("Enter at most %(lines)s lines of at most %(characters)s characters each.")
            raise ValidationError(message % {"lines": MAX_LINES, "characters": MAX_LINE_LENGTH})
        for line in value:
            validate_visible_line(line)

    def run_validators(self, value: Any) -> None:
        """All was checked line by line."""


def text_field(label: Any, hint: Any) -> TextField:
    """A text of several lines."""
    widget = forms.Textarea(attrs={"rows": 3})
    return TextField(label=label, help_text=hint, max_length=MAX_TEXT_LENGTH, required=False, widget=widget)


class ProfileForm(forms.Form):
    """One's own profile, with the version that the person saw."""

    audience = forms.ChoiceField(
        label=_("Who can see your profile?"), choices=Profile.Audience.choices, initial=Profile.Audience.NOBODY, widget=forms.RadioSelect
    )
    institute = forms.CharField(label=_("Institute"), max_length=200, required=False, validators=[validate_visible_line])
    orcid = forms.CharField(
        label=_("ORCID iD"), max_length=60, required=False, help_text=_("For example 0000-0002-1825-0097, or its address at orcid.org.")
    )
    expertise = ShortLinesField(label=_("Expertise"))
    languages = ShortLinesField(label=_("Languages"))
    offers = text_field(_("What I can help with"), _("For example “Gammapy, IRFs, first steps with Rucio”."))
    asks = text_field(_("What I am looking for"), _("For example “somebody who knows likelihood fits”."))
    version = forms.CharField(max_length=40, widget=forms.HiddenInput)

    @classmethod
    def of(cls, profile: Profile) -> "ProfileForm":
        form = cls(initial={name: getattr(profile, name) for name in FIELDS} | {"version": profile.version})
        form.leave_out_verified(profile)
        return form

    def leave_out_verified(self, profile: Profile) -> None:
        """No field for an iD that the IAM has verified."""
        if profile.user.orcid:
            del self.fields["orcid"]

    def clean_orcid(self) -> str:
        typed = str(self.cleaned_data["orcid"])
        orcid = orcids.parse(typed)
        if typed and not orcid:
            raise ValidationError(
                gettext("This is not an ORCID iD: 16 digits, of which the last is a check digit. Copy it from orcid.org.")
            )
        return orcid

    def values(self, profile: Profile) -> dict[str, Any]:
        """What is to be saved; a field that the form does not have stays as it is."""
        return {name: self.cleaned_data.get(name, getattr(profile, name)) for name in FIELDS}
