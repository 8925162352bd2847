"""JupyterHub's configuration on the local stack; production gives the same settings to its own chart."""

import hashlib
import json
import sys
from urllib.request import urlopen

from deploy.hub import end_logins, portal_grant, token_exchange
from devstack import address
from devstack.address import HOST, HUB_URL, IAM_ISSUER, PORTAL_URL, PORTS, secret
from devstack.hub import authenticator, spawner

c = get_config()  # type: ignore[name-defined]  # noqa: F821
STATE = address.state_dir("hub")
MINUTE = 60
DEMONSTRATION = (
    "This is a demonstration with public passwords. Notebook sessions are not isolated from each other: keep nothing private in them."
)


def key(name: str) -> bytes:
    """32 bytes that stay the same while the stack's state does."""
    return hashlib.sha256(secret(name).encode()).digest()


with urlopen(f"{IAM_ISSUER}.well-known/openid-configuration", timeout=10) as reply:
    iam = json.load(reply)

c.JupyterHub.bind_url = HUB_URL
c.JupyterHub.hub_bind_url = f"http://{HOST}:{PORTS['hub-internal']}"
c.JupyterHub.db_url = "sqlite:///jupyterhub.sqlite"  # in the state, where the hub runs; a URL does not take every path
c.JupyterHub.cookie_secret = key("hub-cookie")
c.JupyterHub.log_level = "INFO"
c.JupyterHub.template_vars = {"announcement": DEMONSTRATION}
c.JupyterHub.allow_named_servers = True
c.JupyterHub.named_server_limit_per_user = 5
c.JupyterHub.concurrent_spawn_limit = 10
c.JupyterHub.cleanup_servers = True
# A second to wait for the answer: without it a refused option would be told as "started".
# Cookies live as long as a session of the portal at the most (SESSION_SECONDS there); in the browser they would stay for 30 days.
PORTAL_SESSION_DAYS = 7
c.JupyterHub.cookie_max_age_days = PORTAL_SESSION_DAYS
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 1, "cookie_options": {"expires_days": PORTAL_SESSION_DAYS}}
c.CryptKeeper.keys = [key("hub-auth-state")]

c.ConfigurableHTTPProxy.command = [sys.executable, "-m", "devstack.hub.proxy"]
c.ConfigurableHTTPProxy.api_url = f"http://{HOST}:{PORTS['hub-proxy-api']}"
c.ConfigurableHTTPProxy.auth_token = secret("hub-proxy")
c.ConfigurableHTTPProxy.pid_file = str(STATE / "proxy.pid")

c.JupyterHub.authenticator_class = authenticator.IamAuthenticator
c.IamAuthenticator.login_service = "the demonstration's IAM"
c.IamAuthenticator.client_id = "jupyterhub"
c.IamAuthenticator.client_secret = secret("client-jupyterhub")
c.IamAuthenticator.oauth_callback_url = f"{HUB_URL}/hub/oauth_callback"
c.IamAuthenticator.authorize_url = iam["authorization_endpoint"]
c.IamAuthenticator.token_url = iam["token_endpoint"]
c.IamAuthenticator.userdata_url = iam["userinfo_endpoint"]
c.IamAuthenticator.basic_auth = True
# The groups that storages ask for have to be granted at sign-in (here), and asked for again at the exchange (`data_scope`).
c.IamAuthenticator.scope = ["openid", "profile", "email", "offline_access", "wlcg.groups"]
# The subject never changes and is never given to somebody else; a preferred name may be both.
c.IamAuthenticator.username_claim = "sub"
c.IamAuthenticator.manage_groups = True
c.IamAuthenticator.auth_state_groups_key = "oauth_user.groups"
c.IamAuthenticator.allowed_groups = {"escape", "escape/admins"}
c.IamAuthenticator.auto_login = True
c.IamAuthenticator.logout_redirect_url = f"{PORTAL_URL}/accounts/signed-out/"
c.IamAuthenticator.enable_auth_state = True
c.IamAuthenticator.auth_refresh_age = 2 * MINUTE
c.IamAuthenticator.auth_refresh_strict = True
c.IamAuthenticator.refresh_pre_spawn = True
c.IamAuthenticator.modify_auth_state_hook = token_exchange.hand_out
c.IamAuthenticator.custom_403_message = (
    "You are signed in, but not yet a member of the ESCAPE group, which notebooks need. "
    f"Ask for membership at the IAM, or go back to the portal at {PORTAL_URL}/."
)

c.JupyterHub.spawner_class = spawner.FolderSpawner
c.Spawner.cmd = spawner.command(spawner.LAB)
c.Spawner.args = ["--HubOAuth.cache_max_age=30"]  # seconds in which a Lab does not ask the hub again who somebody is
c.Spawner.env_keep = []
c.Spawner.apply_user_options = spawner.apply_options
c.Spawner.pre_spawn_hook = portal_grant.asking_portal(
    f"{PORTAL_URL}/notebooks/may-start/", secret("hub-service-portal"), spawner.use_environment
)
c.Spawner.auth_state_hook = spawner.use_identity
c.Spawner.http_timeout = MINUTE
c.LocalProcessSpawner.term_timeout = 5
c.LocalProcessSpawner.kill_timeout = 2

# The portal may start, see and stop sessions; it may neither open them nor see anybody's tokens.
c.JupyterHub.services = [
    {
        "name": "portal",
        "display": False,
        "api_token": secret("hub-service-portal"),
        "oauth_client_id": "service-portal",
        "oauth_redirect_uri": f"{PORTAL_URL}/notebooks/return/",
        "oauth_no_confirm": True,
    }
]
# The last one lets it say that a session is in use, so that people can put off its end.
PORTAL_SCOPES = ["list:users", "read:users", "servers", "read:hub", "users:activity"]
c.JupyterHub.custom_scopes = end_logins.SCOPES
c.JupyterHub.load_roles = [
    {"name": "portal", "services": ["portal"], "scopes": [*PORTAL_SCOPES, end_logins.SCOPE]},
    # What people have by default, and that the hub may send their browser back to the portal.
    {"name": "user", "scopes": ["self", "access:services!service=portal"]},
]
