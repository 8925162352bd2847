"""The policies to read, the page on which they are accepted, and the security contact."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from vre_portal.iam.current_user import current_user
from vre_portal.iam.sign_in.redirects import safe_path
from vre_portal.policies import services, texts

VALID_DAYS = 180  # of security.txt, counted from each reading: the settings that it tells are those in force


@login_not_required
@require_safe
def show(request: HttpRequest, name: str) -> HttpResponse:
    """One policy, for everybody."""
    return render(request, "policies/text.html", {"policy": texts.policy(name)})


@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest) -> HttpResponse:
    """What is still to be accepted; each by its own tick, in the version that was shown."""
    user = current_user(request)
    wanted = safe_path(request.POST.get("next") or request.GET.get("next"))
    asked = services.outstanding(user)
    if request.method == "POST":
        services.accept(user, [item for item in asked if request.POST.get(item.name) == item.version])
        asked = services.outstanding(user)
    if not asked:
        return redirect(wanted or settings.LOGIN_REDIRECT_URL)
    missed = request.method == "POST"
    return render(request, "policies/accept.html", {"policies": asked, "next": wanted, "missed": missed}, status=400 if missed else 200)


@login_not_required
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """RFC 9116: whom to tell about a vulnerability of the portal."""
    if not settings.SECURITY_CONTACT:
        raise Http404(_("No security contact is configured."))
    expires = (timezone.now() + timedelta(days=VALID_DAYS)).replace(microsecond=0)
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",  # untranslated: for programs
        f"Canonical: {settings.PORTAL_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
