"""Launch links of REANA, as its badges have them: the repository, the specification in it, a name and values of parameters."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.utils.translation import gettext as _

from vre_portal.text import is_storable

MAX_LINK = 8000  # characters
KNOWN = {"url", "name", "specification", "parameters"}


class NoLaunchLink(ValueError):
    """The text is no launch link; the message says why."""


@dataclass(frozen=True)
class LaunchLink:
    """What a link asks for; `left_out` names what of it is not understood."""

    address: str
    ref: str = ""
    path: str = ""
    name: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def read(text: str) -> LaunchLink:
    """The parts of `https://…/launch?url=…&name=…&specification=…&parameters=…`, or of a badge in Markdown, HTML or reST. Raises NoLaunchLink."""
    link = _address_in(text.strip())
    try:
        return _read(link)
    except NoLaunchLink:
        raise
    except ValueError:
        raise NoLaunchLink(_("The link cannot be read: its address is not valid.")) from None


def _read(link: str) -> LaunchLink:
    parts = urlsplit(link)
    values = {name: found[-1] for name, found in parse_qs(parts.query, keep_blank_values=True, max_num_fields=50).items()}
    address = values.get("url", "")
    if not address:
        raise NoLaunchLink(_("The link names no repository: it has no “url=”."))
    if not all(is_storable(value) for value in values.values()):
        raise NoLaunchLink(_("The link contains a character that cannot be stored."))
    left_out = [f"{name}={value}"[:200] for name, value in values.items() if name not in KNOWN and not name.startswith("analysis")]
    address, ref, path = _pinned(address)
    return LaunchLink(
        address, ref, values.get("specification", "").strip("/") or path, values.get("name", ""), _values(values), tuple(left_out)
    )


def _address_in(text: str) -> str:
    """The link itself, or the first launch link in the text of a badge."""
    if len(text) > MAX_LINK:
        raise NoLaunchLink(_("The link is longer than %(limit)s characters.") % {"limit": MAX_LINK})
    words = text.replace("(", " ").replace(")", " ").replace("&amp;", "&").replace('"', " ").replace("'", " ").split()
    for word in words:
        try:
            parts = urlsplit(word)
        except ValueError:
            continue
        if parts.scheme in ("http", "https") and parts.path.rstrip("/").endswith(("/launch", "/run")):
            return word
    raise NoLaunchLink(_("This is not a launch link. It looks like https://reana.example.org/launch?url=… ."))


def _pinned(address: str) -> tuple[str, str, str]:
    """Repository, ref and path: REANA's links also name a raw or browsed file of a repository as their url."""
    parts = urlsplit(address)
    for mark in ("/-/raw/", "/-/blob/", "/raw/", "/blob/"):
        repository, found, rest = parts.path.partition(mark)
        if found and rest.lower().endswith((".yaml", ".yml")):
            ref, _slash, path = rest.partition("/")
            return parts._replace(path=repository, query="", fragment="").geturl(), ref, path
    if parts.hostname == "raw.githubusercontent.com" and parts.path.lower().endswith((".yaml", ".yml")):
        owner, name, ref, *rest_of = parts.path.strip("/").split("/")
        return f"https://github.com/{owner}/{name}", ref, "/".join(rest_of)
    return address, "", ""


def _values(values: dict[str, str]) -> dict[str, Any]:
    """The parameters: a JSON object."""
    text = values.get("parameters", "")
    if not text:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise NoLaunchLink(_("The parameters of the link are not valid JSON.")) from None
    if not isinstance(found, dict):
        raise NoLaunchLink(_("The parameters of the link are not a JSON object."))
    return found
