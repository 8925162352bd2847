"""What is written down agrees with what is there: settings, links, commands."""

import re
from pathlib import Path

import pytest

from devstack.address import DEMO_USERS, ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "demo").rglob("*.md")])


def test_the_readme_names_every_setting_and_no_other() -> None:
    source = (ROOT / "vre_portal" / "settings.py").read_text()
    read = set(re.findall(r'env(?:\.\w+)?\(\s*"(\w+)"', source))
    table = (ROOT / "README.md").read_text().split("## Settings")[1].split("## In production")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert read - set(re.findall(r"`(\w+)`", table)) == set()
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])} - read == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_that_are_there(document: Path) -> None:
    text = re.sub(r"`[^`\n]*`", "", document.read_text())  # what is quoted as something to type is no link
    for aim in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text):
        assert (document.parent / aim).exists(), aim


def test_the_readme_names_every_account() -> None:
    text = (ROOT / "README.md").read_text()
    for name, (_, _, groups) in DEMO_USERS.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
        assert all(f"`{group}`" in row for group in groups)


def test_the_makes_that_are_written_about_exist() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        assert set(re.findall(r"(?:`|^|0 )make (\w+)", document.read_text(), re.MULTILINE)) <= targets, document


def test_the_picture_is_readable_in_the_light_and_in_the_dark() -> None:
    picture = (ROOT / "docs" / "picture.svg").read_text()
    assert "prefers-color-scheme: dark" in picture
    assert "<desc" in picture
    for document in ("README.md", "docs/index.md"):
        assert "picture.svg" in (ROOT / document).read_text()
