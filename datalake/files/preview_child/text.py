"""Text: the first lines, as they are, or as a terminal shows them."""

import re

from django.utils.translation import gettext as _

from datalake.files.preview_child import json_layout
from datalake.files.preview_child.limits import NoPreview, Section, cut
from datalake.files.preview_child.source import Source
from vre_portal.terminal_text import text_lines
from vre_portal.text_encoding import DecodedText, decode_text

LINES, WIDTH = 80, 300
CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
CHARS_PER_CONTROL = 20  # characters among which one control character makes it no text


def decoded(source: Source) -> DecodedText:
    """The text with the guess of its encoding; raises NoPreview where it is none."""
    found = decode_text(source.content, is_whole=not source.truncated)
    begin = found.text[:8192]
    if "\0" in begin or len(CONTROLS.findall(begin)) * CHARS_PER_CONTROL > len(begin):
        raise NoPreview(_("This is not a text file."))
    return found


def is_for_terminal(text: str) -> bool:
    """Whether colours or bars of progress stand in it. A text in which only carriage returns end lines is one of an old Mac."""
    return "\x1b" in text or "\x08" in text or ("\r" in text and "\n" in text)


def read(source: Source) -> list[Section]:
    """The beginning."""
    found = decoded(source)
    text = found.text.replace("\r\n", "\n")
    lines = text_lines(text) if is_for_terminal(text) else text.removesuffix("\n").split("\n")
    is_laid_out = len(lines) == 1 and len(lines[0]) > WIDTH and json_layout.is_json(text, is_whole=not source.truncated)
    lines = list(json_layout.lines_of(text)) if is_laid_out else lines
    shown = "\n".join(line if len(line) <= WIDTH else line[:WIDTH] + "\u2026" for line in lines[:LINES])
    result = Section(title="", kind="text", text=shown)
    if source.truncated:
        result.say(_("Only the beginning is shown."))
    else:
        result.say(cut(_("Lines shown"), LINES, len(lines)))
    result.say(_("In the file this JSON stands on one line.") if is_laid_out else "")
    cut_lines = sum(len(line) > WIDTH for line in lines[:LINES])
    result.say(_("Lines of more than %(n)s characters are cut off.") % {"n": WIDTH} if cut_lines else "", found.note)
    return [result]
