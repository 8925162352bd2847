"""Start notebook servers as processes of this machine, a folder each: for a demonstration, without isolation."""

import os
from collections.abc import Callable
from typing import Any

from jupyterhub.spawner import LocalProcessSpawner
from tornado.web import HTTPError

from devstack import address
from devstack.hub import options, starter
from devstack.hub.folders import PersonalFolder, write_private
from devstack.supervision import end_with_parent

LAB = address.ENVS / "lab"
SESSION = address.ROOT / "devstack" / "lab" / "session"  # what sessions find beside their environment: clients that renew the token
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


class FolderSpawner(LocalProcessSpawner):  # type: ignore[misc]
    """A notebook server in the person's own folder; all run as the hub's own account, so this keeps nobody apart."""

    activity_seconds = 60  # each sign of life lets the hub renew the token, so this stays well under a token's life

    @property
    def folder(self) -> PersonalFolder:
        return PersonalFolder(self.user.name)

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        return end_with_parent

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """The session's environment, made here whole: nothing is passed on from the hub's own."""
        return {
            **env,
            "HOME": str(self.folder.home),
            "USER": self.user.name,
            "SHELL": "/bin/sh",
            "LANG": "C.UTF-8",
            "PATH": f"{SESSION / 'bin'}:{LAB / 'bin'}:{SYSTEM_PATH}",
            "PYTHONPATH": str(SESSION),
            "JUPYTER_CONFIG_PATH": str(address.ROOT / "devstack" / "lab" / "config"),
            "JUPYTERHUB_ACTIVITY_INTERVAL": str(self.activity_seconds),
            "RUCIO_CONFIG": str(self.folder.rucio_config),
            "RUCIO_OIDC_FILE_NAME": str(self.folder.token_file),
            "RUCIO_CACHE_DIR": str(self.folder.rucio_cache),
            "RUCIO_CA": str(address.STATE / "storage" / "ca.pem"),
            "RUCIO_URL": address.RUCIO_URL,
            "HUB_URL": f"{address.HUB_URL}/hub/home",
            "PORTAL_URL": address.PORTAL_URL,
        }

    async def stop(self, now: bool = False) -> None:
        """Begin with SIGTERM: at the interrupt that comes first by default, Jupyter waits for an answer on a terminal."""
        await super().stop(now=True)

    async def move_certs(self, paths: dict[str, str]) -> dict[str, str]:
        """Certificates stay where they are: everything runs under one account."""
        return paths

    def get_args(self) -> list[str]:
        """Jupyter refuses to run as root unless told; the stack may be run by root."""
        return [*super().get_args(), *(["--allow-root"] if os.geteuid() == 0 else [])]


def apply_options(spawner: FolderSpawner, user_options: dict[str, Any]) -> None:
    """Check what was asked for, then prepare the session's folder; a refusal is a 400 that says why."""
    try:
        project = options.read(user_options, spawner.name)
    except options.OptionsError as error:
        raise HTTPError(400, str(error)) from error
    folder = spawner.folder.home / spawner.name
    folder.mkdir(mode=0o700, exist_ok=True)
    first = starter.write(folder, project) if project else starter.START
    spawner.notebook_dir = str(folder).replace("{", "{{").replace("}", "}}")  # the hub fills in names between braces
    spawner.default_url = f"/lab/tree/{first}" if (folder / first).exists() else "/lab"


def use_identity(spawner: FolderSpawner, auth_state: dict[str, Any] | None) -> None:
    """Give the session's Rucio clients the person's own account; their token is in the file that the hub keeps fresh."""
    account = ((auth_state or {}).get("oauth_user") or {}).get("preferred_username", "")
    lines = {
        "rucio_host": address.RUCIO_URL,
        "auth_host": address.RUCIO_URL,
        "auth_type": "oidc",
        "account": account,
        "oidc_issuer": address.IAM_ISSUER,
        "oidc_audience": "rucio",
        "oidc_scope": "openid profile",
        "auth_token_file_path": str(spawner.folder.token_file),
        "request_retries": "3",
    }
    text = "[client]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())
    write_private(spawner.folder.rucio_config, text)
