"""A gunicorn of the benchmark's own, as the local stack starts one: one process with 32 threads."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack import address

OPTIONS = ["--worker-class", "gthread", "--threads", "32", "--workers", "1", "--log-level", "error", "--no-control-socket"]


def free_port() -> int:
    with socket.create_server((address.HOST, 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def gunicorn(application: str, port: int, check: str, **variables: str) -> Iterator[int]:
    """Serve an application for the length of the block; the id of its worker. `check` is a path that answers once it is there."""
    program = str(Path(sys.executable).parent / "gunicorn")
    command = [program, "--bind", f"{address.HOST}:{port}", *OPTIONS, application]
    server = subprocess.Popen(command, env={**os.environ, **variables}, stderr=subprocess.DEVNULL)
    try:
        address.wait_for(f"http://{address.HOST}:{port}{check}", 60)
        yield int(Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()[0])
    finally:
        server.terminate()
        server.wait(20)


def megabytes(pid: int) -> float:
    """What a process has in memory."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def cpu_seconds(pid: int) -> float:
    """The CPU time that a process has used, in itself and in the kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
