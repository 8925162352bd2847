"""A file of a Data Lake, as the portal names it."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from vre.errors import NotPossible

ODD = re.compile(r"(^|/)(\.{0,2})(/|$)")  # empty, "." and ".." segments: what is on the way rewrites them in a path


@dataclass(frozen=True)
class RemoteFile:
    """A file with what is known about its content."""

    lake: str
    scope: str
    name: str
    bytes: int | None
    adler32: str | None

    @property
    def path(self) -> str:
        """Where the portal has it; raises NotPossible for a name that no address can hold."""
        return data_path(self.lake, self.scope, self.name)

    @property
    def direct_path(self) -> str:
        """The same, with a redirect to a storage that has it, where one takes readers from outside."""
        return f"{self.path}{'&' if '?' in self.path else '?'}direct=1"


def data_path(lake: str, scope: str, name: str, rest: str = "") -> str:
    """The address of data, below the portal's own; a name that a path cannot hold safely goes into the query."""
    if not all(_is_plain(text) for text in (lake, scope, name)):
        raise NotPossible(f"The name {name!a:.200} cannot be part of an address.", "Open the item's page in the portal instead.")
    base = f"api/data/{quote(lake, safe='')}/{quote(_one_part(scope), safe='')}"
    if ODD.search(name):
        return f"{base}/-{rest}?name={quote(name, safe='')}"
    return f"{base}/{quote(name)}{rest}"


def _one_part(scope: str) -> str:
    """A scope as one part of a path, as the portal reads it."""
    escaped = scope.replace("%", "%25").replace("/", "%2F")
    return escaped.replace(".", "%2E") if escaped in (".", "..") else escaped


def _is_plain(text: str) -> bool:
    """Whether it is text that can be written as UTF-8: JSON can hold halves of letters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return bool(text) and "\0" not in text
