"""JSON that is read as it comes, so that one long text in it is never in memory as a whole."""

import json
import re
from collections.abc import Iterator
from typing import Any

MAX_VALUE = 1024 * 1024  # characters of a value that is read as a whole
# What of a text is complete: plain characters and whole escapes; the first half of a pair only where the second can be seen.
_ESCAPE = r"\\(?:[^u]|u(?![dD][89abAB])[0-9a-fA-F]{4}"
_TEXT = re.compile(rf'(?:[^"\\]++|{_ESCAPE}|u[dD][89abAB][0-9a-fA-F]{{2}}(?=[\s\S]{{6}})))*+')
_LAST_TEXT = re.compile(rf'(?:[^"\\]++|{_ESCAPE}|u[dD][89abAB][0-9a-fA-F]{{2}}))*+')
_PLAIN = re.compile(r'[^"{}\[\]]*+')
_SCALAR = re.compile(r"[^,}\]\s]*+")
_SPACE = re.compile(r"[\s,:]*+")


class JsonPieces:
    """A reader of one JSON value. Raises ValueError where it is not JSON, or ends too early."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._text, self._at = "", 0
        self._is_last = False

    def names(self) -> Iterator[str]:
        """The names of an object's members; each value has to be read or skipped before the next name. Null has none."""
        if not self._opens("{"):
            return
        while self._peek() != "}":
            yield self.value()
        self._at += 1

    def text(self) -> Iterator[str]:
        """A text in pieces; null is an empty one."""
        if not self._opens('"'):
            return
        while True:
            found = (_LAST_TEXT if self._is_last else _TEXT).match(self._text, self._at)
            if found and found[0]:
                self._at = found.end()
                piece: str = json.loads(f'"{found[0]}"', strict=False)
                yield piece
            if self._at < len(self._text) and self._text[self._at] == '"':
                self._at += 1
                return
            if not self._fill() and not (found and found[0]):
                raise ValueError("the text has no end")

    def value(self) -> Any:
        """A whole text, number, boolean or null; an object or a list is skipped and None. Raises ValueError where it is very long."""
        first = self._peek()
        if first in "{[":
            self.skip()
            return None
        if first == '"':
            parts, length = [], 0
            for part in self.text():
                length += len(part)
                if length > MAX_VALUE:
                    raise ValueError("a value is too long")
                parts.append(part)
            return "".join(parts)
        return json.loads(self._scalar())

    def skip(self) -> None:
        """Pass over any value."""
        depth = 0
        while True:
            first = self._peek()
            if first == '"':
                for _part in self.text():
                    pass
            elif first in "{[":
                depth += 1
                self._at += 1
            elif first in "}]":
                depth -= 1
                self._at += 1
            elif depth:
                found = _PLAIN.match(self._text, self._at)
                self._at = found.end() if found else self._at
            else:
                self._scalar()
            if not depth:
                return

    def _opens(self, sign: str) -> bool:
        """Pass the sign that begins a value; False where the value is null instead."""
        if self._peek() == sign:
            self._at += 1
            return True
        if self._peek() == "n" and self._scalar() == "null":
            return False
        raise ValueError(f"{sign} was expected")

    def _scalar(self) -> str:
        while True:
            found = _SCALAR.match(self._text, self._at)
            end = found.end() if found else self._at
            if end < len(self._text) or not self._fill():
                break
            if len(self._text) - self._at > MAX_VALUE:
                raise ValueError("a value is too long")
        found = _SCALAR.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return found[0] if found else ""

    def _peek(self) -> str:
        """The next character that is neither space, comma nor colon."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                raise ValueError("the JSON ends too early")

    def _fill(self) -> bool:
        """Take the next piece, and let go of what was read; False where there is none."""
        piece = next(self._pieces, None)
        if piece is None:
            self._is_last = True
            return False
        self._text, self._at = self._text[self._at :] + piece, 0
        return True
