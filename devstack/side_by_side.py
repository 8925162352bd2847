"""Run commands beside each other, as many as there are cores for: each output is printed whole, and all failures once more at the end."""

import os
import re
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from devstack import address, supervision

LOOK_SECONDS = 0.3
SAY_SECONDS = 60  # between two lines that tell what still runs
END_SECONDS = 100  # a stack stops in less
FAILURE = re.compile(r"^(FAILED|ERROR) (tests/\S.*)$", re.MULTILINE)
SUMMARY = "short test summary info"
INTERRUPTED = 130
INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Command:
    """One of the commands: what it is called, how it is started, after how many seconds it hangs, and how many cores it keeps at work."""

    title: str
    words: list[str]
    variables: dict[str, str] = field(default_factory=dict)
    limit: float = 3600
    cores: int = 1


class Running:
    """A command that was started; its output goes into a file that nobody else sees."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.begin = time.monotonic()
        self.seconds = 0.0
        self.text = ""
        self.code: int | None = None
        self._is_asked = False
        self._output: IO[str] = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 -- closed when the command has ended
        self._process = subprocess.Popen(
            command.words,
            cwd=address.ROOT,
            env={"COLUMNS": "140", **os.environ, **command.variables},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches it once, from us
            preexec_fn=self._begin,
        )

    def _begin(self) -> None:
        """In the new process, before the command."""
        signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTS)
        supervision.end_with_parent()

    def has_ended(self) -> bool:
        """Whether it is over, and its output read; one that hangs is ended here."""
        if self.code is not None:
            return True
        late = time.monotonic() > self.begin + self.command.limit
        if late:
            self._say(f"\nEnded: it had not finished after {self.command.limit:.0f} s.\n")
            self.end()
        if self._process.poll() is None:
            return False
        self._close(self._process.returncode or (1 if late else 0))
        return True

    def ask_to_stop(self) -> None:
        """Tell it that it is over, once: a second signal would kill a Python that is about to end in order."""
        if not self._is_asked and self._process.poll() is None:
            self._is_asked = True
            self._process.terminate()

    def end(self) -> None:
        """Have it stop, and kill it and its children where it does not."""
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # what its leader left behind, too
        self._process.wait()

    def close(self) -> None:
        """Read what it said, once it was ended from here."""
        if self.code is None:
            self._close(self._process.returncode or INTERRUPTED)

    def failures(self) -> list[str]:
        """The tests that failed, or the last thing it said where it failed otherwise."""
        if not self.code:
            return []
        found = [f"{kind} {text}" for kind, text in FAILURE.findall(self.text.rpartition(SUMMARY)[2] if SUMMARY in self.text else "")]
        last = next((line for line in reversed(self.text.splitlines()) if line.strip()), "nothing was said")
        return found or [f"FAILED {self.command.title} (exit status {self.code}): {last}"]

    def _say(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()

    def _close(self, code: int) -> None:
        self.code = code
        self.seconds = time.monotonic() - self.begin
        self._output.seek(0)
        self.text = self._output.read()
        self._output.close()


def run_all(commands: list[Command], cores: int | None = None) -> int:
    """Run them all; 0 where all succeeded, else 1, or 130 where it was interrupted. Nothing is left running, whatever happens.

    They start in their order, each once there are cores for it: tests that look at how soon a server answers fail where three commands
    share two cores, and all together end no sooner.
    """
    running: list[Running] = []
    is_interrupted = False
    try:
        _run(list(commands), running, cores or os.cpu_count() or 1)
    except KeyboardInterrupt:
        is_interrupted = True
    finally:
        _end(running)
    _print_summary(running)
    if is_interrupted:
        return INTERRUPTED
    return 1 if any(one.code for one in running) else 0


def _start(command: Command, running: list[Running]) -> None:
    """An interrupt comes before it or after it: never between its start and the list of what has to be stopped."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
    try:
        running.append(Running(command))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(waiting: list[Command], running: list[Running], cores: int) -> None:
    """Until all have ended; the output of each is printed as soon as it is whole."""
    open_ones: list[Running] = []
    say_at = time.monotonic() + SAY_SECONDS
    while open_ones or waiting:
        while waiting and (not open_ones or sum(one.command.cores for one in open_ones) + waiting[0].cores <= cores):
            _start(waiting.pop(0), running)
            open_ones.append(running[-1])
        for one in [one for one in open_ones if one.has_ended()]:
            open_ones.remove(one)
            _print_whole(one)
        if open_ones and time.monotonic() > say_at:
            say_at += SAY_SECONDS
            names = ", ".join(f"{one.command.title} ({time.monotonic() - one.begin:.0f} s)" for one in open_ones)
            print(f"Still running: {names}", flush=True)
        time.sleep(LOOK_SECONDS)


def _end(running: list[Running]) -> None:
    """Stop what runs still, all at once; a second Ctrl-C does not leave half of it behind."""
    left = [one for one in running if one.code is None]
    if not left:
        return
    for number in INTERRUPTS:
        signal.signal(number, signal.SIG_IGN)
    with suppress(OSError):  # the terminal may be gone
        print(f"\nStopping {', '.join(one.command.title for one in left)}", flush=True)
    for one in left:
        one.ask_to_stop()
    for one in left:
        one.end()
        one.close()
        with suppress(OSError):
            _print_whole(one)


def _print_whole(one: Running) -> None:
    """What it said, under a heading that says how it ended."""
    state = "passed" if not one.code else f"failed (exit status {one.code})"
    heading = f"\n{'=' * 100}\n{one.command.title}: {state} after {one.seconds:.0f} s\n{'=' * 100}"
    print(heading, one.text.strip("\n"), sep="\n", flush=True)


def _print_summary(running: list[Running]) -> None:
    """One line for each, and the failures of all of them."""
    lines = [f"{'ok    ' if not one.code else 'FAILED'} {one.command.title} ({one.seconds:.0f} s)" for one in running]
    failures = [line for one in running for line in one.failures()]
    with suppress(OSError):
        print("", "=" * 100, *lines, *(["", *failures] if failures else []), sep="\n", flush=True)
