"""DOI, arXiv numbers and ORCID iDs."""

import re
from html import unescape
from urllib.parse import unquote

from django.utils.translation import gettext

from vre_portal.identifiers.kinds import Identifier, IdentifierKind, NotAnIdentifier
from vre_portal.vocabularies.orcid import check_digit

_ORCID = re.compile(
    r"(?P<named>orcid(?:\s+id)?:?\s*|(?:https?://)?(?:www\.)?orcid\.org/)?(?P<id>[0-9]{4}([-‐‑–]?)[0-9]{4}\3[0-9]{4}\3[0-9]{3}[0-9X])/?",
    re.I,
)
_ORCID_NAMED = re.compile(r"orcid(?:\s+id)?:\s*|(?:https?://)?(?:www\.)?orcid\.org/[0-9]", re.I)
_ARXIV_NAMED = re.compile(
    r"(?:arxiv(?::\s*|\s+)|(?:https?://)?(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html|format|ps|e-print|src)/|(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?10\.48550/arxiv\.)", re.I
)  # fmt: skip
_ARXIV_NEW = re.compile(r"(?P<year>[0-9]{2})(?P<month>[0-9]{2})\.(?P<number>[0-9]{4,5})(?P<version>v[1-9][0-9]?)?")
_ARXIV_OLD = re.compile(
    r"(?P<archive>[a-z]+(?:-[a-z]+)?)(?:\.[a-z-]{2,})?/(?P<year>[0-9]{2})(?P<month>[0-9]{2})(?P<number>[0-9]{3})(?P<version>v[1-9][0-9]?)?", re.I
)  # fmt: skip
_ARCHIVES = frozenset(
    [
        "acc-phys",
        "adap-org",
        "alg-geom",
        "ao-sci",
        "astro-ph",
        "atom-ph",
        "bayes-an",
        "chao-dyn",
        "chem-ph",
        "cmp-lg",
        "comp-gas",
        "cond-mat",
        "cs",
        "dg-ga",
        "funct-an",
        "gr-qc",
        "hep-ex",
        "hep-lat",
        "hep-ph",
        "hep-th",
        "math",
        "math-ph",
        "mtrl-th",
        "nlin",
        "nucl-ex",
        "nucl-th",
        "patt-sol",
        "physics",
        "plasm-ph",
        "q-alg",
        "q-bio",
        "quant-ph",
        "solv-int",
        "supr-con",
    ]
)
_DOI_NAMED = re.compile(
    r"(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/|info:doi/|urn:doi:|doi(?::\s*|\s+))(?:doi:\s*|(?:https?://)?(?:dx\.|www\.)?doi\.org/)?",
    re.I,
)
_DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/\S+")
_ZENODO = re.compile(r"https?://(?:www\.)?(?P<sandbox>sandbox\.)?zenodo\.org/(?:api/)?records?/(?P<number>[0-9]{1,18})(?:[/?#].*)?", re.I)
_ZENODO_DOI = re.compile(
    r"https?://(?:www\.)?(?:sandbox\.)?zenodo\.org/(?:badge/)?doi/(?P<doi>10\.[0-9]{4,9}/zenodo\.[0-9]{1,18})(?:\.svg)?", re.I
)


def orcid(text: str) -> Identifier | None:
    """An ORCID iD, alone or as an address; raises NotAnIdentifier where its check digit is wrong."""
    match = _ORCID.fullmatch(text)
    if match is None:
        if _ORCID_NAMED.match(text):
            raise NotAnIdentifier(gettext("This is not an ORCID iD. It has four groups of four digits, such as 0000-0002-1825-0097."))
        return None
    digits = re.sub(r"[^0-9X]", "", match["id"].upper())
    if check_digit(digits[:-1]) != digits[-1]:
        if not match["named"] and not match[3]:
            return None  # any number of sixteen digits
        raise NotAnIdentifier(gettext("The check digit of this ORCID iD is wrong. Compare it with the original."))
    return Identifier(IdentifierKind.ORCID, "-".join(digits[place : place + 4] for place in range(0, 16, 4)))


def arxiv(text: str) -> Identifier | None:
    """An arXiv number of the new or the old form, with its version if it has one."""
    named = _ARXIV_NAMED.match(text)
    number = re.sub(r"\s+\[[\w.-]+\]$|\.pdf$|[?#].*$", "", text[named.end() :] if named else text, flags=re.I)
    new, old = _ARXIV_NEW.fullmatch(number), _ARXIV_OLD.fullmatch(number)
    if new is not None and _is_new_number(new):
        return Identifier(IdentifierKind.ARXIV, number)
    if old is not None and old["archive"].lower() in _ARCHIVES and _is_month(old) and (old["year"] >= "91" or old["year"] <= "07"):
        return Identifier(IdentifierKind.ARXIV, number)
    if named:
        raise NotAnIdentifier(gettext("This is not an arXiv number. It looks like 2101.01234 or astro-ph/0601001."))
    return None


def _is_month(match: re.Match[str]) -> bool:
    return "01" <= match["month"] <= "12"


def _is_new_number(match: re.Match[str]) -> bool:
    """The new form began in April 2007 and has five digits since 2015."""
    since = match["year"] + match["month"]
    return _is_month(match) and since >= "0704" and len(match["number"]) == (5 if since >= "1501" else 4)


def zenodo_record(text: str) -> Identifier | None:
    """The DOI of a record at Zenodo whose address was pasted."""
    if match := _ZENODO_DOI.fullmatch(text):
        return Identifier(IdentifierKind.DOI, match["doi"].lower())
    match = _ZENODO.fullmatch(text)
    return Identifier(IdentifierKind.DOI, f"{'10.5072' if match['sandbox'] else '10.5281'}/zenodo.{match['number']}") if match else None


def doi(text: str) -> Identifier | None:
    """A DOI in lower case, for capital letters do not count in it."""
    named = _DOI_NAMED.match(text)
    name = text[named.end() :] if named else text
    if named and "doi.org" in named[0].lower():
        name = unquote(re.split(r"[?#]", name, maxsplit=1)[0]).rstrip("/")  # what follows is of the address, not of the DOI
    name = _without_sentence(_as_registered(name))
    if _DOI.fullmatch(name) and name.isprintable():
        return Identifier(IdentifierKind.DOI, name.lower())
    if named or name.startswith("10."):
        raise NotAnIdentifier(gettext("This is not a DOI. It starts with 10. and a number, then a slash, such as 10.5281/zenodo.8220722."))
    return None


def _as_registered(name: str) -> str:
    """With the signs that web pages and PDF files put into other ones: escapes of HTML, hyphens of print."""
    return re.sub("[\u2010\u2011\u2013]", "-", unescape(name) if re.search("&(?:lt|gt|amp);", name, re.I) else name)


def _without_sentence(name: str) -> str:
    """Without the end of a sentence or of a bracket that a DOI was copied with."""
    name = name.rstrip(".,;")
    while name.endswith(")") and name.count(")") > name.count("("):
        name = name[:-1].rstrip(".,;")
    return name
