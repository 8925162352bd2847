"""Start, stop, test and check: what `make` calls, through devstack/bootstrap."""

import argparse
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from devstack import address, checks, environments, health, locks, logs, supervision, testing

STARTUP_SECONDS = 240


class StackError(Exception):
    """The stack cannot go on; the text says why and what to do."""


def refuse_ports_in_use(names: list[str]) -> None:
    """Name the port that somebody else listens on, before anything starts."""
    for name, port in address.PORTS.items():
        if name.split("-")[0] not in names:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address.HOST, port))
            except OSError:
                raise StackError(
                    f"Port {port} ({name}) is in use. Stop what listens there, or start with another base: PORT_BASE={address.PORT_BASE + 1000} make run"
                ) from None


def die_with_parent() -> None:
    """Stop supervisord too when the runner itself is killed (Linux)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@contextmanager
def running(names: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """supervisord with the named processes; all of them are stopped at the end, whatever happens."""
    refuse_ports_in_use(names)
    for marker in address.STATE.glob("*/ready"):
        marker.unlink()
    configuration = supervision.write_configuration(names)
    keeper = subprocess.Popen(
        [sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)],
        env=supervision.environment(),
        cwd=address.ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )
    try:
        yield keeper
    finally:
        keeper.terminate()
        with suppress(subprocess.TimeoutExpired):
            keeper.wait(30)
        if keeper.poll() is None:
            keeper.kill()


def fatal(keeper: subprocess.Popen[bytes]) -> str | None:
    """The name of a process that supervisord gave up, or None."""
    if keeper.poll() is not None:
        raise StackError(f"The process keeper stopped; see {address.STATE / 'logs' / 'supervisor.log'}")
    with suppress(OSError):
        for process in supervision.supervisor().getAllProcessInfo():
            if process["statename"] == "FATAL":
                return str(process["name"])
    return None


def wait_until_ready(keeper: subprocess.Popen[bytes], names: list[str]) -> None:
    """Return when all answer; raise naming the one that crashed or is late, with the end of its log."""
    deadline = time.monotonic() + STARTUP_SECONDS
    said: list[str] = []
    while missing := health.waiting(names):
        if missing != said:
            print(f"  waiting for {', '.join(missing)}", flush=True)
            said = missing
        crashed = fatal(keeper)
        late = time.monotonic() > deadline
        if crashed or late:
            name = crashed or missing[0]
            what = "stopped and would not start again" if crashed else f"was not ready after {STARTUP_SECONDS} s"
            log = address.STATE / "logs" / f"{name}.log"
            raise StackError(f"{name} {what}. The end of {log}:\n{logs.tail(log, 25)}\nMend that, or begin anew with `make clean`.")
        time.sleep(0.3)


def memory(keeper: subprocess.Popen[bytes]) -> str:
    """Proportional memory of the stack's processes, as the kernel counts it."""
    total = 0
    for folder in os.scandir("/proc"):
        with suppress(OSError, ValueError, IndexError):
            process = Path("/proc", str(int(folder.name)))
            if f"STACK_STATE={address.STATE}\0" in (process / "environ").read_text():
                total += int((process / "smaps_rollup").read_text().split("Pss:", 1)[1].split()[0])
    return f"{total / 1024 / 1024:.1f} GB"


def up(names: list[str], *, follow: bool) -> None:
    """Install, start, wait, say where; then stream the logs (or wait quietly) until interrupted."""
    begin = time.monotonic()
    address.STATE.mkdir(parents=True, exist_ok=True)
    environments.install_all(environments.needed_by(names))
    installed = time.monotonic()
    print(f"Starting {len(names)} processes", flush=True)
    with running(names) as keeper:
        wait_until_ready(keeper, names)
        print(health.table(names), flush=True)
        print(
            f"Ready in {time.monotonic() - begin:.0f} s (installing {installed - begin:.0f} s); memory {memory(keeper)}; "
            f"state in {address.STATE}. Ctrl-C stops everything.\n",
            flush=True,
        )
        logs.follow(names, keeper) if follow else keeper.wait()


def test(arguments: list[str]) -> int:
    """Start a stack of its own, run pytest against it, stop and forget it; the logs stay where tests failed."""
    if not os.environ.get("VRE_TEST_STACK"):
        testing.begin_again()
    # Tests that wait for a lost worker should not wait long.
    os.environ.setdefault("VRE_LEASE_SECONDS", "6")
    environments.install_all()
    names = list(supervision.procfile())
    begin = time.monotonic()
    with running(names) as keeper:
        wait_until_ready(keeper, names)
        print(f"The test stack was ready after {time.monotonic() - begin:.0f} s; memory {memory(keeper)}", flush=True)
        os.environ.update(supervision.environment())
        code = testing.run_pytest(arguments)
        print(f"Memory of the stack after the tests: {memory(keeper)}", flush=True)
    if code == 0:
        testing.forget()
    else:
        print(f"The stack's logs: {address.STATE / 'logs'}")
    return code


def main() -> int:
    """Read the command line; every failure is one sentence, not a traceback."""
    parser = argparse.ArgumentParser(prog="devstack", description=__doc__)
    parser.add_argument("command", choices=["run", "up", "install", "test", "check", "format", "lock", "clean"])
    parser.add_argument("--only", help="names of processes, with commas between")
    options, rest = parser.parse_known_args()
    names = options.only.split(",") if options.only else list(supervision.procfile())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    try:
        if options.command == "install":
            environments.install_all()
        elif options.command == "clean":
            shutil.rmtree(address.STATE, ignore_errors=True)
        elif options.command == "test":
            return test(rest)
        elif options.command == "lock":
            locks.lock_all()
        elif options.command in ("check", "format"):
            environments.install_all(["portal"])
            return checks.check() if options.command == "check" else checks.tidy()
        else:
            up(names, follow=options.command == "run")
    except (StackError, environments.InstallError, RuntimeError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nEverything is stopped. The data are kept; `make clean` forgets them.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
