"""Token exchange (RFC 8693): a narrower token for another audience, in a person's name."""

from datetime import timedelta
from typing import Any

from allauth.core import context
from allauth.core.internal.httpkit import extract_basic_auth
from allauth.idp.oidc import app_settings
from allauth.idp.oidc.internal.oauthlib.server import generate_jwt_access_token
from allauth.idp.oidc.internal.oauthlib.utils import get_validator_context
from allauth.idp.oidc.internal.tokens import decode_jwt_token
from allauth.idp.oidc.models import Client, Token
from django.http import HttpRequest
from django.utils import timezone
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors

from devstack.iam import paths
from devstack.iam.claims import EXCHANGE

TOKEN_SECONDS = "access_token_seconds"  # in a client's data: how long its tokens live, as INDIGO IAM lets an administrator set it
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"


def exchange(request: HttpRequest) -> dict[str, Any]:
    """Answer one exchange, or raise the OAuth error that refuses it."""
    client = authenticated_client(request)
    if EXCHANGE not in client.get_grant_types():
        raise errors.UnauthorizedClientError(description="This client may not exchange tokens.")
    if request.POST.get("actor_token"):
        raise errors.InvalidRequestError(description="actor_token is not supported.")
    subject, claims = subject_of(request, client)
    asked = request.POST.get("scope", "").split()
    if paths.are_in(asked):
        scopes = paths.granted(asked, subject.get_scopes(), client.id, get_validator_context().requested_resources or [])
        seconds = min(app_settings.ACCESS_TOKEN_EXPIRES_IN, paths.SECONDS)
    else:
        scopes, seconds = narrowed(asked, subject, client), (client.data or {}).get(TOKEN_SECONDS, app_settings.ACCESS_TOKEN_EXPIRES_IN)
    actor: dict[str, Any] = {"sub": client.id}
    if "act" in claims:
        actor["act"] = claims["act"]
    return issue(subject, client, scopes, actor, seconds)


def authenticated_client(request: HttpRequest) -> Client:
    """The client that proved itself by header or form."""
    name, given = extract_basic_auth(request.headers)
    if not name:
        name, given = request.POST.get("client_id"), request.POST.get("client_secret")
    client = Client.objects.filter(id=name or "").first()
    if client is None or not given or not client.check_secret(given):
        raise errors.InvalidClientError(description="Unknown client or wrong secret.")
    return client


def subject_of(request: HttpRequest, client: Client) -> tuple[Token, dict[str, Any]]:
    """The subject token and its claims: ours, alive, of an active person, and meant for this client."""
    if request.POST.get("subject_token_type") != ACCESS_TOKEN_TYPE:
        raise errors.InvalidRequestError(description="subject_token_type must be an access token.")
    value = request.POST.get("subject_token", "")
    claims = decode_jwt_token(value, verify_exp=True, verify_iss=True)
    token = Token.objects.lookup(Token.Type.ACCESS_TOKEN, value) if claims else None
    if token is None or claims is None or token.user is None or not token.user.is_active:
        raise errors.InvalidGrantError(description="The subject token is not valid.")
    audience = claims.get("aud", [])
    named = client.id in (audience.split() if isinstance(audience, str) else audience)
    if token.client_id != client.id and not named:
        raise errors.InvalidGrantError(description="The subject token was issued to another client.")
    return token, claims


def narrowed(asked: list[str], subject: Token, client: Client) -> list[str]:
    """The scopes of the new token: never more than the subject's, never offline."""
    held = [scope for scope in subject.get_scopes() if scope != "offline_access"]
    wanted = asked or held
    if not set(wanted) <= set(held) & set(client.get_scopes()):
        raise errors.InvalidScopeError(description="Scope can only be narrowed.")
    return wanted


def issue(subject: Token, client: Client, scopes: list[str], actor: dict[str, Any], seconds: int) -> dict[str, Any]:
    """Sign and record the new token."""
    context.request.__dict__["exchanged"] = {"act": actor, "seconds": seconds}  # read by the adapter when it fills in the claims
    order = Request("/token")
    order.client, order.user, order.scopes = client, subject.user, scopes
    value = generate_jwt_access_token(order)
    token = Token(
        type=Token.Type.ACCESS_TOKEN,
        client=client,
        user=subject.user,
        expires_at=timezone.now() + timedelta(seconds=seconds),
    )
    token.set_value(value)
    token.set_scopes(scopes)
    token.set_resources(get_validator_context().requested_resources or [])
    token.save()
    return {
        "access_token": value,
        "issued_token_type": ACCESS_TOKEN_TYPE,
        "token_type": "Bearer",
        "expires_in": seconds,
        "scope": " ".join(scopes),
    }
