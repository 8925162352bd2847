"""Tables kept as text: comma, semicolon, tab, bar or blanks between cells, whatever program wrote them.

The rows are taken apart by Python's csv module; what is found out here is what a CSV file does not say of itself: its encoding, its
delimiter, whether its first line is a header, and which of its lines are comments.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from vre_portal.portable_gettext import gettext as _
from vre_portal.portable_gettext import grouped, ngettext
from vre_portal.text_encoding import decode_text

DELIMITERS = ",;\t|"
BLANK = " "  # numpy.savetxt puts one between cells unless it is told otherwise
MAX_BYTES = 1024 * 1024
SAMPLE_ROWS = 20
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eEdD][+-]?\d+)?%?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?")
_MISSING = {"", "-", "--", "nan", "na", "n/a", "null", "none", "inf", "+inf", "-inf", "true", "false"}
_SEPARATOR_LINE = re.compile(r"sep=([,;\t|:])\s*?[\r\n]+")  # the first line of a file that Excel is to open


@dataclass(frozen=True)
class CsvTable:
    """What a CSV file holds. Rows and header are equally wide; `header` is empty where the file has none."""

    header: list[str]
    rows: list[list[str]]  # the first ones, as many as were asked for
    row_count: int
    is_count_exact: bool  # False: the file holds at least so many
    column_count: int
    delimiter: str
    encoding: str
    is_encoding_guess: bool
    comments: list[str]  # the lines that begin with "#", without it
    notes: list[str] = field(default_factory=list)  # sentences on what was guessed, cut or odd

    @property
    def row_count_text(self) -> str:
        """1,234, or: at least 1,234."""
        return grouped(self.row_count) if self.is_count_exact else _("at least %(count)s") % {"count": grouped(self.row_count)}


class CsvSource(Protocol):
    """A file that is open for reading bytes."""

    def read(self, size: int, /) -> Any: ...


def read_csv(source: bytes | CsvSource, *, max_rows: int, max_bytes: int = MAX_BYTES, is_whole: bool = True) -> CsvTable:
    """The first rows of a table and what is known of the others. Reads no more than `max_bytes` of the file.

    `is_whole` False says that `source` is only the beginning of a file. An empty file gives a table without columns. Raises nothing of its own.
    """
    content = source[: max_bytes + 1] if isinstance(source, bytes) else source.read(max_bytes + 1)
    is_whole, content = is_whole and len(content) <= max_bytes, content[:max_bytes]
    # The limit belongs to the whole process: it is only ever raised, so that readers side by side do not disturb each other.
    csv.field_size_limit(max(csv.field_size_limit(), max_bytes))
    decoded = decode_text(content, is_whole=is_whole)
    notes = [decoded.note] if decoded.note else []
    if nuls := decoded.text.count("\0"):
        note = ngettext("%(count)s NUL character is shown as \ufffd.", "%(count)s NUL characters are shown as \ufffd.", nuls)
        notes.append(note % {"count": grouped(nuls)})
    text = decoded.text.replace("\0", "\ufffd")
    named = _SEPARATOR_LINE.match(text)
    text = text[named.end() :] if named else text
    delimiter = named.group(1) if named else _delimiter_of(text)
    records = _Records(text, delimiter, has_comments=not _hash_begins_cells(text, delimiter))
    first: list[list[str]] = []
    widths: Counter[int] = Counter()
    for record in _complete(records, is_whole):
        widths[len(record)] += 1
        if len(first) <= max(max_rows, SAMPLE_ROWS):
            first.append(record)
    header, comments = _header_of(first, records, delimiter)
    if first and header is first[0]:
        del first[0]
        widths[len(header)] -= 1
    rows, count = first[:max_rows], widths.total()
    width = max([len(header), *(len(row) for row in rows)])
    return CsvTable(
        header=_padded(header, width) if header else [],
        rows=[_padded(row, width) for row in rows],
        row_count=count,
        is_count_exact=is_whole,
        column_count=width,
        delimiter=delimiter,
        encoding=decoded.encoding,
        is_encoding_guess=decoded.is_guess,
        comments=comments,
        notes=notes + list(_oddities(records, header, widths, is_whole)),
    )


class _Records:
    """The rows of a text as lists of cells. A line that begins with "#" is a comment unless it lies inside a quoted cell."""

    def __init__(self, text: str, delimiter: str, *, has_comments: bool = True) -> None:
        self.comments: list[str] = []
        self.comments_in_front = 0
        self.notes: list[str] = []
        self.is_last_open = False  # the text ended inside a quoted cell
        self.ends_with_line_break = text.endswith(("\n", "\r"))
        self._text, self._has_comments, self._is_between = text, has_comments, True
        self._is_blank = delimiter == BLANK
        self._reader = csv.reader(self._lines(), delimiter=delimiter, skipinitialspace=True)

    def __iter__(self) -> Iterator[list[str]]:
        count = 0
        while True:
            self._is_between = True
            record = next(self._reader, None)
            if record is None:
                self.comments_in_front = self.comments_in_front if count else len(self.comments)
                return
            if record:  # an empty line is no row
                self.comments_in_front = self.comments_in_front if count else len(self.comments)
                count += 1
                yield record

    def _lines(self) -> Iterator[str]:
        """Lines end at line feeds and carriage returns alone: U+0085 and U+2028 belong to their cells."""
        for line in io.StringIO(self._text, newline=""):
            if self._is_between and self._has_comments and line.startswith("#"):
                self.comments.append(line[1:].strip())
                continue
            if self._is_between and self._is_blank:
                line = line.strip(f"{BLANK}\t\r\n") + "\n"
            self._is_between = False
            yield line
        # Asked for more in the middle of a row: that happens inside quotation marks only.
        self.is_last_open = not self._is_between


def _sample(text: str, delimiter: str, *, has_comments: bool = True) -> list[list[str]]:
    return list(islice(_Records(text, delimiter, has_comments=has_comments), SAMPLE_ROWS))


def _delimiter_of(text: str) -> str:
    """The one that makes rows of equal width, and numbers of most cells: "1,5;2,5" is two numbers by its semicolon."""

    def score(delimiter: str) -> tuple[bool, float, float]:
        rows = _sample(text, delimiter) or _sample(text, delimiter, has_comments=False)
        if not rows:
            return False, 0.0, 0.0
        width, times = Counter(len(row) for row in rows).most_common(1)[0]
        cells = [cell for row in rows for cell in row]
        return width > 1, times / len(rows), sum(_is_value(cell) for cell in cells) / len(cells)

    found = max(DELIMITERS, key=score)  # the first of equals
    return BLANK if not score(found)[0] and _has_columns_by_blanks(text) else found


def _has_columns_by_blanks(text: str) -> bool:
    """Whether blanks part numbers: all rows are equally wide, and nothing else stands below the first one. Words have blanks in them."""
    rows = _sample(text, BLANK)
    numbers = [cell for row in rows[1:] for cell in row]
    return len({len(row) for row in rows}) == 1 and len(rows[0]) > 1 and bool(numbers) and all(cell and _is_value(cell) for cell in numbers)


def _hash_begins_cells(text: str, delimiter: str) -> bool:
    """Whether "#" belongs to the data ("#ff0000,red"): then nothing but a header would be left without these lines."""
    if len(_sample(text, delimiter)) != 1:
        return False
    widths = [len(row) for row in _sample(text, delimiter, has_comments=False)]
    return len(widths) > 1 and widths[0] > 1 and len(set(widths)) == 1 and not text.startswith("#")


def _is_value(cell: str) -> bool:
    """A number, a date or one of the words for a missing number; not a name."""
    text = cell.strip()
    return text.lower() in _MISSING or bool(_NUMBER.fullmatch(text) or _DATE.fullmatch(text))


def _complete(records: _Records, is_whole: bool) -> Iterator[list[str]]:
    """The rows; of a text that is cut not the last one, which may be a part of a row."""
    pending: list[str] | None = None
    for record in records:
        if pending is not None:
            yield pending
        pending = record
    if pending is not None and (is_whole or (records.ends_with_line_break and not records.is_last_open)):
        yield pending


def _header_of(first: list[list[str]], records: _Records, delimiter: str) -> tuple[list[str], list[str]]:
    """The names of the columns, and the comments that are not the header. "# id,ra,dec" is one where the rows below are as wide."""
    comments, place = records.comments, records.comments_in_front - 1
    in_comment = _cells_of(comments[place], delimiter) if place >= 0 else []
    begins_with_names = _has_names(first[:SAMPLE_ROWS])
    if len(in_comment) > 1 and all(in_comment) and (not first or len(first[0]) == len(in_comment)) and begins_with_names is not True:
        return in_comment, comments[:place] + comments[place + 1 :]
    return (first[0] if first and any(first[0]) and begins_with_names is not False else []), comments


def _has_names(rows: list[list[str]]) -> bool | None:
    """Whether the first row names the columns: True where a name stands over values, None where all that is there is words."""
    if not rows:
        return None
    for column, cell in enumerate(rows[0]):
        below = [row[column] for row in rows[1:] if column < len(row) and row[column].strip()]
        if below and not _is_value(cell) and all(_is_value(other) for other in below):
            return True
    return False if any(cell.strip() and _is_value(cell) for cell in rows[0]) else None


def _cells_of(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])]


def _padded(row: list[str], width: int) -> list[str]:
    return row + [""] * (width - len(row))


def _oddities(records: _Records, header: list[str], widths: Counter[int], is_whole: bool) -> Iterator[str]:
    """What a reader of the table should know, a sentence each."""
    count = widths.total()
    if count and not header:
        yield _("No header line was recognised.")
    if not count and not is_whole:
        yield _("The first row is too long to be shown.")
    if records.is_last_open and is_whole:
        yield _("A quotation mark is never closed, so everything after it is in one cell of the last row.")
    expected = len(header) or max(widths, key=lambda width: widths[width], default=0)
    if odd := count - widths[expected]:
        yield ngettext(
            "%(odd)s of %(count)s rows has more or fewer than %(expected)s cells.",
            "%(odd)s of %(count)s rows have more or fewer than %(expected)s cells.",
            odd,
        ) % {"odd": grouped(odd), "count": grouped(count), "expected": expected}
    if skipped := len(records.comments) - records.comments_in_front:
        yield ngettext(
            "%(count)s line between the rows begins with # and is not counted.",
            "%(count)s lines between the rows begin with # and are not counted.",
            skipped,
        ) % {"count": grouped(skipped)}
