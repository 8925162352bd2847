"""What staff enter for a banner."""

import uuid
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vre_portal.banners.models import MAX_LINK_TEXT, MAX_TEXT, Banner
from vre_portal.banners.services import BannerValues
from vre_portal.iam.groups import is_sound, normal
from vre_portal.moment_field import MomentField
from vre_portal.validators import say_limits, validate_visible_line

NAMES = tuple(BannerValues.__dataclass_fields__)


class BannerForm(forms.Form):
    """All of a banner; `seen` is the version that its writer saw, 0 for a new one, `key` the form's own."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Text"),
        max_length=MAX_TEXT,
        help_text=_("One line. Markdown: *emphasis*, **strong**, `code`, [link](https://example.org)."),
        validators=[validate_visible_line],
    )
    link = forms.URLField(label=_("Link"), max_length=500, required=False, assume_scheme="https", help_text=_("A page with more about it."))
    link_text = forms.CharField(
        label=_("Text of the link"),
        max_length=MAX_LINK_TEXT,
        required=False,
        help_text=_("“More” if left empty."),
        validators=[validate_visible_line],
    )
    severity = forms.ChoiceField(
        label=_("Severity"),
        choices=Banner.Severity.choices,
        help_text=_("People can dismiss information and warnings, but nothing that is critical."),
    )
    audience = forms.ChoiceField(label=_("Audience"), choices=Banner.Audience.choices)
    group = forms.CharField(
        label=_("IAM group"),
        max_length=200,
        required=False,
        help_text=_("For the audience “members of an IAM group”: its full name, such as experiment/analysis. Subgroups are not included."),
    )
    starts_at = MomentField(label=_("Show from (UTC)"), help_text=_("Shown at once if left empty."))
    ends_at = MomentField(label=_("Show until (UTC)"), help_text=_("Shown until you end it if left empty."))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        say_limits(self)

    @classmethod
    def of(cls, banner: Banner | None, *, is_copy: bool = False) -> "BannerForm":
        """The form filled in with a banner, or an empty one; a copy is a new banner without its times."""
        if banner is None:
            return cls(initial={"key": uuid.uuid4(), "seen": 0, "severity": Banner.Severity.INFO})
        values = {name: getattr(banner, name) for name in NAMES}
        if is_copy:
            return cls(initial={**values, "key": uuid.uuid4(), "seen": 0, "starts_at": None, "ends_at": None})
        return cls(initial={**values, "key": banner.key, "seen": banner.version})

    def clean_group(self) -> str:
        group = normal(str(self.cleaned_data["group"]))
        if group and not is_sound(group):
            raise forms.ValidationError(gettext("This is not the name of a group."))
        return group

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        begins, ends = values.get("starts_at"), values.get("ends_at")
        if ends and ends <= timezone.now():
            self.add_error("ends_at", gettext("This is in the past. Choose a later time."))
        elif begins and ends and ends <= begins:
            self.add_error("ends_at", gettext("The end is not after the beginning. Choose a later time."))
        is_for_group = values.get("audience") == Banner.Audience.GROUP
        if is_for_group and not values.get("group") and "group" not in self.errors:
            self.add_error("group", gettext("Enter the name of the group."))
        if not is_for_group:
            values["group"] = ""
        return values

    @property
    def values(self) -> BannerValues:
        """The cleaned values, for the services."""
        return BannerValues(**{name: self.cleaned_data[name] for name in NAMES})
