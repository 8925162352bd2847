"""The pages of a person's own tokens: list, make, revoke."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from vre_portal.iam.current_user import current_user
from vre_portal.iam.personal_tokens import services
from vre_portal.iam.personal_tokens.forms import TokenForm
from vre_portal.iam.personal_tokens.models import PersonalToken, tokens_of
from vre_portal.iam.sessions import step_up
from vre_portal.iam.sign_in.redirects import way_back
from vre_portal.limits import ACT, rate_limited
from vre_portal.tables import Row, listing


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All tokens and what was changed; never a value."""
    user = current_user(request)
    tokens = services.listed(user)
    if made := listing(request, [as_row(token) for token in tokens], following=None, filename="my-tokens"):
        return made
    return render(request, "personal_tokens/index.html", {"tokens": tokens, "history": services.history(user)})


def as_row(token: PersonalToken) -> Row:
    """A token for programs."""
    names = ("name", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    return {name: getattr(token, name) for name in names}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def new(request: HttpRequest) -> HttpResponse:
    """The form, and once the value of the new token. Needs a recent sign-in: a session left open on a desk must make no token."""
    user = current_user(request)
    if not step_up.is_recent(request):
        return redirect(step_up.address(way_back(request) if request.method == "POST" else request.path))
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            token, secret = services.create(by=user, **form.cleaned_data)
        except services.TokenRefused as refused:
            form.add_error(None, str(refused))
        else:
            # No redirect: the value would have to be stored for the next page.
            return render(request, "personal_tokens/created.html", {"token": token, "secret": secret})
    return render(request, "personal_tokens/new.html", {"form": form}, status=422 if request.method == "POST" else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, and then end a token."""
    user = current_user(request)
    token = tokens_of(user).filter(pk=pk).first()
    if token is None:
        raise Http404(_("Token not found."))
    if request.method != "POST":
        return render(request, "personal_tokens/revoke.html", {"token": token})
    services.revoke(token, by=user)
    messages.success(request, _("The token “%(name)s” was revoked. Programs that use it are refused from now on.") % {"name": token.name})
    return redirect("personal_tokens:index")
