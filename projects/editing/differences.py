"""Two texts side by side, line by line, for somebody who has to choose between them."""

from dataclasses import dataclass
from difflib import SequenceMatcher

MAX_LINES = 1000  # of a text that is compared; the lines behind are one block


@dataclass(frozen=True)
class ComparedLine:
    """A line of both texts, or of one of them."""

    text: str
    is_saved: bool
    is_typed: bool


def lines_of(saved: str, typed: str) -> list[ComparedLine]:
    """The lines of both texts in their order: those that both have once, of the others first what is saved and then what was typed."""
    here, there = _cut(saved.split("\n")), _cut(typed.split("\n"))
    lines: list[ComparedLine] = []
    for tag, first, last, begin, end in SequenceMatcher(None, here, there, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += [ComparedLine(text, True, True) for text in here[first:last]]
        else:
            lines += [ComparedLine(text, True, False) for text in here[first:last]]
            lines += [ComparedLine(text, False, True) for text in there[begin:end]]
    return lines


def _cut(lines: list[str]) -> list[str]:
    return [*lines[:MAX_LINES], "\n".join(lines[MAX_LINES:])] if len(lines) > MAX_LINES else lines
