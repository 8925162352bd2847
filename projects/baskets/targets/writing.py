"""What a target makes of a basket: texts to copy or to download, and what they leave out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from projects.baskets.targets.collected import Collected, CollectedItem
from vre_portal.citation_formats.reference import one_line

MAX_SHOWN = 20_000  # characters of a text that its page shows
MAX_COPIED = 200_000  # characters that the page holds for its button
MAX_NAMED = 10  # items that a sentence about what is left out names
MISSING = gettext_lazy("The Data Lake did not have these when it was last compared. They are listed all the same.")
NOT_THERE = gettext_lazy("The Data Lake does not have these any more. Remove them from the basket, or ask who published them.")


@dataclass(frozen=True)
class Part:
    """One text of a target; `key` names it in the address."""

    key: str
    title: str
    text: str
    filename: str
    content_type: str
    hint: str = ""
    is_shown: bool = True  # whether people read it, or only open it with a program

    @property
    def shown(self) -> str:
        """As much as the page shows, in whole lines where there are any."""
        text = self.text.replace("\r\n", "\n")
        if len(text) <= MAX_SHOWN:
            return text
        begin = text[:MAX_SHOWN]
        return begin[: begin.rfind("\n") + 1] or begin

    @property
    def is_cut(self) -> bool:
        """Whether the page shows a part of it only."""
        return len(self.text) > MAX_SHOWN

    @property
    def can_be_copied(self) -> bool:
        """Whether the page holds all of it."""
        return self.is_shown and len(self.text) <= MAX_COPIED


@dataclass(frozen=True)
class LeftOut:
    """Items that a target does not carry, or not as one might expect: the reason says why and what to do."""

    reason: Any
    titles: Sequence[str]
    count: int

    @property
    def others(self) -> int:
        """How many are not named."""
        return self.count - len(self.titles)


@dataclass(frozen=True)
class Written:
    """The texts of a target, and what is not in them."""

    parts: Sequence[Part]
    left_out: Sequence[LeftOut] = ()
    notes: Sequence[LeftOut] = ()  # about items that are in them, but not as one might expect
    mail: str = ""  # an address that opens a message


@dataclass(frozen=True)
class Use:
    """Something that a basket becomes, as lists of them show it; `key` names its page."""

    key: str
    title: Any
    summary: Any
    icon: str


@dataclass(frozen=True)
class Target(Use):
    """Texts. `write` asks no remote service."""

    write: Callable[[Collected], Written]


@dataclass(frozen=True)
class Writing:
    """A use of one basket: what its page shows."""

    use: Use
    collected: Collected
    written: Written

    def part(self, key: str) -> Part | None:
        """The text that an address names."""
        return next((part for part in self.written.parts if part.key == key), None)


def left_out(items: Iterable[CollectedItem], reason: Any) -> list[LeftOut]:
    """The entry for some items; none where there are none."""
    found = list(items)
    return [LeftOut(reason, [one_line(item.title)[:200] for item in found[:MAX_NAMED]], len(found))] if found else []
