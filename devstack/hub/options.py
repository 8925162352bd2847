"""What a person may ask of a notebook session; everything in `user_options` can be forged, so all of it is checked."""

import re
from dataclasses import dataclass, field
from typing import Any

from devstack.hub import wishes
from devstack.hub.offer import offered
from devstack.hub.wishes import Wishes
from projects.notebooks.server_names import belongs_to

NAMES = wishes.NAMES | {"project", "title", "dids", "chosen", "further", "more", "environment"}
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
PROJECT = re.compile(r"[A-Za-z0-9_-]{1,60}")
DID = re.compile(r"(?P<scope>[^\s:/]{1,64}):(?P<name>[^\0]{1,500})")
ENVIRONMENT = re.compile(r"[a-z0-9_-]{1,80}")
TYPES = ("FILE", "DATASET", "CONTAINER")
MOST_DIDS, MOST_FURTHER = 100, 20
LONGEST_TITLE = 200
LONGEST_SHOWN = 300  # of what is no data identifier
MOST_COUNTED = 10**9


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
    more: int = 0  # data that are not in the list, because it is long enough
    unreadable: tuple[str, ...] = ()  # what stands in the list and is no data identifier
    environment: str = ""  # its name; the portal says before the start whether it is listed, and with which image
    further: tuple[Chosen, ...] = ()  # of which each gets a notebook, too
    wishes: Wishes = field(default_factory=Wishes)


def read(options: dict[str, Any], server_name: str) -> ProjectOptions | None:
    """The checked options, None where there are none; raises OptionsError."""
    if not SLUG.fullmatch(server_name):
        raise OptionsError("The name of a session is that of a science project: lower-case letters, digits and hyphens.")
    if not options:
        return None
    unknown = set(options) - NAMES
    if unknown:
        raise OptionsError(f"The only options are {', '.join(sorted(NAMES))}.")
    project = options.get("project")
    if not isinstance(project, str) or not PROJECT.fullmatch(project) or not belongs_to(server_name, project):
        raise OptionsError("The name of the session is not that of the project.")
    title, dids = _title(options.get("title", project)), _dids(options.get("dids", []))
    good = tuple(did for did in dids if DID.fullmatch(did) and did == _clean(did))
    bad = tuple(_clean(did)[:LONGEST_SHOWN] for did in dids if did not in good)
    try:
        wished = wishes.read(options, offered())
    except wishes.WishError as error:
        raise OptionsError(str(error)) from None
    more, further = _more(options.get("more", 0)), _further(options.get("further", []))
    chosen, environment = _chosen(options.get("chosen")), _environment(options.get("environment", ""))
    return ProjectOptions(project, title, good, chosen, more, bad, environment, further, wished)


def _title(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TITLE or not value.isprintable():
        raise OptionsError(f"The title must be one line of text with at most {LONGEST_TITLE} characters.")
    return value.strip()


def _dids(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_DIDS:
        raise OptionsError(f"dids must be a list of at most {MOST_DIDS} data identifiers.")
    if not all(isinstance(did, str) for did in value):
        raise OptionsError("Each data identifier must be a text.")
    return tuple(value)


def _environment(value: Any) -> str:
    if not isinstance(value, str) or (value and not ENVIRONMENT.fullmatch(value)):
        raise OptionsError("environment must be the name of an environment of the catalogue.")
    return value


def _more(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MOST_COUNTED:
        raise OptionsError("more must be a number, zero or larger.")
    return value


def _chosen(value: Any) -> Chosen | None:
    """Any name that a lake may have: it is put into files only as a literal that nothing can break out of."""
    if value is None:
        return None
    did = value.get("did") if isinstance(value, dict) else None
    found = DID.fullmatch(did) if isinstance(did, str) and did == _clean(did) else None
    if found is None or set(value) != {"did", "type"} or value["type"] not in TYPES:
        raise OptionsError("chosen must be a data identifier with its type.")
    return Chosen(found["scope"], found["name"], value["type"])


def _further(value: Any) -> tuple[Chosen, ...]:
    if not isinstance(value, list) or len(value) > MOST_FURTHER:
        raise OptionsError(f"further must be a list of at most {MOST_FURTHER} data identifiers with their types.")
    return tuple(found for item in value if (found := _chosen(item)))


def _clean(text: str) -> str:
    """The text without halves of characters, which no file can hold."""
    return text.encode(errors="replace").decode()
