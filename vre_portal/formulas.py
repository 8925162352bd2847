"""Formulas in TeX as MathML, which browsers show without a script."""

import re
from html import unescape
from xml.etree.ElementTree import Element, tostring

MAX_FORMULA = 1000  # characters
# What defines commands could make a short formula endless.
_DEFINES = re.compile(r"\\(?:(?:re)?newcommand|providecommand|DeclareMathOperator|[egx]?def|let|newenvironment)\b")
# What papers of the field write and the converter does not know, in words that it knows.
_WORDS = {
    r"\arg": r"\operatorname{arg}", r"\AA": r"\text{Å}", r"\degr": r"^{\circ}", r"\arcmin": r"^{\prime}", r"\arcsec": r"^{\prime\prime}",
    r"\ensuremath": "", r"\nonumber": "", r"\notag": "", r"\textsc": r"\text", r"\Bigl": r"\Big", r"\Bigr": r"\Big", r"\bigl": r"\big", r"\bigr": r"\big",
}  # fmt: skip
_WORD = re.compile("|".join(f"{re.escape(word)}(?![A-Za-z])" for word in _WORDS))
TAGS = frozenset(
    {"math", "mrow", "mi", "mo", "mn", "mtext", "ms", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover", "munderover"}
    | {"mmultiscripts", "mprescripts", "mtable", "mtr", "mtd", "mpadded", "mphantom", "menclose", "mstyle"}
)  # fmt: skip
ATTRIBUTES = frozenset(
    {"display", "displaystyle", "scriptlevel", "mathvariant", "stretchy", "fence", "separator", "form", "accent", "accentunder", "movablelimits"}
    | {"largeop", "symmetric", "minsize", "maxsize", "lspace", "rspace", "width", "height", "depth", "linethickness", "columnalign", "rowspacing"}
    | {"columnspacing", "columnlines", "rowlines", "frame", "notation", "linebreak"}
)  # fmt: skip


class NotAFormula(ValueError):
    """The text cannot be shown as a formula."""


def mathml(tex: str, *, block: bool) -> str:
    """The formula as a <math> element of harmless tags and attributes. Raises NotAFormula where it is too long or cannot be read."""
    if len(tex) > MAX_FORMULA or _DEFINES.search(tex):
        raise NotAFormula
    from latex2mathml.converter import convert_to_element  # here: few processes ever show a formula

    try:
        known = _WORD.sub(lambda match: _WORDS[match[0]], tex)
        formula = convert_to_element(known, display="block" if block else "inline")
        formula.attrib.pop("xmlns", None)
        _clean(formula)
        return tostring(formula, encoding="unicode", short_empty_elements=False)
    except Exception as error:  # a parser fails in as many ways as a formula can be wrong; it costs only this formula
        raise NotAFormula from error


def _clean(element: Element) -> None:
    """Leave only what shows a formula: its words stay words, and nothing in it is a link, a style or an element of HTML.

    Raises NotAFormula for a command that the converter does not know: it drops the braces of such a one, as in \\SI{10}{TeV}.
    """
    for part in element.iter():
        if part.tag in ("mi", "mo", "mn") and re.match(r"\\.", part.text or ""):
            raise NotAFormula
        part.tag = part.tag if part.tag in TAGS else "mrow"
        part.attrib = {name: value for name, value in part.attrib.items() if name in ATTRIBUTES}
        part.text, part.tail = (unescape(text) if text else text for text in (part.text, part.tail))
