"""Text from files of unknown encoding: UTF-8 and UTF-16 are recognised, the 8-bit ones are guessed, and a note says so.

charset-normalizer was tried for the guess and not taken: on short files it read "°" as cp932 and "µs" as big5.
"""

import codecs
from dataclasses import dataclass

from vre_portal.portable_gettext import gettext as _
from vre_portal.portable_gettext import grouped, ngettext

# The longer marks first: the one of UTF-32 begins as that of UTF-16 does.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_SAMPLE_BYTES = 4096
_MIN_NUL_SHARE = 0.4  # of every second byte: mostly Latin letters, as UTF-16 without a mark


@dataclass(frozen=True)
class DecodedText:
    """`note` says what a reader should know of the encoding; empty for whole UTF-8."""

    text: str
    encoding: str
    is_guess: bool = False
    note: str = ""


def decode_text(content: bytes, *, is_whole: bool = True) -> DecodedText:
    """The text of a file, or of its beginning (`is_whole` False: a character cut in two at the end is left out). Never raises."""
    for mark, codec, name in _MARKS:
        if content.startswith(mark):
            return _replacing(content[len(mark) :], codec, name, is_whole)
    if codec := _utf16_without_mark(content):
        decoded = _replacing(content, codec, "UTF-16", is_whole)
        return DecodedText(decoded.text, "UTF-16", True, _("Read as UTF-16, which is a guess: the file does not name its encoding."))
    try:
        return DecodedText(codecs.getincrementaldecoder("utf-8")().decode(content, is_whole), "UTF-8")
    except UnicodeDecodeError:
        return _not_quite_utf8(content, is_whole)


def _replacing(content: bytes, codec: str, name: str, is_whole: bool) -> DecodedText:
    """What does not belong to the encoding becomes U+FFFD, and is counted in the note."""
    text = codecs.getincrementaldecoder(codec)("replace").decode(content, is_whole)
    broken = text.count("\ufffd")
    if not broken:
        return DecodedText(text, name)
    note = ngettext(
        "%(count)s place is not valid %(encoding)s and is shown as \ufffd.",
        "%(count)s places are not valid %(encoding)s and are shown as \ufffd.",
        broken,
    ) % {"count": grouped(broken), "encoding": name}
    return DecodedText(text, name, False, note)


def _utf16_without_mark(content: bytes) -> str:
    """The codec where nearly every second byte of the beginning is NUL; empty where it is something else."""
    sample = content[:_SAMPLE_BYTES]
    half = len(sample) // 2
    if half < 2:
        return ""
    even, odd = sample[::2].count(0) / half, sample[1::2].count(0) / half
    if odd >= _MIN_NUL_SHARE and even < odd / 8:
        return "utf-16-le"
    return "utf-16-be" if even >= _MIN_NUL_SHARE and odd < even / 8 else ""


def _not_quite_utf8(content: bytes, is_whole: bool) -> DecodedText:
    """UTF-8 with damage where most of its longer characters are whole; else Windows' Latin letters, else ISO's."""
    damaged = _replacing(content, "utf-8", "UTF-8", is_whole)
    broken = damaged.text.count("\ufffd")
    if sum(not char.isascii() for char in damaged.text) > 2 * broken:
        return damaged
    try:
        text, name = content.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        text, name = content.decode("latin-1"), "Latin-1 (ISO 8859-1)"
    note = _("Read as %(encoding)s, which is a guess: the file is not UTF-8. Check letters with accents.") % {"encoding": name}
    return DecodedText(text, name, True, note)
