"""A file from its storage itself: the browser is sent there with a token for this one file and these few minutes."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from datalake import direct, nearest, rucio
from datalake.addresses import asked_name, did_address
from datalake.reading import NoAccount
from datalake.views.files import file_of
from datalake.views.shared import distances, lake_page, page, reading
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.iam.vault import SignInAgain
from vre_portal.services import Service

OWN = ("same-origin", "none", "")  # whence a browser says that it was sent: a page of ours, the person, an old browser's silence


@lake_page
def download(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse:
    """303 to the copy at `from=`, else at the first site; the one place where a token stands in an address."""
    name = asked_name(name, request.GET.get("name"))
    if request.headers.get("Sec-Fetch-Site", "") not in OWN or request.method != "GET":
        return HttpResponseRedirect(did_address("did", lake.name, scope, name))  # nobody else's page fetches tokens here
    look = reading(request, lake, f"download {scope}:{name} directly")
    file = file_of(look, scope, name)
    far = distances(request, look)
    copies = look.ask(rucio.list_replicas, scope, file.name, type="FILE").answer.required()
    wanted = request.GET.get("from")
    there = [item for item in direct.targets(lake, copies) if wanted in (None, item.rse)]
    target = min(there, key=lambda item: nearest.turn(item.rse, far()), default=None)
    try:
        if target is None:
            raise RemoteRefused("No copy of this file is offered directly.", service=lake)
        address = direct.address_with_token(look.user, lake, target, purpose=f"send you to {file} at {target.rse}")
    except (NoAccount, SignInAgain):
        raise
    except RemoteError as error:
        context = {"did": file, "why": error, "download": did_address("download", lake.name, file.scope, file.name)}
        response = page(request, "not_direct.html", look, context)
        response.status_code = 403 if isinstance(error, RemoteRefused) else 503
        return response
    response = HttpResponse(status=303, headers={"Location": address, "Referrer-Policy": "no-referrer"})
    response["Cache-Control"] = "private, no-store"
    return response
