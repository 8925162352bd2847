"""The Data Lake's token of a person's sessions at a hub on Kubernetes: a Secret that their pods mount, and that the cluster keeps current there."""

import base64
import hashlib
import json
import os
import time
from typing import Any

from kubernetes_asyncio.client import ApiException, V1ObjectMeta, V1Secret
from kubespawner.clients import load_config, shared_client
from traitlets import Dict, Unicode

from deploy.hub.authenticator import PortalAuthenticator
from deploy.hub.token_exchange import Obtained

TOKEN, STATUS, SETTINGS = "rucio.token", "rucio.token.status", "rucio.cfg"
MOUNT = "/run/vre"  # of a pod
NOT_FOUND, CONFLICT = 404, 409


class SecretAuthenticator(PortalAuthenticator):
    """Keeps tokens in Secrets of the hub's namespace."""

    rucio_settings = Dict(
        Unicode(), config=True, help="The lines of [client] in the Rucio settings of sessions, without account and token file"
    )

    async def keep_token(self, name: str, obtained: Obtained, user_info: dict[str, Any]) -> None:
        """Replace the Secret."""
        account = str(user_info.get("preferred_username") or "")
        account = account if account.isprintable() else ""  # a line break would begin another setting
        lines = {**self.rucio_settings, "account": account, "auth_token_file_path": f"{MOUNT}/{TOKEN}"}
        settings = "[client]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())
        content = {TOKEN: obtained.token, STATUS: status(shortfall=obtained.shortfall), SETTINGS: settings}
        try:
            await store(secret_name(name), content)
        except ApiException as error:  # a sign-in without the Data Lake is better than none; the next refresh tries again
            self.log.error("The token of %s could not be stored: %s", name, error.reason)

    async def note_problem(self, name: str, problem: str) -> None:
        """Only for those who have a Secret: nobody gets one by being refused."""
        try:
            known = await api().read_namespaced_secret(secret_name(name), namespace())
            data = {key: base64.b64decode(value).decode() for key, value in (known.data or {}).items()}
            await store(secret_name(name), {**data, STATUS: status(problem=problem)})
        except ApiException as error:
            if error.status != NOT_FOUND:
                self.log.error("The state of the token of %s could not be stored: %s", name, error.reason)


def secret_name(user: str) -> str:
    """A name that every name of a person fits into."""
    return f"vre-token-{hashlib.sha256(user.encode()).hexdigest()[:40]}"


def mount_secret(spawner: Any, auth_state: dict[str, Any] | None) -> None:
    """An auth_state_hook: the pod mounts its person's Secret, readable for the user of the session only; no token is in its environment."""
    secret = {"secretName": secret_name(spawner.user.name), "optional": True, "defaultMode": 0o440}
    spawner.volumes = {**dict(spawner.volumes), "vre-token": {"name": "vre-token", "secret": secret}}
    mount = {"name": "vre-token", "mountPath": MOUNT, "readOnly": True}
    spawner.volume_mounts = {**dict(spawner.volume_mounts), "vre-token": mount}


def status(*, problem: str = "", shortfall: str = "") -> str:
    """What a session tells its person: when this was, why there is no new token, what the token lacks."""
    checked = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    return json.dumps({"checked": checked, "problem": problem, "shortfall": shortfall})


async def store(name: str, content: dict[str, str]) -> None:
    """Replace a Secret: the hub's role may create and delete them, but not change them."""
    data = {key: base64.b64encode(value.encode()).decode() for key, value in content.items()}
    body = V1Secret(metadata=V1ObjectMeta(name=name, labels={"app.kubernetes.io/managed-by": "vre-portal"}), data=data)
    for _attempt in range(2):  # a refresh of the same person may be at it
        try:
            await api().delete_namespaced_secret(name, namespace())
        except ApiException as error:
            if error.status != NOT_FOUND:
                raise
        try:
            await api().create_namespaced_secret(namespace(), body)
            return
        except ApiException as error:
            if error.status != CONFLICT:
                raise


def namespace() -> str:
    """The hub's own."""
    return os.environ["POD_NAMESPACE"]


def api() -> Any:
    """The cluster's interface, as KubeSpawner reaches it."""
    load_config()
    return shared_client("CoreV1Api")
