"""A file from its storage itself: the browser is sent there with a token for this one file and these few minutes."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.files import direct
from datalake.files.views.downloads import file_of
from datalake.pages import nearest
from datalake.pages.addresses import asked_name, did_address
from datalake.pages.decorators import lake_page
from datalake.pages.readers import distances, reader_for
from datalake.pages.rendering import render_page
from datalake.reads.reader import LakeReader
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.iam.vault import SignInAgain
from vre_portal.limits import DOWNLOAD, rate_limited
from vre_portal.services import Service

OWN = ("same-origin", "none", "")  # whence a browser says that it was sent: a page of ours, the person, an old browser's silence


@lake_page
@rate_limited(DOWNLOAD)
def download(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse:
    """303 to the copy at `from=`, else to the first or nearest one; the one answer that has a token in an address."""
    name = asked_name(name, request.GET.get("name"))
    if request.headers.get("Sec-Fetch-Site", "") not in OWN or request.method != "GET":
        return HttpResponseRedirect(did_address("did", lake.name, scope, name))  # nobody else's page fetches tokens here
    reader = reader_for(request, lake, f"download {scope}:{name} directly")
    far, copies = distances(request, reader), reader.fetch(rucio.list_replicas, scope, name, type="FILE")
    file = file_of(reader, scope, name)
    if copies.result.error is not None:
        raise copies.result.error
    wanted = request.GET.get("from")
    offered = [item for item in direct.targets(lake, copies.result.required()) if wanted in (None, item.rse)]
    if not offered:
        return instead(request, reader, file, RemoteRefused(_("No site offers this file for direct download."), service=lake))
    known = far()
    target = min(offered, key=lambda item: nearest.sort_key(item.rse, known))
    try:
        address = direct.address_with_token(
            reader.user, lake, target, purpose=_("download %(file)s from %(rse)s") % {"file": file, "rse": target.rse}
        )
    except SignInAgain:
        raise
    except RemoteError as error:
        return instead(request, reader, file, error)
    headers = {"Location": address, "Referrer-Policy": "no-referrer", "Cache-Control": "private, no-store"}
    return HttpResponse(status=303, headers=headers)


def instead(request: HttpRequest, reader: LakeReader, file: rucio.Did, why: RemoteError) -> HttpResponse:
    """The page with the download through the portal, where a direct one is not possible; 403 or 503."""
    context = {"did": file, "why": why, "download": did_address("download", reader.lake.name, file.scope, file.name)}
    response = render_page(request, "not_direct.html", reader, context)
    response.status_code = 403 if isinstance(why, RemoteRefused) else 503
    return response
