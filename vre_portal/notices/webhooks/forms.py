"""What people type for a webhook."""

import uuid
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vre_portal.address_guard import AddressRefused, check_address
from vre_portal.notices.kinds import project_kinds
from vre_portal.notices.webhooks.models import Webhook
from vre_portal.notices.webhooks.sending import named_hosts
from vre_portal.validators import validate_title


class WebhookForm(forms.Form):
    """Title, address, and for a project the kinds of events; a person chooses kinds among the settings of notices."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)  # that its writer saw
    title = forms.CharField(
        label=_("Title"),
        max_length=100,
        validators=[validate_title],
        help_text=_("For your own lists, such as “Nightly pipeline”."),
    )
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("Where events are sent to, such as https://chat.example.org/hooks/1. Public https addresses only."),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    message_format = forms.ChoiceField(label=_("Format"), choices=Webhook.Format.choices, widget=forms.RadioSelect)
    kinds = forms.MultipleChoiceField(
        label=_("Events"), widget=forms.CheckboxSelectMultiple, error_messages={"required": _("Choose at least one kind of event.")}
    )

    def __init__(self, *args: Any, has_kinds: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.has_kinds = has_kinds
        if not has_kinds:
            del self.fields["kinds"]
            return
        self.fields["kinds"].choices = [(kind.key, kind.project_title or kind.title) for kind in project_kinds()]  # type: ignore[attr-defined]

    @classmethod
    def of(cls, webhook: Webhook | None, *, has_kinds: bool) -> "WebhookForm":
        """The form filled in with a webhook, or an empty one."""
        if webhook is None:
            return cls(initial={"key": uuid.uuid4(), "message_format": Webhook.Format.EVENT}, has_kinds=has_kinds)
        names = ("key", "version", "title", "url", "message_format", "kinds")
        return cls(initial={name: getattr(webhook, name) for name in names}, has_kinds=has_kinds)

    def sections(self) -> Iterator[tuple[str, list[Any]]]:
        """The checkboxes of the kinds under the headings of their sections."""
        found: dict[str, list[Any]] = {}
        for kind, box in zip(project_kinds(), self["kinds"], strict=True):
            found.setdefault(str(kind.section), []).append(box)
        yield from found.items()

    def clean_url(self) -> str:
        text = str(self.cleaned_data["url"]).split("#")[0]
        try:
            return check_address(text, named_hosts())
        except AddressRefused as refused:
            raise forms.ValidationError(str(refused)) from None

    def facts(self) -> dict[str, Any]:
        """What is stored of it."""
        names = ("title", "url", "message_format")
        return {**{name: self.cleaned_data[name] for name in names}, "kinds": self.cleaned_data.get("kinds", [])}
