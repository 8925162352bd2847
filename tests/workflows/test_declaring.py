"""Which files count as declared outputs."""

import time

import pytest

from projects.workflows.declaring import DeclaredOutputs


@pytest.mark.parametrize(
    ("outputs", "path", "is_declared"),
    [
        ({"files": ["results/a.png"]}, "results/a.png", True),
        ({"files": ["./results/a.png"]}, "results/a.png", True),
        ({"files": ["results/a.png"]}, "results/b.png", False),
        ({"files": ["results/*.json"]}, "results/a.json", True),
        ({"files": ["results/*.json"]}, "results/deep/a.json", False),
        ({"files": ["results/**/*.json"]}, "results/deep/er/a.json", True),
        ({"files": ["results/**/*.json"]}, "results/a.json", True),
        ({"files": ["**"]}, "any/thing", True),
        ({"files": ["f?.txt"]}, "f1.txt", True),
        ({"files": ["f[12].txt"]}, "f1.txt", True),
        ({"files": ["f[12].txt"]}, "f[12].txt", True),
        ({"files": ["f[12].txt"]}, "f3.txt", False),
        ({"files": ["results"]}, "results/deep/a", True),
        ({"directories": ["results/"]}, "results/deep/a", True),
        ({"directories": ["run*"]}, "run7/deep/a", True),
        ({"directories": ["results"]}, "results.txt", False),
        ({"directories": ["."]}, "anything", True),
        ({"files": None, "directories": "results"}, "results/a", False),
        ({"files": [None, 5, {"a": 1}, "", "ok"]}, "ok", True),
        (["results"], "results/a", False),
        (None, "results/a", False),
    ],
)
def test_declared(outputs: object, path: str, is_declared: bool) -> None:
    assert bool(DeclaredOutputs.of({"outputs": outputs}).naming(path)) is is_declared


def test_the_entries_that_declare_a_file_are_named_as_written() -> None:
    declared = DeclaredOutputs.of({"outputs": {"files": ["a/*.txt", "a/b.txt"], "directories": ["a", "a"]}})
    assert declared.entries == ("a/*.txt", "a/b.txt", "a")
    assert declared.naming("a/b.txt") == {"a/*.txt", "a/b.txt", "a"}


@pytest.mark.timeout(10)
def test_a_pattern_of_many_stars_takes_no_time() -> None:
    many = DeclaredOutputs.of({"outputs": {"files": ["**/" * 98 + "zzz", "**/*/" * 49 + "zzz"]}})
    begin = time.process_time()
    assert [number for number in range(1000) if many.naming(f"a/b/c/{number}.txt")] == []
    assert time.process_time() - begin < 1
    assert DeclaredOutputs.of({"outputs": {"files": ["**/" * 98 + "c"]}}).naming("a/b/c/1.txt")
    hostile = DeclaredOutputs.of({"outputs": {"files": ["*a" * 50 + "b", "**/" * 50 + "x"]}})
    assert hostile.naming("a" * 250) == set()
    assert hostile.naming("/".join("a" * 200)) == set()
