"""Text of several lines as it comes out of a word processor, a PDF, a chat or a terminal: what shows nothing is taken out of it.

What changes the direction of text stays, to be refused: taking it out could change what people read.
"""

import re
import unicodedata
from typing import Any, override

from django import forms

from vre_portal.validators import BLANK, INVISIBLE, JOINERS, LINE_BREAKS, validate_visible_text

# Colours, titles and other commands to a terminal.
_COMMANDS = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-Z\\^_a-~])")
_LINE_ENDS = dict.fromkeys(map(ord, "\v\f\x85\u2028\u2029"), "\n")
# Of the fonts Symbol and Wingdings, as word processors use them.
_BULLETS = {0xF0B7: "•", 0xF0A7: "▪", 0xF0A8: "◻", 0xF0D8: "➢", 0xF0FC: "✓"}
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_KEPT = JOINERS | LINE_BREAKS | _TURNS | {"\0"}  # NUL comes from no person, and is refused like a turn
_UNKNOWN = frozenset({"Co", "Cn", "Cs"})  # characters of a font alone, or newer than this server


class TextField(forms.CharField):
    """Text of several lines that people can see, also when it was pasted."""

    widget = forms.Textarea
    default_validators = (validate_visible_text,)  # type: ignore[assignment]  # a class's own, as Django's fields have them

    @override
    def to_python(self, value: Any) -> Any:
        return super().to_python(value if value in self.empty_values else cleaned(str(value)))


def cleaned(text: str) -> str:
    """The text without commands to terminals and invisible characters; what has no known form is one visible mark."""
    return "".join(map(_shown, _COMMANDS.sub("", text).translate(_LINE_ENDS | _BULLETS)))


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if char in _KEPT or (category not in INVISIBLE and char not in BLANK):
        return char
    if category in _UNKNOWN:
        return "\ufffd"
    return " " if category == "So" else ""  # the empty pattern of Braille stands where progress bars have a blank
