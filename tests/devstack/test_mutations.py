"""The list of mutations stays true: each entry changes today's code, and the tests that are to notice it are there."""

import ast
from pathlib import Path

import pytest

from devstack import address, mutations
from devstack.mutations import Mutation

ALL = mutations.mutations()
KNOWN = Mutation("known", "file.py", "a < b", "a <= b", ("tests/test_none.py",))


def functions(file: Path) -> set[str]:
    """The names of a file's tests, and those of its classes before theirs."""
    found = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.ClassDef):
            found |= {node.name, *(f"{node.name}::{item.name}" for item in node.body if isinstance(item, ast.FunctionDef))}
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
    return found


def test_each_has_a_name_of_its_own_and_there_are_at_least_forty() -> None:
    assert len({item.name for item in ALL}) == len(ALL) >= 40


@pytest.mark.parametrize("mutation", ALL, ids=lambda item: item.name)
def test_it_changes_todays_code_and_its_tests_are_there(mutation: Mutation) -> None:
    file = address.ROOT / mutation.file
    text = file.read_text()
    assert text.count(mutation.before) == 1
    changed = mutation.changed(text)
    assert changed is not None
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text))
    assert mutation.needs in ("", "database", "stack")
    assert mutation.tests
    for test in mutation.tests:
        path, _, name = test.partition("::")
        assert not name or name in functions(address.ROOT / path), test
        assert (address.ROOT / path).is_file()


@pytest.mark.parametrize("text", ["nothing of it", "a < b or a < b"])
def test_one_that_does_not_stand_there_once_does_not_apply(text: str) -> None:
    assert KNOWN.changed(text) is None
    assert KNOWN.changed("c = a < b") == "c = a <= b"


def test_one_that_makes_no_python_does_not_apply() -> None:
    assert Mutation("broken", "file.py", "a < b", "a <", ()).changed("c = a < b") is None


def test_words_choose_by_name_and_file() -> None:
    assert mutations.chosen([]) == ALL
    assert {item.file for item in mutations.chosen(["jobs/lease"])} == {"vre_portal/jobs/lease.py"}
    assert all("embargo" in item.name.lower() for item in mutations.chosen(["EMBARGO"]))
    assert mutations.chosen(["no such word"]) == []


def test_a_scratch_copy_has_the_files_and_goes_away() -> None:
    with mutations.copied_tree() as tree:
        assert tree != address.ROOT
        assert (tree / "projects" / "permissions.py").read_bytes() == (address.ROOT / "projects" / "permissions.py").read_bytes()
        assert not (tree / ".git").exists()
    assert not tree.exists()


@pytest.mark.parametrize(
    ("code", "verdict"),
    [(0, mutations.NOT_CAUGHT), (1, mutations.CAUGHT), (2, mutations.NOT_RUN), (4, mutations.NOT_RUN), (5, mutations.NOT_RUN)],
)
def test_only_a_test_that_failed_has_caught_it_and_the_copy_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, verdict: str
) -> None:
    file = tmp_path / KNOWN.file
    file.write_text("c = a < b\n")
    seen = []

    def run(*_: object) -> tuple[int, list[str]]:
        seen.append(file.read_text())
        return code, ["a test"]

    monkeypatch.setattr(mutations, "run_tests", run)
    assert mutations.verdict_of(tmp_path, KNOWN)[0] == verdict
    assert seen == ["c = a <= b\n"]
    assert file.read_text() == "c = a < b\n"


def test_one_whose_tests_fail_without_the_change_is_not_caught(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(mutations, "run_tests", lambda *_: (1, ["tests/test_none.py::test_it"]))
    assert mutations.judge([KNOWN]) == 1
    assert f"{mutations.FAILS_ANYWAY} tests/test_none.py::test_it" in capsys.readouterr().out


def test_all_is_well_only_where_all_are_caught(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    other = Mutation("other", "other.py", "x", "y", ("tests/test_other.py",))
    verdicts = {"known": (mutations.CAUGHT, "a test"), "other": (mutations.STALE, "other.py")}
    monkeypatch.setattr(mutations, "run_tests", lambda *_: (0, [""]))
    monkeypatch.setattr(mutations, "verdict_of", lambda tree, item: verdicts[item.name])
    assert mutations.judge([KNOWN]) == 0
    assert mutations.judge([KNOWN, other]) == 1
    assert "1 of 2 caught." in capsys.readouterr().out
