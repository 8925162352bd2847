"""How to cite what is in a basket: BibTeX and CSL JSON."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.baskets.targets.collected import Collected
from projects.baskets.targets.writing import Part, Target, Written, left_out
from vre_portal import things
from vre_portal.citation_formats.bibliography import as_bibtex, as_csl

CSL = "CSL JSON"  # untranslated: a name
RESULT = "result"  # a kind of which only what was withdrawn has no citation


def write(collected: Collected) -> Written:
    """Each item that can be cited, by its DOI where it has one."""
    references = things.references_of(collected.reader, [item.thing for item in collected.items])
    cited = [references[item.thing] for item in collected.items if item.thing in references]
    others = [item for item in collected.items if item.thing not in references]
    withdrawn = [item for item in others if item.kind == RESULT]
    others = [item for item in others if item.kind != RESULT]
    without_doi = [item for item in collected.items if item.thing in references and not references[item.thing].doi]
    hint = _("For Zotero, Mendeley and pandoc.")
    parts = [
        Part("bibtex", "BibTeX", as_bibtex(cited), f"{collected.file_stem}.bib", "application/x-bibtex"),
        Part("csl", CSL, as_csl(cited), f"{collected.file_stem}.json", "application/vnd.citationstyles.csl+json", hint),
    ]
    no_reference = _("These have no DOI and no citation of their own. Cite the publication that describes them.")
    by_address = _("These have no DOI. They are cited by the address of their page.")
    not_valid = _("These results were withdrawn. Their pages say why; do not cite them as results.")
    published = [item for item in collected.items if item.thing in references and references[item.thing].publication]
    own = _("The pages of these have a publication to cite, which is not in the files. Copy it from the page, and cite it as well.")
    notes = [*left_out(without_doi, by_address), *left_out(published, own)]
    return Written(parts if cited else [], [*left_out(others, no_reference), *left_out(withdrawn, not_valid)], notes=notes)


TARGET = Target("citations", gettext_lazy("Citations"), gettext_lazy("BibTeX and CSL JSON of what can be cited"), "quote", write)
