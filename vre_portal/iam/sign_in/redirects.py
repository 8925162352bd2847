"""Coming back after signing in: where to, and how a page that needs it sends people there."""

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from vre_portal.form_drafts import services as kept
from vre_portal.iam.errors import SignInAgain

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")  # what a browser sends for a form


def safe_path(wanted: str | None) -> str:
    """A path on this site, or an empty text for anything that could lead elsewhere."""
    if not wanted or not wanted.startswith("/") or any(ord(letter) < 33 or letter == "\\" for letter in wanted):
        return ""
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


def next_path(request: HttpRequest) -> str:
    """Where the person wanted to go; the front page and the sign-in pages themselves are no aim."""
    wanted = safe_path(request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME))
    return "" if wanted == "/" or wanted.startswith("/accounts/") else wanted


def page_of(request: HttpRequest) -> str:
    """The page that a person looks at: this one, or the one that a form or a fragment belongs to."""
    fragment = request.headers.get("HX-Request") == "true"
    if request.method in ("GET", "HEAD") and not fragment:
        return safe_path(request.get_full_path())
    try:
        page = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    except ValueError:  # the browser says what it likes
        return ""
    if page.netloc != request.get_host():
        return ""
    return safe_path(f"{page.path}?{page.query}" if page.query else page.path)


def way_back(request: HttpRequest) -> str:
    """That page; with the key of what was typed there, where leading elsewhere would lose it."""
    page = page_of(request)
    key = kept.save_draft(request)
    return kept.with_key(page or request.path, key) if key else page


def wants_page(request: HttpRequest) -> bool:
    """Whether the answer will be shown: not where a script sends something, such as the next part of an upload."""
    if request.method in ("GET", "HEAD"):
        return True
    aim = request.headers.get("Sec-Fetch-Dest")  # browsers of today tell
    return aim != "empty" if aim else request.content_type in FORMS


def redirect_to_login(request: HttpRequest, why: SignInAgain) -> HttpResponse:
    """To the sign-in page, in the way that a page, a fragment or a program understands."""
    query = urlencode({REDIRECT_FIELD_NAME: way_back(request), "again": "1"})
    address = f"{reverse('account_login')}?{query}"
    if request.GET.get("format") == "json":
        return JsonResponse({"error": str(why), "sign_in": address}, status=401)
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    if not wants_page(request):
        return HttpResponse(str(why), status=401, content_type="text/plain; charset=utf-8")
    return HttpResponseRedirect(address)


class SignInAgainMiddleware:
    """A sign-in that the IAM no longer renews leads to the sign-in page, and from there back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return redirect_to_login(request, error) if isinstance(error, SignInAgain) else None


middleware = SignInAgainMiddleware
