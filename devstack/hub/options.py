"""What a person may ask of a notebook session; everything in `user_options` can be forged, so all of it is checked."""

import re
from dataclasses import dataclass
from typing import Any

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
DID = re.compile(r"(?P<scope>[^\s:/]{1,64}):(?P<name>[^\0]{1,250})")
TYPES = ("FILE", "DATASET", "CONTAINER")
MOST_DIDS = 100
LONGEST_TITLE = 200


class OptionsError(ValueError):
    """The options are not ones that this hub offers; the text says which."""


@dataclass(frozen=True)
class Chosen:
    """Something of the Data Lake that the session shall begin with."""

    scope: str
    name: str
    type: str


@dataclass(frozen=True)
class ProjectOptions:
    """The science project that a session is for."""

    project: str
    title: str
    dids: tuple[str, ...]
    chosen: Chosen | None = None


def read(options: dict[str, Any], server_name: str) -> ProjectOptions | None:
    """The checked options, None where there are none; raises OptionsError."""
    if not SLUG.fullmatch(server_name):
        raise OptionsError("A session here is named after a science project: small letters, digits and hyphens.")
    if not options:
        return None
    unknown = set(options) - {"project", "title", "dids", "chosen"}
    if unknown:
        raise OptionsError("Only project, title, dids and chosen are options.")
    if options.get("project") != server_name:
        raise OptionsError("The project and the name of the session differ.")
    title, dids = _title(options.get("title", server_name)), _dids(options.get("dids", []))
    return ProjectOptions(server_name, title, dids, _chosen(options.get("chosen")))


def _title(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TITLE or not value.isprintable():
        raise OptionsError(f"The title is one line of text with at most {LONGEST_TITLE} characters.")
    return value.strip()


def _dids(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_DIDS:
        raise OptionsError(f"The data identifiers are a list of at most {MOST_DIDS}.")
    for did in value:
        if not isinstance(did, str) or not did.isprintable() or not DID.fullmatch(did):
            raise OptionsError("A data identifier is written scope:name.")
    return tuple(value)


def _chosen(value: Any) -> Chosen | None:
    """Any name that a lake may have: it is put into files only as a literal that nothing can break out of."""
    if value is None:
        return None
    did = value.get("did") if isinstance(value, dict) else None
    found = DID.fullmatch(did) if isinstance(did, str) and did == _clean(did) else None
    if found is None or set(value) != {"did", "type"} or value["type"] not in TYPES:
        raise OptionsError("What is chosen is a data identifier with its type.")
    return Chosen(found["scope"], found["name"], value["type"])


def _clean(text: str) -> str:
    """The text without halves of characters, which no file can hold."""
    return text.encode(errors="replace").decode()
