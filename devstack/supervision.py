"""Keep the Procfile's processes with supervisord: start, stop and watch each by name."""

import ctypes
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import uuid
import xmlrpc.client
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from devstack import address, folders

# Relative to the state, in which supervisord runs: its configuration cannot hold every path (`%`, ` #`, a space).
CONFIGURATION, SOCKET, LOGS = "supervisord.conf", "supervisor.sock", "logs"
MARK = "STACK_SUPERVISED"  # in the environment of all that this state's supervisord starts, and of nothing else
UMASK = 0o077
SUPERVISOR_SECONDS = 60
# What a call of supervisord raises where it is not there, or is stopping.
NO_ANSWER = (OSError, http.client.HTTPException, xmlrpc.client.Error)


def procfile() -> dict[str, str]:
    """The process names and commands of the Procfile, in its order."""
    lines = (address.ROOT / "Procfile").read_text().splitlines()
    pairs = (line.split(":", 1) for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): command.strip() for name, command in pairs}


def log_file(name: str) -> Path:
    """Where a process's output is kept."""
    return address.STATE / LOGS / f"{name}.log"


def reached_through(opened: str) -> str:
    """The path of supervisord's socket by way of an open folder: short, however long the state's own path is."""
    return f"/proc/self/{opened}/{SOCKET}" if Path("/proc/self").exists() else str(address.STATE / SOCKET)


def command_of(line: str) -> str:
    """A command of the Procfile as supervisord takes it: a shell puts the folder in, which may have any name."""
    if set(line) & set("'%"):
        raise ValueError(f"A command of the Procfile may have neither ' nor %: {line}")
    return "/bin/sh -c 'exec " + line.replace("$ENVS", '"$STACK_ENVS"') + "'"


def write_configuration(names: Iterable[str]) -> None:
    """Write supervisord's configuration for the named processes into the state."""
    (address.STATE / LOGS).mkdir(exist_ok=True, mode=folders.PRIVATE)
    commands = procfile()
    sections = [
        f"[supervisord]\nnodaemon=true\nlogfile={LOGS}/supervisor.log\npidfile=supervisor.pid\nloglevel=info\nchildlogdir=.\n",
        f"[unix_http_server]\nfile={reached_through('cwd')}\nchmod=0700\n",
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n",
    ]
    for number, name in enumerate(names):
        sections.append(
            f"[program:{name}]\ncommand={command_of(commands[name])}\ndirectory=%(ENV_STACK_ROOT)s\npriority={100 + number}\n"
            f"stdout_logfile={LOGS}/{name}.log\nstdout_logfile_maxbytes=5MB\nstdout_logfile_backups=1\nredirect_stderr=true\n"
            "autorestart=true\nstartretries=2\nstartsecs=3\nstopwaitsecs=12\nstopasgroup=true\nkillasgroup=true\n"
        )
    folders.write_private(address.STATE / CONFIGURATION, "\n".join(sections))


def started() -> list[str]:
    """The names of the processes in the configuration that is written."""
    return re.findall(r"^\[program:(.+)\]$", (address.STATE / CONFIGURATION).read_text(), re.MULTILINE)


def mark() -> str:
    """What tells the processes of this state from all others; made once, so that a state at the same path elsewhere has another."""
    file = address.state_dir("secrets") / "supervised"
    if not file.exists():
        folders.write_private(file, uuid.uuid4().hex)
    return file.read_text()


def start() -> subprocess.Popen[bytes]:
    """Start supervisord with the configuration that is written; what it and its processes make is closed to other people."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "supervisor.supervisord", "-c", CONFIGURATION],
        env={**environment(), "STACK_ROOT": str(address.ROOT), MARK: mark()},
        cwd=address.STATE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        umask=UMASK,
        preexec_fn=end_with_parent,
    )


def end_with_parent(number: int = signal.SIGTERM) -> None:
    """Ask the kernel to signal this process when its parent ends, even by SIGKILL (Linux)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, number)


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
        self.sock.settimeout(SUPERVISOR_SECONDS)
        folder = os.open(address.STATE, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.sock.connect(reached_through(f"fd/{folder}"))
        finally:
            os.close(folder)


class UnixTransport(xmlrpc.client.Transport):
    """XML-RPC over supervisord's Unix socket."""

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return UnixConnection("localhost")


def supervisor() -> Any:
    """supervisord's own interface: startProcess, stopProcess, getAllProcessInfo, signalProcess ..."""
    return xmlrpc.client.ServerProxy("http://localhost", transport=UnixTransport()).supervisor
