"""Text: the first lines, as they are."""

from datalake.preview_child.limits import NoPreview, Section
from datalake.preview_child.source import Source

LINES, WIDTH = 80, 300


def decoded(content: bytes) -> str:
    """UTF-8, or no text at all."""
    if b"\0" in content[:8192]:
        raise NoPreview("It is not text.")
    return content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")


def read(source: Source) -> list[Section]:
    """The beginning."""
    lines = decoded(source.content).split("\n")
    shown = "\n".join(line if len(line) <= WIDTH else line[:WIDTH] + "\u2026" for line in lines[:LINES])
    more = source.truncated or len(lines) > LINES
    return [Section(title="Text", kind="text", text=shown, note="Only its beginning is shown." if more else "")]
