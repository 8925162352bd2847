"""What a project's lists hold: where its money comes from, whom to ask, which institutes take part. Validators for the columns that keep them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from vre_portal.secret_addresses import holds_secret
from vre_portal.text import is_storable
from vre_portal.vocabularies import ror

MAX_ITEMS, MAX_TEXT = 60, 200


@dataclass(frozen=True)
class Funding:
    """A grant: who pays, under which number, for what."""

    funder: str
    number: str = ""
    title: str = ""

    @classmethod
    def of(cls, row: Mapping[str, str]) -> "Funding":
        return cls(row["funder"], row.get("number", ""), row.get("title", ""))


@dataclass(frozen=True)
class Contact:
    """Whom to ask: a person or a list, what for, and where."""

    name: str
    role: str = ""
    address: str = ""

    @classmethod
    def of(cls, row: Mapping[str, str]) -> "Contact":
        return cls(row["name"], row.get("role", ""), row.get("address", ""))

    @property
    def url(self) -> str:
        """Where the address leads: to a mail or to a page; empty where it is neither."""
        return f"mailto:{self.address}" if is_email(self.address) else self.address if is_web_address(self.address) else ""


@dataclass(frozen=True)
class ProjectInstitute:
    """An institute by name, with its identifier in ROR where it is known."""

    name: str
    ror: str = ""

    @property
    def url(self) -> str:
        return ror.address(self.ror) if self.ror else ""


def is_email(text: str) -> bool:
    """Whether the text is an e-mail address."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def is_web_address(text: str) -> bool:
    """Whether the text is the address of a web page, without a name and password in it."""
    if not re.fullmatch(r"https?://[^\s<>\"'\\]{3,490}", text, re.IGNORECASE):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.username is None and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def validate_no_secret(value: str) -> None:
    """Refuses an address that lets in anyone who reads it: pages show it to others."""
    if holds_secret(value):
        raise ValidationError(_("This address contains a secret, such as a token or a signature. Remove it from the address."))


def validate_web_address(value: str) -> None:
    """Refuses what is no address of a web page, and one that holds a secret."""
    validate_no_secret(value)
    if not is_web_address(value):
        raise ValidationError(_("Enter a web address that starts with https:// or http://."))


def validate_texts(value: Any) -> None:
    """Refuses what is no list of short texts."""
    if not isinstance(value, list) or len(value) > MAX_ITEMS or not all(_is_text(item) for item in value):
        message = _("Enter a list of at most %(items)s texts of at most %(characters)s characters each.")
        raise ValidationError(message % {"items": MAX_ITEMS, "characters": MAX_TEXT})


def validate_funding(value: Any) -> None:
    """Refuses what is no list of grants."""
    _validate_rows(value, "funder", ("funder", "number", "title"))


def validate_contacts(value: Any) -> None:
    """Refuses what is no list of contacts."""
    _validate_rows(value, "name", ("name", "role", "address"))


def validate_rors(value: Any) -> None:
    """Refuses what is no table from names of institutes to identifiers in ROR."""
    if (
        not isinstance(value, dict)
        or len(value) > MAX_ITEMS
        or not all(_is_text(name) and ror.is_valid(str(found)) for name, found in value.items())
    ):
        raise ValidationError(_("Enter a ROR identifier for each institute, such as 01js2sh04."))


def _validate_rows(value: Any, required: str, names: tuple[str, ...]) -> None:
    fits = isinstance(value, list) and len(value) <= MAX_ITEMS and all(isinstance(row, dict) for row in value)
    if not fits or not all(set(row) <= set(names) and row.get(required) and all(map(_is_text, row.values())) for row in value):
        message = _("Enter a list of at most %(items)s entries with the fields %(fields)s; %(required)s is required.")
        raise ValidationError(message % {"items": MAX_ITEMS, "fields": ", ".join(names), "required": required})


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT and is_storable(value)
