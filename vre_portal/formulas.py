"""Formulas in TeX as MathML, which browsers show without a script."""

import re
from html import unescape
from xml.etree.ElementTree import Element, tostring

MAX_FORMULA = 1000  # characters
# What defines commands could make a short formula endless.
_DEFINES = re.compile(r"\\(?:(?:re)?newcommand|providecommand|DeclareMathOperator|[egx]?def|let|newenvironment)\b")
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
        formula = convert_to_element(tex, display="block" if block else "inline")
        formula.attrib.pop("xmlns", None)
        _clean(formula)
        return tostring(formula, encoding="unicode", short_empty_elements=False)
    except Exception as error:  # a parser fails in as many ways as a formula can be wrong; it costs only this formula
        raise NotAFormula from error


def _clean(element: Element) -> None:
    """Leave only what shows a formula: its words stay words, and nothing in it is a link, a style or an element of HTML."""
    for part in element.iter():
        part.tag = part.tag if part.tag in TAGS else "mrow"
        part.attrib = {name: value for name, value in part.attrib.items() if name in ATTRIBUTES}
        part.text, part.tail = (unescape(text) if text else text for text in (part.text, part.tail))
