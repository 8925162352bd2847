"""Run the PostgreSQL that the wheel carries, on a Unix socket only, and make the stack's databases."""

import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from devstack import address
from devstack.postgres import accounts, place
from devstack.supervision import end_with_parent

DATABASES = ("portal", "iam", "rucio", "reana", "hub")
START_SECONDS = 60
# Rucio keeps its tokens in rows: a refused insert must not write one into the log.
SILENT = ("log_error_verbosity=terse", "log_min_error_statement=panic")


def run(program: Path, *arguments: str, account: accounts.Account | None = None) -> str:
    """Run one of PostgreSQL's programs and return what it printed; ends this process with its last words where it fails."""
    result: subprocess.CompletedProcess[str] = subprocess.run(
        [program, *arguments], cwd="/", check=False, capture_output=True, text=True, **(account.as_options() if account else {})
    )
    if result.returncode:
        print(result.stderr.strip(), flush=True)
        raise SystemExit(f"{program.name} failed: {(result.stderr.strip().splitlines() or ['it said nothing'])[-1]}")
    return result.stdout


def make_cluster(data: Path, programs: Path) -> None:
    """Make the data folder on the first start, beside its place and moved there when it is whole."""
    new = data.with_name("new")
    place.remove(new)
    new.mkdir(mode=0o700)
    account = accounts.initial()
    if account:
        account.own(new)
    run(programs / "initdb", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "-U", "postgres", "-D", str(new), account=account)
    new.rename(data)


def start(data: Path, socket: Path, programs: Path) -> subprocess.Popen[bytes]:
    """The server in the foreground, which ends when this process does."""
    # The stack is a demonstration: a crash may lose the last half second, never consistency.
    settings = ("listen_addresses=", "synchronous_commit=off", "shared_buffers=64MB", "max_connections=150", *SILENT)
    account = accounts.server()
    return subprocess.Popen(
        [programs / "postgres", "-D", data, "-k", socket, *(word for item in settings for word in ("-c", item))],
        cwd="/",
        preexec_fn=partial(end_with_parent, signal.SIGINT),
        **(account.as_options() if account else {}),
    )


def make_databases(server: subprocess.Popen[bytes], socket: Path) -> None:
    """Create the databases that are missing, once the server answers; ends this process where it does not."""
    deadline = time.monotonic() + START_SECONDS
    while subprocess.run([place.BINARIES / "pg_isready", "-q", "-h", socket], check=False).returncode:
        if server.poll() is not None:
            raise SystemExit(server.returncode or 1)  # it has said why
        if time.monotonic() > deadline:
            server.send_signal(signal.SIGINT)
            raise SystemExit(f"PostgreSQL did not answer within {START_SECONDS} s: FATAL")
        time.sleep(0.1)
    psql = ("-X", "-h", str(socket), "-U", "postgres", "-d", "postgres", "-tA")
    there = run(place.BINARIES / "psql", *psql, "-c", "select datname from pg_database").split()
    for name in DATABASES:
        if name not in there:
            run(place.BINARIES / "psql", *psql, "-c", f"create database {name}")


def main() -> int:
    """Start the server; a stop signal becomes PostgreSQL's fast shutdown."""
    state = address.state_dir("postgres")
    ready = state / "ready"
    ready.unlink(missing_ok=True)
    found = place.prepare(address.STATE)
    if not (found.data / "PG_VERSION").exists():
        make_cluster(found.data, found.programs)
    place.forget_stale_lock(found.data)
    if account := accounts.server():
        account.own(found.data)
    place.remember(address.STATE, found)
    server = start(found.data, found.socket, found.programs)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.send_signal(signal.SIGINT))
    make_databases(server, found.socket)
    ready.touch()
    code = server.wait()
    ready.unlink(missing_ok=True)
    return code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (place.PlaceError, accounts.AccountError) as error:
        sys.exit(str(error))
