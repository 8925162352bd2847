"""How much of a Markdown text is read: so much that any text, however it was made, costs a page a fraction of a second.

The costs were measured with texts made to be slow; they are counted and not timed, so that the same text is always shown in the same way.
"""

import re

MAX_LENGTH = 50_000  # characters that are read
MAX_BRACKETS = 5_000  # the time that a parser takes for them grows with their square; of a text with more nothing is read
BUDGET = 200_000  # microseconds, about: what may be spent on a whole text
EXCERPT_BUDGET = 20_000  # and on an excerpt, of which a list shows many
_LINE, _CELL, _BLOCK, _DEPTH, _FORMULA = 35, 45, 35, 5, 200
_MARKS = {"*": 15, "_": 12, "~": 8, "[": 40, "^[": 110, "[^": 110, "<": 15, ":": 3, "|": _CELL, "`": 12, "$": 12, "&": 5, "\\": 4}
_MARKS |= {"://": 25, "www.": 25}  # addresses, which become links
_MARK = re.compile("|".join(re.escape(mark) for mark in sorted(_MARKS, key=len, reverse=True)))
_BEGIN = re.compile(r"[ \t>*+\-.)0-9]*")  # what may open quotes and lists, some in one line
_HEADS = re.compile(r"[ \t>*+\-.)0-9]*[|:\- \t]+\r?\n?")  # the line below the heads of a table


def readable_end(source: str, budget: int = BUDGET) -> int:
    """Where the part that is read ends: after all of it, or where its cost is spent."""
    return _read(source, budget)[0]


def cost_of(source: str, budget: int = BUDGET) -> int:
    """What reading it costs, as far as it is read."""
    return _read(source, budget)[1]


def _read(source: str, budget: int) -> tuple[int, int]:
    if source.count("[", 0, MAX_LENGTH) > MAX_BRACKETS:
        return 0, 0
    position = columns = depth = spent = 0
    for line in source[:MAX_LENGTH].splitlines(keepends=True):
        columns, blocks = _columns(line, columns), min(20, len(_blocks(line)))
        depth = max(depth, blocks) if line.strip() else 0
        # A table gives each of its rows as many cells as it has heads, however short the line is; the parser asks for the end of each
        # quote around a line, and looks for the end of a formula through all lines behind its beginning.
        spent += _LINE + _BLOCK * blocks + _DEPTH * depth + _CELL * max(0, columns - line.count("|")) + _FORMULA * ("$$" in line)
        marks = sum(cost * line.count(mark) for mark, cost in _MARKS.items())
        if spent + marks > budget:
            return position + _cut(line, budget - spent), budget
        spent += marks
        position += len(line)
    return position, spent


def _columns(line: str, columns: int) -> int:
    """How many cells a row has, in this line and in those that follow."""
    if not line.strip(" \t>\r\n"):
        return 0
    return max(columns, line.count("|") + 1) if ("|" in line or ":" in line) and _HEADS.fullmatch(line) else columns


def _blocks(line: str) -> str:
    match = _BEGIN.match(line)
    return "".join(match[0].split()) if match else ""


def _cut(line: str, left: int) -> int:
    """Where in a line the rest of the budget is spent."""
    if left <= 0:
        return 0
    for match in _MARK.finditer(line):
        left -= _MARKS[match[0]]
        if left < 0:
            return match.start()
    return len(line)
