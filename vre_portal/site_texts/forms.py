"""What staff type into a text."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vre_portal.pasted_text import TextField
from vre_portal.site_texts.blocks import TextBlock
from vre_portal.validators import validate_visible_line


class BlockForm(forms.Form):
    """The text, with the number of the version that its writer saw."""

    seen = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, block: TextBlock, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        widget: forms.Widget = forms.TextInput() if block.is_line else forms.Textarea(attrs={"rows": 14})
        self.fields["text"] = (forms.CharField if block.is_line else TextField)(
            label=_("Text"),
            help_text=str(block.help),
            max_length=block.max_length,
            required=block.is_line,
            strip=block.is_line,
            widget=widget,
            validators=[validate_visible_line] if block.is_line else [],
        )

    def clean_text(self) -> str:
        """With the line ends of the database."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n").rstrip()


class RestoreForm(forms.Form):
    """Which version to restore over which: 0 is the text before the first edit."""

    number = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    seen = forms.IntegerField(min_value=0, max_value=2**31 - 1)
