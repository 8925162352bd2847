"""HTTP ranges (RFC 9110, section 14) of a file whose size is known."""

import re
from dataclasses import dataclass


class Unsatisfiable(ValueError):
    """The range lies outside of the file: 416."""


@dataclass(frozen=True)
class Span:
    """Bytes `first` to `last`, both included."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


def parse(header: str | None, size: int) -> Span | None:
    """The one range that is asked for; None means the whole file, as for several ranges, other units and nonsense."""
    match = re.fullmatch(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", header or "", re.ASCII)
    if not match or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        if int(last) == 0 or size == 0:
            raise Unsatisfiable
        return Span(max(size - int(last), 0), size - 1)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise Unsatisfiable
    return Span(int(first), min(int(last), size - 1) if last else size - 1)
