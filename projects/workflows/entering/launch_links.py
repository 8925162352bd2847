"""Launch links of REANA, as its badges have them: the repository, the specification in it, a name and values of parameters."""

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.utils.translation import gettext as _

from vre_portal.repositories.addresses import MAX_REF, page_in
from vre_portal.text import is_storable, storable_json

MAX_LINK = 8000  # characters
MAX_PATH = 300
IN_TEXT = re.compile(r"""https?://[^\s<>"'?#]+/(?:launch|run)/?\?[^\s<>"']*|https?://launch\.[^\s<>"'?#/]+/?\?[^\s<>"']*""")
PACKED = (".zip", ".tar.gz", ".tgz", ".tar")
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
    address, ref, path = _pinned(address, values.get("specification", "").strip("/"))
    if not is_storable(f"{address}{ref}{path}"):  # what the address itself had encoded once more
        raise NoLaunchLink(_("The link contains a character that cannot be stored."))
    if len(path) > MAX_PATH or len(ref) > MAX_REF:
        raise NoLaunchLink(_("The link names a branch or a file whose name is too long."))
    return LaunchLink(address, ref, path, values.get("name", ""), _values(values), tuple(left_out))


def _address_in(text: str) -> str:
    """The link itself, or the first launch link in the text of a badge."""
    if len(text) > MAX_LINK:
        raise NoLaunchLink(_("The link is longer than %(limit)s characters.") % {"limit": MAX_LINK})
    if not text.startswith(("http://", "https://")) or len(text.split()) > 1 or not _is_one(text):
        found = IN_TEXT.search(text.replace("&amp;", "&"))
        if found is None:
            raise NoLaunchLink(_("This is not a launch link. It looks like https://reana.example.org/launch?url=… ."))
        text = found[0]
        while text.endswith((")", "`", ",", ".")) and not (text.endswith(")") and text.count("(") >= text.count(")")):
            text = text[:-1]  # which belongs to the text around it
    return text


def _is_one(text: str) -> bool:
    """Whether the text is nothing but a link, as browsers show it."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.path.rstrip("/").endswith(("/launch", "/run")) or (parts.netloc.startswith("launch.") and not parts.path.strip("/"))


def _pinned(address: str, specification: str) -> tuple[str, str, str]:
    """Repository, ref and path: REANA's links also name a raw or browsed file, a folder or an archive of a repository as their url."""
    parts = urlsplit(address)
    if page := page_in(parts):
        repository, ref, path = page
        if not path and "/archive/" not in parts.path:
            return address, "", specification  # the page of a branch, which the door of repositories reads
        if path.lower().endswith((".yaml", ".yml")):
            return repository, ref, specification or path
        is_folder = path and re.search(r"/(?:tree|src)/", parts.path)
        return repository, ref, f"{path.rstrip('/')}/{specification or 'reana.yaml'}" if is_folder else specification
    if parts.path.lower().endswith(PACKED):
        raise NoLaunchLink(_("The link names an archive, not a repository. Download it, and add it with “Upload”."))
    return address, "", specification


def _values(values: dict[str, str]) -> dict[str, Any]:
    """The parameters: a JSON object."""
    text = values.get("parameters", "")
    if not text:
        return {}
    try:
        found = json.loads(text, parse_constant=_no_number, parse_float=_number)
    except (ValueError, RecursionError):
        raise NoLaunchLink(_("The parameters of the link are not valid JSON.")) from None
    if storable_json(found) != found:
        raise NoLaunchLink(_("The link contains a character that cannot be stored."))
    if not isinstance(found, dict):
        raise NoLaunchLink(_("The parameters of the link are not a JSON object."))
    return found


def _number(text: str) -> float:
    """A number that is one: 1e400 is none that can be stored or sent. Raises ValueError."""
    return float(text) if math.isfinite(float(text)) else _no_number(text)


def _no_number(text: str) -> float:
    raise ValueError(text)
