"""A table that a cell wrote as HTML, such as a data frame: its text is read, and nothing of its HTML reaches a page."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import override

from django.utils.translation import gettext as _

from datalake.files.preview_child.limits import Section, TooLong, cpu_limit, cut, shown

LENGTH = 100_000  # characters of HTML
ROWS, COLUMNS, CELL = 60, 20, 200  # that are shown, as many as pandas shows
HEADS = 5  # rows of a header
MOST_SPAN = 1000  # columns of one cell, as browsers have it
BESIDE = 300  # characters beside a table; of a page of words the text version is shown
SECONDS, ALL_SECONDS = 0.15, 1.0  # of CPU time, for one and for all of a notebook
TABLE = re.compile(r"<table[\s>]", re.IGNORECASE)
MORE = re.compile(r"<(?:script|svg|img|canvas|iframe|object|embed|video|audio|input|select)\b", re.IGNORECASE)
LINES = frozenset({"br", "p", "div", "li"})  # what begins a line


class Tables:
    """How much CPU time the tables of a notebook may still take."""

    def __init__(self) -> None:
        self.left = ALL_SECONDS


def table_of(html: str, tables: Tables) -> Section | None:
    """The table; None where there is none that can be read in time, more than one, or more than a table of text."""
    if len(html) > LENGTH or not TABLE.search(html) or MORE.search(html):
        return None
    reader = TableReader()
    try:
        with cpu_limit(min(SECONDS, tables.left)) as clock:
            reader.feed(html)
            reader.close()
            tables.left = max(tables.left - clock(), 0.01)
    except (TooLong, AssertionError):  # the parser's own of a broken declaration
        tables.left = max(tables.left - SECONDS, 0.01)
        return None
    return reader.section() if reader.is_readable else None


class TableReader(HTMLParser):
    """Rows of cells with their spans expanded, and what stands beside the table; end tags may be missing."""

    def __init__(self) -> None:
        super().__init__()
        self.heads: list[list[str]] = []
        self.rows: list[list[str]] = []
        self.count = self.width = self.tables = self.depth = 0
        self.beside: list[str] = []
        self.cell: list[str] | None = None
        self.row: list[tuple[str, int, int, bool]] = []  # text, columns, rows, whether it is a heading
        self.carried: dict[int, tuple[str, int]] = {}  # column -> text of a cell from above, and for how many rows more
        self.is_head = self.is_style = False
        self.spans = (1, 1, False)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables += 1
            self.depth += 1
        elif tag == "style":
            self.is_style = True
        elif tag in ("thead", "tbody", "tfoot", "tr"):
            self.end_row()
            if tag != "tr":
                self.carried, self.is_head = {}, tag == "thead"
        elif tag in ("td", "th") and self.depth:
            self.end_cell()
            given = dict(attrs)
            self.cell, self.spans = [], (span(given.get("colspan"), MOST_SPAN), span(given.get("rowspan"), ROWS), tag == "th")
        elif tag in LINES:
            self.handle_data(" ")

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self.is_style = False
        elif tag in ("td", "th"):
            self.end_cell()
        elif tag in ("tr", "thead", "tbody", "tfoot", "table"):
            self.end_row()
            self.is_head = self.is_head and tag == "tr"
            self.depth -= tag == "table" and self.depth > 0

    @override
    def handle_data(self, data: str) -> None:
        if not self.is_style:
            (self.beside if self.cell is None else self.cell).append(data)

    @override
    def close(self) -> None:
        super().close()
        self.end_row()

    def end_cell(self) -> None:
        if self.cell is not None:
            self.row.append((shown("".join(self.cell), CELL), *self.spans))
            self.cell = None

    def end_row(self) -> None:
        """Put the cells of the row where they stand; beyond what is shown they are only counted."""
        self.end_cell()
        if not self.row:
            return
        is_head = not self.count and (self.is_head or all(heading for *_spans, heading in self.row)) and len(self.heads) < HEADS
        line, at = self.from_above(), 0
        for text, columns, rows, _heading in self.row:
            while at in line:
                at += 1
            for column in range(at, min(at + columns, COLUMNS)):
                line[column] = text
                if rows > 1:
                    self.carried[column] = text, rows - 1
            at += columns
        self.row, self.width = [], max(self.width, at, *(column + 1 for column in line))
        self.count += not is_head
        if is_head or self.count <= ROWS:
            (self.heads if is_head else self.rows).append([line.get(column, "") for column in range(COLUMNS)])

    def from_above(self) -> dict[int, str]:
        """The cells of earlier rows that reach into this one."""
        line = {column: text for column, (text, _rows) in self.carried.items()}
        self.carried = {column: (text, rows - 1) for column, (text, rows) in self.carried.items() if rows > 1}
        return line

    @property
    def is_readable(self) -> bool:
        """Whether it is one table, with text in it, and little else."""
        has_text = any(any(line) for line in (*self.heads, *self.rows))
        return self.tables == 1 and has_text and len(shown("".join(self.beside), BESIDE + 1)) <= BESIDE

    def section(self) -> Section:
        """The first rows and columns, with the words beside the table."""
        columns = min(self.width, COLUMNS)
        found = Section(title="", kind="table", rows=[line[:columns] for line in self.rows])
        found.columns = [joined(line[at] for line in self.heads) for at in range(columns)]
        if not any(found.columns):
            found.columns = [_("Column %(number)s") % {"number": at + 1} for at in range(columns)]
        found.say(
            shown("".join(self.beside), BESIDE),
            cut(_("Columns shown"), COLUMNS, self.width),
            cut(_("Rows shown"), ROWS, self.count),
        )
        return found


def joined(names: Iterable[str]) -> str:
    """The headings of one column above each other, as one."""
    return shown(" / ".join(dict.fromkeys(filter(None, names))), CELL)


def span(value: str | None, most: int) -> int:
    """How many columns or rows a cell takes; 0, which stands for all that are left, as the most."""
    number = int(value) if value and value.isascii() and value.isdigit() and len(value) < 6 else 1
    return min(number or most, most)
