"""A reference as a file."""

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from vre_portal.citation_formats.reference import Reference
from vre_portal.citation_formats.styles import STYLES


def citation_response(reference: Reference, style_name: str) -> HttpResponse:
    """The reference in one style, to be saved; raises Http404 for a style that there is not."""
    style = STYLES.get(style_name)
    if style is None:
        raise Http404(_("There is no such citation style."))
    response = HttpResponse(style.write(reference), content_type=f"{style.content_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{style.file_of(reference)}"'  # letters and digits alone
    return response
