"""A JupyterHub of the tests' own: real, with its proxy, a low limit, and the hook that other hubs get, too."""

import os
import random
import secrets
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests

from devstack import address

LIMIT = 2  # named servers for a person
QUICK = Path(__file__).with_name("quick_server.py")
OFFSETS = (4, 7, 9)  # of the hub's ports from the base of its stack
CONFIG = '''
import os, sys
from deploy.hub import portal_grant
from devstack.address import HOST, HUB_URL, PORTS
from devstack.hub import spawner

c = get_config()
c.Spawner.pre_spawn_hook = portal_grant.asking_portal("{portal}/notebooks/may-start/", os.environ["OWN_HUB_TOKEN"])


class Spawner(spawner.FolderSpawner):
    """Some names are those of faults that no working installation has; one has a real JupyterLab, the others what starts sooner."""

    commands = {{
        "no-lab": [str(spawner.LAB / "bin" / "no-such-program")],
        "bad-lab": ["/bin/false"],
        "real-lab": [str(spawner.LAB / "bin" / "python"), "-m", "jupyterhub.singleuser"],
    }}

    async def start(self):
        self.cmd = self.commands.get(self.name, [sys.executable, "{quick}"])
        return await super().start()


free_port, given = spawner.free_port, []


def first_a_taken_one():
    """Once, where the test says so, a port that another program takes in that moment."""
    taken = "{folder}/taken-port"
    if os.path.exists(taken) and not given:
        given.append(int(open(taken).read()))
        return given[0]
    return free_port()


spawner.free_port = first_a_taken_one
c.JupyterHub.bind_url = HUB_URL
c.JupyterHub.hub_bind_url = f"http://{{HOST}}:{{PORTS['hub-internal']}}"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.allow_named_servers = True
c.JupyterHub.named_server_limit_per_user = {limit}
c.JupyterHub.cleanup_servers = True
c.JupyterHub.tornado_settings = {{"slow_spawn_timeout": 1}}
c.ConfigurableHTTPProxy.command = [sys.executable, "-m", "devstack.hub.proxy"]
c.ConfigurableHTTPProxy.api_url = f"http://{{HOST}}:{{PORTS['hub-proxy-api']}}"
c.JupyterHub.spawner_class = Spawner
c.Spawner.env_keep = []
c.Spawner.apply_user_options = spawner.apply_options
c.JupyterHub.services = [
    {{"name": "portal", "api_token": os.environ["OWN_HUB_TOKEN"]}},
    {{"name": "tests", "api_token": os.environ["OWN_HUB_ADMIN"]}},
]
c.JupyterHub.load_roles = [
    {{"name": "portal", "services": ["portal"], "scopes": ["list:users", "read:users", "servers", "read:hub", "users:activity"]}},
    {{"name": "tests", "services": ["tests"], "scopes": ["admin:users", "admin:servers", "tokens"]}},
]
'''


def free_base() -> int:
    """A base whose ports for a hub are all free."""
    while True:
        base = random.randrange(30000, 60000)  # noqa: S311 -- not for a secret
        with suppress(OSError):
            for offset in OFFSETS:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + offset))
            return base


class OwnHub:
    """The hub as a process, and what a test asks of it as somebody who may do everything there."""

    def __init__(self, folder: Path, token: str) -> None:
        self.folder, self.token, self.admin, self.base = folder, token, secrets.token_hex(16), free_base()
        self.url = f"http://127.0.0.1:{self.base + 4}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, portal: str) -> None:
        """Start it, asking this portal; returns when it answers."""
        config = self.folder / "config.py"
        config.write_text(CONFIG.format(portal=portal, limit=LIMIT, folder=self.folder, quick=QUICK))
        environment = {
            **os.environ,  # noqa: TID251 -- a process of its own, with a stack of its own
            "PORT_BASE": str(self.base), "STACK_STATE": str(self.folder / "state"), "STACK_ENVS": str(address.ENVS),
            "PYTHONPATH": str(address.ROOT), "OWN_HUB_TOKEN": self.token, "OWN_HUB_ADMIN": self.admin,
            "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(16),
        }  # fmt: skip
        python = address.ENVS / "hub" / "bin" / "python"
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [python, "-m", "devstack.hub.app", "--config", config], cwd=self.folder, env=environment, stdout=log, stderr=log
            )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with suppress(requests.RequestException):
                if requests.get(f"{self.url}/hub/api/", timeout=2).status_code == 200:
                    return
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.2)
        raise AssertionError((self.folder / "log").read_text()[-2000:])

    def end(self) -> None:
        """End it with all its servers."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def api(self, method: str, path: str, token: str = "", **options: Any) -> requests.Response:
        """One call of its API, as the tests' service or with another token."""
        headers = {"Authorization": f"token {token or self.admin}"}
        return requests.request(method, f"{self.url}/hub/api{path}", headers=headers, timeout=30, **options)

    def know(self, user: str) -> str:
        """Let it know somebody; a token of theirs, for what they do at the hub's own page."""
        self.api("POST", f"/users/{user}")
        found: str = self.api("POST", f"/users/{user}/tokens").json()["token"]
        return found

    def servers(self, user: str) -> dict[str, Any]:
        """All named servers that it keeps for somebody, stopped ones included."""
        found = self.api("GET", f"/users/{user}", params={"include_stopped_servers": "1"}).json()["servers"]
        return {name: facts for name, facts in found.items() if name}

    def wait_for(self, user: str, name: str, *, ready: bool) -> None:
        """Return when a server runs, or does not any more."""
        end = time.monotonic() + 60
        while bool(self.servers(user).get(name, {}).get("ready")) != ready or self.servers(user).get(name, {}).get("pending"):
            assert time.monotonic() < end, self.servers(user)
            time.sleep(0.2)

    def clear(self) -> None:
        """Stop whatever runs, so that the next test finds nothing of this one."""
        for person in self.api("GET", "/users").json():
            for name in person["servers"]:
                self.api("DELETE", f"/users/{person['name']}/servers/{name}")
                self.wait_for(person["name"], name, ready=False)

    def home(self, user: str) -> Path:
        """Where it keeps somebody's notebooks."""
        return self.folder / "state" / "hub" / "homes" / user
