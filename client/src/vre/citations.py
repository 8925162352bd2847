"""Citations of things with a DOI, from the DOI's own registry."""

import re
import warnings
from typing import TYPE_CHECKING
from urllib.parse import quote

from vre import settings
from vre.answers import bounded_body
from vre.display import visible
from vre.errors import NotPossible, PortalUnavailable

if TYPE_CHECKING:
    from vre.items import Item

STYLES = {"bibtex": "application/x-bibtex", "text": "text/x-bibliography; style=apa"}
DOI = re.compile(r"10\.\d{4,9}/\S{1,200}")
TIMEOUT = (5, 15)
MAX_BYTES = 64 * 1024


def cite(item: "Item", style: str) -> str:
    """The citation as its registry has it; where that does not answer, one with title and DOI, and a warning that says so."""
    if style not in STYLES:
        raise NotPossible(f"There is no style {style!a:.40}.", 'Use "bibtex" or "text".')
    doi = item.doi or ""
    if not DOI.fullmatch(doi):
        page = f"On its page, {visible(item.url, 1000)}, see who to name." if item.url else "Ask its owner how to cite it."
        raise NotPossible(f"“{item}” has no DOI.", page)
    found = _look_up(doi, style)
    if found is not None:
        return found
    warnings.warn(f"{settings.doi_resolver()} gave no citation of {doi}; this one has the title and the DOI alone.", stacklevel=3)
    title = visible(item.title, 500)
    if style == "text":
        return f"{title}. https://doi.org/{doi}"
    key = re.sub(r"[^A-Za-z0-9]+", "_", doi)
    return f"@misc{{{key},\n  title = {{{_plain(title)}}},\n  doi = {{{doi}}},\n  url = {{https://doi.org/{doi}}}\n}}"


def _look_up(doi: str, style: str) -> str | None:
    """What the registry says; None where it says nothing of use."""
    import requests

    try:
        with requests.get(
            f"{settings.doi_resolver()}/{quote(doi, safe='/')}", headers={"Accept": STYLES[style]}, timeout=TIMEOUT, stream=True,
            auth=lambda request: request,
        ) as reply:  # fmt: skip
            text = bounded_body(reply, MAX_BYTES).decode("utf-8", "replace").strip()
            is_good = reply.status_code == 200 and "html" not in reply.headers.get("Content-Type", "")
    except (requests.RequestException, PortalUnavailable, ValueError):
        return None
    text = "".join(letter for letter in text if letter.isprintable() or letter == "\n")
    return text if is_good and text and (style == "text" or text.startswith("@")) else None


def _plain(text: str) -> str:
    """Text without what BibTeX would read as markup."""
    return "".join(f"\\{letter}" if letter in "&%$#_" else "" if letter in "{}\\" else letter for letter in text)
