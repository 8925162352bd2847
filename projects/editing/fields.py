"""Fields of the settings form that hold lists: one entry per line, its parts separated by a bar."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.editing import pictures
from projects.models.details import MAX_ITEMS, MAX_TEXT, is_email, is_web_address, validate_no_secret
from vre_portal.secret_addresses import holds_secret
from vre_portal.validators import TOO_LONG, validate_visible_line
from vre_portal.vocabularies import ror, spdx

BAR = "|"
# An entry of a line: up to a semicolon or a comma, but not in brackets or before a version, as in `ctapipe>=0.19,<0.22`.
_ENTRY = re.compile(r"(?:\([^()]*\)|\[[^\[\]]*\]|[^,;]|,(?=\s*[<>=!~]))+")
_BULLET = re.compile(r"^\s*(?:[-*•·–—]|\d{1,2}[.)])\s+")
NOTHING = frozenset({"", "none", "n/a", "na", "no", "nil", "nothing", "not applicable", "-", "--", "–", "—"})


class LinesField(forms.CharField):
    """A list of texts, one per line; the same text twice is one."""

    max_line = MAX_TEXT

    def __init__(self, *, rows: int = 3, commas: bool = False, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), required=False, **options)
        self.commas = commas  # whether a comma ends an entry, too

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = str(super().to_python(value) or "")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if self.commas:
            found = [part.strip() for line in lines for part in self.entries(_BULLET.sub("", line), is_alone=len(lines) == 1)]
            lines = [entry for entry in found if entry.casefold().rstrip(".") not in NOTHING]
        return list(dict.fromkeys(lines))

    def entries(self, line: str, *, is_alone: bool) -> list[str]:
        """The entries of a line of a list that takes commas; `is_alone` where there is no other line."""
        return _ENTRY.findall(line)

    def validate(self, value: Any) -> None:
        super().validate(value)
        longest = max((len(line) for line in value), default=0)
        if len(value) > MAX_ITEMS:
            message = gettext("Enter at most %(limit)s lines. Your text has %(lines)s.")
            raise forms.ValidationError(message % {"limit": MAX_ITEMS, "lines": len(value)})
        if longest > self.max_line:
            message = gettext("Enter at most %(limit)s characters per line. Your longest line has %(characters)s.")
            raise forms.ValidationError(message % {"limit": self.max_line, "characters": longest})

    def run_validators(self, value: Any) -> None:
        super().run_validators("\n".join(value))
        for line in value:
            validate_visible_line(line)


class RowsField(LinesField):
    """A list of entries with several parts: each line is an entry, a bar separates its parts, of which the first is required."""

    max_line = 3 * MAX_TEXT + 20

    def __init__(self, *parts: str, **options: Any) -> None:
        super().__init__(**options)
        self.parts = parts

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        lines = ([row.get(part, "") for part in self.parts] for row in value)
        return "\n".join(f" {BAR} ".join(parts).rstrip(f" {BAR}") for parts in lines)

    def clean(self, value: Any) -> Any:
        return [self.row(number, line) for number, line in enumerate(super().clean(value), 1)]

    def row(self, number: int, line: str) -> dict[str, str]:
        """The entry of a line; raises ValidationError, with the number of the line, where it has too many parts or lacks the first."""
        parts = [part.strip() for part in line.split(BAR)]
        if len(parts) > len(self.parts) or not parts[0]:
            message = gettext("Line %(number)s: separate up to %(count)s parts with “|”. The first part is required.")
            raise forms.ValidationError(message % {"number": number, "count": len(self.parts)})
        longest = max(map(len, parts))
        if longest > MAX_TEXT:
            message = gettext("Line %(number)s: enter at most %(limit)s characters per part. Your longest part has %(characters)s.")
            raise forms.ValidationError(message % {"number": number, "limit": MAX_TEXT, "characters": longest})
        return {name: part for name, part in zip(self.parts, parts, strict=False) if part}


class ContactsField(RowsField):
    """Contacts: name, role, e-mail address or web address."""

    def row(self, number: int, line: str) -> dict[str, str]:
        """The contact of a line; a web address or an e-mail address may follow the name directly."""
        row = super().row(number, line)
        if "address" not in row and (is_email(row.get("role", "")) or is_web_address(row.get("role", ""))):
            row["address"] = row.pop("role")
        address = row.get("address", "")
        if address and not is_email(address) and not is_web_address(address):
            message = gettext("Line %(number)s: “%(address)s” is neither an e-mail address nor a web address.")
            raise forms.ValidationError(message % {"number": number, "address": address})
        if holds_secret(address):
            message = gettext("Line %(number)s: the address contains a secret, such as a token or a signature. Remove it from the address.")
            raise forms.ValidationError(message % {"number": number})
        return row


class InstitutesField(RowsField):
    """Institutes: name and identifier in ROR. A name that the list has gets its identifier; an identifier that it has gets its name."""

    def entries(self, line: str, *, is_alone: bool) -> list[str]:
        """Addresses have commas, too: only a single line of which all parts are in the list, or identifiers, is several institutes."""
        parts = [part.strip() for part in super().entries(line, is_alone=is_alone)]
        is_list = all(ror.by_name(part) or ror.parse(part) for part in parts) and not ror.by_name(line.strip())
        return parts if is_alone and is_list else line.split(";")

    def row(self, number: int, line: str) -> dict[str, str]:
        """The institute of a line, which may be a name, an identifier, or both."""
        row = super().row(number, line)
        name, written = row["name"], row.get("ror", "")
        if written:
            return {"name": name, "ror": self._identifier(number, written)}
        if ror.parse(name) or "ror.org/" in name.lower():
            identifier = self._identifier(number, name)
            listed = ror.institute(identifier)
            if listed is None:
                message = gettext("Line %(number)s: enter the name too, as “Name | %(identifier)s”. The portal's list does not have it.")
                raise forms.ValidationError(message % {"number": number, "identifier": identifier})
            return {"name": listed.name, "ror": identifier}
        listed = ror.by_name(name)
        return {"name": name, "ror": listed.identifier} if listed else {"name": name}

    @staticmethod
    def _identifier(number: int, written: str) -> str:
        identifier = ror.parse(written)
        if not identifier:
            message = gettext("Line %(number)s: “%(text)s” is not a ROR identifier. Check it for typing errors.")
            raise forms.ValidationError(message % {"number": number, "text": written})
        return identifier


class LicenceField(forms.CharField):
    """A licence as an SPDX expression. A text that the project already has is kept, whatever it is."""

    kept = ""  # set by the form

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if not text or text == self.kept:
            return text
        expression = spdx.canonical(text)
        if not expression:
            message = gettext(
                "This is not an SPDX licence expression. Enter an identifier such as CC-BY-4.0, or several joined by OR or AND."
            )
            raise forms.ValidationError(message)
        return expression


class WebAddressField(forms.CharField):
    """The address of a web page."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=500, required=False, widget=forms.URLInput(), error_messages={"max_length": TOO_LONG}, **options)

    def validate(self, value: Any) -> None:
        super().validate(value)
        validate_no_secret(value)
        if value and not is_web_address(value):
            raise forms.ValidationError(gettext("Enter a web address that starts with https:// or http://."))


class PictureField(forms.FileField):
    """A picture, reduced and without camera data: its bytes and suffix, or None where no file was chosen."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Picture"),
            required=False,
            help_text=_("JPEG, PNG or WebP, at most 10 MB and 40 million pixels. Location and camera data are removed."),
            widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        )

    def clean(self, data: Any, initial: Any = None) -> tuple[bytes, str] | None:
        upload = super().clean(data, initial)
        if not upload:
            return None
        if upload.size > pictures.LARGEST:
            raise forms.ValidationError(gettext("The file is larger than 10 MB. Choose a smaller one."))
        try:
            return pictures.redrawn(upload)
        except pictures.NotAPicture as why:
            raise forms.ValidationError(str(why)) from why
