"""Workflows that are wrong in one place each are read within their limits, and what is said of them can be read."""

import itertools

import pytest

from projects.workflows.engines import asking, read
from tests.workflows.engines.mutants import Mutant, mutants
from vre_portal.confinement import Limits

SOME = 4  # of each engine, which are always tried


def some() -> list[Mutant]:
    """A few of each engine, the same ones each time."""
    groups = itertools.groupby(mutants(), lambda mutant: mutant[0])
    return [mutant for _engine, group in groups for mutant in list(group)[:: 90 // SOME][:SOME]]


def try_one(engine: str, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    # Two seconds of a processor, and 200 MB of addresses, which are never fewer than those that are used; benchmarks/mutants.py has the figures.
    monkeypatch.setattr(asking, "LIMITS", Limits(seconds=60, cpu_seconds=2, memory=200_000_000))
    found = read(files, "reana.yaml")
    assert found.checks
    assert "The portal could not read" not in str(found.checks)
    assert not [words for words in ("was stopped", "needs more", "ended unexpectedly", "no usable result") if words in found.why_not]
    for check in found.checks:
        assert check.messages
        for message in check.messages:
            assert message.strip()
            assert len(message) < 700
            assert "Traceback" not in message
            assert "/tmp" not in message
            assert "vre-" not in message


@pytest.mark.parametrize(("engine", "what", "files"), some(), ids=lambda value: value if isinstance(value, str) else "")
def test_some_mutants_are_told_what_is_wrong_with_them(
    engine: str, what: str, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    try_one(engine, files, monkeypatch)


@pytest.mark.rare(group="engines")
@pytest.mark.timeout(1_800)
def test_all_mutants_are_told_what_is_wrong_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0
    for engine, what, files in mutants():
        try:
            try_one(engine, files, monkeypatch)
        except AssertionError as error:
            raise AssertionError(f"{engine}, {what}: {error}") from None
        count += 1
    assert count == 360
