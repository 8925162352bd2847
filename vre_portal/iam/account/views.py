"""The account page: who is signed in, and which tokens are stored."""

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from vre_portal.iam.account import account_summary
from vre_portal.iam.current_user import current_user
from vre_portal.iam.groups import union


@never_cache
@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """After a sign-in without a page to return to: the dashboard, which tells people without a group or a project what they can do."""
    return redirect(settings.LOGIN_REDIRECT_URL)


@never_cache
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """Who is signed in, and which tokens are stored; never their values."""
    user = current_user(request)
    tokens = account_summary.tokens_of(user)
    if request.GET.get("format") == "json":
        return JsonResponse(account_summary.as_json(user, tokens))
    prefetch_related_objects([user], "identities")  # which several parts of the page speak of
    context = {
        "iam": account_summary.home_of(user),
        "tokens": tokens,
        "signed_in": account_summary.is_signed_in(tokens),
        "at_services": union.at_services(user),
        "not_counted": union.not_counted(user),
        "left_out": sum(part.identity.groups_left_out for part in union.parts(user)),
    }
    return render(request, "iam/me.html", context)
