"""Jupyter notebooks: cells one by one; text as Markdown that the page makes safe, code and printed output as text, pictures drawn anew."""

import base64
import json
from dataclasses import replace
from typing import Any

from markdown_it import MarkdownIt

from datalake.preview_child import picture
from datalake.preview_child.limits import NoPreview, Section
from datalake.preview_child.source import Source

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")  # its HTML is cleaned again where the page is made
CELLS, LENGTH, PICTURES = 60, 20_000, 8


def read(source: Source) -> list[Section]:
    """The first cells. HTML, scripts and widgets among the outputs are left out: their plain text is shown."""
    if source.truncated:
        raise NoPreview("It is too large for a preview.")
    try:
        content = json.loads(source.content)
        cells = [item for item in content["cells"] if isinstance(item, dict)]
    except (ValueError, KeyError, TypeError):
        raise NoPreview("It is not a notebook of version 4.") from None
    found: list[Section] = []
    for cell in cells[:CELLS]:
        found += parts(cell, sum(1 for item in found if item.image))
    if len(cells) > CELLS:
        found.append(Section(title="", kind="note", note=f"Only the first {CELLS} of {len(cells):,} cells are shown."))
    return found


def joined(value: Any) -> str:
    """Text as notebooks keep it, one string or a list of lines."""
    lines = value if isinstance(value, list) else [value]
    return "".join(line for line in lines if isinstance(line, str))[:LENGTH]


def parts(cell: dict[str, Any], pictures: int) -> list[Section]:
    """A cell and its outputs."""
    text = joined(cell.get("source", ""))
    if cell.get("cell_type") == "markdown":
        return [Section(title="", kind="markdown", text=MARKDOWN.render(text))] if text.strip() else []
    count = cell.get("execution_count")
    found = [Section(title=f"In [{count if isinstance(count, int) else ' '}]", kind="code", text=text)] if text.strip() else []
    outputs = cell.get("outputs")
    for output in outputs if isinstance(outputs, list) else []:
        if isinstance(output, dict) and (made := shown_output(output, pictures + sum(1 for item in found if item.image))):
            found.append(made)
    return found


def shown_output(output: dict[str, Any], pictures: int) -> Section | None:
    """One output: a picture where there is one, else its text."""
    data = output.get("data")
    data = data if isinstance(data, dict) else {}
    encoded = data.get("image/png") or data.get("image/jpeg")
    if encoded and pictures < PICTURES:
        try:
            content = base64.b64decode(joined_whole(encoded))
            return replace(picture.read(Source(content, len(content), len(content), len(content)))[0], facts=[])
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 -- a picture that is none falls back to the words beside it
            encoded = None
    text = joined(output.get("text") or data.get("text/plain") or output.get("evalue") or "")
    return Section(title="", kind="output", text=text) if text.strip() else None


def joined_whole(value: Any) -> str:
    """A picture's text, which may be longer than what is shown of words."""
    return "".join(value) if isinstance(value, list) else str(value)
