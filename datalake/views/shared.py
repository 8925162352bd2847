"""What every page of a lake has in common: its lake, its reader, and an honest answer when the lake has none."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from datalake import accounts, nearest, public, rucio
from datalake.files import Damaged
from datalake.reading import PAGE_SECONDS, NoAccount, Reading
from datalake.rucio.client import UNSENDABLE
from datalake.rucio.content import StorageAway
from datalake.scopes import Restricted, demand
from vre_portal import request_id
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.iam import union
from vre_portal.iam.models import User
from vre_portal.iam.vault import SignInAgain
from vre_portal.policies import asking as policies
from vre_portal.services import Service, ServiceKind, UnknownService, service

View = Callable[..., HttpResponseBase]
SECOND_TRY_SECONDS = 0.6  # for public data, where the IAM took all of the page's time


def lake_page(view: View) -> View:
    """A view of one lake that changes nothing: it gets the Service, and whatever the lake refuses or fails becomes a page."""
    return require_safe(lake_view(view))


def lake_view(view: View) -> View:
    """The same for any method."""

    @wraps(view)
    def answered(request: HttpRequest, lake: str, **kwargs: Any) -> HttpResponseBase:
        try:
            found = service(ServiceKind.RUCIO, lake)
        except UnknownService:
            raise Http404("There is no such Data Lake here.") from None
        try:
            if (scope := kwargs.get("scope")) and request.user.is_authenticated:
                demand(found, scope, request.user.groups)
            return aged(request, view(request, found, **kwargs))
        except SignInAgain as over:
            if request.method not in ("GET", "HEAD"):
                raise  # leads to the sign-in, which keeps what was typed
            return failure(request, found, over)
        except RemoteError as error:
            return failure(request, found, error)

    answered.in_a_persons_name = True  # type: ignore[attr-defined] # whoever signed in is asked for their yes to the policies first
    answered.reads_for_everybody = True  # type: ignore[attr-defined] # and what is public is not withheld until then: see `reading`
    return answered


def failure(request: HttpRequest, lake: Service, error: RemoteError) -> HttpResponse:
    """No account, no sign-in, no such thing, a refusal, or no answer: each says what to do next."""
    if isinstance(error, RemoteRefused) and error.status == 404:
        raise Http404(str(error))
    if isinstance(error, policies.PoliciesFirst):
        return policies.lead_there(request)
    kind, status = "down", 503
    if isinstance(error, Damaged):
        kind = "damaged"
    elif isinstance(error, StorageAway):
        kind = "storage"
    elif isinstance(error, Restricted):
        kind, status = "restricted", 403
    elif isinstance(error, NoAccount) or getattr(error, "code", "") == "CannotAuthenticate":  # also of what was asked beside a Reading
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


def reading(request: HttpRequest, lake: Service, purpose: str) -> Reading:
    """The reader of this request's page, in the name of who signed in; raises PoliciesFirst."""
    policies.demand(request)
    look = Reading(request.user, lake, purpose=purpose[:200])  # type: ignore[arg-type]
    request.lake_reading = look  # type: ignore[attr-defined]
    return look


def public_reading(
    request: HttpRequest, lake: Service, *, is_remembered: bool, instead_of: RemoteError | None = None, seconds: float = PAGE_SECONDS
) -> Reading:
    """The reader of a page for everybody, in the portal's name."""
    look = public.PublicReading(lake, seconds=seconds, is_remembered=is_remembered, instead_of=instead_of)
    request.lake_reading = look  # type: ignore[attr-defined]
    return look


def open_page(
    request: HttpRequest,
    lake: Service,
    scope: str,
    purpose: str,
    answer: Callable[[Reading], HttpResponseBase],
    *,
    is_remembered: bool = True,
) -> HttpResponseBase:
    """What `answer` makes of the reader who may: the person, and of a public scope everybody.

    Signing in takes nothing away: where the lake does not answer the person (no account, a sign-in that ran out, an IAM that is away, a
    refusal), public data are read for them as for a visitor, and the page says why. Where that fails, too, they get what they saw before, or the
    person's own trouble is raised.
    """
    if not request.user.is_authenticated:
        return answer_to_visitor(request, lake, scope, answer, is_remembered=is_remembered)
    if not public.is_open(lake, scope):
        return answer(reading(request, lake, purpose))
    begin = time.monotonic()
    remembered: HttpResponseBase | None = None
    try:
        look = reading(request, lake, purpose)
        if look.refusal is not None:
            raise look.refusal
        remembered = answer(look)
        if look.error is None or not is_about_person(look.error):
            return remembered
        trouble = look.error
    except RemoteError as error:
        if getattr(error, "status", None) == 404 or isinstance(error, Damaged | StorageAway):
            raise
        trouble = error
    if remembered is None:
        note_account(request, lake, trouble)
    try:
        return answer(public_reading(request, lake, is_remembered=is_remembered, instead_of=trouble, seconds=seconds_left(begin, trouble)))
    except RemoteError:
        if remembered is None:
            raise trouble from None
    request.lake_reading = look  # type: ignore[attr-defined] # nobody is answered now: what this person saw before is the best there is
    return remembered


def is_about_person(error: RemoteError) -> bool:
    """Whether it is for who asks that the lake does not answer, and not for the lake."""
    is_of_iam = error.service is not None and error.service.kind is ServiceKind.IAM
    return is_of_iam or isinstance(error, NoAccount | SignInAgain)


def seconds_left(begin: float, trouble: RemoteError) -> float:
    """How long a page that began then may ask once more: not at all where the lake itself did not answer (what is remembered is read all the same)."""
    left = PAGE_SECONDS - (time.monotonic() - begin)
    return max(left, SECOND_TRY_SECONDS if is_about_person(trouble) else 0.0)


def answer_to_visitor(
    request: HttpRequest, lake: Service, scope: str, answer: Callable[[Reading], HttpResponseBase], *, is_remembered: bool
) -> HttpResponseBase:
    """The same for nobody in particular: what is not public leads to the sign-in, whether it is there or not."""
    if not public.is_open(lake, scope):
        return redirect_to_login(request.get_full_path())
    try:
        return answer(public_reading(request, lake, is_remembered=is_remembered))
    except RemoteRefused as error:
        if error.status != 404:
            raise
    return redirect_to_login(request.get_full_path())


def note_account(request: HttpRequest, lake: Service, trouble: RemoteError) -> None:
    """Remember for the other pages of the lake that it does not know this person."""
    if isinstance(trouble, NoAccount) and isinstance(request.user, User):
        accounts.note(request.user, lake, has_account=False)


def distances(request: HttpRequest, look: Reading) -> Callable[[], nearest.Distances]:
    """How far each storage element is from where the person said to be; Rucio is asked for places only if they did."""
    near = nearest.asked(request)
    sites = look.quietly(rucio.list_rses, details=False) if near else None
    return lambda: nearest.distances(sites.answer.value or (), near) if sites else nearest.UNASKED


def aged(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Scripts learn from the Age header that they got what was known before, and from another how many rows could not be read."""
    look: Reading | None = getattr(request, "lake_reading", None)
    if look is not None and look.unreadable:
        response["X-Unreadable-Rows"] = str(len(look.unreadable))
    if look is not None and look.since is not None:
        response["Age"] = str(int((timezone.now() - look.since).total_seconds()))
    return response


def place(request: HttpRequest) -> int:
    """Where a page of a long list begins, as its address says it; nonsense is the beginning."""
    text = request.GET.get("from", "0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0


def page(request: HttpRequest, template: str, look: Reading, context: dict[str, Any]) -> HttpResponse:
    """A page of the lake, with what went wrong and the age of what is from memory."""
    return render(request, f"datalake/{template}", {"lake": look.lake, "trouble": look.error, "since": look.since, **context})
