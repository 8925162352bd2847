"""How to cite a thing, in the styles that reference managers read: `citation_response` answers for one style, STYLES names all."""

from vre_portal.citation_formats.reference import Author, Reference, ReferenceType
from vre_portal.citation_formats.responses import citation_response
from vre_portal.citation_formats.styles import STYLES, Style, written

__all__ = ["STYLES", "Author", "Reference", "ReferenceType", "Style", "citation_response", "written"]
