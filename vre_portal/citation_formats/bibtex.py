"""BibTeX."""

from vre_portal.citation_formats.reference import Author, Reference, ReferenceType

# BibTeX counts braces also behind a backslash, so that a single one written as \{ would end the file: they are named.
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    **{char: f"\\{char}" for char in "&%$#_"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_ENTRY_TYPES = {ReferenceType.SOFTWARE: "software", ReferenceType.DATASET: "dataset"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# In an address only what would end the field, or begin a comment, is encoded: a backslash before it would become part of the address.
_IN_ADDRESS = {"{": "%7B", "}": "%7D", "\\": "%5C", '"': "%22"}


def escaped(text: str) -> str:
    """The text as TeX shows it to the letter."""
    return "".join(_SPECIAL.get(char, char) for char in text)


def _author(author: Author) -> str:
    """An organisation's name is braced, or BibTeX would take it apart; so is a word "and" in a name, which would begin another author."""
    if author.is_organisation or not author.family:
        return f"{{{escaped(author.name)}}}"
    parts = (escaped(part) for part in (author.family, author.given) if part)
    return ", ".join(f"{{{part}}}" if " and " in f" {part.lower()} " or "," in part else part for part in parts)


def _address(url: str) -> str:
    return "".join(_IN_ADDRESS.get(char, char) for char in url)


def write(reference: Reference) -> str:
    """A @software, @dataset or @misc entry of what is known."""
    month = reference.date_parts[1:2]
    fields = {
        "author": " and ".join(_author(author) for author in reference.authors),
        "title": f"{{{escaped(reference.title)}}}",
        "year": reference.year,
        "month": _MONTHS[month[0] - 1] if month and 1 <= month[0] <= len(_MONTHS) else "",
        "version": escaped(reference.version),
        "publisher": escaped(reference.publisher),
        "doi": _address(reference.doi),
        "url": _address(reference.address),
    }
    lines = [f"  {name:<7} = {value if name == 'month' else f'{{{value}}}'}" for name, value in fields.items() if value]
    return f"@{_ENTRY_TYPES.get(reference.type, 'misc')}{{{reference.key},\n" + ",\n".join(lines) + "\n}\n"
