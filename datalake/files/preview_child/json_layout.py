"""JSON that stands on one line, with line breaks and indents: nothing but blanks is added or left out, so every number stays as it is written."""

import json
import re
from collections.abc import Iterator

INDENT = "  "
MAX_INDENT = 40  # levels: deeper ones are not indented further
BEGIN = re.compile(r'\s*(?:\{\s*["}]|\[)')
# A string, also one that the end cuts off; what opens, closes and separates; and the rest.
TOKENS = re.compile(r'(?P<string>"(?:[^"\\]|\\.)*"?)|(?P<open>[{\[])|(?P<close>[}\]])|(?P<comma>,)|(?P<colon>:)|(?P<other>[^\s"{}\[\],:]+)')


# What is left of a value that the end cuts off: of a string, a number, or a word.
CUT_VALUE = re.compile(r'(?:"(?:[^"\\\x00-\x1f]|\\.)*\\?|-?[0-9.eE+-]{0,400})\Z')
WORDS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")


def is_json(text: str, *, is_whole: bool) -> bool:
    """Whether the text is JSON, as far as it is here: of one that the end cuts off, whether all before the last value is."""
    if not BEGIN.match(text):
        return False
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        rest = text[error.pos :].strip()
        is_cut_word = any(word.startswith(rest) for word in WORDS)
        is_cut_escape = error.msg.startswith("Invalid \\uXXXX") and len(rest) < 6
        return not is_whole and (is_cut_word or is_cut_escape or CUT_VALUE.match(rest) is not None)
    except (ValueError, RecursionError):  # a whole number of more digits than Python reads
        return False
    return True


def lines_of(text: str) -> Iterator[str]:
    """The lines with an item each; an empty list or object stays on one line."""
    depth, line, before = 0, "", ""
    for token in TOKENS.finditer(text):
        kind, part = token.lastgroup or "", token[0]
        if kind == "close":
            depth = max(depth - 1, 0)
        if before == "comma" or (before == "open" and kind != "close") or (kind == "close" and before != "open"):
            yield line
            line = INDENT * min(depth, MAX_INDENT)
        line += f"{part} " if kind == "colon" else part
        depth += kind == "open"
        before = kind
    if line:
        yield line
