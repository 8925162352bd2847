"""The five styles: what each is called, and what its files are."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vre_portal.citation_formats import bibtex, cff, csl, ris, sentence
from vre_portal.citation_formats.reference import Reference


@dataclass(frozen=True)
class Style:
    """One way to write a reference; `name` stands in addresses."""

    name: str
    label: str | Promise
    file_name: str  # {key} is that of the reference
    content_type: str
    write: Callable[[Reference], str]

    def file_of(self, reference: Reference) -> str:
        """The name of the file with this reference."""
        return self.file_name.format(key=reference.key)


STYLES = {
    style.name: style
    for style in (
        Style("text", _("Text"), "{key}.txt", "text/plain", sentence.write),
        Style("bibtex", "BibTeX", "{key}.bib", "application/x-bibtex", bibtex.write),
        Style("ris", "RIS", "{key}.ris", "application/x-research-info-systems", ris.write),
        Style("csl", "CSL JSON", "{key}.json", "application/vnd.citationstyles.csl+json", csl.write),  # untranslated: a name
        Style("cff", "CFF", "CITATION.cff", "application/yaml", cff.write),
    )
}


@dataclass(frozen=True)
class Written:
    """A reference in one style."""

    style: Style
    text: str
    file_name: str


def written(reference: Reference) -> list[Written]:
    """The reference in each style, for a page."""
    return [Written(style, style.write(reference), style.file_of(reference)) for style in STYLES.values()]
