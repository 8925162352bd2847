"""Outputs of a notebook's cells: each is shown, or the section says what is not shown and why."""

import base64
import re
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datalake.files.preview_child import picture
from datalake.files.preview_child.html_table import Tables, table_of
from datalake.files.preview_child.limits import NoPreview, Section, cut
from datalake.files.preview_child.source import Source

LENGTH, OUTPUTS = 20_000, 40
PICTURES = 8
WORDS = (("text/plain", ""), ("text/markdown", "Markdown"), ("text/latex", "LaTeX"), ("application/json", "JSON"))
COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
NAMES = {
    "image/svg+xml": gettext_lazy("SVG picture"),
    "text/html": "HTML",
    "application/javascript": gettext_lazy("Script"),
    "application/vnd.jupyter.widget-view+json": gettext_lazy("Widget"),
    "application/vnd.plotly.v1+json": gettext_lazy("Interactive plot"),
    "application/pdf": "PDF",
}


class Pictures:
    """How many pictures of a notebook may still be drawn, and how long its tables may still take."""

    def __init__(self) -> None:
        self.left = PICTURES
        self.tables = Tables()


def joined(value: Any) -> str:
    """Text as notebooks keep it, one string or a list of lines."""
    lines = value if isinstance(value, list) else [value]
    return "".join(line for line in lines if isinstance(line, str))


def limited(text: str) -> tuple[str, str]:
    """At most LENGTH characters, and the sentence that says so where it was more."""
    return text[:LENGTH], cut(_("Characters shown"), LENGTH, len(text))


def sections(items: list[Any], pictures: Pictures) -> list[Section]:
    """The outputs of one cell, in order."""
    found = [
        section(item, pictures) if isinstance(item, dict) else left_out(_("Output"), _("It could not be read.")) for item in items[:OUTPUTS]
    ]
    if len(items) > OUTPUTS:
        found.append(Section(title="", kind="note", note=cut(_("Outputs of this cell shown"), OUTPUTS, len(items))))
    return [item for item in found if item.text.strip() or item.image or item.columns or item.note]


def left_out(item: str, reason: str) -> Section:
    """A section that says that an item is not shown; the reason is a sentence."""
    return Section(title="", kind="note", note=_("%(item)s: not shown. %(reason)s") % {"item": item, "reason": reason})


def section(output: dict[str, Any], pictures: Pictures) -> Section:
    """One output: a picture where there is one, else a table, else its words."""
    kind = output.get("output_type")
    if kind == "stream":
        return text_section(printed(joined(output.get("text"))), "stderr" if output.get("name") == "stderr" else "")
    if kind == "error":
        return error_section(output)
    data = output.get("data")
    if not isinstance(data, dict) or not data:
        if kind in ("display_data", "execute_result"):
            return left_out(_("Output"), _("It has no data."))
        return left_out(_("Output"), _("Its type is %(type)s.") % {"type": str(kind)[:40]})
    if data.get("image/png") or data.get("image/jpeg"):
        drawn = picture_of(data, pictures, "")
        return drawn if drawn.image else replace(words_of(data), note=drawn.note)
    return table_of(joined(data.get("text/html")), pictures.tables) or words_of(data)


def text_section(text: str, title: str = "") -> Section:
    text, note = limited(text)
    return Section(title=title, kind="output", text=text, note=note)


def printed(text: str) -> str:
    """What a terminal would show in the end: without colours, and of a line that was written over the last state."""
    lines = COLOURS.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)


def error_section(output: dict[str, Any]) -> Section:
    """The name and the message of an error as Python prints them, and the traceback where it was kept."""
    name, value = joined(output.get("ename")), joined(output.get("evalue"))
    last = ": ".join(part for part in (name, value) if part) or _("Unnamed error")
    kept = output.get("traceback")
    lines = [printed(line) for line in kept if isinstance(line, str)] if isinstance(kept, list) else []
    return text_section("\n".join(lines) if lines and last in lines[-1] else "\n".join([*lines, last]), _("Error"))


def words_of(data: dict[str, Any]) -> Section:
    """The words of an output, and which richer forms of it are not shown."""
    rich = [str(name) for kind, name in NAMES.items() if kind in data]
    other = [str(kind)[:60] for kind in data if kind not in NAMES and kind not in dict(WORDS) and not str(kind).startswith("image/")]
    other += [str(kind)[:60] for kind in data if str(kind).startswith("image/") and kind not in (*NAMES, "image/png", "image/jpeg")]
    for kind, title in WORDS:
        value = data.get(kind)
        text = joined(value) if not isinstance(value, dict) else str(value)
        if text.strip():
            found = text_section(text, title)
            break
    else:
        found, rich = Section(title="", kind="output"), rich or other or [_("Output")]
    if rich:
        reason = _("The text version is shown instead.") if found.text else _("Previews show text, PNG and JPEG only.")
        found.say(_("%(item)s: not shown. %(reason)s") % {"item": ", ".join(rich), "reason": reason})
    return found


def picture_of(data: dict[str, Any], pictures: Pictures, title: str) -> Section:
    """A picture encoded again, or the reason why it is not shown."""
    encoded = data.get("image/png") or data.get("image/jpeg")
    name = title or _("Picture")
    if not encoded:
        kinds = ", ".join(str(kind)[:40] for kind in data)
        if not kinds:
            return left_out(name, _("It has no data."))
        return left_out(name, _("Its type is %(type)s; only PNG and JPEG are shown.") % {"type": kinds})
    if pictures.left < 1:
        return left_out(name, _("A preview shows up to %(n)s pictures.") % {"n": PICTURES})
    try:
        content = base64.b64decode("".join(encoded) if isinstance(encoded, list) else str(encoded))
        found = picture.read(Source(content, len(content), len(content), len(content)))[0]
    except MemoryError:
        raise
    except NoPreview as error:
        return left_out(name, str(error))
    except Exception:  # noqa: BLE001 -- a picture that is none falls back to the words beside it
        return left_out(name, _("It could not be decoded."))
    pictures.left -= 1
    return replace(found, facts=[], title=title)
