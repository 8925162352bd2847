"""What reading a list of packages gives, and how much of one is read."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from catalog.environments.models.packages import MAX_NAME, MAX_VERSION, key_of
from vre_portal.text import plain

MAX_BYTES, MAX_PACKAGES = 8_000_000, 10_000
MAX_FIRST, MAX_SHOWN = 10, 120  # unread entries that are kept, and characters of each


class BadLock(ValueError):
    """The text is no list of packages that can be read; the message says why."""


@dataclass(frozen=True)
class Locked:
    """One package; the version is empty where the list gives no exact one."""

    name: str
    version: str = ""
    source: str = ""  # conda, pip, deb …


@dataclass(frozen=True)
class Lock:
    """All packages of a list, and the entries that could not be read."""

    format: str
    packages: tuple[Locked, ...]
    unread: int = 0
    unread_first: tuple[str, ...] = ()


def is_sound(package: Locked) -> bool:
    """Whether name and version are short texts that can stand in a list."""
    fits = 0 < len(package.name) <= MAX_NAME and len(package.version) <= MAX_VERSION and len(package.source) <= 20
    return fits and all(text == plain(text) and not any(sign.isspace() for sign in text) for text in (package.name, package.version))


def collected(name: str, entries: Iterable[Locked | str]) -> Lock:
    """The packages, each once, sorted; texts among the entries are what could not be read. Raises BadLock for too many."""
    found: dict[tuple[str, str], Locked] = {}
    unread: list[str] = []
    count = 0
    for entry in entries:
        if isinstance(entry, Locked) and is_sound(entry):
            found.setdefault((key_of(entry.name), entry.source), entry)
        else:
            count += 1
            shown = entry if isinstance(entry, str) else f"{entry.name} {entry.version}"
            unread += [plain(shown)[:MAX_SHOWN]] if len(unread) < MAX_FIRST else []
        if len(found) > MAX_PACKAGES:
            raise BadLock(too_many())
    return Lock(name, tuple(found[key] for key in sorted(found)), count, tuple(unread))


def too_many() -> str:
    return _("The list has more than %(limit)s packages.") % {"limit": f"{MAX_PACKAGES:,}"}
