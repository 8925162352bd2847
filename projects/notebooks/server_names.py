"""The names of servers at a hub: that of the project, and with a hyphen and a name of its own that of a further session.

Runs without Django, too: in the hub of the local stack, which checks the names by the same rule.
"""

import hashlib
import re

SEPARATOR = "-"
MAX_SERVER, MAX_NAME = 30, 12  # characters; of the first, JupyterHub takes no more: letters, digits and single hyphens, a letter first
NAME = re.compile(rf"[a-z0-9]{{1,{MAX_NAME}}}")  # without a hyphen, so that one server belongs to few projects
_SAFE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_HASH = 8


def server_name(slug: str, name: str = "") -> str:
    """The server of a project, or the one of this name; a name of a project that the hub would not take is shortened, with a part of its hash."""
    end = f"{SEPARATOR}{name}" if name else ""
    room = MAX_SERVER - len(end)
    if len(slug) <= room and _SAFE.fullmatch(slug):
        return slug + end
    words = re.sub("[^a-z0-9]+", "-", slug.lower()).strip("-")
    words = words if words[:1].isalpha() else f"p-{words}"
    kept = words[: room - _HASH - len(SEPARATOR)].strip("-")
    return f"{kept}{SEPARATOR}{hashlib.sha256(slug.encode()).hexdigest()[:_HASH]}{end}"


def belongs_to(server: str, slug: str) -> bool:
    """Whether a server is one of a project's."""
    return server == server_name(slug, name_in(server, slug))


def name_in(server: str, slug: str) -> str:
    """The name of a further session of a project that its server carries; empty for the first."""
    name = server.rpartition(SEPARATOR)[2]
    return name if NAME.fullmatch(name) and server == server_name(slug, name) else ""


def slugs_of(server: str) -> list[str]:
    """The projects that a server may belong to by its name: one that is called so comes before one whose further session is."""
    slug, separator, name = server.rpartition(SEPARATOR)
    return [server, slug] if separator and slug and NAME.fullmatch(name) else [server]
