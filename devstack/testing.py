"""`make test`: stacks of their own on free ports with data of their own, the tests against them side by side, and nothing left behind."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from devstack import address, browser, environments, ports, rare, shares, side_by_side, stack, supervision

STACKS = 3  # side by side at most, unless TEST_STACKS says otherwise, and one for each core; each takes about 1.5 GB with its browser
GIGABYTES_EACH = 2
# Guards against tests that hang, several times what the slowest test and the slowest share take.
UNIT_TEST_SECONDS = 240
TEST_SECONDS = 300
RARE_TEST_SECONDS = 600
SHARE_SECONDS = 4500
OF_THE_UNIT_SHARE = ("postgres", "redis")
SLOWEST = "--durations=25"
PROCESSES = 2  # of the unit share, each with a database of its own
SHARED = "not rare and not timed"  # what the shares that run beside each other leave out
IN_ORDER = ("-p", "no:randomly")  # tests of one running stack share what is in it
# What happens in steps happens in shorter ones: tests wait for the result, and nobody watches it come. Shorter still, a stack that does nothing
# would take more of the processor than the tests save.
SHORT_STEPS = {
    "VRE_LEASE_SECONDS": "6",
    "VRE_ACCESS_SECONDS": "4",
    "VRE_NOTEBOOKS_SECONDS": "5",
    "RUCIO_TICK_SECONDS": "0.5",
    "RUCIO_REAP_SECONDS": "10",
}


def free_bases(number: int) -> list[int]:
    """So many values for PORT_BASE whose ports nobody listens on; random, so that two runs at once rarely meet.

    Servers that single tests start look for theirs above.
    """
    bases: list[int] = []
    while len(bases) < number:
        base = random.randrange(20000, 23000, address.PORTS_EACH)  # noqa: S311 -- a port, not a secret
        if base not in bases and ports.is_free(base):
            bases.append(base)
    return bases


def free_base() -> int:
    """A PORT_BASE for one stack."""
    return free_bases(1)[0]


def own_stack(base: int) -> dict[str, str]:
    """What tells a command that it has a stack of its own, and where."""
    return {"VRE_TEST_STACK": "1", "PORT_BASE": str(base), "STACK_STATE": str(address.STATE.with_name(f"test-{base}"))}


def begin_again() -> None:
    """Become the same command with the addresses of a stack of its own."""
    base = int(os.environ.get("TEST_PORT_BASE") or free_base())
    os.execve(sys.executable, [sys.executable, "-m", "devstack", *sys.argv[1:]], {**os.environ, **own_stack(base)})


@contextmanager
def test_stack(names: list[str]) -> Iterator[None]:
    """A stack for tests; its data are deleted when it has stopped, unless the tests failed."""
    for name, seconds in SHORT_STEPS.items():
        os.environ.setdefault(name, seconds)
    with stack.claimed(names) as lock:
        environments.install_all()
        begin = time.monotonic()
        before = stack.log_sizes(names)
        with stack.running(names, lock) as keeper:
            stack.wait_until_ready(keeper, names, before)
            print(f"The test stack was ready after {time.monotonic() - begin:.0f} s; memory {stack.memory()}", flush=True)
            os.environ.update(supervision.environment())
            yield
            print(f"Memory of the stack after the tests: {stack.memory()}", flush=True)


def run(arguments: list[str], names: list[str]) -> int:
    """pytest with these arguments against one stack, or all tests but the rare ones, side by side; the exit status."""
    if not os.environ.get("VRE_TEST_STACK"):
        if not arguments:
            return run_shares()
        begin_again()
    return against_stack(names, [[SLOWEST, *arguments]])


def against_stack(names: list[str], runs: list[list[str]], after: rare.AfterRun = rare.nothing) -> int:
    """One pytest after the other against a stack of its own; `after` is told the number and the exit status of each."""
    codes = []
    try:
        with test_stack(names):
            for number, arguments in enumerate(runs):
                codes.append(run_pytest(arguments))
                after(number, codes[-1])
    except KeyboardInterrupt:
        stack.forget()
        print("\nInterrupted: the test stack is stopped, and its data are deleted.", flush=True)
        return side_by_side.INTERRUPTED
    code = next((code for code in codes if code), 0)
    if code == 0:
        stack.forget()
    else:
        print(f"The stack's logs: {supervision.log_file('portal').parent}")
    return code


def run_pytest(arguments: list[str]) -> int:
    """pytest with the portal's environment, told where the stack is and which browser there is; it ends when we are interrupted."""
    python = str(address.ENVS / "portal" / "bin" / "python")
    process = subprocess.Popen(
        [python, "-m", "devstack.portal.manage", "--", python, "-m", "pytest", *arguments],
        cwd=address.ROOT,
        env={**os.environ, "VRE_CHROMIUM": browser.chromium()},
        preexec_fn=supervision.end_with_parent,
    )
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()
            process.wait()


def number_of_stacks() -> int:
    """As many as TEST_STACKS says, else what memory and cores are enough for, up to STACKS."""
    if wanted := os.environ.get("TEST_STACKS"):
        return max(1, int(wanted))
    try:
        available = int(Path("/proc/meminfo").read_text().split("MemAvailable:", 1)[1].split()[0]) / 1024 / 1024
    except (OSError, IndexError, ValueError):
        return STACKS
    return max(1, min(STACKS, os.cpu_count() or 1, int(available / GIGABYTES_EACH) - 1))


@cache
def share_bases() -> list[int]:
    """A PORT_BASE for the unit share, for each stack, for timed and for rare tests; from TEST_PORT_BASE on where that is given."""
    number = number_of_stacks() + 3
    first = os.environ.get("TEST_PORT_BASE")
    return [int(first) + address.PORTS_EACH * step for step in range(number)] if first else free_bases(number)


def pytest_command(title: str, base: int, only: tuple[str, ...], arguments: list[str]) -> side_by_side.Command:
    """A share of the tests with a stack of its own."""
    names = ["--only", ",".join(only)] if only else []
    words = [sys.executable, "-m", "devstack", "test", *names, *arguments]
    return side_by_side.Command(title, words, {**own_stack(base), "VRE_CHROMIUM": browser.chromium()}, SHARE_SECONDS)


def commands_of_all() -> list[side_by_side.Command]:
    """The share that needs a database alone, those that need a running stack, and then, alone on the machine, the tests that look at time."""
    hands = [hand for hand in shares.stack_shares(number_of_stacks()) if hand]
    bases = share_bases()
    unit = ["-m", f"not ({shares.STACK}) and {SHARED}", f"--timeout={UNIT_TEST_SECONDS}", "-n", str(PROCESSES), "--dist", "worksteal"]
    commands = [pytest_command("Tests that need a database alone", bases[0], OF_THE_UNIT_SHARE, unit)]
    commands[0].cores = PROCESSES
    for number, (hand, base) in enumerate(zip(hands, bases[1:], strict=False), 1):
        report = f"--junitxml={shares.REPORTS / f'stack-{number}.xml'}"
        chosen = ["-m", f"({shares.STACK}) and {SHARED}", f"--timeout={TEST_SECONDS}", *IN_ORDER, report, *hand]
        commands.append(pytest_command(f"Tests with a running stack, {number} of {len(hands)} ({len(hand)} files)", base, (), chosen))
    return [*commands, timed_tests(bases[len(hands) + 1])]


def timed_tests(base: int) -> side_by_side.Command:
    """The tests that look at how soon something answers: they get all cores, so that nothing else runs beside them."""
    chosen = ["-m", "timed and not rare", f"--timeout={TEST_SECONDS}", *IN_ORDER, *shares.test_files(shares.TIMED)]
    command = pytest_command("Tests that look at time", base, (), chosen)
    command.cores = os.cpu_count() or 1
    return command


def run_shares(more: tuple[side_by_side.Command, ...] = ()) -> int:
    """All tests but the rare ones, and `more`: as many of them beside each other as there are cores for. The exit status."""
    environments.install_all()
    shares.REPORTS.mkdir(parents=True, exist_ok=True)
    for report in shares.REPORTS.glob("stack-*.xml"):
        report.unlink()
    *beside, alone = commands_of_all()
    commands = [*beside, *more, alone]  # the long ones first: what is short fills the end
    print(f"To be run: {'; '.join(command.title for command in commands)}", flush=True)
    code = side_by_side.run_all(commands)
    print(f"\n{rare.left_out()}", flush=True)
    return code


def run_rare(wanted: list[str]) -> int:
    """The rare tests: of the named groups, of all, or with --changed of those whose files have changed since they last passed."""
    groups = rare.chosen(wanted)
    if not groups:
        print("No rare test has to run: nothing has changed in what they cover since they last passed.")
        return 0
    if not os.environ.get("VRE_TEST_STACK"):
        begin_again()
    print(f"Rare tests: {', '.join(group.name for group in groups)}", flush=True)
    runs = [["-m", group.mark, f"--timeout={RARE_TEST_SECONDS}", SLOWEST, *IN_ORDER, *group.files] for group in groups]
    known = list(supervision.procfile())
    needed = {name for group in groups for name in group.needs or known}
    return against_stack([name for name in known if name in needed], runs, rare.recorder(groups))


def continuous_integration() -> int:
    """What a change has to pass: `make check` beside `make test`, and then the rare tests whose files have changed: they time servers."""
    checks = side_by_side.Command("Static checks", [sys.executable, "-m", "devstack", "check"], limit=SHARE_SECONDS)
    code = run_shares((checks,))
    names = [group.name for group in rare.chosen(["--changed"])]
    if not names or code == side_by_side.INTERRUPTED:
        return code
    words = [sys.executable, "-m", "devstack", "test-rare", *names]
    command = side_by_side.Command(f"Rare tests ({', '.join(names)})", words, own_stack(share_bases()[-1]), 2 * SHARE_SECONDS)
    return side_by_side.run_all([command]) or code
