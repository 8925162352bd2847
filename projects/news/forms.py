"""What is typed into a piece of news."""

import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.editing.fields import PictureField
from projects.news.models import MAX_TEXT, NewsItem
from vre_portal.moment_field import MomentField, same_minute
from vre_portal.validators import validate_visible_line


class NewsForm(forms.Form):
    """All of an item; `version` is the one that the writer saw, `key` that of the form."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    title = forms.CharField(label=_("Title"), max_length=200, validators=[validate_visible_line])
    text = forms.CharField(
        label=_("Text"),
        max_length=MAX_TEXT,
        strip=False,
        help_text=_("Markdown: lists, links, tables. HTML is shown as text. Lists of news show its first words."),
        widget=forms.Textarea(attrs={"rows": 12}),
    )
    publish_at = MomentField(label=_("Show from (UTC)"), help_text=_("Shown at once if left empty."))
    until = MomentField(label=_("Show until (UTC)"), help_text=_("Shown without an end if left empty."))
    picture = PictureField()
    picture_description = forms.CharField(
        label=_("Picture description"),
        max_length=300,
        required=False,
        help_text=_("Shown as the caption, and read aloud by screen readers."),
    )
    remove_picture = forms.BooleanField(label=_("Remove the picture"), required=False)

    def __init__(self, *args: Any, item: NewsItem | None = None, publishes: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.item, self.publishes = item, publishes
        if item is None or not item.picture:
            del self.fields["remove_picture"]

    @classmethod
    def of(cls, item: NewsItem | None) -> "NewsForm":
        """The form filled in with an item, or an empty one."""
        if item is None:
            return cls(initial={"key": uuid.uuid4(), "version": 0})
        names = ("key", "version", "title", "text", "until", "picture_description")
        begins = item.publish_at if item.is_published or item.publish_at > timezone.now() else None
        return cls(initial={**{name: getattr(item, name) for name in names}, "publish_at": begins}, item=item)

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n").rstrip()
        if not text:
            raise forms.ValidationError(gettext("Enter the text of the news."))
        return text

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        begins, until = self._begins(values.get("publish_at")), values.get("until")
        values["publish_at"] = begins
        if until is not None and until <= begins and "until" not in self.errors:
            self.add_error("until", gettext("This is not after the time from which the news are shown. Choose a later time."))
        has_picture = values.get("picture") or (self.item and self.item.picture and not values.get("remove_picture"))
        if has_picture and not values.get("picture_description", "").strip():
            self.add_error("picture_description", gettext("Describe the picture in a few words."))
        return values

    def _begins(self, typed: datetime | None) -> datetime:
        """The typed moment. Without one now, or the item's own where that is still meant; the form shows moments to the minute only."""
        if self.item is None:
            return typed or timezone.now()
        own = self.item.publish_at
        if typed is None:
            return timezone.now() if self.publishes and not self.item.is_published else own
        return own if same_minute(typed, own) else typed

    def facts(self) -> dict[str, Any]:
        """The fields of an item as they are to be stored."""
        names = ("title", "text", "publish_at", "until", "picture_description")
        return {**{name: self.cleaned_data[name] for name in names}, "is_published": self.publishes}
