"""The tests of a stack are dealt out: every file once, about equally long, those that stop servers together; rare ones when files change."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

from devstack import address, rare, shares

FILES = [f"tests/test_{letter}.py" for letter in "abcdefgh"]


def test_every_file_is_dealt_once_and_the_hands_are_equally_long() -> None:
    costs = dict(zip(FILES, [60.0, 50.0, 40.0, 30.0, 20.0, 10.0, 10.0, 20.0], strict=True))
    hands = shares.deal(costs, 3)
    assert sorted(file for hand in hands for file in hand) == FILES
    assert [sum(costs[file] for file in hand) for hand in hands] == [80, 80, 80]


def test_files_that_stop_servers_are_all_in_the_first_hand() -> None:
    first = FILES[2:5]
    hands = shares.deal(dict.fromkeys(FILES, 10.0), 2, first)
    assert set(first) <= set(hands[0])
    assert sorted(map(len, hands)) == [4, 4]


def test_a_file_that_nobody_has_timed_counts_by_its_tests() -> None:
    tests = {"tests/test_a.py": 5, "tests/test_b.py": 5, "tests/test_new.py": 3}
    assert shares.expected(tests, {}) == tests
    timed = {"tests/test_a.py": 100.0, "tests/test_b.py": 20.0, "tests/test_gone.py": 7.0}
    assert shares.expected(tests, timed) == {"tests/test_a.py": 100.0, "tests/test_b.py": 20.0, "tests/test_new.py": 36.0}


def test_the_files_that_stop_servers_are_found_by_what_stands_in_them() -> None:
    found = shares.test_files(shares.STOPS_SERVERS)
    assert {"tests/test_outages.py", "tests/vre_portal/test_running.py", "tests/workflows/test_killed_worker.py"} <= set(found)
    assert set(found) < set(shares.test_files(re.compile("def test_")))


def test_marks_stand_in_the_files_of_the_tests_that_bear_them() -> None:
    """Which share a file is in is read from its text: a mark that came from elsewhere would leave its tests out of all of them."""
    named = {}
    for file in shares.TESTS.rglob("*.py"):
        text = file.read_text()
        if not file.name.startswith("test_"):
            assert not shares.NEEDS_STACK.search(text), file
            assert not rare.MARK.search(text), file
            assert not shares.TIMED.search(text), file
        module = ".".join(file.relative_to(address.ROOT).with_suffix("").parts)
        named[module] = set(re.findall(r"^(\w+) = pytest\.mark\.", text, re.MULTILINE))
    for file in shares.TESTS.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert not {name.name for name in node.names} & named.get(node.module or "", set()), file


def test_seconds_are_read_from_reports_by_file(tmp_path: Path) -> None:
    report = tmp_path / "stack-1.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="tests.devstack.test_shares" name="test_a[x]" time="1.26"/>'
        '<testcase classname="tests.devstack.test_shares.TestOne" name="test_b" time="2.0"/>'
        '<testcase classname="tests.test_gone" name="test_c" time="9"/><testcase classname="" name="x" time="1"/></testsuite></testsuites>'
    )
    assert shares.measured([report]) == {"tests/devstack/test_shares.py": 3.3}


def test_the_table_names_files_that_exist() -> None:
    assert [file for file in shares.durations() if not (shares.TESTS.parent / file).is_file()] == []


def marked_groups() -> set[str]:
    """The groups that marks in the tests name."""
    return {name for file in shares.TESTS.rglob("test_*.py") for name in rare.MARK.findall(file.read_text())} - {"example"}


def test_every_group_of_rare_tests_has_tests_and_every_mark_a_group() -> None:
    assert {group.name for group in rare.groups()} == marked_groups()
    for group in rare.groups():
        assert group.files, group.name
        for pattern in group.covers:
            assert list(shares.TESTS.parent.glob(pattern)), f"{group.name} covers {pattern}, where nothing is"


def test_what_starts_and_stops_a_stack_is_covered_by_the_tests_of_that() -> None:
    (lifecycle,) = [group for group in rare.groups() if group.name == "lifecycle"]
    covered = {Path(name).stem for name in lifecycle.covers if name.endswith(".py")}
    assert {"stack", "supervision", "run_lock", "status"} <= covered
    for name in covered - {"__main__", "clones"}:  # the first imports all commands
        tree = ast.parse((address.ROOT / "devstack" / f"{name}.py").read_text())
        parts = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "devstack"]
        assert {alias.name for node in parts for alias in node.names} <= covered, name


def test_a_rare_mark_says_its_group_in_one_way() -> None:
    """What chooses the tests reads the files' text."""
    for file in shares.TESTS.rglob("test_*.py"):
        calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Attribute) and node.attr == "rare"]
        marks = [node for node in calls if isinstance(node.value, ast.Attribute) and node.value.attr == "mark"]
        assert len(marks) == len(rare.MARK.findall(file.read_text())) or file == Path(__file__), file


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> rare.Group:
    """A group of a small project, which covers a folder and a file."""
    for module in (rare.address, shares.address):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(shares, "TESTS", tmp_path / "tests")
    monkeypatch.setattr(rare, "GROUPS", tmp_path / "tests" / "rare.toml")
    monkeypatch.setattr(rare, "PASSED", tmp_path / "tests" / "rare-passed.json")
    for name in ("app/sub/code.py", "app/sub/code.pyc", "one.py", "other.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_long.py").write_text(
        'pytestmark = pytest.mark.rare(group="example")\n\n\ndef test_one(): ...\n\n\ndef test_two(): ...\n'
    )
    rare.GROUPS.write_text('[example]\nabout = "long"\ncovers = ["app", "one.py"]\n')
    return rare.groups()[0]


@pytest.mark.parametrize(
    ("name", "runs"),
    [("app/sub/code.py", True), ("one.py", True), ("tests/test_long.py", True), ("other.py", False), ("app/sub/code.pyc", False)],
)
def test_a_group_runs_again_when_a_covered_file_has_changed(group: rare.Group, tmp_path: Path, name: str, runs: bool) -> None:
    assert rare.chosen(["--changed"]) == [group]
    rare.recorder([group])(0, 0)
    assert rare.chosen(["--changed"]) == []
    with (tmp_path / name).open("a") as file:
        file.write(" and after")
    assert rare.chosen(["--changed"]) == ([group] if runs else [])
    assert ("example" in rare.left_out()) is runs
    assert "2 rare tests, some with many cases, in 1 group (make test-rare)" in rare.left_out()


def test_a_group_that_fails_runs_again_even_where_it_has_passed_before(group: rare.Group) -> None:
    rare.recorder([group])(0, 0)
    rare.recorder([group])(0, 1)
    assert rare.chosen(["--changed"]) == [group]


def test_what_changes_while_the_tests_run_is_not_taken_for_tested(group: rare.Group, tmp_path: Path) -> None:
    record = rare.recorder([group])
    (tmp_path / "one.py").write_text("changed meanwhile")
    record(0, 0)
    assert rare.chosen(["--changed"]) == [group]


def test_a_pass_in_which_tests_were_skipped_for_want_of_data_is_not_written_down(
    group: rare.Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanting = replace(group, wants=("VRE_EXAMPLE",))
    monkeypatch.delenv("VRE_EXAMPLE", raising=False)
    rare.recorder([wanting])(0, 0)
    assert rare.passed() == {}
    monkeypatch.setenv("VRE_EXAMPLE", "/data")
    rare.recorder([wanting])(0, 0)
    assert list(rare.passed()) == ["example"]


def test_an_unknown_group_is_a_sentence(group: rare.Group) -> None:
    with pytest.raises(rare.UnknownGroup, match=r"no group of rare tests called nothing\. Known: example"):
        rare.chosen(["nothing"])
    assert rare.chosen([]) == rare.chosen(["example"]) == [group]
