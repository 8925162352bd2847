"""Attachments of requests, as downloads for those who may read the request."""

from django.http import FileResponse, Http404, HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from projects.requests.permissions import request_for
from vre_portal.iam.current_user import current_user
from vre_portal.limits import DOWNLOAD, rate_limited


@never_cache
@require_safe
@rate_limited(DOWNLOAD)
def download(request: HttpRequest, pk: int, file: int) -> FileResponse:
    """The file, never shown in the page's own origin: the browser saves it whatever it is."""
    item = request_for(current_user(request), pk)
    found = item.attachments.filter(pk=file).first()
    if found is None:
        raise Http404(_("File not found."))
    try:
        content = found.file.open("rb")
    except FileNotFoundError:
        raise Http404(_("The file is no longer stored.")) from None
    response = FileResponse(content, as_attachment=True, filename=found.name, content_type=found.content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
