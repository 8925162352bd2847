"""Find words that people read and that are not marked for translation, in templates and in Python.

A heuristic, made to err on the side of asking: what it takes for a visible string and is none is said so at its line, by
`{# untranslated #}` in a template and by `# untranslated` in Python, with the reason beside it.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

SHOWN_IN_TAGS = (
    "label",
    "title",
    "text",
    "what",
    "why",
    "question",
    "consequence",
    "nothing",
    "offer",
    "heading",
    "hint",
    "empty",
    "caption",
    "unit",
)
MARKED = re.compile(
    r"{%\s*(?:blocktranslate|blocktrans)\b.*?{%\s*end(?:blocktranslate|blocktrans)\s*%}|{%\s*comment\b.*?{%\s*endcomment\s*%}|{#.*?#}"
    r"|{%\s*verbatim\b.*?{%\s*endverbatim\s*%}",
    re.DOTALL,
)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
# Texts in template tags: an argument such as title="Members", and what a filter puts in place of a value; _("...") is marked.
IN_TAG = re.compile(rf"""(?:\|(?:default|default_if_none|yesno|pluralize|add):|\b(?:{"|".join(SHOWN_IN_TAGS)})=)"(?P<text>[^"]+)\"""")
WORD = re.compile(r"[^\W\d_]{2,}")
# Names are the same in every language.
NAMES = {
    "VRE",
    "JSON",
    "CSV",
    "Rucio",
    "REANA",
    "JupyterHub",
    "Zenodo",
    "ORCID",
    "DOI",
    "DID",
    "IAM",
    "GitHub",
    "Atom",
    "SVG",
    "URL",
    "kB",
    "MB",
    "GB",
}
ATTRIBUTES = {"title", "alt", "placeholder", "aria-label", "aria-description", "aria-roledescription", "data-confirm", "label"}
STYLE_GUIDE = "styleguide"  # a page for those who write templates
UNREAD = {"script", "style", "code", "pre", "kbd", "samp", "template"}  # for machines, or to be copied
MARKERS = {"gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy", "_"}
# Arguments whose text a page shows, however short it is.
SHOWN = {"label", "help_text", "verbose_name", "verbose_name_plural", "empty_label", "title", "message", "placeholder", "detail", "purpose"}
LOGGERS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
INTERNAL = {
    "ValueError",
    "TypeError",
    "KeyError",
    "RuntimeError",
    "AssertionError",
    "NotImplementedError",
    "ImproperlyConfigured",
    "LookupError",
}
SENTENCE = re.compile(r"[A-Z“(][^\n]*[^\W\d_]{2,}[^\n]* [^\W\d_]{2,}", re.DOTALL)


@dataclass(frozen=True, order=True)
class Finding:
    """One unmarked text: where it stands, and its beginning."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: not marked for translation: {self.text[:80]}"


def blank(match: re.Match[str]) -> str:
    """As many line ends as the match had, so that line numbers stay."""
    return " " + "\n" * match.group().count("\n")


def has_words(text: str) -> bool:
    return any(word not in NAMES for word in WORD.findall(text))


class _Page(HTMLParser):
    """Collects the texts and the read attributes of a template whose marked strings and tags are blank."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.texts: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        read = ATTRIBUTES | ({"value"} if tag == "button" or ("type", "submit") in attrs else set())
        read |= {"content"} if tag == "meta" and ("name", "description") in attrs else set()
        self.texts += [(self.getpos()[0], value) for name, value in attrs if name in read and value]
        if tag in UNREAD:
            self.inside.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            line = self.getpos()[0]
            self.texts += [(line + number, part) for number, part in enumerate(data.split("\n")) if part.strip()]


def in_template(path: Path) -> Iterator[Finding]:
    """The unmarked texts of one template."""
    source = path.read_text()
    told = {number for number, line in enumerate(source.split("\n"), 1) if "{# untranslated" in line}
    page = _Page()
    page.feed(TAG.sub(blank, MARKED.sub(blank, source)))
    page.close()
    unmarked = MARKED.sub(blank, source)
    in_tags = [
        (unmarked.count("\n", 0, tag.start()) + 1, match["text"])
        for tag in TAG.finditer(unmarked)
        for match in IN_TAG.finditer(tag.group())
    ]
    found = sorted({*page.texts, *in_tags})
    yield from (Finding(path, line, text.strip()) for line, text in found if has_words(text) and line not in told)


def name_of(node: ast.AST) -> str:
    """The last part of what is called or raised."""
    if isinstance(node, ast.Call):
        return name_of(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


class _Code(ast.NodeVisitor):
    """Collects the string constants that a page may show."""

    def __init__(self) -> None:
        self.texts: list[tuple[int, str]] = []

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring otherwise
            self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        if node.exc is None or name_of(node.exc) not in INTERNAL:
            self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        self.visit(node.test)

    def visit_Call(self, node: ast.Call) -> None:
        name = name_of(node)
        if (
            name in MARKERS
            or name == "compile"
            or (name in LOGGERS and name_of(getattr(node.func, "value", node)) in {"logger", "log", "logging"})
        ):
            return
        for keyword in node.keywords:
            value = keyword.value
            if keyword.arg in SHOWN and isinstance(value, ast.Constant) and isinstance(value.value, str) and has_words(value.value):
                self.texts.append((value.lineno, value.value))
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if any(name_of(base).endswith("Choices") for base in node.bases):
            self.texts += [
                (value.lineno, value.elts[-1].value)
                for value in (item.value for item in node.body if isinstance(item, ast.Assign))
                if isinstance(value, ast.Tuple) and isinstance(value.elts[-1], ast.Constant) and has_words(str(value.elts[-1].value))
            ]
        self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> None:
        """Annotations in quotes are types."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in (*node.decorator_list, node.args, *node.body):
            self.visit(part)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        if SENTENCE.match(text):
            self.texts.append((node.lineno, text))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and SENTENCE.match(node.value):
            self.texts.append((node.lineno, node.value))


def in_code(path: Path) -> Iterator[Finding]:
    """The unmarked texts of one module."""
    source = path.read_text()
    lines = source.split("\n")
    code = _Code()
    code.visit(ast.parse(source))
    for line, text in sorted(set(code.texts)):
        if "# untranslated" not in lines[line - 1]:
            yield Finding(path, line, " ".join(text.split()))


def everywhere(root: Path, packages: list[str]) -> Iterator[Finding]:
    """All findings below the templates and the named packages; migrations, commands, tests and the style guide speak to nobody on a page."""
    for path in sorted(root.glob("templates/**/*.html")):
        if path.stem != STYLE_GUIDE:
            yield from in_template(path)
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            if not {"migrations", "management"} & set(path.parts) and path.stem != STYLE_GUIDE:
                yield from in_code(path)


def main(packages: list[str]) -> int:
    """Say what is not marked; 0 when everything is."""
    found = list(everywhere(Path(), packages))
    print("\n".join(str(finding) for finding in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
