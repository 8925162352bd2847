"""Start notebook servers as processes of this machine, a folder each: for a demonstration, without isolation."""

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyterhub.spawner import LocalProcessSpawner
from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.web import HTTPError

from deploy.hub.portal_grant import refusal
from devstack import address
from devstack.hub import options, starter
from devstack.hub.folders import PersonalFolder, write_private
from devstack.hub.limits import limiting
from devstack.hub.wishes import Wishes
from devstack.reana import images

LAB = address.ENVS / "lab"
SESSION = address.ROOT / "devstack" / "lab" / "session"  # what sessions find beside their environment: clients that renew the token
CLIENT = address.ROOT / "client" / "src"  # the package `vre`; where there is no stack, its wheel is installed
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
STARTS = 3  # ports that are tried: one that was free a moment ago may be taken
LOOK_SECONDS = 0.2
REINSTALL = "To reinstall it, its operators delete the environment `{name}` and start the stack again (make run)."


class FolderSpawner(LocalProcessSpawner):  # type: ignore[misc]
    """A notebook server in the person's own folder; all run as the hub's own account, so this keeps nobody apart."""

    lab = LAB  # the folder of the environment in which it starts
    activity_seconds = 60  # each sign of life lets the hub renew the token, so this stays well under a token's life

    @property
    def folder(self) -> PersonalFolder:
        return PersonalFolder(self.user.name)

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        return limiting(self.cpu_limit, self.mem_limit)

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """The session's environment, made here whole: nothing is passed on from the hub's own."""
        return {
            **env,
            "HOME": str(self.folder.home),
            "USER": self.user.name,
            "SHELL": "/bin/sh",
            "LANG": "C.UTF-8",
            "PATH": f"{SESSION / 'bin'}:{self.lab / 'bin'}:{SYSTEM_PATH}",
            "PYTHONPATH": f"{SESSION}:{CLIENT}",
            "JUPYTER_CONFIG_PATH": str(address.ROOT / "devstack" / "lab" / "config"),
            "JUPYTERHUB_ACTIVITY_INTERVAL": str(self.activity_seconds),
            "RUCIO_CONFIG": str(self.folder.rucio_config),
            "RUCIO_OIDC_FILE_NAME": str(self.folder.token_file),
            "RUCIO_CACHE_DIR": str(self.folder.rucio_cache),
            "RUCIO_CA": str(address.STATE / "storage" / "ca.pem"),
            "RUCIO_URL": address.RUCIO_URL,
            "HUB_URL": f"{address.HUB_URL}/hub/home",
            "PORTAL_URL": address.PORTAL_URL,
            "GIT_ALLOW_PROTOCOL": "https:http",  # git runs by a link that anybody may make: no files of this machine, no programs
            "GIT_TERMINAL_PROMPT": "0",
        }

    async def start(self) -> tuple[str, int]:
        """Start JupyterLab; where it listens, once it answers there itself. Raises HTTPError with what is missing or went wrong."""
        require_lab(self.cmd, self.lab)
        for _ in range(STARTS):
            self.port = free_port()
            try:
                address: tuple[str, int] = await super().start()
            except OSError as error:
                raise refusal(500, f"JupyterLab could not start: {error.strerror or error}. {reinstall(self.lab)}") from error
            if (status := await self._ended_early()) is None:
                return address
            if not is_taken(self.port):
                break
            self.log.warning("port %s was taken by another program; trying another one", self.port)
        raise refusal(500, f"JupyterLab exited while it was starting (status {status}). The hub's log says why.")

    async def _ended_early(self) -> int | None:
        """The status with which the process ended before it answered; None as soon as it answers, and not another program at its port."""
        while (status := await self.poll()) is None:
            url = f"http://{self.ip or '127.0.0.1'}:{self.port}{self.server.base_url}api"
            try:
                reply = await AsyncHTTPClient().fetch(url, request_timeout=1, follow_redirects=False, raise_error=False)
                if reply.code < 500 and "X-JupyterHub-Version" in reply.headers:
                    return None
            except (OSError, ValueError, HTTPClientError):
                pass  # not there yet, or no HTTP
            await asyncio.sleep(LOOK_SECONDS)
        return int(status)

    async def stop(self, now: bool = False) -> None:
        """Begin with SIGTERM: at the interrupt that comes first by default, Jupyter waits for an answer on a terminal."""
        await super().stop(now=True)

    async def move_certs(self, paths: dict[str, str]) -> dict[str, str]:
        """Certificates stay where they are: everything runs under one account."""
        return paths

    def get_args(self) -> list[str]:
        """Jupyter refuses to run as root unless told; the stack may be run by root."""
        return [*super().get_args(), *(["--allow-root"] if os.geteuid() == 0 else [])]


def command(lab: Path) -> list[str]:
    """What starts a session in an environment."""
    return [str(lab / "bin" / "python"), "-m", "jupyterhub.singleuser"]


def reinstall(lab: Path) -> str:
    """What operators do where an environment is damaged."""
    return REINSTALL.format(name=lab.name)


def require_lab(command: list[str], lab: Path) -> None:
    """Raise HTTPError that names what is missing unless JupyterLab can be started."""
    programs = [Path(command[0])] + [lab / "bin" / name for name in ("jupyterhub-singleuser", "jupyter-lab")]
    missing = next((program for program in programs if not os.access(program, os.X_OK)), None)
    if missing:
        raise refusal(500, f"JupyterLab is not installed here: the program {missing.name} is missing or may not be run. {reinstall(lab)}")


def free_port() -> int:
    """A port of this machine that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    """Whether another program has the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def apply_options(spawner: FolderSpawner, user_options: dict[str, Any]) -> None:
    """Check what was asked for, then prepare the session's folder; a refusal is a 400 that says why."""
    try:
        project = options.read(user_options, spawner.name)
    except options.OptionsError as error:
        raise HTTPError(400, str(error)) from error
    folder = spawner.folder.home / (project.project if project else spawner.name)  # all sessions of a project have its files
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        first = starter.write(folder, project) if project else starter.START
    except OSError as error:
        raise refusal(507, f"The folder for your notebooks could not be created: {error.strerror or error}.") from error
    wished = project.wishes if project else Wishes()
    spawner.cpu_limit, spawner.mem_limit = wished.cpu, wished.memory_bytes
    spawner.notebook_dir = str(folder).replace("{", "{{").replace("}", "}}")  # the hub fills in names between braces
    spawner.default_url = f"/lab/tree/{first}" if (folder / first).exists() else "/lab"


def use_environment(spawner: FolderSpawner, environment: dict[str, str]) -> None:
    """Start the session in the environment that the portal lists, for which a folder of this machine stands; a refusal says what is missing."""
    try:
        spawner.lab = images.programs(environment["image"]).parent
    except images.UnknownImage as error:
        raise refusal(500, str(error)) from error
    spawner.cmd = command(spawner.lab)


def use_identity(spawner: FolderSpawner, auth_state: dict[str, Any] | None) -> None:
    """Give the session's Rucio clients the person's own account; their token is in the file that the hub keeps fresh."""
    account = str(((auth_state or {}).get("oauth_user") or {}).get("preferred_username") or "")
    account = account if account.isprintable() else ""  # a line break would begin another setting
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
