"""What files are called in the lake, and where somebody may put them."""

import re
import unicodedata
from fnmatch import fnmatchcase

from datalake import rucio
from vre_portal.iam.models import User
from vre_portal.services import Service
from vre_portal.text import plain

RULE = r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*"  # as Rucio's generic schema, and no part of it looks like ".."
LONGEST = 250


class BadName(ValueError):
    """A name that the lake does not take; the text says why."""


def check(lake: Service, name: str) -> str:
    """The name, or BadName."""
    if not name:
        raise BadName("A name is needed.")
    if len(name) > LONGEST:
        raise BadName(f"The name has {len(name)} characters; {LONGEST} are allowed.")
    odd = sorted({plain(char) for char in name if not re.fullmatch(r"[A-Za-z0-9._/-]", char)})
    if not re.fullmatch(str(lake.options.get("upload_names") or RULE), name):
        why = f"not {' '.join(odd[:8])}" if odd else "each part begins with a letter or a digit"
        raise BadName(f"This lake takes letters, digits and . _ - in names, with / between parts: {why}.")
    return name


def proposed(lake: Service, path: str) -> str:
    """What a file of somebody's folder would be called: its path, with what the lake does not take replaced."""
    parts = [part for part in path.replace("\\", "/").split("/") if part.strip(". ")]
    simple = [re.sub(r"[^A-Za-z0-9._-]+", "_", _ascii(part)).lstrip("._-") or "file" for part in parts]
    return str(lake.options.get("upload_separator") or "/").join(simple)[-LONGEST:].lstrip("/._-")


def _ascii(text: str) -> str:
    """Letters without their accents."""
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def writable(lake: Service, user: User, account: str, scopes: list[rucio.Scope]) -> list[str]:
    """The scopes that are the account's own, and those that services.toml opens to one of the person's groups."""
    opened = lake.options.get("upload_scopes") or {}
    groups = set(user.groups)

    def may(scope: rucio.Scope) -> bool:
        return scope.account == account or any(
            fnmatchcase(scope.name, pattern) and groups & set(names) for pattern, names in opened.items()
        )

    return sorted((scope.name for scope in scopes if may(scope)), key=lambda name: (not name.startswith("user."), name))


def targets(lake: Service) -> list[str]:
    """The storage elements that the portal may write to, the usual one first."""
    usual = str(lake.options.get("upload_rse") or "")
    return list(dict.fromkeys(name for name in (usual, *(lake.options.get("upload_rses") or ())) if name))
