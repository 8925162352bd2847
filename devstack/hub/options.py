"""What a person may ask of a notebook session; everything in `user_options` can be forged, so all of it is checked."""

import re
from dataclasses import dataclass
from typing import Any

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
DID = re.compile(r"[A-Za-z0-9._-]{1,64}:[A-Za-z0-9._/+=@-]{1,250}")
MOST_DIDS = 100
LONGEST_TITLE = 200


class OptionsError(ValueError):
    """The options are not ones that this hub offers; the text says which."""


@dataclass(frozen=True)
class ProjectOptions:
    """The science project that a session is for."""

    project: str
    title: str
    dids: tuple[str, ...]


def read(options: dict[str, Any], server_name: str) -> ProjectOptions | None:
    """The checked options, None where there are none; raises OptionsError."""
    if not SLUG.fullmatch(server_name):
        raise OptionsError("A session here is named after a science project: small letters, digits and hyphens.")
    if not options:
        return None
    unknown = set(options) - {"project", "title", "dids"}
    if unknown:
        raise OptionsError("Only project, title and dids can be chosen.")
    if options.get("project") != server_name:
        raise OptionsError("The project and the name of the session differ.")
    return ProjectOptions(server_name, _title(options.get("title", server_name)), _dids(options.get("dids", [])))


def _title(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TITLE or not value.isprintable():
        raise OptionsError(f"The title is one line of text with at most {LONGEST_TITLE} characters.")
    return value.strip()


def _dids(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_DIDS:
        raise OptionsError(f"The data identifiers are a list of at most {MOST_DIDS}.")
    for did in value:
        if not isinstance(did, str) or not DID.fullmatch(did):
            raise OptionsError("A data identifier is written scope:name.")
    return tuple(value)
