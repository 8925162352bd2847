"""How a person wants to be told of each kind of notice, and the address of their feeds."""

from typing import Any

from django.conf import settings as site_settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited
from vre_portal.notices import feeds, preferences
from vre_portal.notices.forms import PreferencesForm
from vre_portal.notices.kinds import not_sent_to


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """The choices; stored together."""
    user = current_user(request)
    now = preferences.chosen(user)
    if request.method != "POST":
        return show(request, PreferencesForm(now))
    if "reset" in request.POST:
        preferences.reset(by=user)
        messages.success(request, _("Notice settings were reset to the defaults."))
        return redirect("notices:settings")
    form = PreferencesForm(now, request.POST)
    if not form.is_valid():
        return show(request, form, 400)
    choices = form.choices()
    preferences.save(choices, by=user)
    messages.success(request, _("Notice settings saved."))
    for text in {why.text for delivery, why in not_sent_to(user).items() if delivery in choices.values()}:
        messages.warning(request, text)
    return redirect("notices:settings")


def show(request: HttpRequest, form: PreferencesForm, status: int = 200) -> HttpResponse:
    """The page, with the feed address where the person asks to see it."""
    address = feeds.address_of(current_user(request))
    secret = feeds.secret_of(address) if address and "feed" in request.GET else ""
    url = f"{site_settings.PORTAL_URL}{reverse('notices:feed', args=[secret])}" if secret else ""
    context: dict[str, Any] = {"form": form, "feed": address, "feed_url": url, "is_feed_shown": "feed" in request.GET}
    context["not_sent"] = {why.text: why for why in not_sent_to(current_user(request)).values()}.values()  # e-mail has two ways
    context["days"] = site_settings.NOTICE_FEED_GROUP_DAYS
    return render(request, "notices/settings.html", context, status=status)


@require_POST
@rate_limited(ACT)
def feed_renew(request: HttpRequest) -> HttpResponse:
    """Make a feed address, or one in place of the present one."""
    feeds.renew(by=current_user(request), seen=request.POST.get("seen", ""))
    messages.success(request, _("Your feed address is ready. An earlier one no longer works."))
    return redirect(f"{reverse('notices:settings')}?feed=1#feed")


@require_POST
@rate_limited(ACT)
def feed_revoke(request: HttpRequest) -> HttpResponse:
    """Let the feed address work no longer."""
    feeds.revoke(by=current_user(request))
    messages.success(request, _("Your feed address was revoked. Feed readers that use it get no more notices."))
    return redirect(f"{reverse('notices:settings')}#feed")
