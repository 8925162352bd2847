"""What a program wrote to a terminal, as HTML: colours as classes, progress bars as they last stood, other controls harmless."""

import math
import re
from collections import deque
from collections.abc import Iterator
from itertools import count, groupby

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from vre_portal.text import plain

# Colours and styles (CSI ... m), what erases or moves, other sequences of terminals, which are left out, and the rest of it.
# CSI is two characters or one.
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)(?:(?P<style>[0-9;:]*)m|(?P<erase>[012]?)K|(?P<below>0?)J|(?P<number>[0-9]*)(?P<move>[A-G])|[0-?]*[ -/]*[@-~])"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?|\x9b|(?P<text>[^\x1b\x9b]+)"
)
_STYLE = re.compile(r"(?:\x1b\[|\x9b)([0-9;:]*)m")
# A sequence as a whole, of those that take parameters; longer ones are no sequences that programs write.
_PARAMETERS = re.compile(r"(?:\x1b\[|\x9b)[0-?]{0,60}[ -/]{0,2}[@-~]")
MAX_SEQUENCE = 64
_STYLES = {1: "bold", 2: "faint", 3: "italic", 4: "underline", 7: "inverse", 9: "strike"}
_ENDS = {22: ("bold", "faint"), 23: ("italic",), 24: ("underline",), 27: ("inverse",), 29: ("strike",)}
MAX_LINE = 20_000  # characters of a line that are put together as a terminal does

SCREEN = 50  # lines to which a program can go back
MAX_COLUMN = 200  # to which a line that is shorter can be moved on

Style = dict[str, str]  # the classes of what is written, each by what it changes
Cell = tuple[str, str]  # a character, and the classes that it has
_BLANK: Cell = (" ", "")


def html_lines(text: str, *, screen: int = SCREEN, style: Style | None = None) -> Iterator[SafeString]:
    """Each line as HTML without its end; colours go on from line to line, as in a terminal. With `screen=1` none is written again.

    A part of a text begins with the `style` that holds there.
    """
    return (_html(row.cells()) for row in _rows(text, screen, style))


def style_after(text: str, before: Style | None = None) -> Style:
    """Which colours and styles hold behind a text, for what follows it."""
    style = dict(before or {})
    for found in _STYLE.finditer(text):
        _restyle(style, found[1])
    return style


def safe_cut(text: str, at: int) -> int:
    """Where to cut a text so that no sequence is cut: there, or behind the one in which that is."""
    around = _PARAMETERS.finditer(text, max(at - MAX_SEQUENCE, 0), at + MAX_SEQUENCE)
    return next((found.end() for found in around if found.start() < at < found.end()), at)


def end_of(text: str, most: int) -> str:
    """The last characters of a text, which begin behind a sequence."""
    return text[safe_cut(text, len(text) - most) :] if len(text) > most else text


def text_lines(text: str) -> list[str]:
    """Each line as a reader sees it, without colours; controls that mean nothing to a terminal are marked."""
    return [plain("".join(char for char, _ in row.cells())) for row in _rows(text, SCREEN)]


def _rows(text: str, screen: int, before: Style | None = None) -> Iterator["_Row"]:
    """The lines as a terminal leaves them, each when a program can no longer go back to it."""
    style = dict(before or {})
    rows, at = deque([_Row()]), 0
    for number, line in enumerate(text.removesuffix("\n").replace("\r\n", "\n").split("\n")):
        if number:
            at += 1
            if at == len(rows):
                rows.append(_Row())
            rows[at].at = 0
            if len(rows) > screen:
                at -= 1
                yield rows.popleft()
        for part in _SEQUENCES.finditer(line):
            at = _obey(rows, at, style, part)
    yield from rows


def _obey(rows: deque["_Row"], at: int, style: Style, part: re.Match[str]) -> int:
    """What one sequence, or the text up to the next, does to the line `at` which it is written; returns the line for what follows."""
    row = rows[at]
    if part["style"] is not None:
        _restyle(style, part["style"])
    elif part["erase"] is not None:
        row.erase(part["erase"])
    elif part["below"] is not None:
        row.erase("0")
        while len(rows) > at + 1:
            rows.pop()
    elif part["move"]:
        steps = int(part["number"][:9] or 1)
        if part["move"] in "CDG":
            row.move(part["move"], steps)
        else:  # up (A, F) or down (B, E), to the same column or to the first
            at = max(at - steps, 0) if part["move"] in "AF" else min(at + steps, len(rows) - 1)
            # A short line is filled up only as far as a terminal is wide.
            rows[at].at = min(row.at, max(rows[at].end, MAX_COLUMN)) if part["move"] in "AB" else 0
    elif part["text"]:
        row.write(part["text"], " ".join(sorted(style.values())))
    return at


class _Row:
    """A line that is being written. Erasing only notes what is gone: a few characters may erase a long line again and again."""

    def __init__(self) -> None:
        self.held: dict[int, tuple[int, Cell]] = {}  # with how many erasures there were before
        self.erased: list[tuple[int, float]] = []  # of each: what stands before the first place, and from the second on, is gone
        self.at = 0
        self.end = 0  # nothing is seen from here on

    def write(self, text: str, classes: str) -> None:
        for piece in re.split(r"([\r\x08])", text):
            if piece == "\r":
                self.at = 0
            elif piece == "\x08":
                self.at = max(self.at - 1, 0)
            elif piece:
                now = len(self.erased)
                self.held.update(zip(count(self.at), ((now, (char, classes)) for char in piece), strict=False))
                self.at += len(piece)
                self.end = max(self.end, self.at)

    def move(self, how: str, number: int) -> None:
        """To a column (G), forward (C) or back (D); beyond the end of the line only as far as a terminal is wide."""
        wanted = {"G": number - 1, "C": self.at + number, "D": self.at - number}[how]
        self.at = max(0, min(wanted, max(self.at, self.end, MAX_COLUMN)))

    def erase(self, how: str) -> None:
        """To the end (nothing or 0), from the beginning (1), or all of it (2)."""
        self.erased.append({"1": (self.at, math.inf), "2": (0, 0)}.get(how, (0, self.at)))
        if how != "1":
            self.end = 0 if how == "2" else min(self.end, self.at)

    def cells(self) -> list[Cell]:
        """All of it, with spaces for what is blank."""
        seen: list[tuple[int, float]] = [(0, math.inf)]  # from where and up to where it is seen, after each erasure, the last one first
        for before, behind in reversed(self.erased):
            seen.append((max(seen[-1][0], before), min(seen[-1][1], behind)))
        cells = [_BLANK] * self.end
        for place, (earlier, cell) in self.held.items():
            first, last = seen[len(self.erased) - earlier]
            if first <= place < min(last, self.end):
                cells[place] = cell
        return cells


def _restyle(style: Style, codes: str) -> None:
    """Change the style as one sequence says; 38 and 48 take what follows them as their colour."""
    rest = iter([_number(part) for code in codes.split(";") for part in _parts(code)])
    for number in rest:
        if number == 0:
            style.clear()
        elif number in _STYLES:
            style[_STYLES[number]] = f"ansi-{_STYLES[number]}"
        elif number in _ENDS:
            for name in _ENDS[number]:
                style.pop(name, None)
        elif 30 <= number <= 37 or 90 <= number <= 97:
            style["colour"] = f"ansi-{number % 10}"
        elif 40 <= number <= 47 or 100 <= number <= 107:
            style["ground"] = f"ansi-on-{number % 10}"
        elif number in (38, 48):
            colour = _extended(rest)
            style["colour" if number == 38 else "ground"] = f"ansi-{'on-' if number == 48 else ''}{colour}"
        elif number in (39, 49):
            style.pop("colour" if number == 39 else "ground", None)


def _parts(code: str) -> list[str]:
    """One style, which may stand with its details behind colons: a colour, with the name of its space or without; the sort of a line means nothing here."""
    parts = code.split(":")
    if parts[0] in ("38", "48"):
        return [*parts[:2], *parts[3:6]] if parts[1:2] == ["2"] and len(parts) > 5 else parts[:5]
    return ["24"] if parts[:2] == ["4", "0"] else parts[:1]


def _number(code: str) -> int:
    return int(code[:9]) if code[:9].isdecimal() else 0


def _extended(rest: Iterator[int]) -> int:
    """The nearest of the eight colours to one of 256, or to a mixture of red, green and blue."""
    kind = next(rest, 0)
    if kind == 2:
        return _nearest([next(rest, 0) for _ in range(3)])
    number = next(rest, 0) if kind == 5 else 7
    if number < 16:
        return number % 8
    if number >= 232:
        return 7 if number >= 244 else 0
    number -= 16
    return _nearest([number // 36 * 51, number // 6 % 6 * 51, number % 6 * 51])


def _nearest(parts: list[int]) -> int:
    least = max(*parts, 64) / 2
    return sum(1 << place for place, part in enumerate(parts) if part > least)


def _html(cells: list[Cell]) -> SafeString:
    pieces = []
    for classes, run in groupby(cells[:MAX_LINE], key=lambda cell: cell[1]):
        text = escape(plain("".join(char for char, _ in run)))
        pieces.append(f'<span class="{classes}">{text}</span>' if classes else text)
    if len(cells) > MAX_LINE:
        pieces.append("\u2026")
    return mark_safe("".join(pieces))  # noqa: S308 -- each text is escaped, classes are ours
