"""Templates can be read beside each other, and each can be compiled."""

from pathlib import Path

from django.template import engines

from devstack.line_check import COLUMNS, long_lines

ROOT = Path(__file__).resolve().parents[2]


def test_no_line_of_a_template_is_too_long() -> None:
    assert list(long_lines(ROOT / "templates")) == []


def test_a_line_that_is_too_long_is_named(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f"<p>\n{'x' * COLUMNS}\n{'ä' * (COLUMNS + 1)}\n")
    assert [line.split(": ")[:2] for line in long_lines(tmp_path)] == [
        [f"{tmp_path / 'page.html'}:3", "121 columns; break it at 120 or before, where no reader sees it"]
    ]


def test_a_tag_in_two_lines_is_named(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('<p>{% icon "x" %}\n{% include "a.html" with\n  b=c %}\n')
    assert list(long_lines(tmp_path)) == [f"{tmp_path / 'page.html'}:2: a tag does not end on its line, so it is shown as text"]


def test_every_template_compiles() -> None:
    for path in sorted((ROOT / "templates").rglob("*.html")):
        engines["django"].from_string(path.read_text())
