"""What everybody's pages need: whether other banners are shown by now, and the button that hides one."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from vre_portal.banners import present, services
from vre_portal.banners.models import Banner
from vre_portal.banners.templatetags.banners import banner_context, state_of
from vre_portal.iam.models import User
from vre_portal.limits import ACT, rate_limited
from vre_portal.pages.forms import from_own_page

MONTH_SECONDS = 30 * 24 * 3600


@login_not_required
@never_cache
@require_safe
def shown(request: HttpRequest, state: str) -> HttpResponse:
    """A fragment for an open page: 204 where it shows what it should; else the banners, and the new ones for screen readers."""
    banners = present.banners_for(request)
    if state == state_of(banners):
        return HttpResponse(status=204)
    before = present.marks_in(state)
    new = [banner for banner in banners if banner.mark not in before]
    return render(request, "banners/shown.html", {**banner_context(request, banners), "new_banners": new})


@login_not_required
@from_own_page
@require_POST
@rate_limited(ACT)
@never_cache
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Hide a banner: from a person in every browser, from a visitor in this one. A critical one stays."""
    banner = next((item for item in present.banners_for(request) if item.pk == pk and not item.is_critical), None)
    is_fragment = request.headers.get("HX-Request") == "true"
    if banner and isinstance(request.user, User):
        services.dismiss(by=request.user, banner=banner, edition=banner.edition)
    if is_fragment:
        left = [item for item in present.banners_for(request) if banner is None or item.pk != banner.pk]
        response = render(request, "banners/shown.html", banner_context(request, left))
    else:
        back = request.POST.get("next", "/")
        is_own = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        response = HttpResponseRedirect(back if is_own else "/")
    if banner and not isinstance(request.user, User):
        _hide_in_this_browser(request, response, banner)
    return response


def _hide_in_this_browser(request: HttpRequest, response: HttpResponse, banner: Banner) -> None:
    """Note it in a cookie, with those that were dismissed before and are still there."""
    dismissed = present.marks_in(request.COOKIES.get(present.COOKIE, ""))
    marks = [item.mark for item in present.public_banners() if item.mark in dismissed] + [banner.mark]
    value = "-".join(marks[-present.MAX_MARKS :])
    response.set_cookie(present.COOKIE, value, max_age=MONTH_SECONDS, samesite="Lax", secure=request.is_secure(), httponly=True)
