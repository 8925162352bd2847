"""What `make test` starts: the unit share and one share a stack, each with ports and data of its own, every test file in one of them."""

from pathlib import Path

import pytest

from devstack import address, rare, shares, side_by_side, testing


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[side_by_side.Command]:
    monkeypatch.setenv("TEST_STACKS", "2")
    monkeypatch.setenv("CHROMIUM", "/bin/true")
    monkeypatch.delenv("TEST_PORT_BASE", raising=False)
    testing.share_bases.cache_clear()
    return testing.commands_of_all()


def test_ci_adds_the_checks_and_the_rare_tests_whose_files_have_changed(
    commands: list[side_by_side.Command], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[side_by_side.Command] = []
    changed = [group for group in rare.groups() if group.name in ("iam", "hub")]
    monkeypatch.setattr(rare, "chosen", lambda wanted: changed if wanted == ["--changed"] else [])
    monkeypatch.setattr(testing.environments, "install_all", lambda *_: None)
    monkeypatch.setattr(testing, "run_shares", lambda more: started.extend(more) or 0)
    codes = [0]
    monkeypatch.setattr(testing.side_by_side, "run_all", lambda more: started.extend(more) or codes[0])
    assert testing.continuous_integration() == 0
    checks, long = started
    assert checks.words[-1] == "check"
    assert long.words[-3:] == ["test-rare", "iam", "hub"]
    assert long.variables["PORT_BASE"] not in {command.variables["PORT_BASE"] for command in commands}
    codes[0] = 1
    assert testing.continuous_integration() == 1
    monkeypatch.setattr(testing, "run_shares", lambda more: 2)
    codes[0] = 0
    assert testing.continuous_integration() == 2
    changed.clear()
    started.clear()
    monkeypatch.setattr(testing, "run_shares", lambda more: started.extend(more) or 0)
    testing.continuous_integration()
    assert [command.title for command in started] == ["Static checks"]


def test_each_share_has_a_stack_of_its_own(commands: list[side_by_side.Command]) -> None:
    assert len(commands) == 4
    bases = [int(command.variables["PORT_BASE"]) for command in commands]
    assert all(abs(one - other) >= 20 for one in bases for other in bases if one is not other)
    assert len({command.variables["STACK_STATE"] for command in commands}) == 4


def test_every_file_that_needs_a_stack_is_in_one_share(commands: list[side_by_side.Command]) -> None:
    files = [word for command in commands[:-1] for word in command.words if word.startswith("tests/")]
    assert len(files) == len(set(files))
    left_out = set(shares.test_files(shares.NEEDS_STACK)) - set(files)
    assert left_out == set(shares.test_files(shares.ALL_ELSEWHERE)) & set(shares.test_files(shares.NEEDS_STACK))
    for file in left_out:
        text = (address.ROOT / file).read_text()
        assert rare.MARK.search(text) or shares.TIMED.search(text), file


def test_the_shares_together_choose_every_test_but_the_rare_ones_once(commands: list[side_by_side.Command]) -> None:
    unit, *others, timed = [command.words[command.words.index("-m", 3) + 1] for command in commands]
    assert unit == "not (integration or browser) and not rare and not timed"
    assert others == ["(integration or browser) and not rare and not timed"] * 2
    assert timed == "timed and not rare"


def test_what_looks_at_time_runs_alone_and_last(commands: list[side_by_side.Command], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testing.os, "cpu_count", lambda: 6)
    assert testing.timed_tests(20000).cores == 6
    files = {word for word in commands[-1].words if word.startswith("tests/")}
    assert files == set(shares.test_files(shares.TIMED))
    assert {"tests/datalake/reads/test_failures.py", "tests/vre_portal/test_http.py"} <= files


def test_a_share_and_each_of_its_tests_are_ended_when_they_hang(commands: list[side_by_side.Command]) -> None:
    for command in commands:
        assert command.limit == testing.SHARE_SECONDS
        assert any(word.startswith("--timeout=") for word in command.words)


@pytest.mark.parametrize(
    ("gigabytes", "cores", "stacks"), [(1, 8, 1), (4, 8, 1), (6, 8, 2), (8, 8, 3), (64, 8, 3), (64, 2, 2), (64, 1, 1), (64, None, 1)]
)
def test_there_are_as_many_stacks_as_memory_and_cores_are_enough_for(
    monkeypatch: pytest.MonkeyPatch, gigabytes: int, cores: int | None, stacks: int
) -> None:
    monkeypatch.delenv("TEST_STACKS", raising=False)
    monkeypatch.setattr(testing.os, "cpu_count", lambda: cores)
    text = f"MemTotal: 99 kB\nMemAvailable: {gigabytes * 1024 * 1024} kB\n"
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: text)
    assert testing.number_of_stacks() == stacks


def test_with_arguments_there_is_one_stack_and_rare_tests_are_not_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    monkeypatch.setenv("VRE_TEST_STACK", "1")
    monkeypatch.setattr(testing, "against_stack", lambda names, runs, after=rare.nothing: ran.extend(runs) or 0)
    assert testing.run(["tests/devstack/test_lifecycle.py"], ["postgres"]) == 0
    assert ran == [["--durations=25", "tests/devstack/test_lifecycle.py"]]
