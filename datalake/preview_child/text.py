"""Text: the first lines, as they are."""

import codecs
import re
from dataclasses import dataclass

from datalake.preview_child.limits import NoPreview, Section, cut
from datalake.preview_child.source import Source

LINES, WIDTH = 80, 300
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"))
MARKS += ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
SEVERAL = 3  # damaged characters of UTF-8 among as many good ones, above which it is taken for another encoding


@dataclass(frozen=True)
class Decoded:
    """Text, and what was guessed of its encoding; empty where nothing was."""

    text: str
    guess: str = ""


def decoded(content: bytes, *, truncated: bool = False) -> Decoded:
    """The text in the encoding that its first bytes or its look tell; raises NoPreview where it is no text."""
    for mark, name in MARKS:
        if content.startswith(mark):
            body = content[len(mark) :]
            return Decoded(plain(body, name), "" if name == "utf-8" else f"Encoding: {name[:6].upper()}, by its byte order mark.")
    if (name := wide(content[:4096])) != "":
        return Decoded(plain(content, name), f"Encoding: {name[:6].upper()} (a guess, as the file does not say).")
    if b"\0" in content[:8192]:
        raise NoPreview("It is not text.")
    try:
        return Decoded(codecs.getincrementaldecoder("utf-8")().decode(content, final=not truncated).replace("\r\n", "\n"))
    except UnicodeDecodeError:
        return guessed(content)


def plain(content: bytes, name: str) -> str:
    return content.decode(name, errors="replace").replace("\r\n", "\n")


def wide(content: bytes) -> str:
    """UTF-16 without a mark: nearly every second byte is zero, and hardly one of the others."""
    if len(content) < 4:
        return ""
    even, odd = content[::2].count(0) / len(content[::2]), content[1::2].count(0) / len(content[1::2])
    if odd > 0.7 and even < 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > 0.7 and odd < 0.1 else ""


def guessed(content: bytes) -> Decoded:
    """UTF-8 with some damage, or one of the encodings with one byte a letter."""
    text = plain(content, "utf-8")
    damaged, letters = text.count("\ufffd"), len(re.findall("[^\x00-\x7f\ufffd]", text))
    if damaged * SEVERAL <= letters:
        return Decoded(text, f"Encoding: UTF-8 with {damaged:,} damaged characters, shown as \ufffd.")
    try:
        if re.search(rb"[\x80-\x9f]", content):
            return Decoded(content.decode("cp1252").replace("\r\n", "\n"), "Encoding: Windows-1252 (a guess, as the file does not say).")
    except UnicodeDecodeError:
        pass
    return Decoded(plain(content, "latin-1"), "Encoding: Latin-1 (a guess, as the file does not say).")


def read(source: Source) -> list[Section]:
    """The beginning."""
    found = decoded(source.content, truncated=source.truncated)
    lines = found.text.split("\n")
    if not lines[-1] and len(lines) > 1:
        lines.pop()
    shown = "\n".join(line if len(line) <= WIDTH else line[:WIDTH] + "\u2026" for line in lines[:LINES])
    result = Section(title="Text", kind="text", text=shown)
    result.say(cut("lines", min(LINES, len(lines)), len(lines) + source.truncated, at_least=source.truncated))
    long = sum(len(line) > WIDTH for line in lines[:LINES])
    result.say(f"Lines longer than {WIDTH} characters are cut." if long else "", found.guess)
    return [result]
