"""Jupyter notebooks: cells one by one; text as Markdown that the page makes safe, code and printed output as text, pictures encoded again."""

import json
import re
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markdown_it import MarkdownIt

from datalake.files.preview_child import outputs
from datalake.files.preview_child.limits import NoPreview, Section, TooLong, cpu_limit, cut
from datalake.files.preview_child.outputs import Pictures, joined, limited
from datalake.files.preview_child.source import Source

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")  # its HTML is cleaned again where the page is made
CELLS = 60
MARKDOWN_SECONDS = 0.3  # of CPU time for the text of one cell
TEXT_SECONDS = 1.0  # for all of them


class Words:
    """Markdown of a notebook, as long as it takes no longer than it may."""

    def __init__(self) -> None:
        self.left = TEXT_SECONDS

    def section(self, text: str) -> Section:
        """The words of one cell, as HTML or, where that takes too long, as they were written."""
        text, note = limited(text)
        try:
            with cpu_limit(min(MARKDOWN_SECONDS, self.left)) as clock:
                html = MARKDOWN.render(text)
        except (TooLong, RecursionError):
            self.left = max(self.left - MARKDOWN_SECONDS, 0.01)
            return Section(title="", kind="text", text=text, note=_("This Markdown takes too long to render: its source is shown."))
        self.left = max(self.left - clock(), 0.01)
        found = Section(title="", kind="markdown", text=html, note=note)
        elsewhere = len(re.findall(r'<img src="(?!attachment:)', html))
        if elsewhere:
            missing = ngettext(
                "%(n)s picture from outside the notebook is not shown.",
                "%(n)s pictures from outside the notebook are not shown.",
                elsewhere,
            )
            found.say(missing % {"n": elsewhere})
        return found


def read(source: Source) -> list[Section]:
    """The first cells. HTML, scripts and widgets among the outputs are not run: their plain text is shown, or that they are left out."""
    if source.truncated:
        raise NoPreview(_("The file is too large for a preview."))
    content = parsed(source.content)
    cells = content["cells"]
    found: list[Section] = []
    words, pictures, broken = Words(), Pictures(), 0
    for cell in cells[:CELLS]:
        if isinstance(cell, dict):
            found += parts(cell, words, pictures)
        else:
            broken += 1
    note = Section(title="", kind="note")
    note.say(cut(_("Cells shown"), CELLS, len(cells)), left_out(broken))
    if not cells:
        note.say(_("The notebook has no cells."))
    return [*found, note] if note.note else found


def left_out(broken: int) -> str:
    text = ngettext("%(n)s invalid cell is left out.", "%(n)s invalid cells are left out.", broken) % {"n": broken}
    return text if broken else ""


def parsed(content: bytes) -> dict[str, Any]:
    """The notebook as data; raises NoPreview where it is none of version 4."""
    try:
        found = json.loads(content)
    except ValueError:
        raise NoPreview(_("This is not a notebook: its JSON is invalid.")) from None
    if isinstance(found, dict) and isinstance(found.get("worksheets"), list):
        raise NoPreview(_("This notebook has format version 3 or older. Open and save it in Jupyter to convert it to version 4."))
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        raise NoPreview(_("This is not a notebook of format version 4: it has no list of cells."))
    return found


def parts(cell: dict[str, Any], words: Words, pictures: Pictures) -> list[Section]:
    """A cell with its attached pictures and its outputs."""
    text, note = limited(joined(cell.get("source", "")))
    kind = cell.get("cell_type")
    if kind == "markdown":
        return [*([words.section(joined(cell.get("source", "")))] if text.strip() else []), *attached(cell, pictures)]
    count = cell.get("execution_count")
    if kind == "code":
        title = f"In [{count if isinstance(count, int) else ' '}]"
    else:
        title = _("Raw cell") if kind == "raw" else _("Cell of type %(type)s") % {"type": str(kind)[:40]}
    found = [Section(title=title, kind="code", text=text, note=note)] if text.strip() else []
    items = cell.get("outputs") or []
    if not isinstance(items, list):
        return [*found, Section(title="", kind="note", note=_("The outputs could not be read."))]
    return [*found, *attached(cell, pictures), *outputs.sections(items, pictures)]


def attached(cell: dict[str, Any], pictures: Pictures) -> list[Section]:
    """Pictures that are kept in the cell itself, below its words."""
    held = cell.get("attachments")
    if not isinstance(held, dict):
        return []
    return [
        outputs.picture_of(bundle if isinstance(bundle, dict) else {}, pictures, _("Attachment %(name)s") % {"name": str(name)[:60]})
        for name, bundle in held.items()
    ][: outputs.OUTPUTS]
