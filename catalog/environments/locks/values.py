"""What reading a list of packages gives, and how much of one is read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import StringIO

from django.utils.translation import gettext as _

from catalog.environments.models.packages import MAX_NAME, MAX_VERSION, key_of
from vre_portal.text import plain

MAX_BYTES, MAX_PACKAGES = 8_000_000, 10_000
MAX_ENTRIES = 4 * MAX_PACKAGES  # with those that cannot be read and those for other systems
MAX_LINES = 500_000
MAX_PARSED = 600_000  # characters of requirements and markers: those of real lists have some 40 each
MAX_FIRST, MAX_SHOWN = 10, 120  # unread entries that are kept, and characters of each
MAX_VERSIONS_SHOWN = 4  # of one package


class BadLock(ValueError):
    """The text is no list of packages that can be read; the message says why."""


@dataclass(frozen=True)
class Locked:
    """One package; the version is empty where the list gives no exact one."""

    name: str
    version: str = ""
    source: str = ""  # conda, pip, deb …


# What a reader finds: a package, the text of an entry that it cannot read, or None for one that is not in the image.
Entry = Locked | str | None


@dataclass(frozen=True)
class Lock:
    """All packages of a list, and the entries that could not be read."""

    format: str
    packages: tuple[Locked, ...]
    unread: int = 0
    unread_first: tuple[str, ...] = ()


@dataclass
class Allowance:
    """How many characters may still be parsed where that takes long."""

    left: int = MAX_PARSED

    def take(self, text: str) -> None:
        """Use some of it up. Raises BadLock where it is not enough."""
        self.left -= len(text)
        if self.left < 0:
            raise BadLock(_("The conditions and versions in the list are too long."))


@dataclass
class _Unread:
    """The number of entries that say nothing certain, and the first of them."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.count += 1
        if len(self.first) < MAX_FIRST:
            self.first.append(plain(text[:MAX_SHOWN]))


def lines_of(text: str) -> Iterator[str]:
    """The lines, one at a time: all at once may take twenty times the memory of the text. Raises BadLock for too many."""
    for number, line in enumerate(StringIO(text)):
        if number >= MAX_LINES:
            raise BadLock(_("The list has more than %(limit)s lines.") % {"limit": f"{MAX_LINES:,}"})
        yield line.removesuffix("\n")


def is_sound(package: Locked) -> bool:
    """Whether name, version and source are short texts that can stand in a list."""
    fits = 0 < len(package.name) <= MAX_NAME and len(package.version) <= MAX_VERSION and len(package.source) <= 20
    return fits and all(
        text == plain(text) and not any(sign.isspace() for sign in text) for text in (package.name, package.version, package.source)
    )


def collected(name: str, entries: Iterable[Entry]) -> Lock:
    """The packages, each once, sorted. One that has several versions has none here, and says so. Raises BadLock for too many."""
    versions: dict[tuple[str, str], dict[str, Locked]] = {}
    unread = _Unread()
    for number, entry in enumerate(entries):
        if number >= MAX_ENTRIES:
            raise BadLock(too_many_entries())
        if isinstance(entry, Locked) and is_sound(entry):
            versions.setdefault((key_of(entry.name), entry.source), {}).setdefault(entry.version, entry)
        elif entry is not None:
            unread.add(entry if isinstance(entry, str) else f"{entry.name[:MAX_SHOWN]} {entry.version[:MAX_SHOWN]}")
        if len(versions) > MAX_PACKAGES:
            raise BadLock(_("The list has more than %(limit)s packages.") % {"limit": f"{MAX_PACKAGES:,}"})
    packages = tuple(_only_one(versions[key], unread) for key in sorted(versions))
    return Lock(name, packages, unread.count, tuple(unread.first))


def _only_one(versions: dict[str, Locked], unread: _Unread) -> Locked:
    """The package; without a version where the list has it in several, as which one is in the image depends on what is not known here."""
    package = next(iter(versions.values()))
    if len(versions) == 1:
        return package
    shown = ", ".join([version or "—" for version in versions][:MAX_VERSIONS_SHOWN])
    unread.add(_("%(name)s: several versions (%(versions)s)") % {"name": package.name, "versions": shown})
    return Locked(package.name, "", package.source)


def too_many_entries() -> str:
    return _("The list has more than %(limit)s entries.") % {"limit": f"{MAX_ENTRIES:,}"}
