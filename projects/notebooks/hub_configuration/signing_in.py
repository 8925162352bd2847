"""How people sign in at the hub."""

from typing import Any

from vre_portal.iam.oidc.discovery import Endpoints
from vre_portal.services import Service

SCOPE = ["openid", "profile", "email", "offline_access", "wlcg.groups"]
REFRESH_SECONDS = 120


def config(hub: Service, iam: Service, endpoints: Endpoints, portal: str) -> dict[str, Any]:
    """`hub.config`, without the client's secret."""
    return {
        "JupyterHub": {"admin_access": False, "authenticator_class": "generic-oauth"},
        "GenericOAuthenticator": {
            "login_service": iam.title,
            "client_id": str(hub.options.get("client_id_at_iam") or "jupyterhub"),
            "oauth_callback_url": f"{hub.url}/hub/oauth_callback",
            "authorize_url": endpoints.authorization,
            "token_url": endpoints.token,
            "userdata_url": endpoints.userinfo,
            "basic_auth": True,
            "scope": SCOPE,
            # The subject never changes and is never given to somebody else; a preferred name may be both.
            "username_claim": "sub",
            "manage_groups": True,
            "auth_state_groups_key": "oauth_user.groups",
            "allowed_groups": [str(group) for group in hub.options.get("allowed_groups") or ()],
            "auto_login": True,
            "logout_redirect_url": f"{portal}/accounts/signed-out/",
            "enable_auth_state": True,
            "auth_refresh_age": REFRESH_SECONDS,
            "auth_refresh_strict": True,
            "refresh_pre_spawn": True,
        },
    }
