"""Markdown as people use it in comments: between words, lines are pasted from shells, logs and tables, of which no character may be lost.

Lists, quotations, links, code, tables, `**stars**` and formulas work. What looks like another mark is shown as it was typed.
"""

import re
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.autolink import autolink
from markdown_it.rules_inline.emphasis import tokenize as emphasis
from mdit_py_plugins.dollarmath.index import math_inline_dollar

# `# comment`, dashes below a line, `[INFO]: text` and `&lt;`.
_OFF = ["heading", "lheading", "reference", "entity"]
# Not `$HOME/bin:$PATH` and `${A}/${B}`: a formula stands in one line, and nothing of a word touches it from outside.
_FORMULA = re.compile(r"(?<![^\s([{\"'“‘–—-])\$\$?(?:\\.|[^$\n\\])++\$\$?(?![^\s.,;:!?)\]}\"'”’–—-])")
# Not the stars of paths, of `2*x*3` and of `*.fits`.
_STARS_OF_CODE = re.compile(r"(?<=/)\*+|(?<=[\w)\]])\*+(?=[\w(\[])|\*+(?=/|\.\w)", re.ASCII)
_ADDRESS = re.compile(r"<(?:https?://|mailto:|[^\s<>:]+@)", re.IGNORECASE)  # not `<std::string>`
_ESCAPE = re.compile(r"\\[!-/:-@\[-`{-~]")


def read_as_message(reader: MarkdownIt) -> None:
    """Change the rules of a reader of documents to those of messages; `white-space: pre-wrap` of paragraphs shows their blanks."""
    reader.disable(_OFF)
    reader.inline.ruler.at("newline", _line_end)
    reader.inline.ruler.at("math_inline", _formula)
    reader.inline.ruler.at("escape", _escape)
    reader.inline.ruler.at("emphasis", _emphasis)
    reader.inline.ruler.at("autolink", _autolink)
    reader.block.ruler.before("paragraph", "end_of_quotation", _end_of_quotation, {"alt": ["blockquote"]})
    reader.core.ruler.before("inline", "indentation", _indentation)
    reader.add_render_rule("softbreak", lambda *_args: "<br>")


def _line_end(state: StateInline, silent: bool) -> bool:
    """Each line stays a line, with the blanks that it begins with."""
    if state.src[state.pos] != "\n":
        return False
    if not silent:
        state.push("softbreak", "br", 0)
    state.pos += 1
    return True


_dollars = math_inline_dollar(allow_space=False, allow_digits=False, allow_double=True)


def _formula(state: StateInline, silent: bool) -> bool:
    return state.src[state.pos] == "$" and _FORMULA.match(state.src, state.pos) is not None and _dollars(state, silent)


def _escape(state: StateInline, silent: bool) -> bool:
    """A backslash keeps the mark behind it from formatting, and is shown: it belongs to a path or a command as often."""
    return _as_typed(_ESCAPE, state, silent)


def _emphasis(state: StateInline, silent: bool) -> bool:
    """By stars alone: underscores belong to names such as `__init__`."""
    return state.src[state.pos] == "*" and (_as_typed(_STARS_OF_CODE, state, silent) or emphasis(state, silent))


def _autolink(state: StateInline, silent: bool) -> bool:
    return _ADDRESS.match(state.src, state.pos) is not None and autolink(state, silent)


def _as_typed(pattern: re.Pattern[str], state: StateInline, silent: bool) -> bool:
    """Take what the pattern finds here as text."""
    found = pattern.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.append_pending(found[0])
    state.pos = found.end()
    return True


def _end_of_quotation(state: StateBlock, _line: int, _end: int, silent: bool) -> bool:
    """A line without `>` ends a quotation: it is the answer. Asked silently about each such line, and about the rows of tables."""
    return silent and state.parentType == "blockquote"


def _indentation(state: StateCore) -> None:
    """Give paragraphs the blanks back that their first line begins with."""
    lines = state.src.split("\n")
    for opening, text in pairwise(state.tokens):
        if opening.type == "paragraph_open" and opening.level == 0 and opening.map:
            line = lines[opening.map[0]]
            text.content = line[: len(line) - len(line.lstrip())] + text.content
