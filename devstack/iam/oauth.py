"""The authorize and token endpoints: the library's, with IAM's audience, offline_access and token exchange."""

import json
from typing import Any, override

from allauth.idp.oidc.internal.oauthlib.utils import get_validator_context
from allauth.idp.oidc.models import Token
from allauth.idp.oidc.views import AuthorizationView, TokenView
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from oauthlib.oauth2.rfc6749.errors import OAuth2Error

from devstack.iam import freshness
from devstack.iam.audience import audience_of, without_audience
from devstack.iam.claims import EXCHANGE
from devstack.iam.exchange import exchange


class Authorize(AuthorizationView):
    """Authorization with an audience that need not be a URI."""

    audience: list[str]

    @override
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.audience = audience_of(request.GET)
        request.GET = without_audience(request.GET)
        response: HttpResponse = super().get(request, *args, **kwargs)
        if request.user.is_authenticated:
            freshness.remember(request, response)
        return response

    @override
    def _login_required(self, request: HttpRequest) -> HttpResponse | None:
        if request.method == "GET" and request.user.is_authenticated and freshness.is_too_old(request):
            prompts = request.GET.get("prompt", "").split()
            if "none" in prompts:
                request.user = AnonymousUser()  # the library answers login_required
            else:
                return self._handle_login_prompt(request, prompts)
        found: HttpResponse | None = super()._login_required(request)
        return found

    @override
    def form_valid(self, form: Any) -> HttpResponse:
        self._request_info["resources"] = self.audience
        response: HttpResponse = super().form_valid(form)
        return response

    @override
    def _handle_login_prompt(self, request: HttpRequest, prompts: list[str]) -> HttpResponse:
        logout(request)
        again = request.GET.copy()
        again["prompt"] = " ".join(word for word in prompts if word != "login")
        again.pop("max_age", None)  # whoever comes back has just typed a password; nought would ask for ever
        return redirect_to_login(f"{request.path}?{again.urlencode()}")


class IssueToken(TokenView):
    """Tokens by code, refresh, client credentials, device code or exchange."""

    @transaction.atomic
    @override
    def post(self, request: HttpRequest) -> HttpResponse:
        get_validator_context().requested_resources = audience_of(request.POST)
        try:
            if request.POST.get("grant_type") == EXCHANGE:
                return no_store(JsonResponse(exchange(request)))
            request.POST = without_audience(request.POST)
            if request.POST.get("grant_type", "").endswith(":device_code"):
                return only_offline(self._post_device_token(request))
            return only_offline(self._create_token_response(request))
        except OAuth2Error as error:
            return no_store(JsonResponse(dict(error.twotuples), status=error.status_code))


def only_offline(response: HttpResponse) -> HttpResponse:
    """Take back the refresh token of an answer whose scope has no offline_access, as IAM gives none then."""
    if response.status_code != 200:
        return response
    answer = json.loads(response.content)
    if "refresh_token" not in answer or "offline_access" in answer.get("scope", "").split():
        return response
    held = Token.objects.by_value(answer.pop("refresh_token")).filter(type=Token.Type.REFRESH_TOKEN).first()
    if held and "offline_access" not in held.get_scopes():
        held.delete()
    answer.pop("refresh_expires_in", None)
    return no_store(JsonResponse(answer))


def no_store(response: HttpResponse) -> HttpResponse:
    """An answer that no cache may keep (RFC 6749, 5.1)."""
    response["Cache-Control"] = "no-store"
    response["Pragma"] = "no-cache"
    return response
