"""A file from its storage itself: the browser is sent there with a token for this one file and these few minutes."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from datalake import direct, nearest, rucio
from datalake.addresses import asked_name, did_address
from datalake.reading import Reading
from datalake.views.files import file_of
from datalake.views.shared import distances, lake_page, page, reading
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.iam.vault import SignInAgain
from vre_portal.services import Service

OWN = ("same-origin", "none", "")  # whence a browser says that it was sent: a page of ours, the person, an old browser's silence


@lake_page
def download(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse:
    """303 to the copy at `from=`, else to the first or nearest one; the one answer that has a token in an address."""
    name = asked_name(name, request.GET.get("name"))
    if request.headers.get("Sec-Fetch-Site", "") not in OWN or request.method != "GET":
        return HttpResponseRedirect(did_address("did", lake.name, scope, name))  # nobody else's page fetches tokens here
    look = reading(request, lake, f"download {scope}:{name} directly")
    far, copies = distances(request, look), look.ask(rucio.list_replicas, scope, name, type="FILE")
    file = file_of(look, scope, name)
    if copies.answer.error is not None:
        raise copies.answer.error
    wanted = request.GET.get("from")
    offered = [item for item in direct.targets(lake, copies.answer.required()) if wanted in (None, item.rse)]
    if not offered:
        return instead(request, look, file, RemoteRefused("No copy of this file is offered directly.", service=lake))
    known = far()
    target = min(offered, key=lambda item: nearest.turn(item.rse, known))
    try:
        address = direct.address_with_token(look.user, lake, target, purpose=f"send you to {file} at {target.rse}")
    except SignInAgain:
        raise
    except RemoteError as error:
        return instead(request, look, file, error)
    headers = {"Location": address, "Referrer-Policy": "no-referrer", "Cache-Control": "private, no-store"}
    return HttpResponse(status=303, headers=headers)


def instead(request: HttpRequest, look: Reading, file: rucio.Did, why: RemoteError) -> HttpResponse:
    """What a person can do where the file is not to be had directly."""
    context = {"did": file, "why": why, "download": did_address("download", look.lake.name, file.scope, file.name)}
    response = page(request, "not_direct.html", look, context)
    response.status_code = 403 if isinstance(why, RemoteRefused) else 503
    return response
