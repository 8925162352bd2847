"""README.rst as Markdown: headings, links, code and formulas; badges, substitutions and other directives are left out.

A few rules in one pass over the lines, no parser of reStructuredText: that one reads other files and can take long.
"""

import re

_MARKS = r"([=\-`:.'\"~^_*+#])\1{2,}"
_LINE = re.compile(rf"{_MARKS}\s*")
_DIRECTIVE = re.compile(
    r"\.\.(?:\s+(?:\|[^|]*\|\s*)?(?P<name>[\w-]+)::\s*(?P<rest>.*)|\s+_(?P<target>[^:]+|`[^`]+`):\s*(?P<url>\S*).*|\s.*|)"
)
_LISTED = re.compile(r" *[-*+] +\.\. (?:image|figure)::")
_CODE = ("code", "code-block", "sourcecode", "parsed-literal", "highlight")
_BOXES = ("note", "warning", "important", "tip", "hint", "attention", "caution", "danger", "error", "admonition")
_TABLE = re.compile(r"\s*(?:\+[-=+]{3,}\+|={2,}(?:\s+={2,})+)\s*")
_LITERAL = re.compile(r"(``.+?``)")
_LINK = re.compile(r"`([^`<>]{1,300}?)<([^<>`\s]{1,500})>`__?")
_BROKEN = re.compile(r"`([^`\n<>]{1,300})\n *+([^`\n]{0,500}`__?(?!\w))")  # a link over two lines
_ROLE = re.compile(r":([\w.+-]{1,60}(?::[\w.+-]{1,60})?):`([^`<>]{1,300}?)(?:<[^<>`]{1,300}>)?`")
_NAMED = re.compile(r"`([^`<>]{1,200})`__?(?!\w)|(?<![\w`])([A-Za-z0-9][\w.-]{0,80}?)_(?!\w)")
_SUBSTITUTION = re.compile(r"(?<!\w)\|[^|\s][^|\n]{0,80}\|_{0,2}(?!\w)")
MAX_BOXES = 10  # notes within notes; the lines of each are read again


def to_markdown(text: str) -> str:
    """The text, in which tabs are spaces, as Markdown; what has no counterpart stays as it was typed."""
    lines = _BROKEN.sub(r"`\1 \2", text).split("\n")
    return "\n".join(_Converter(lines, _targets(lines)).blocks()).strip("\n")


def _name(text: str) -> str:
    return " ".join(text.strip("` ").lower().split())


def _targets(lines: list[str]) -> dict[str, str]:
    """The addresses that the text gives to names."""
    found = (_DIRECTIVE.fullmatch(line) for line in lines if line.startswith(".. _"))
    return {_name(match["target"]): match["url"] for match in found if match and match["target"] and match["url"]}


class _Converter:
    """One pass over the lines; `at` is the next one."""

    def __init__(self, lines: list[str], targets: dict[str, str], depth: int = 0) -> None:
        self.lines, self.targets, self.depth, self.at = lines, targets, depth, 0
        self.levels: list[tuple[str, bool]] = []  # mark, and whether it stands above the title too
        self.out: list[str] = []

    def blocks(self) -> list[str]:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if not (self._heading() or self._directive(line) or self._table(line)):
                self._text(line)
        return self.out

    def _line(self, ahead: int) -> str:
        return self.lines[self.at + ahead].rstrip() if self.at + ahead < len(self.lines) else ""

    def _heading(self) -> bool:
        """A title with a line of marks below it, or above and below it."""
        first, second, third = (self._line(ahead) for ahead in range(3))
        above, below = _LINE.fullmatch(first), _LINE.fullmatch(second)
        if above and second and not below and (end := _LINE.fullmatch(third)) and end[1] == above[1]:
            return self._title(second, (above[1], True), 3)
        if first and not above and below and first[0] != " " and len(second) >= min(len(first), 4):
            return self._title(first, (below[1], False), 2)
        return False

    def _title(self, title: str, style: tuple[str, bool], length: int) -> bool:
        if style not in self.levels:
            self.levels.append(style)
        self.out += ["", f"{'#' * min(self.levels.index(style) + 1, 6)} {self._inline(title.strip())}", ""]
        self.at += length
        return True

    def _directive(self, line: str) -> bool:
        match = _DIRECTIVE.fullmatch(line.rstrip()) if line.startswith("..") else None
        if match is None:
            return False
        self.at += 1
        name, rest = match["name"] or "", match["rest"] or ""
        body = self._indented()
        content = [text for text in body if not re.fullmatch(r":[\w-]+:.*", text)]
        if name in _CODE:
            self._fence(content, rest if re.fullmatch(r"[\w+-]*", rest) else "")
        elif name == "math":
            self.out += ["", "$$", *filter(None, [rest, *content]), "$$", ""]
        elif name in _BOXES:
            self.out += ["", *([self._inline(rest)] if rest else []), *self._box(content), ""]
        return True

    def _box(self, content: list[str]) -> list[str]:
        if self.depth >= MAX_BOXES:
            return [self._inline(line) for line in content]
        return _Converter(content, self.targets, self.depth + 1).blocks()

    def _indented(self) -> list[str]:
        """The lines that are indented below this one, without what they have in common."""
        begin = self.at
        while self.at < len(self.lines) and (not self.lines[self.at].strip() or self.lines[self.at].startswith(" ")):
            self.at += 1
        body = self.lines[begin : self.at]
        common = min((len(line) - len(line.lstrip()) for line in body if line.strip()), default=0)
        return [line[common:].rstrip() for line in body]

    def _fence(self, content: list[str], language: str = "") -> None:
        text = "\n".join(content).strip("\n")
        marks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
        self.out += ["", f"{marks}{language}", text, marks, ""] if text else []

    def _table(self, line: str) -> bool:
        """A table stays as it was drawn."""
        if not _TABLE.fullmatch(line):
            return False
        begin = self.at
        while self._line(0).strip():
            self.at += 1
        self._fence([text.rstrip() for text in self.lines[begin : self.at]])
        return True

    def _text(self, line: str) -> None:
        self.at += 1
        if _LISTED.match(line):  # a badge in a list
            self._indented()
            return
        line = re.sub(r"^( *)\|(?: |$)", r"\1", line)  # a line that keeps its end
        if not line.rstrip().endswith("::") or _LINE.fullmatch(line):
            self.out.append(self._inline(line.rstrip()))
            return
        said = line.rstrip()[:-1]
        self.out.append(self._inline(said if said.strip() != ":" else ""))
        indent = len(line) - len(line.lstrip())
        following = next((self.lines[at] for at in range(self.at, len(self.lines)) if self.lines[at].strip()), "")
        if len(following) - len(following.lstrip()) > indent == 0:
            self._fence(self._indented())

    def _inline(self, text: str) -> str:
        parts = _LITERAL.split(text)
        return "".join(f"`{part[2:-2]}`" if place % 2 else self._marks(part) for place, part in enumerate(parts)).rstrip()

    def _marks(self, text: str) -> str:
        text = _SUBSTITUTION.sub("", text)
        text = _ROLE.sub(lambda match: f"${match[2].strip()}$" if match[1] == "math" else f"`{match[2].strip()}`", text)
        text = _LINK.sub(lambda match: f"[{match[1].strip()}]({self._address(match[2])})", text)
        return _NAMED.sub(self._named, text)

    def _named(self, match: re.Match[str]) -> str:
        words = match[1] or match[2]
        address = self._address(f"{_name(words)}_")
        return f"[{words}]({address})" if "://" in address else match[0]

    def _address(self, written: str) -> str:
        """The address; of a name with an underscore the one that the text gives to it."""
        found = written
        for _ in range(3):
            found = self.targets.get(_name(found[:-1]), found) if found.endswith("_") else found
        return found
