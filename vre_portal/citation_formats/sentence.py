"""A line of text for a list of references."""

from vre_portal.citation_formats.reference import Reference, ReferenceType

MAX_AUTHORS = 10
_KINDS = {  # a reference is in English
    ReferenceType.SOFTWARE: "Computer software",  # untranslated: see above
    ReferenceType.DATASET: "Data set",  # untranslated: see above
    ReferenceType.PROJECT: "Research project",  # untranslated: see above
}


def write(reference: Reference) -> str:
    """Authors (year). Title (version) [kind]. Publisher. Address."""
    names = [author.inverted if author.family and not author.is_organisation else author.name for author in reference.authors]
    shown = "; ".join(names[:MAX_AUTHORS]) + (" et al." if len(names) > MAX_AUTHORS else "")
    year = f"({reference.year or 'n.d.'})"
    version = f" (version {reference.version})" if reference.version else ""
    kind = f" [{_KINDS[reference.type]}]" if reference.type in _KINDS else ""
    begin = f"{shown} {year}" if shown else year
    ends = [f"{reference.title}{version}{kind}", reference.publisher, reference.address]
    return ". ".join([begin, *(part.rstrip(".") for part in ends if part)]) + "\n"
