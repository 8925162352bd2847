"""A fragment for the dashboard: the reader's latest uploads to all lakes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from datalake.pages.addresses import did_address
from datalake.uploads.models import Upload
from vre_portal.iam.current_user import current_user
from vre_portal.services import ServiceKind, services

SHOWN = 6


@require_safe
def recent(request: HttpRequest) -> HttpResponse:
    """As the portal's own rows have them; no lake is asked."""
    lakes = services(ServiceKind.RUCIO)
    names = [lake.name for lake in lakes]
    uploads = Upload.objects.filter(by=current_user(request), lake__in=names).defer("metadata")[:SHOWN]
    return render(
        request, "lake_uploads/recent.html", {"rows": [{"upload": item, "page": page_of(item)} for item in uploads], "lakes": lakes}
    )


def page_of(upload: Upload) -> str:
    """The file's page in the lake, or where the upload can be resumed."""
    if upload.state == Upload.State.DONE:
        return did_address("did", upload.lake, upload.scope, upload.name)
    return reverse("lake_uploads:upload", args=[upload.lake])
