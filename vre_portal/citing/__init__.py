"""How to cite a thing, in the styles that reference managers read: `citation_response` answers for one style, STYLES names all."""

from vre_portal.citing.reference import Author, Reference, ReferenceType
from vre_portal.citing.responses import citation_response
from vre_portal.citing.styles import STYLES, Style, written

__all__ = ["STYLES", "Author", "Reference", "ReferenceType", "Style", "citation_response", "written"]
