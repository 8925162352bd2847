"""Versions of packages: which of two is later, what satisfies a condition such as `gammapy>=1.2`, and how two lists differ."""

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from catalog.environments.models import Package
from catalog.environments.models.packages import MAX_NAME, MAX_VERSION, key_of

_CONDITION = re.compile(
    r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._+-]*?)\s*(?:(?P<operator>>=|<=|==|!=|=|>|<|≥|≤)\s*(?P<version>[A-Za-z0-9][A-Za-z0-9.+!_-]*))?\s*"
)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_SPELLINGS = {"≥": ">=", "≤": "<=", "=": "=="}
_PIECES = re.compile(r"\d+|[a-z]+")
_EPOCH = re.compile(r"\d+:")  # of Debian's versions; the package is what is asked for, whichever scheme its versions follow


class NotACondition(ValueError):
    """The text is not a package with a condition on its version."""


@dataclass(frozen=True)
class Condition:
    """A package, and what its version has to be; any where no version is named."""

    name: str
    operator: str = ""
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.operator} {self.version}".strip()

    @property
    def key(self) -> str:
        return key_of(self.name)

    def holds_for(self, version: str) -> bool:
        """Whether a version satisfies it; an unknown one satisfies only a condition without a version."""
        if not self.operator:
            return True
        if not version:
            return False
        try:  # where both are Python's: a local part such as +cu121 counts only where it is asked for, and 2.0rc1 is not <2.0
            return SpecifierSet(self.operator + self.version).contains(Version(version), prereleases=True)
        except (InvalidVersion, InvalidSpecifier):
            return bool(_OPERATORS[self.operator](_pieces(version), _pieces(self.version)))


def condition(text: str) -> Condition:
    """`gammapy`, `gammapy>=1.2`, `root == 6.32`. Raises NotACondition."""
    match = _CONDITION.fullmatch(text) if len(text) <= MAX_NAME + MAX_VERSION else None
    if match is None:
        raise NotACondition(text)
    sign = match["operator"] or ""
    return Condition(match["name"], _SPELLINGS.get(sign, sign), match["version"] or "")


def is_later(version: str, other: str) -> bool:
    """Whether one version comes after another."""
    own, wanted = _comparable(version, other)
    return bool(own > wanted)


def _comparable(one: str, other: str) -> tuple[Any, Any]:
    """Both as Python's versions; where one is none, as conda and others have them, by their numbers and words."""
    try:
        return Version(one), Version(other)
    except InvalidVersion:
        return _pieces(one), _pieces(other)


def _pieces(text: str) -> tuple[tuple[int, int, str], ...]:
    """Numbers count more than words, as 1.1.1 before 1.1.1w before 1.1.2."""
    found = [
        (1, int(piece[:18]), "") if piece.isdigit() else (0, 0, piece) for piece in _PIECES.findall(_EPOCH.sub("", text.lower(), count=1))
    ]
    while found and found[-1] == (1, 0, ""):
        found.pop()
    return tuple(found)


@dataclass(frozen=True)
class PackageChange:
    """One package in two lists; a version is None where the list does not have it."""

    name: str
    before: str | None
    after: str | None

    @property
    def kind(self) -> str:
        """added, removed, upgraded, downgraded or changed."""
        if self.before is None or self.after is None:
            return "added" if self.before is None else "removed"
        if not self.before or not self.after:
            return "changed"
        return "upgraded" if is_later(self.after, self.before) else "downgraded" if is_later(self.before, self.after) else "changed"

    @property
    def label(self) -> str:
        """The kind in words."""
        return {
            "added": _("added"), "removed": _("removed"), "upgraded": _("upgraded"), "downgraded": _("downgraded"), "changed": _("changed"),
        }[self.kind]  # fmt: skip


def differences(before: Iterable[Package], after: Iterable[Package]) -> Sequence[PackageChange]:
    """The packages that differ, by name."""
    old = {(item.key, item.source): item for item in before}
    new = {(item.key, item.source): item for item in after}
    changes = [
        PackageChange((new.get(key) or old[key]).name, old[key].version if key in old else None, new[key].version if key in new else None)
        for key in sorted(old.keys() | new.keys())
    ]
    return [change for change in changes if change.before != change.after]
