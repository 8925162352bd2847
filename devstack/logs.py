"""Show the processes' logs as one readable stream, and name a process that stops."""

import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import IO

from devstack import supervision

COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94, 91)


def prefix(name: str, number: int) -> str:
    """The name before each line, in a colour of its own on a terminal."""
    text = f"{name:<13} | "
    return f"\033[{COLOURS[number % len(COLOURS)]}m{text}\033[0m" if sys.stdout.isatty() else text


def follow(names: Iterable[str], keeper: subprocess.Popen[bytes]) -> None:
    """Print new lines of every log until interrupted; say it when a process was restarted or given up."""
    files: dict[str, IO[str]] = {}
    states: dict[str, str] = {}
    labels = {name: prefix(name, number) for number, name in enumerate(names)}
    for name in labels:
        path = supervision.log_file(name)
        files[name] = path.open(errors="replace")
        files[name].seek(0, 2)
    while keeper.poll() is None:
        quiet = True
        for name, file in files.items():
            for line in file:
                quiet = False
                print(labels[name] + line.rstrip("\n"), flush=True)
        watch(states)
        if quiet:
            time.sleep(0.4)


def watch(states: dict[str, str]) -> None:
    """Say in one sentence which process changed state since the last look."""
    with suppress(*supervision.NO_ANSWER):
        for process in supervision.supervisor().getAllProcessInfo():
            name, state = process["name"], process["statename"]
            if states.get(name, state) != state:
                log = supervision.log_file(name)
                words = {
                    "BACKOFF": f"{name} stopped unexpectedly and is started again; its log: {log}",
                    "FATAL": f"{name} stopped and would not start again; its log: {log}. The rest goes on without it.",
                    "RUNNING": f"{name} runs again.",
                }
                if state in words:
                    print(f"\n*** {words[state]}\n", flush=True)
            states[name] = state
