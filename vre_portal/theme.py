"""The switch between the colour schemes: a cookie, so that the server renders the choice."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from vre_portal.context_processors import THEMES
from vre_portal.pages.forms import from_own_page

YEAR = 365 * 24 * 3600


@login_not_required
@from_own_page
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the chosen scheme and go back to where the person was."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    chosen = request.POST.get("theme", "auto")
    if chosen in THEMES:
        response.set_cookie("theme", chosen, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response
