"""Commands beside each other: each output whole, failures once more at the end, the right exit status, nothing left behind."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devstack import address
from devstack.side_by_side import Command, run_all

SUMMARY = "=== short test summary info ==="


def python(title: str, code: str, limit: float = 60) -> Command:
    return Command(title, [sys.executable, "-c", code], limit=limit)


def test_all_succeed(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_all([python("One", "print('a'); print('b')"), python("Two", "print('c')")]) == 0
    out = capfd.readouterr().out
    assert "a\nb\n" in out
    assert "One: passed" in out
    assert "FAILED" not in out


def test_no_more_run_at_once_than_there_are_cores_for(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code = """
import pathlib, sys, time
here = pathlib.Path(sys.argv[1])
(here / sys.argv[2]).touch()
time.sleep(2)
print(sys.argv[2], "beside", len(list(here.iterdir())) - 1)
time.sleep(1)
(here / sys.argv[2]).unlink()
"""
    wide, *narrow = [Command(name, [sys.executable, "-c", code, str(tmp_path), name]) for name in ("wide", "one", "two")]
    wide.cores = 5  # more than there are: it runs alone
    assert run_all([wide, *narrow], cores=2) == 0
    out = capfd.readouterr().out
    assert "wide beside 0" in out
    assert "one beside 1" in out
    assert "two beside 1" in out


def test_the_failures_of_all_stand_in_one_list_at_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    failing = f"print('{SUMMARY}'); print('FAILED tests/test_{{0}}.py::test_it - no'); print('1 failed'); raise SystemExit(1)"
    slow = f"import time; time.sleep(0.5); print('ERROR tests/before'); {failing.format('two')}"
    assert run_all([python("One", failing.format("one")), python("Two", slow), python("Three", "print('FAILED tests/no')")]) == 1
    out = capfd.readouterr().out
    assert out.endswith("\nFAILED tests/test_one.py::test_it - no\nFAILED tests/test_two.py::test_it - no\n")
    assert "ok     Three" in out


def test_a_command_that_fails_before_any_test_is_in_the_list_with_its_last_words(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_all([python("One", "print('the port is in use'); print(); raise SystemExit(3)")]) == 1
    assert capfd.readouterr().out.endswith("\nFAILED One (exit status 3): the port is in use\n")


def test_a_command_that_hangs_is_ended_with_its_children_and_fails(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    child = tmp_path / "child"
    code = f"""
import pathlib, subprocess, time
child = subprocess.Popen(["sleep", "300"])
pathlib.Path({str(child)!r}).write_text(str(child.pid))
time.sleep(300)
"""
    begin = time.monotonic()
    assert run_all([python("Slow", code, limit=2), python("Quick", "print('here')")]) == 1
    assert time.monotonic() - begin < 30
    out = capfd.readouterr().out
    assert "Ended: it had not finished after 2 s." in out
    assert "here" in out
    assert is_gone(int(child.read_text()))


AT_ITS_START = """
import os, signal, sys
from devstack import side_by_side, supervision
signal.signal(signal.SIGINT, signal.default_int_handler)
supervision.end_with_parent = lambda: os.kill(os.getppid(), signal.SIGINT)  # while the runner waits for the command's start
sys.exit(side_by_side.run_all([side_by_side.Command("Long", ["sleep", "300"])]))
"""


def test_an_interrupt_while_a_command_starts_stops_it_too() -> None:
    process = subprocess.run(
        [sys.executable, "-c", AT_ITS_START], cwd=address.ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert process.returncode == 130, process.stderr
    assert "Stopping Long" in process.stdout


RUNNER = """
import signal, sys
from devstack.side_by_side import Command, run_all
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, signal.default_int_handler)
code = "import pathlib, signal, sys, time\\nsignal.signal(signal.SIGTERM, lambda *_: (print('stopped in order'), sys.exit(4)))\\n"
code += "print('begun', flush=True)\\npathlib.Path(sys.argv[1]).touch()\\ntime.sleep(300)"
sys.exit(run_all([Command("Long", [sys.executable, "-c", code, sys.argv[1]])]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_stops_its_commands_in_order_and_fails(tmp_path: Path, number: int) -> None:
    process, _ = begin_runner(tmp_path)
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130, out
    assert "Stopping Long" in out
    assert "FAILED Long (exit status 4): stopped in order" in out


def test_the_commands_end_when_their_runner_is_killed(tmp_path: Path) -> None:
    process, children = begin_runner(tmp_path)
    process.kill()
    process.communicate(timeout=30)
    assert all(is_gone(child) for child in children)


def begin_runner(tmp_path: Path) -> tuple["subprocess.Popen[str]", list[int]]:
    """A runner in a process of its own, whose only command has begun; and that command's number."""
    begun = tmp_path / "begun"
    process = subprocess.Popen([sys.executable, "-c", RUNNER, str(begun)], cwd=address.ROOT, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not begun.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    found = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True)
    return process, [int(number) for number in found.stdout.split()]


def is_gone(pid: int) -> bool:
    """Whether the process has ended within a few seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False
