"""RIS, the tagged format of reference managers."""

from vre_portal.citation_formats.reference import Reference, ReferenceType

_TYPES = {ReferenceType.SOFTWARE: "COMP", ReferenceType.DATASET: "DATA", ReferenceType.PROJECT: "ELEC"}


def write(reference: Reference) -> str:
    """A record of what is known; each value stands in one line, so that none can begin another field."""
    lines = [("TY", _TYPES.get(reference.type, "GEN")), ("ID", reference.key), ("TI", reference.title)]
    lines += [("AU", author.name if author.is_organisation else author.inverted) for author in reference.authors]
    parts = [f"{part:02}" for part in reference.date_parts[1:]]
    lines += [
        ("PY", reference.year),
        ("DA", "/".join([reference.year, *parts, *[""] * (3 - len(parts))]) if reference.year else ""),
        ("ET", reference.version),
        ("PB", reference.publisher),
        ("AB", reference.abstract),
        *[("KW", word) for word in reference.keywords],
        ("DO", reference.doi),
        ("UR", reference.address),
        ("L2", reference.repository),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines if value) + "ER  - \r\n"
