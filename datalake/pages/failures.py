"""The error page of a lake: no account, no sign-in, a refusal, or no answer."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from datalake.reads.errors import Damaged, NoAccount
from datalake.reads.scopes import Restricted
from datalake.rucio.content import StorageUnavailable
from datalake.rucio.validation import UNSENDABLE
from vre_portal import request_id
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.iam.groups import union
from vre_portal.iam.models import User
from vre_portal.iam.vault import SignInAgain
from vre_portal.policies import asking as policies
from vre_portal.services import Service


def failure_page(request: HttpRequest, lake: Service, error: RemoteError) -> HttpResponse:
    """The page or JSON for an error, with its status and what to do next; raises Http404 for what does not exist."""
    if isinstance(error, RemoteRefused) and error.status == 404:
        raise Http404(str(error))
    if isinstance(error, policies.PoliciesFirst):
        return policies.redirect_to_policies(request)
    kind, status = "down", 503
    if isinstance(error, Damaged):
        kind = "damaged"
    elif isinstance(error, StorageUnavailable):
        kind = "storage"
    elif isinstance(error, Restricted):
        kind, status = "restricted", 403
    elif isinstance(error, NoAccount) or getattr(error, "code", "") == "CannotAuthenticate":  # also of what was asked beside a LakeReader
        kind, status = "no_account", 403
    elif isinstance(error, SignInAgain):
        kind, status = "sign_in", 403
    elif isinstance(error, RemoteRefused):
        kind, status = "refused", 400 if error.code == UNSENDABLE else 403
    if request.GET.get("format") in ("json", "csv"):
        return JsonResponse({"error": str(error), "reference": request_id.current()}, status=status)
    context = {"lake": lake, "error": error, "kind": kind, "retry": request.get_full_path(), "reference": request_id.current()}
    if kind in ("no_account", "refused", "restricted"):
        context["identities"] = union.at_services(request.user) or (
            union.not_counted(request.user) if isinstance(request.user, User) else ""
        )
    response = render(request, "datalake/failure.html" + ("#body" if request.htmx else ""), context, status=status)  # type: ignore[attr-defined]
    if status == 503:
        response["Retry-After"] = str(int(getattr(error, "retry_after", None) or 10))
    return response
