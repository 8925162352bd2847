"""`make status`: what runs of this stack, where, since when, and whether it answers."""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from devstack import address, health, leftovers, run_lock, supervision

# As service scripts answer: all well, something is wrong, nothing runs.
HEALTHY, UNHEALTHY, NOT_RUNNING = 0, 1, 3


@dataclass(frozen=True)
class Row:
    """One process of the stack."""

    name: str
    port: str
    since: str
    state: str


def duration(seconds: float) -> str:
    """A time in the two largest units: 2 h 5 min."""
    whole = max(0, int(seconds))
    for size, unit, part, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // part} {small}"
    return f"{whole} s"


def row(process: dict[str, Any], waiting: list[str], now: float) -> Row:
    """What supervisord and the process itself say; one that supervisord calls starting, for its first seconds, may answer already."""
    name, state = str(process["name"]), str(process["statename"])
    port = str(address.PORTS[name]) if name in address.PORTS else "socket" if name == "postgres" else "—"
    if state not in ("RUNNING", "STARTING"):
        text = {"FATAL": "stopped, would not start again", "BACKOFF": "stopped, is started again"}.get(state, state.lower())
        return Row(name, port, "—", text)
    since = f"{time.strftime('%d %b %H:%M:%S', time.localtime(process['start']))} ({duration(now - process['start'])})"
    return Row(name, port, since, "not ready" if name in waiting else "healthy")


def rows() -> list[Row]:
    """All processes that supervisord keeps; empty where it does not answer."""
    with suppress(*supervision.NO_ANSWER):
        found = supervision.supervisor().getAllProcessInfo()
        order = list(supervision.procfile())
        found.sort(key=lambda process: order.index(process["name"]) if process["name"] in order else len(order))
        waiting = health.waiting([process["name"] for process in found])
        return [row(process, waiting, time.time()) for process in found]
    return []


def table(found: list[Row]) -> str:
    """The rows below each other."""
    lines = [Row("process", "port", "since", "state"), *found]
    return "\n".join(f"  {line.name:<14}{line.port:<8}{line.since:<30}{line.state}" for line in lines)


def report() -> int:
    """Print the state of the stack; 0 where all is well, 1 where something is not, 3 where nothing runs."""
    runner = run_lock.runner_of(address.STATE)
    found = rows()
    if found:
        print(table(found))
    if runner and runner.is_stopping:
        print(f"The stack is stopping (process {runner.pid}).")
        return UNHEALTHY
    if runner:
        print(f"Run by process {runner.pid}; state in {address.STATE}; logs in {supervision.log_file('portal').parent}")
        return HEALTHY if found and all(line.state == "healthy" for line in found) else UNHEALTHY
    if left := leftovers.find():
        names = ", ".join(sorted({process.name for process in left}))
        print(f"The runner is gone; still there: {names}. They end by themselves, with `make stop`, or at the next `make run`.")
        return UNHEALTHY
    print(f"Nothing is running (state in {address.STATE}). Start it with `make run`.")
    return NOT_RUNNING
