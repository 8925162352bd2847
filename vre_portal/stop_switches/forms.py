"""What staff enter to stop an action."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vre_portal.moment_field import MomentField
from vre_portal.stop_switches.models import MAX_REASON, StopSwitch
from vre_portal.validators import say_limits, validate_visible_line


class StopForm(forms.Form):
    """Reason and times; `seen` is the version of the switch that its writer saw, 0 for a new one."""

    seen = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_REASON,
        help_text=_("Everybody can read it, also on the public status page. For example: “Upgrade of the cluster.”"),
        validators=[validate_visible_line],
    )
    starts_at = MomentField(label=_("From (UTC)"), help_text=_("At once if left empty."))
    until = MomentField(label=_("Until (UTC)"), help_text=_("Until somebody ends the stop if left empty."))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        say_limits(self)

    @classmethod
    def of(cls, switch: StopSwitch | None) -> "StopForm":
        """The form filled in with a switch, or an empty one."""
        if switch is None:
            return cls(initial={"seen": 0})
        return cls(initial={"seen": switch.version, "reason": switch.reason, "starts_at": switch.starts_at, "until": switch.until})

    def clean_until(self) -> datetime | None:
        until: datetime | None = self.cleaned_data["until"]
        if until is not None and until <= timezone.now():
            raise forms.ValidationError(gettext("This is in the past. Choose a later time."))
        return until

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        begins, until = values.get("starts_at"), values.get("until")
        if begins and until and until <= begins:
            self.add_error("until", gettext("The end is not after the beginning. Choose a later time."))
        return values
