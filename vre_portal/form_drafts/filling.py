"""What was typed, put back into the form of a page that has just been made: server-side, for any form, without a script."""

from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from vre_portal.form_drafts.models import Fields

UNFILLED = frozenset({"file", "password", "submit", "button", "image", "reset"})
TICKED = frozenset({"checkbox", "radio"})
OWN = frozenset({"key", "version"})  # hidden fields by which a form tells which opening of it was filled in


@dataclass
class Control:
    """A field where it stands in the page's text: its first tag, and for a textarea the text in it."""

    tag: str
    facts: dict[str, str | None]
    begin: int
    end: int
    close: int = 0
    select: str = ""  # the name of the list that an option belongs to

    @property
    def name(self) -> str:
        return self.select or self.facts.get("name") or ""

    @property
    def kind(self) -> str:
        return (self.facts.get("type") or "text").lower() if self.tag == "input" else self.tag


@dataclass
class Form:
    """A form that posts."""

    path: str
    begin: int  # just behind its first tag
    controls: list[Control] = field(default_factory=list)

    def takes(self, path: str, typed: Fields) -> bool:
        """Whether this is the form that was sent: its address, fields to type in, and the hidden ones as they were."""
        visible = [item for item in self.controls if item.kind not in UNFILLED | {"hidden", "option"}]
        hidden = [item for item in self.controls if item.kind == "hidden" and item.name not in OWN]
        same = all(typed[item.name] == [item.facts.get("value") or ""] for item in hidden if item.name in typed)
        return self.path == path and same and any(item.name in typed for item in visible)


class Reader(HTMLParser):
    """Finds the forms of a page and where their fields stand."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__(convert_charrefs=True)
        self.address, self.select = address, ""
        self.forms: list[Form] = []
        self.form: Form | None = None
        self.lines = [0]
        for line in page.split("\n"):
            self.lines.append(self.lines[-1] + len(line) + 1)
        self.feed(page)
        self.close()

    def place(self) -> int:
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts, begin = dict(attrs), self.place()
        end = begin + len(self.get_starttag_text() or "")
        if tag == "form":
            posts = (facts.get("method") or "").lower() == "post"
            self.form = Form(urlsplit(urljoin(self.address, facts.get("action") or "")).path, end) if posts else None
            if self.form:
                self.forms.append(self.form)
        elif self.form and tag in ("input", "textarea", "select", "option"):
            self.select = facts.get("name") or "" if tag == "select" else self.select
            self.form.controls.append(Control(tag, facts, begin, end, select=self.select if tag == "option" else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = ""
        elif tag == "textarea" and self.form and self.form.controls:
            self.form.controls[-1].close = self.place()


def fill_in(page: str, address: str, path: str, typed: Fields, notice: str) -> str | None:
    """The page with the form that posts to `path` filled in and a notice in it; None where it has no such form."""
    form = next((item for item in Reader(page, address).forms if item.takes(path, typed)), None)
    if form is None:
        return None
    pieces, at = [page[: form.begin], notice], form.begin
    for control in form.controls:
        if control.name not in typed and control.kind not in TICKED:
            continue
        values = typed.get(control.name, [])
        pieces += [page[at : control.begin], render_field(control, values, page)]
        at = max(control.end, control.close)
    return "".join([*pieces, page[at:]])


def render_field(control: Control, values: list[str], page: str) -> str:
    """One field anew, with what was typed in it."""
    facts, value = dict(control.facts), values[0] if values else ""
    if control.kind in UNFILLED or control.tag == "select":
        return page[control.begin : control.end]
    if control.tag == "textarea":
        return f"{page[control.begin : control.end]}\n{escape(value)}"
    if control.tag == "option" or control.kind in TICKED:
        word = "selected" if control.tag == "option" else "checked"
        facts.pop(word, None)
        own = facts.get("value")
        if ("on" if own is None else own) in values:
            facts[word] = None
    else:
        facts["value"] = value
    told = "".join(f" {name}" if said is None else f' {name}="{escape(said)}"' for name, said in facts.items())
    return f"<{control.tag}{told}>"
