"""A text on disk in pages: cut at ends of lines while it is written, read and searched without being in memory as a whole."""

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from vre_portal.terminal_text import MAX_SEQUENCE, Style, style_after

PAGE_BYTES = 64 * 1024
BLOCK = 1024 * 1024  # that is searched at a time
MAX_LINE = 20_000  # characters of a line in which words are looked for
SEARCH_SECONDS = 5.0
UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*)?$")  # the beginning of a sequence of a terminal

Begin = list[Any]  # of a page: its first byte and line, and the style that holds there


class SearchTooLong(Exception):
    """The search was ended; `lines` were searched."""

    def __init__(self, lines: int) -> None:
        super().__init__(lines)
        self.lines = lines


@dataclass
class PageWriter:
    """Writes pieces of a text and notes where each page begins: its first byte, its first line, and the colours that were begun before it."""

    file: IO[bytes]
    max_bytes: int
    size: int = 0
    lines: int = 0
    pages: list[Begin] = field(default_factory=list)
    is_cut: bool = False
    _held: bytearray = field(default_factory=bytearray)
    _ends_line: bool = True
    _style: Style = field(default_factory=dict)

    def write(self, pieces: Iterable[str]) -> None:
        """All pieces, or as many as may be stored."""
        for piece in pieces:
            self._held += piece.encode("utf-8", "replace")
            while len(self._held) >= PAGE_BYTES:
                self._write_page(self._end_of_page())
            if self.size + len(self._held) >= self.max_bytes:
                self.is_cut = True
                break
        while self._held:
            self._write_page(self._end_of_page())
        self.lines += not self._ends_line

    def _end_of_page(self) -> int:
        """Behind the last whole line that fits; a longer line is cut between two characters, and not within a sequence of a terminal."""
        if len(self._held) < PAGE_BYTES:
            return len(self._held)
        if end := self._held.rfind(b"\n", 0, PAGE_BYTES) + 1:
            return end
        end = PAGE_BYTES
        if begun := UNFINISHED.search(self._held, end - MAX_SEQUENCE, end):
            end = begun.start()
        while end and end < len(self._held) and self._held[end] & 0xC0 == 0x80:
            end -= 1
        return end

    def _write_page(self, end: int) -> None:
        self.pages.append([self.size, self.lines + 1, self._style])
        page = bytes(self._held[:end])
        self._style = style_after(page.decode("utf-8", "replace"), self._style)
        del self._held[:end]
        self.file.write(page)
        self.size += len(page)
        self.lines += page.count(b"\n")
        self._ends_line = page.endswith(b"\n")


def read_page(file: IO[bytes], pages: list[Begin], number: int) -> str:
    """The text of a page, the first one being 1."""
    begin = pages[number - 1][0]
    file.seek(begin)
    end = pages[number][0] if number < len(pages) else None
    return file.read(PAGE_BYTES if end is None else min(end - begin, PAGE_BYTES)).decode("utf-8", "replace")


def matching_lines(file: IO[bytes], query: str, seconds: float = SEARCH_SECONDS) -> Iterator[tuple[int, str]]:
    """Numbers and texts of the lines that hold the words, whatever their case; a block is in memory at a time.

    Raises SearchTooLong, with the lines that were searched, where that takes longer than `seconds`.
    """
    wanted, number, end = query.casefold(), 0, time.monotonic() + seconds
    while block := file.read(BLOCK):
        block += file.readline(PAGE_BYTES)
        text = block.decode("utf-8", "replace")
        if wanted in text.casefold():
            for place, line in enumerate(text.split("\n"), start=number + 1):
                if wanted in line[:MAX_LINE].casefold():
                    yield place, line[:MAX_LINE]
        number += block.count(b"\n")
        if time.monotonic() > end:
            raise SearchTooLong(number)


def page_of_line(pages: list[Begin], line: int) -> int:
    """The page on which a line begins."""
    return max((number for number, begin in enumerate(pages, start=1) if begin[1] <= line), default=1)


def style_of(pages: list[Begin], number: int) -> Style:
    """The colours that were begun before a page; of logs that were fetched before these were noted, none."""
    begin = pages[number - 1]
    return begin[2] if len(begin) > 2 else {}
