"""django-allauth made strict: IAMs from services.toml, verified identity tokens with a nonce, people by issuer and subject."""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, override

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vre_portal import audit
from vre_portal.http import RemoteRefused
from vre_portal.iam import linking, oidc, people
from vre_portal.iam.groups import union
from vre_portal.iam.models import User
from vre_portal.iam.oidc import refusal
from vre_portal.iam.oidc.discovery import discover
from vre_portal.iam.oidc.signatures import NotGenuine
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.iam.sessions import step_up
from vre_portal.services import Service, ServiceKind, UnknownService, service, services

logger = logging.getLogger(__name__)
FAILURE = "sign_in_failure"  # in the session, until the page that shows it
SCOPE = "openid profile email offline_access"


def nonce_for(verifier: str) -> str:
    """The nonce that belongs to a PKCE verifier: the verifier is secret, of one session and of one use, and so is its hash."""
    return hashlib.sha256(f"nonce {verifier}".encode()).hexdigest()


def app_for(iam: Service) -> SocialApp:
    """An IAM of services.toml as the library wants to see it; nothing of it is in the database."""
    return SocialApp(
        provider=OpenIDConnectProvider.id,
        provider_id=iam.name,
        name=iam.title,
        client_id=iam.options["client_id"],
        settings={
            "server_url": iam.url,
            "oauth_pkce_enabled": True,
            "scope": str(iam.options.get("scope", SCOPE)).split(),
            "auth_params": dict(iam.options.get("auth_params", {})),
        },
    )


class IamProvider(OpenIDConnectProvider):  # type: ignore[misc]  # the library is not typed
    """Starts a sign-in; what it asks for is configuration, never the query string."""

    def again(self, request: HttpRequest, process: str, next_url: str, *, staff: bool = False, **remembered: str) -> HttpResponse:
        """A sign-in at which the person must prove at the IAM, now, who they are."""
        params, asked = step_up.asking(service(ServiceKind.IAM, self.app.provider_id), staff=staff)
        response: HttpResponse = self.redirect(request, process, next_url=next_url, data={**asked, **remembered}, auth_params=params)
        return response

    @override
    def get_pkce_params(self) -> dict[str, str]:
        params: dict[str, str] = super().get_pkce_params()
        return {**params, "nonce": nonce_for(params["code_verifier"])}

    @override
    def get_oauth2_adapter(self, request: HttpRequest) -> "IamLogin":
        return IamLogin(request, self.app.provider_id)


class IamLogin(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """Ends a sign-in: the code becomes tokens, the tokens a person."""

    nonce: str
    tokens: Tokens

    @property
    def iam(self) -> Service:
        return service(ServiceKind.IAM, self.provider_id)

    @property
    @override
    def openid_config(self) -> dict[str, str]:
        endpoints = discover(self.iam)
        return {"authorization_endpoint": endpoints.authorization, "token_endpoint": endpoints.token}

    @override
    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return str(settings.PORTAL_URL) + reverse("openid_connect_callback", kwargs={"provider_id": self.provider_id})

    @override
    def get_access_token_data(self, request: HttpRequest, app: Any, client: Any, pkce_code_verifier: str | None = None) -> dict[str, Any]:
        named = request.GET.get("iss")  # RFC 9207: a mix-up of two IAMs
        if not pkce_code_verifier or (named is not None and named != self.iam.url):
            raise SignInRefused(_("The answer did not come from the IAM that you chose."), code="mix-up")
        self.nonce = nonce_for(pkce_code_verifier)
        with refusing():
            self.tokens = oidc.by_code(
                self.iam, code=request.GET.get("code", ""), verifier=pkce_code_verifier, redirect=client.callback_url
            )
        return {}

    @override
    def parse_token(self, data: Any) -> SocialToken:
        return SocialToken(token="")  # the library gets no token to keep: sessions and tables stay free of them

    @override
    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> SocialLogin:
        with refusing():
            proven = people.prove(self.iam, self.tokens, nonce=self.nonce)
        account = SocialAccount(provider=self.provider_id, uid=proven.subject)
        login = SocialLogin(user=User(), account=account, provider=self.get_provider())
        login.iam, login.proven, login.tokens = self.iam, proven, self.tokens
        return login


class SignInRefused(PermissionDenied):
    """A sign-in that failed a check; the code names the check in the record."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def refusing() -> Iterator[None]:
    """What an IAM refuses becomes a sign-in that failed; what is unavailable stays that."""
    try:
        yield
    except RemoteRefused as refused:
        raise SignInRefused(str(refused), code=refused.code or "refused by the IAM") from None


def failed(request: HttpRequest, **why: Any) -> ImmediateHttpResponse:
    """Say why at an address of its own: the one at hand carries a code, which belongs on no page and in no referrer."""
    request.session[FAILURE] = why
    return ImmediateHttpResponse(redirect("sign_in_failed"))


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Where the library finds IAMs and people."""

    @override
    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[SocialApp]:
        names = (None, OpenIDConnectProvider.id)
        return [app_for(iam) for iam in services(ServiceKind.IAM) if provider in names or provider == iam.name]

    @override
    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> IamProvider:
        try:
            return IamProvider(request, app=app_for(service(ServiceKind.IAM, provider)))
        except UnknownService:
            raise SocialApp.DoesNotExist from None

    @override
    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        iam, proven = sociallogin.iam, sociallogin.proven
        asked = sociallogin.state.get("data") or {}
        with refusing():
            try:
                step_up.check(iam, proven, asked)
            except NotGenuine:
                linking.give_back(iam, sociallogin.tokens)
                raise
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            linking.finish(request, iam, proven, sociallogin.tokens, wanted_by=asked.get("by"))
            raise ImmediateHttpResponse(redirect("iam:identities"))
        user = User.objects.for_identity(iam.url, proven.subject, **proven.facts)
        if not user.is_active:
            audit.record("sign-in", by=user, subject=f"iam/{sociallogin.account.provider}", outcome="refused", check="switched off")
            raise failed(request, switched_off=True)
        sociallogin.user = request.signing_in = user  # type: ignore[attr-defined]
        if proven.left_out:
            messages.warning(request, left_out(iam, proven.left_out))
        for words in filter(None, (union.at_services(user), union.not_counted(user))):
            messages.info(request, words)
        audit.record("sign-in", by=user, subject=f"iam/{sociallogin.account.provider}")
        logger.info("user %s signed in at %s", user.pk, sociallogin.account.provider)

    @override
    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False  # a person exists before this is asked

    @override
    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Exception | None = None, extra_context: Any = None
    ) -> None:
        cancelled = error == AuthError.CANCELLED
        code = error_code(request, extra_context)
        reason = str(exception) if isinstance(exception, PermissionDenied) else refusal.meaning(provider.name, code) if code else ""
        check = exception.code if isinstance(exception, SignInRefused) else why_failed(code, extra_context)
        if cancelled:
            logger.info("sign-in at %s was cancelled", provider.sub_id)
        else:
            logger.warning("sign-in at %s refused: %s", provider.sub_id, check)
            audit.record("sign-in", by=None, subject=f"iam/{provider.sub_id}", outcome="refused", check=check)
        raise failed(request, cancelled=cancelled, reason=reason, iam=provider.name, retry=where_to_try_again(extra_context))


def left_out(iam: Service, count: int) -> str:
    """The message for somebody whose groups cannot all be used here."""
    return ngettext(
        "One of your groups at %(iam)s cannot be used here and was left out. Contact the manager of the group if you lack access.",
        "%(count)s of your groups at %(iam)s cannot be used here and were left out. Contact the managers of the groups if you lack access.",
        count,
    ) % {"iam": iam.title, "count": count}


def where_to_try_again(context: Any) -> str:
    """The page that asked for a sign-in of this moment, where one did."""
    state = (context.get("state") if isinstance(context, dict) else None) or {}
    return step_up.address(state.get("next") or "/") if (state.get("data") or {}).get("since") else ""


def is_of_a_sign_in(context: Any) -> bool:
    """Whether the answer carries the state of a sign-in that began in this browser."""
    return isinstance(context, dict) and context.get("state") is not None


def error_code(request: HttpRequest, context: Any) -> str:
    """The error that the IAM answered with, where it answers this browser at all; anybody can write such an address."""
    return request.GET.get("error", "")[:60] if is_of_a_sign_in(context) else ""


def why_failed(code: str, context: Any) -> str:
    """The check that an answer failed before it was looked into: its state, or that it carries a code."""
    if not is_of_a_sign_in(context):
        return "state unknown, used before or too old"
    known = code if code in refusal.MEANING else ""
    return f"answered with an error: {known}" if known else "answered with an error" if code else "answered with neither code nor error"
