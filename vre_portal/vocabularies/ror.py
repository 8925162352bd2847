"""Institutes by their identifiers in the Research Organization Registry: a shipped list, or the registry's file that the operator names."""

import csv
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

logger = logging.getLogger(__name__)
SHIPPED = Path(__file__).parent / "ror.tsv"
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's, without i, l, o and u
_WRITTEN = re.compile(r"(?:(?:https?://)?(?:www\.)?ror\.org/|ror:\s*)?(0[0-9a-hj-km-np-tv-z]{6}\d\d)/?", re.ASCII | re.I)


@dataclass(frozen=True)
class Institute:
    """An organisation of the registry."""

    identifier: str
    name: str
    other_names: tuple[str, ...] = ()  # acronyms, names in other languages
    country: str = ""


def check_digits(letters: str) -> str:
    """The two digits that end an identifier after its first seven characters (ISO 7064, MOD 97-10)."""
    number = 0
    for letter in letters:
        number = number * 32 + _ALPHABET.index(letter)
    return f"{98 - number * 100 % 97:02}"


def is_valid(identifier: str) -> bool:
    """Whether it has the form of an identifier, with the right check digits."""
    match = _WRITTEN.fullmatch(identifier)
    return match is not None and match[1] == identifier and check_digits(identifier[:7]) == identifier[7:]


def parse(text: str) -> str:
    """The identifier that a text or an address of ror.org is; empty where it is none or its check digits are wrong."""
    match = _WRITTEN.fullmatch(text.strip())
    identifier = match[1].lower() if match else ""
    return identifier if is_valid(identifier) else ""


def address(identifier: str) -> str:
    """The page of an organisation."""
    return f"https://ror.org/{identifier}"


def institute(identifier: str) -> Institute | None:
    """The organisation with this identifier, if the list has it."""
    return _registry()[0].get(identifier)


def by_name(name: str) -> Institute | None:
    """The organisation that the list has under this or another name, whatever its case; None where there is none or more than one."""
    return _registry()[1].get(_folded(name))


def institutes() -> list[Institute]:
    """All that the list has, by name."""
    return sorted(_registry()[0].values(), key=lambda item: item.name)


def _folded(name: str) -> str:
    return " ".join(name.casefold().replace("\u2019", "'").split())


@lru_cache(maxsize=1)
def _registry() -> tuple[dict[str, Institute], dict[str, Institute | None]]:
    """The organisations by identifier and by name; the shipped list where the operator's file cannot be read."""
    rows: list[Institute] = []
    if settings.ROR_FILE:
        try:
            rows = list(_operators(Path(settings.ROR_FILE)))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            logger.error("the file of ROR_FILE cannot be read, the shipped list is used: %s", type(error).__name__)
    found = {item.identifier: item for item in rows or _shipped() if is_valid(item.identifier)}
    names: dict[str, Institute | None] = {}
    for item in found.values():
        for name in {_folded(name) for name in (item.name, *item.other_names)} - {""}:
            names[name] = None if name in names else item
    for item in found.values():  # a name counts before the other names of another
        names[_folded(item.name)] = item
    return found, names


def _shipped() -> Iterator[Institute]:
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        for identifier, name, others, country in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield Institute(identifier, name, tuple(word for word in others.split("|") if word), country)


def _operators(path: Path) -> Iterator[Institute]:
    """The active organisations of a file of the registry, in version 1 or 2 of its schema; one bad record costs only itself."""
    for record in json.loads(path.read_text(encoding="utf-8")):
        try:
            item = _of_record(record)
        except (KeyError, TypeError, IndexError, AttributeError):
            continue
        if item is not None:
            yield item


def _of_record(record: dict[str, Any]) -> Institute | None:
    identifier = parse(str(record["id"]))
    if not identifier or record.get("status", "active") != "active":
        return None
    if "names" not in record:
        country = str(record.get("country", {}).get("country_code", ""))
        labels = [str(label["label"]) for label in record.get("labels", [])]
        others = (*map(str, record.get("acronyms", [])), *map(str, record.get("aliases", [])), *labels)
        return Institute(identifier, str(record["name"]), others, country)
    names = record["names"]
    shown = next((item["value"] for item in names if "ror_display" in item["types"]), names[0]["value"])
    others = tuple(str(item["value"]) for item in names if item["value"] != shown)
    places = record.get("locations") or [{}]
    return Institute(identifier, str(shown), others, str(places[0].get("geonames_details", {}).get("country_code", "")))
