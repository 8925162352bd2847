"""The values for the chart of Zero to JupyterHub (4 or later) for a hub of services.toml: from its entry, its IAM, its lake and the catalogue.

Secrets are not part of them: `SECRETS` says where each belongs, in a file of values of its own.
"""

from typing import Any

from projects.notebooks.hub_configuration import code, profiles, sessions, signing_in
from vre_portal.iam.oidc.discovery import Endpoints
from vre_portal.services import Service

SECRETS = (
    "hub.services.portal.apiToken: the option `token` of the hub in services.toml",
    "hub.config.GenericOAuthenticator.client_secret: of the hub's client at the IAM",
)
SERVERS_PER_PERSON = 5
# The portal may start, see and stop sessions and end logins; it may neither open sessions nor see anybody's tokens.
PORTAL_SCOPES = ["list:users", "read:users", "servers", "read:hub", "custom:portal:end-logins"]


def values(hub: Service, iam: Service, endpoints: Endpoints, lake: Service | None, portal: str) -> dict[str, Any]:
    """All values by their names in the chart; `portal` is the portal's address."""
    return {
        "hub": {
            "config": signing_in.config(hub, iam, endpoints, portal),
            "allowNamedServers": True,
            "namedServerLimitPerUser": int(hub.options.get("servers_per_person") or SERVERS_PER_PERSON),
            "services": {"portal": service(portal)},
            "loadRoles": roles(hub),
            "extraFiles": code.files(),
            "extraConfig": {"portal": code.configuration(iam, lake, portal)},
        },
        "singleuser": {**sessions.values(hub, lake, portal), "profileList": profiles.profile_list(hub)},
        "cull": sessions.cull(hub),
    }


def service(portal: str) -> dict[str, Any]:
    """The portal as the hub knows it."""
    facts = {"oauth_client_id": "service-portal", "oauth_redirect_uri": f"{portal}/notebooks/return/"}
    return {"display": False, "oauth_no_confirm": True, **facts}


def roles(hub: Service) -> dict[str, Any]:
    """What the portal may, and that people's browsers may be sent back to it. Nobody gets `admin:auth_state`, which shows tokens of the IAM."""
    renewing = ["users:activity"] if hub.options.get("renewable") is True else []
    return {
        "portal": {"services": ["portal"], "scopes": [*PORTAL_SCOPES, *renewing]},
        "user": {"scopes": ["self", "access:services!service=portal"]},
    }
