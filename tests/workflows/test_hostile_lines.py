"""A line as long as a log may be ends nobody's page: patterns that cost the square of its length would hold the process for minutes."""

import pytest

from projects.workflows import failures, headline
from projects.workflows.number_text import number_of

LONG = 64_000


@pytest.mark.parametrize("piece", ["a", " ", "a.", "| ", "0 ", "=", "A", "error ", "_"])
def test_a_long_line_of_a_failed_step(piece: str) -> None:
    line = f"Error: {piece * (LONG // len(piece))}"
    found = failures.cause_of("\n".join([line] * 4))
    assert found.startswith("Error:")
    assert len(found) <= failures.LONGEST_CAUSE
    assert len(failures.end_of(line)) <= failures.LONGEST


@pytest.mark.parametrize("piece", ["a", " ", "[", "a[", " [a", "] "])
def test_a_long_name_of_a_number(piece: str) -> None:
    text = piece * (LONG // len(piece))
    for name in (text, f"{text}]x", f"[{text}"):
        label, _unit = headline._label(name, "")
        assert len(label) <= headline.MAX_LABEL


@pytest.mark.parametrize("piece", ["0", "0.", ".", "0e", "-"])
def test_a_long_number(piece: str) -> None:
    assert number_of(piece * (LONG // len(piece)) + "!") is None


@pytest.mark.parametrize(
    ("name", "label", "unit"),
    [
        ("mass [GeV]", "mass", "GeV"),
        ("flux [cm-2 s-1] ", "flux", "cm-2 s-1"),
        ("a [b] [c]", "a [b]", "c"),
        ("a [b]c", "a [b]c", ""),
        ("a] b", "a] b", ""),
        ("a [b]]", "a [b]]", ""),
        ("[m]", "", "m"),
    ],
)
def test_the_unit_stands_behind_in_brackets(name: str, label: str, unit: str) -> None:
    assert headline._label(name, "") == (label, unit)
