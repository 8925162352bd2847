"""The form of an upload."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

MAX_KEYS = 20


def metadata_of(text: str) -> dict[str, Any]:
    """ "key = value", a line each; numbers stay numbers, truth values stay words (Rucio takes them for something else)."""
    values: dict[str, Any] = {}
    for line in filter(str.strip, text.splitlines()):
        key, separator, value = (part.strip() for part in line.partition("="))
        if not separator or not value or not key.replace("_", "").replace(".", "").replace("-", "").isalnum() or not key.isascii():
            text = gettext(
                "Write each line as “key = value”, with letters, digits and . _ - in the key. This line cannot be read: %(line)s"
            )
            raise forms.ValidationError(text % {"line": line[:40]})
        values[key[:60]] = _number(value[:300])
    if len(values) > MAX_KEYS:
        raise forms.ValidationError(gettext("Too many keys. At most %(count)s are allowed.") % {"count": MAX_KEYS})
    return values


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        return value if value == value and abs(value) < 2**53 else text
    return text


class UploadForm(forms.Form):
    """Where the files go; without JavaScript also one small file."""

    is_stopped = False  # whether it was refused because uploads are stopped

    scope = forms.ChoiceField(label=_("Scope"), help_text=_("Your own scopes, and those that your groups can write to."))
    rse = forms.ChoiceField(label=_("Storage element"), help_text=_("Where the files are stored. Rules can add copies at other sites."))
    dataset = forms.CharField(
        label=_("Dataset"),
        required=False,
        max_length=250,
        strip=True,
        help_text=_("New or existing, in the same scope. The files are added to it."),
    )
    metadata = forms.CharField(
        label=_("Metadata"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "telescope = ARCA\nrun = 1245"}),
        help_text=_("One “key = value” per line. Stored for the dataset or, without a dataset, for each file."),
    )
    file = forms.FileField(label=_("File"), required=False, allow_empty_file=True)

    rename = forms.BooleanField(required=False, widget=forms.HiddenInput, label=_("Upload under the new name"))

    def __init__(self, *args: Any, scopes: list[str], rses: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = [(name, name) for name in scopes]  # type: ignore[attr-defined]
        self.fields["rse"].choices = [(name, name) for name in rses]  # type: ignore[attr-defined]

    def offer_rename(self, words: str) -> None:
        """Say that the file would get another name, with a box to accept it: nothing is sent under a name that the person has not seen."""
        text = gettext("%(reason)s Nothing was uploaded. Choose the file again and accept the new name, or rename the file first.")
        self.add_error("file", text % {"reason": words})
        self.fields["rename"].widget = forms.CheckboxInput()

    def clean_metadata(self) -> dict[str, Any]:
        return metadata_of(self.cleaned_data.get("metadata") or "")
