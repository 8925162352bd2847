"""What runs in the hub: the modules of deploy/hub, and the lines that put them to use."""

import json
from typing import Any

from django.conf import settings

from vre_portal.services import Service

FOLDER = "/usr/local/etc/jupyterhub/portal"  # in the hub's pod, from where `deploy.hub` is imported
DAY = 24 * 3600
CONFIGURATION = """
import sys

sys.path.insert(0, {folder})
from deploy.hub import end_logins, kubernetes_tokens, portal_grant, token_exchange
from z2jh import get_secret_value

c.JupyterHub.authenticator_class = kubernetes_tokens.SecretAuthenticator
c.SecretAuthenticator.modify_auth_state_hook = token_exchange.hand_out
c.SecretAuthenticator.data_audience = {audience}
c.SecretAuthenticator.rucio_settings = {rucio}
c.JupyterHub.custom_scopes = end_logins.SCOPES
c.JupyterHub.cookie_max_age_days = {days}
# A second to wait for the answer: without it a refused option would be told as "started".
c.JupyterHub.tornado_settings = {{"slow_spawn_timeout": 1, "cookie_options": {{"expires_days": {days}}}}}
c.Spawner.pre_spawn_hook = portal_grant.asking_portal({grant}, get_secret_value("hub.services.portal.apiToken"))
c.Spawner.auth_state_hook = kubernetes_tokens.mount_secret
c.Spawner.args = ["--HubOAuth.cache_max_age=30"]
"""


def files() -> dict[str, Any]:
    """`hub.extraFiles`: the modules as they are tested with the local hub."""
    folder = settings.BASE_DIR / "deploy" / "hub"
    named = {f"portal-{file.stem.replace('_', '-')}": file for file in sorted(folder.glob("*.py"))}
    return {name: {"mountPath": f"{FOLDER}/deploy/hub/{file.name}", "stringData": file.read_text()} for name, file in named.items()}


def configuration(iam: Service, lake: Service | None, portal: str) -> str:
    """`hub.extraConfig`."""
    rucio = rucio_settings(iam, lake) if lake else {}
    return CONFIGURATION.strip().format(
        folder=json.dumps(FOLDER),
        audience=json.dumps(lake.audience or "rucio" if lake else "rucio"),
        rucio=json.dumps(rucio),
        days=max(1, settings.SESSION_SECONDS // DAY),
        grant=json.dumps(f"{portal}/notebooks/may-start/"),
    )


def rucio_settings(iam: Service, lake: Service) -> dict[str, str]:
    """The settings of Rucio's clients in sessions, save what is a person's own."""
    oidc = {"oidc_issuer": iam.url, "oidc_audience": lake.audience or "rucio", "oidc_scope": "openid profile"}
    return {"rucio_host": lake.url, "auth_host": lake.url, "auth_type": "oidc", **oidc, "request_retries": "3"}
