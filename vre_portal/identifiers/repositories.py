"""Addresses of git repositories."""

import re
from urllib.parse import urlsplit

from vre_portal.identifiers.kinds import Identifier, IdentifierKind
from vre_portal.identifiers.locations import has_secret, secret_inside

# Two segments name the repository; what follows is inside of it.
_TWO_SEGMENTS = ("github.com", "bitbucket.org", "codeberg.org", "git.sr.ht")
_INSIDE = ("tree", "blob", "src", "commit", "commits", "raw")
_SCP = re.compile(r"(?P<user>[a-z0-9_.-]+)@(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?):(?P<path>[^\s:/][^\s:]*)", re.I)
_NO_OWNERS = ("about", "apps", "explore", "features", "login", "marketplace", "orgs", "search", "settings", "sponsors", "topics", "users")


def git(text: str) -> Identifier | None:
    """A repository by its address at a forge, or by any address that ends in .git; one spelling for https and ssh at the known forges."""
    scp = _SCP.fullmatch(text)
    if scp is not None and scp["host"].lower() not in ("sha256", "sha512"):
        host, path = scp["host"].lower(), scp["path"]
        # Another user than git is one of a server that may have no web address.
        if scp["user"].lower() == "git" and _is_forge(host) and path.strip("/").count("/"):
            return Identifier(IdentifierKind.GIT, f"https://{host}/{_without_git(path.strip('/'))}")
        return Identifier(IdentifierKind.GIT, f"{scp['user']}@{host}:{path}")
    bare = text.removeprefix("git+")
    try:
        parts = urlsplit(bare)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if host.startswith("www.") and host[4:] in _TWO_SEGMENTS:
        host = host[4:]
    is_marked = bare != text or parts.scheme in ("git", "ssh")
    path = parts.path.strip("/")
    path, pinned, _ = path.partition("@") if is_marked else (path, "", "")  # pip writes the version so
    if parts.scheme not in ("http", "https", "ssh", "git") or not host:
        return None
    repository = _repository(host, path, is_marked=is_marked or path.endswith(".git") or ".git@" in f"{path}{pinned}")
    if not repository:
        return None
    if has_secret(parts, allowed_user="git" if parts.scheme == "ssh" else ""):
        raise secret_inside()
    if _is_forge(host):
        return Identifier(IdentifierKind.GIT, f"https://{host}{f':{port}' if port and parts.scheme == 'https' else ''}/{repository}")
    place = f"{f'{parts.username}@' if parts.username else ''}{host}{f':{port}' if port else ''}"
    return Identifier(IdentifierKind.GIT, f"{parts.scheme}://{place}/{repository}")


def _is_forge(host: str) -> bool:
    return host in _TWO_SEGMENTS or host.startswith(("gitlab.", "git."))


def _repository(host: str, path: str, *, is_marked: bool) -> str:
    """The path of the repository, empty where the address is of something else."""
    segments = [part for part in path.split("/") if part]
    if is_marked and not _is_forge(host):
        return path
    if len(segments) < 2 or segments[0].lower() in _NO_OWNERS:
        return ""
    if host in _TWO_SEGMENTS:
        is_repository = len(segments) == 2 or segments[2] in _INSIDE
        return _without_git("/".join(segments[:2])) if is_repository else ""
    if host.startswith(("gitlab.", "git.")):
        before, dash, after = path.partition("/-/")
        is_repository = not dash or after.split("/")[0] in _INSIDE
        return _without_git(before) if is_repository else ""
    return ""


def _without_git(path: str) -> str:
    return path.rstrip("/").removesuffix(".git")
