"""A text on disk in pages: cut at ends of lines while it is written, read and searched without being in memory as a whole."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO

PAGE_BYTES = 64 * 1024
BLOCK = 1024 * 1024  # that is searched at a time
MAX_LINE = 20_000  # characters of a line in which words are looked for
SEARCH_SECONDS = 5.0


class SearchTooLong(Exception):
    """The search was ended; `lines` were searched."""

    def __init__(self, lines: int) -> None:
        super().__init__(lines)
        self.lines = lines


@dataclass
class PageWriter:
    """Writes pieces of a text and notes where each page begins: its first byte and its first line."""

    file: IO[bytes]
    max_bytes: int
    size: int = 0
    lines: int = 0
    pages: list[list[int]] = field(default_factory=list)
    is_cut: bool = False
    _held: bytearray = field(default_factory=bytearray)
    _ends_line: bool = True

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
        """Behind the last whole line that fits; a longer line is cut between two characters."""
        if len(self._held) < PAGE_BYTES:
            return len(self._held)
        if end := self._held.rfind(b"\n", 0, PAGE_BYTES) + 1:
            return end
        end = PAGE_BYTES
        while end and end < len(self._held) and self._held[end] & 0xC0 == 0x80:
            end -= 1
        return end

    def _write_page(self, end: int) -> None:
        self.pages.append([self.size, self.lines + 1])
        page = bytes(self._held[:end])
        del self._held[:end]
        self.file.write(page)
        self.size += len(page)
        self.lines += page.count(b"\n")
        self._ends_line = page.endswith(b"\n")


def read_page(file: IO[bytes], pages: list[list[int]], number: int) -> str:
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


def page_of_line(pages: list[list[int]], line: int) -> int:
    """The page on which a line begins."""
    return max((number for number, (_byte, first) in enumerate(pages, start=1) if first <= line), default=1)
