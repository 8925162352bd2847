"""The check for phrases that need two readings."""

from pathlib import Path

import pytest

from devstack import wording


@pytest.mark.parametrize(
    ("name", "source", "phrases"),
    [
        ("page.html", "<p>The input cannot be had.</p>", ["1: “cannot be had”"]),
        ("page.html", "<p>\n  The input cannot\n  be had.</p>", ["2: “cannot be had”"]),
        ("page.html", "<p>Input not found.</p>", []),
        ("module.py", 'def f():\n    """Whoever asks."""\n    whoever = 1\n', ["2: “Whoever”"]),
        ("module.py", "# Whoever writes comments\n", []),
        ("guide.md", "# Groups\n\nWhoever is a member", ["3: “Whoever”"]),
    ],
)
def test_phrases_are_found_where_people_read_them(tmp_path: Path, name: str, source: str, phrases: list[str]) -> None:
    file = tmp_path / name
    file.write_text(source)
    assert [line.removeprefix(f"{file}:").partition(": rather")[0] for line in wording.findings(file)] == phrases


def test_the_check_fails_with_the_place_and_what_to_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "page.html").write_text("<p>Nothing fits.</p>")
    assert wording.main([str(tmp_path)]) == 1
    assert "page.html:1: “Nothing fits”: rather “No matches.”" in capsys.readouterr().out
    (tmp_path / "page.html").write_text("<p>No matches.</p>")
    assert wording.main([str(tmp_path)]) == 0
