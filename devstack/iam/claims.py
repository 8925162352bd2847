"""What stands in tokens: INDIGO IAM's claims, put on top of the library's."""

from collections.abc import Iterable
from typing import Any, Literal, override

from allauth.core import context
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.models import Client, Token
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError

from devstack.iam import freshness
from devstack.iam.models import Person

SCOPES = ["openid", "profile", "email", "offline_access", "wlcg", "wlcg.groups", "scim:read", "scim:write"]
REANA = "reana"  # the audience of tokens for REANA
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


def group_claims(person: Person, scopes: Iterable[str]) -> dict[str, Any]:
    """`wlcg.ver` and `wlcg.groups`, only for those who ask."""
    asked = set(scopes)
    claims: dict[str, Any] = {}
    if asked & {"wlcg", "wlcg.groups"}:
        claims["wlcg.ver"] = "1.0"
    if "wlcg.groups" in asked:
        claims["wlcg.groups"] = [f"/{group}" for group in person.memberships]
    return claims


class IamAdapter(DefaultOIDCAdapter):
    """The library's provider, with the issuer pinned, UUIDs as subjects and IAM's groups."""

    @override
    def get_issuer(self) -> str:
        return str(settings.ISSUER)

    @override
    def get_user_sub(self, client: Client, user: AbstractBaseUser) -> str:
        assert isinstance(user, Person)
        return str(user.sub)

    @override
    def get_user_by_sub(self, client: Client, sub: str) -> Person | None:
        try:
            return Person.objects.filter(sub=sub, is_active=True).first()
        except (ValidationError, ValueError):
            return None

    @override
    def get_claims(
        self,
        purpose: Literal["id_token", "userinfo"],
        user: AbstractBaseUser,
        client: Client,
        scopes: Iterable[str],
        email: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        assert isinstance(user, Person)
        claims = {"sub": str(user.sub), **group_claims(user, scopes)}
        if "profile" in scopes:
            claims |= {
                "name": user.get_full_name(),
                "given_name": user.first_name,
                "family_name": user.last_name,
                "preferred_username": user.username,
                "groups": user.memberships,
            }
        if "email" in scopes:
            claims |= {"email": user.email, "email_verified": True}
        return claims

    @override
    def populate_id_token(self, id_token: dict[str, Any], client: Client, scopes: Iterable[str], **kwargs: Any) -> None:
        id_token.update(freshness.told_for(context.request.POST.get("code", "")))

    @override
    def populate_access_token(
        self,
        access_token: dict[str, Any],
        *,
        client: Client,
        scopes: Iterable[str],
        user: AbstractBaseUser | None,
        **kwargs: Any,
    ) -> None:
        access_token["nbf"] = access_token["iat"]
        access_token.setdefault("sub", client.id)  # client_credentials: the client speaks for itself
        audience = access_token.get("aud")
        if audience and len(audience) == 1:
            access_token["aud"] = audience[0]
        if isinstance(user, Person):
            access_token.update(group_claims(user, scopes))
            if access_token.get("aud") == REANA:
                access_token["reana_roles"] = ["reana:user"]  # REANA's newer line lets in only those who have it
        if exchanged := getattr(context.request, "exchanged", None):
            access_token["act"] = exchanged["act"]
            access_token["exp"] = access_token["iat"] + exchanged["seconds"]

    @override
    def populate_introspection_response(self, *, response: dict[str, Any], token: Token) -> None:
        response["active"] = True
        response["token_type"] = "Bearer"
        response.setdefault("sub", token.client_id)
        if isinstance(token.user, Person):
            response["username"] = token.user.username
            response.update(group_claims(token.user, token.get_scopes()))
            if "profile" in token.get_scopes():
                response["groups"] = token.user.memberships

    @override
    def populate_server_metadata(self, data: dict[str, Any]) -> None:
        if not settings.END_SESSION:
            data.pop("end_session_endpoint", None)
        data["scopes_supported"] = SCOPES
        data["grant_types_supported"] = [*data["grant_types_supported"], EXCHANGE]
        data["response_types_supported"] = ["code"]
        data["claims_supported"] = ["sub", "name", "auth_time", "preferred_username", "email", "groups", "wlcg.ver", "wlcg.groups"]
