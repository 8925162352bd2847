"""Keep the Procfile's processes with supervisord: start, stop and watch each by name."""

import http.client
import os
import socket
import xmlrpc.client
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from devstack import address

SOCKET_LIMIT = 100  # bytes of a Unix socket's path, a little below what the kernel takes


def procfile() -> dict[str, str]:
    """The process names and commands of the Procfile, in its order."""
    lines = (address.ROOT / "Procfile").read_text().splitlines()
    pairs = (line.split(":", 1) for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): command.strip() for name, command in pairs}


def socket_path() -> Path:
    """Where supervisord listens: in the state, or beside PostgreSQL's socket where that path is too long."""
    path = address.STATE / "supervisor.sock"
    if len(str(path)) < SOCKET_LIMIT:
        return path
    return Path("/tmp") / f"{address.socket_dir().name}.sock"


def write_configuration(names: Iterable[str]) -> Path:
    """Write supervisord's configuration for the named processes and return its path."""
    logs = address.STATE / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    commands = procfile()
    sections = [
        f"[supervisord]\numask=077\nnodaemon=true\nlogfile={logs}/supervisor.log\npidfile={address.STATE}/supervisor.pid\nloglevel=info\n",
        f"[unix_http_server]\nfile={socket_path()}\nchmod=0700\n",
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n",
    ]
    for number, name in enumerate(names):
        command = commands[name].replace("$ENVS", str(address.ENVS)).replace("%", "%%")
        sections.append(
            f"[program:{name}]\ncommand={command}\ndirectory={address.ROOT}\npriority={100 + number}\n"
            f"stdout_logfile={logs}/{name}.log\nstdout_logfile_maxbytes=5MB\nstdout_logfile_backups=1\nredirect_stderr=true\n"
            "autorestart=true\nstartretries=2\nstartsecs=3\nstopwaitsecs=12\nstopasgroup=true\nkillasgroup=true\n"
        )
    path = address.STATE / "supervisord.conf"
    path.write_text("\n".join(sections))
    return path


def environment() -> dict[str, str]:
    """What every process of the stack is told: where things are, and nothing that a person's shell holds by accident."""
    keep = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER", "LOGNAME", "REDIS_URL", "DATABASE_URL", "POSTGRES_URL")
    passed = {
        key: os.environ[key]
        for key in os.environ
        if key in keep or key.startswith(("IAM_", "REANA_", "RECORDS_", "RUCIO_", "HUB_", "SSL_", "VRE_"))
    }
    own = {
        "PORT_BASE": str(address.PORT_BASE),
        "STACK_RUN": str(address.RUN),
        "STACK_ENVS": str(address.ENVS),
        "STACK_STATE": str(address.STATE),
        "PYTHONUNBUFFERED": "1",
    }
    return passed | own


class UnixConnection(http.client.HTTPConnection):
    """HTTP over supervisord's Unix socket."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(str(socket_path()))


class UnixTransport(xmlrpc.client.Transport):
    """XML-RPC over supervisord's Unix socket."""

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return UnixConnection("localhost")


def supervisor() -> Any:
    """supervisord's own interface: startProcess, stopProcess, getAllProcessInfo, signalProcess ..."""
    return xmlrpc.client.ServerProxy("http://localhost", transport=UnixTransport()).supervisor
