"""What is said about files before they are sent."""

from typing import Any

from django import forms

MOST_KEYS = 20


def metadata_of(text: str) -> dict[str, Any]:
    """ "key = value", a line each; numbers stay numbers, truth values stay words (Rucio takes them for something else)."""
    found: dict[str, Any] = {}
    for line in filter(str.strip, text.splitlines()):
        key, separator, value = (part.strip() for part in line.partition("="))
        if not separator or not value or not key.replace("_", "").replace(".", "").replace("-", "").isalnum() or not key.isascii():
            raise forms.ValidationError(f"Write a line as key = value, the key in letters, digits and _: {line[:40]}")
        found[key[:60]] = _number(value[:300])
    if len(found) > MOST_KEYS:
        raise forms.ValidationError(f"At most {MOST_KEYS} keys.")
    return found


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

    scope = forms.ChoiceField(label="Scope", help_text="Yours, and those that your groups may write to.")
    rse = forms.ChoiceField(label="Storage", help_text="Where they are kept; copies elsewhere follow by rules.")
    dataset = forms.CharField(
        label="Dataset",
        required=False,
        max_length=250,
        strip=True,
        help_text="New or existing, in the same scope. The files are put into it.",
    )
    metadata = forms.CharField(
        label="Metadata",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "telescope = ARCA\nrun = 1245"}),
        help_text="key = value, a line each: said of the dataset, or of each file where there is none.",
    )
    file = forms.FileField(label="File", required=False, allow_empty_file=True)

    rename = forms.BooleanField(required=False, widget=forms.HiddenInput, label="Upload under the new name")

    def __init__(self, *args: Any, scopes: list[str], rses: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = [(name, name) for name in scopes]  # type: ignore[attr-defined]
        self.fields["rse"].choices = [(name, name) for name in rses]  # type: ignore[attr-defined]

    def offer_rename(self, words: str) -> None:
        """Say that the file would get another name, with a box to agree: nothing is sent under a name that nobody saw."""
        self.add_error("file", f"{words} Nothing was sent. Choose the file again and agree to the new name, or rename it first.")
        self.fields["rename"].widget = forms.CheckboxInput()

    def clean_metadata(self) -> dict[str, Any]:
        return metadata_of(self.cleaned_data.get("metadata") or "")
