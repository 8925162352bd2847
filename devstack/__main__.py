"""Start, stop, test and check: what `make` calls, through devstack/bootstrap."""

import argparse
import signal
import subprocess
import sys
import time
import traceback

from devstack import (
    address,
    browser,
    checks,
    client_wheel,
    environments,
    folders,
    health,
    leftovers,
    locks,
    logs,
    messages,
    mutations,
    ports,
    rare,
    run_lock,
    shares,
    stack,
    status,
    supervision,
    testing,
)

FORESEEN = (
    stack.StackError,
    environments.InstallError,
    folders.FolderError,
    leftovers.StillThere,
    ports.PortError,
    run_lock.AlreadyRunning,
    browser.BrowserMissing,
    rare.UnknownGroup,
)


def up(names: list[str], *, is_followed: bool) -> None:
    """Look, install, start, wait, say where; then stream the logs (or wait quietly) until interrupted."""
    begin = time.monotonic()
    with stack.claimed(names) as lock:
        environments.install_all(environments.needed_by(names))
        installed = time.monotonic()
        print(f"Starting {len(names)} processes", flush=True)
        before = stack.log_sizes(names)
        with stack.running(names, lock) as keeper:
            stack.wait_until_ready(keeper, names, before)
            print(health.table(names), flush=True)
            print(
                f"Ready in {time.monotonic() - begin:.0f} s (installing {installed - begin:.0f} s); memory {stack.memory()}; "
                f"state in {address.STATE}. Ctrl-C stops everything.\n",
                flush=True,
            )
            logs.follow(names, keeper) if is_followed else keeper.wait()
            raise stack.StackError(f"supervisord stopped, and all processes with it. Its log: {supervision.log_file('supervisor')}")


def perform(command: str, names: list[str], rest: list[str]) -> int:
    """One command; its exit status."""
    if command == "install":
        environments.install_all()
    elif command == "status":
        return status.report()
    elif command == "stop":
        print(stack.end())
    elif command == "clean":
        print(stack.clean())
    elif command == "test":
        return testing.run(rest, names)
    elif command == "test-rare":
        return testing.run_rare(rest)
    elif command == "mutations":
        return mutations.run(rest)
    elif command == "ci":
        return testing.continuous_integration()
    elif command == "durations":
        print(shares.write_durations())
    elif command == "lock":
        locks.lock_all()
    elif command == "ports":
        if not run_lock.runner_of(address.STATE) and not leftovers.find():
            ports.check(names)
    elif command == "pictures":  # by the portal's own Python, which has the browser's driver
        environments.install_all(["portal"])
        return subprocess.run(
            [address.ENVS / "portal" / "bin" / "python", "-m", "devstack.pictures"], cwd=address.ROOT, check=False
        ).returncode
    elif command == "messages":
        environments.install_all(["portal"])
        return messages.main(rest)
    elif command == "wheel":
        environments.install_all(["portal"])
        print(client_wheel.build())
    elif command in ("check", "format"):
        environments.install_all(["portal"])
        return checks.check() if command == "check" else checks.tidy()
    else:
        up(names, is_followed=command == "run")
    return 0


def process_names(text: str | None) -> list[str]:
    """The processes that `--only` names, or all; raises StackError for one that is not in the Procfile."""
    known = supervision.procfile()
    names = [name.strip() for name in text.split(",") if name.strip()] if text else list(known)
    if unknown := [name for name in names if name not in known]:
        raise stack.StackError(f"There is no process called {', '.join(unknown)}. Known: {', '.join(known)}")
    return names


def main() -> int:
    """Read the command line; every failure is a sentence, and a traceback is kept in a file."""
    parser = argparse.ArgumentParser(prog="devstack", description=__doc__, allow_abbrev=False)
    commands = [
        "run",
        "up",
        "install",
        "test",
        "test-rare",
        "mutations",
        "ci",
        "durations",
        "check",
        "format",
        "lock",
        "clean",
        "status",
        "stop",
        "ports",
        "pictures",
        "messages",
        "wheel",
    ]
    parser.add_argument("command", choices=commands)
    parser.add_argument("--only", help="names of processes, with commas between")
    options, rest = parser.parse_known_args()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        return perform(options.command, process_names(options.only), rest)
    except FORESEEN as error:
        print(f"\n{error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nEverything is stopped. The data are kept; `make clean` deletes them.")
        return 0
    except Exception as error:  # noqa: BLE001 -- a traceback says nothing to who starts it; it is kept in a file
        print(f"\n{unforeseen(error)}", file=sys.stderr)
    return 1


def unforeseen(error: Exception) -> str:
    """The sentence for an error that nobody thought of; the traceback goes into the runner's log."""
    words = f"The runner failed: {type(error).__name__}: {error}"
    try:
        log = folders.make_state(address.STATE) / "runner.log"
        folders.write_private(log, traceback.format_exc())
    except (OSError, folders.FolderError):
        return words
    return f"{words} Its log: {log}"


if __name__ == "__main__":
    sys.exit(main())
