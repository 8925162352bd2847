"""What is written down agrees with what is there: settings, links, commands."""

import re
from pathlib import Path

import pytest

from devstack.address import DEMO_USERS, ROOT
from projects.news.models import MAX_TEXT as MAX_NEWS
from projects.people import invitations
from projects.people.forms import InvitationForm
from projects.references.forms import MAX_LINES
from projects.requests.attachments import MAX_BYTES, MAX_BYTES_OF_DAY, MAX_FILES, MAX_FILES_OF_REQUEST
from projects.requests.services import MAX_COMMENTS, MAX_OPEN
from vre_portal.markdown_bounds import MAX_LENGTH
from vre_portal.repositories import models as snapshots
from vre_portal.repositories.child import limits
from vre_portal.repositories.services import MAX_KEPT, MAX_UNDER_WAY
from vre_portal.repositories.slot import MAX_AT_ONCE
from vre_portal.search import history
from vre_portal.site_texts.blocks import MAX_TEXT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "demo").rglob("*.md")])


def test_the_readme_names_every_setting_and_no_other() -> None:
    source = (ROOT / "vre_portal" / "settings.py").read_text()
    read = set(re.findall(r'env(?:\.\w+)?\(\s*"(\w+)"', source))
    table = (ROOT / "README.md").read_text().split("## Settings")[1].split("## In production")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert read - set(re.findall(r"`(\w+)`", table)) == set()
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert set(named) - read == set()
    assert sorted(named) == sorted(set(named))


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


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_heading_stands_on_a_line_of_its_own_between_empty_ones(document: Path) -> None:
    lines = re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.MULTILINE | re.DOTALL).splitlines()
    assert [line for line in lines if re.search(r"[^#\s]#{2,} ", line)] == []
    for number, line in enumerate(lines):
        if re.match("#+ ", line):
            beside = lines[max(number - 1, 0) : number] + lines[number + 1 : number + 2]
            assert not any(beside), line


def test_each_entry_of_the_changelog_is_a_whole_sentence_and_stands_there_once() -> None:
    entries = re.findall(r"^- (.+(?:\n  .+)*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert entries
    assert [entry for entry in entries if not re.search(r"[.:`)]$", entry)] == []
    assert len({entry[:40] for entry in entries}) == len(entries)


def rooms(app: str) -> set[str]:
    """The packages of an app that are not the same in every app."""
    return {folder.parent.name for folder in (ROOT / app).glob("*/__init__.py")} - {"migrations", "models", "templatetags"}


@pytest.mark.parametrize("app", ["vre_portal", "projects", "catalog"])
def test_the_architecture_has_one_row_for_each_package(app: str) -> None:
    rows = re.findall(rf"^\| `{app}/([^`]+)/` \|", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE)
    named = [name for row in rows for name in row.strip("{}").split(",")]
    assert sorted(named) == sorted(rooms(app))


def test_the_architecture_names_each_room_of_the_lake() -> None:
    row = re.search(r"^\| `datalake/` \|.*$", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE)
    assert row
    assert set(re.findall(r"`(\w+)/`:?", row[0])) - {"datalake"} == rooms("datalake")


def test_each_python_file_that_a_document_names_is_there() -> None:
    packages = ("vre_portal", "projects", "datalake", "catalog", "deploy", "devstack", "tests", "benchmarks", "demo")
    files = {f"/{path.relative_to(ROOT)}" for package in packages for path in (ROOT / package).rglob("*.py")}
    named = {name for document in DOCUMENTS for name in re.findall(r"`((?:[\w-]+/)+\w+\.py)`", document.read_text())}
    assert len(named) > 50
    assert {name for name in named if not any(file.endswith(f"/{name}") for file in files)} == set()


LIMITS = {
    "a git repository": [
        limits.SECONDS, limits.MAX_PACK_BYTES // 2**20, limits.MAX_FILES, MAX_UNDER_WAY, MAX_AT_ONCE, MAX_KEPT, snapshots.KEPT_FOR.days
    ],
    "references": [MAX_LINES],
    "invitation links of a project": [invitations.MAX_ACTIVE, InvitationForm.MAX_DAYS, InvitationForm.MAX_USES],
    "requests": [MAX_OPEN, MAX_COMMENTS, MAX_FILES, MAX_BYTES // 2**20, MAX_FILES_OF_REQUEST, MAX_BYTES_OF_DAY // 2**20],
    "text of a description": [MAX_LENGTH],
    "an item of news, a text of the site": [min(MAX_NEWS, MAX_TEXT)],
    "searches of a person": [history.MAX_RECENT, history.MAX_SAVED],
}  # fmt: skip


def test_the_limits_that_are_no_settings_are_those_of_the_code() -> None:
    table = (ROOT / "docs" / "operations.md").read_text().split("Limits that are not settings:")[1].split("\n\n")[1]
    rows = {line.split("|")[1].strip(): line.split("|")[2] for line in table.splitlines()[2:]}
    told = {name: [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", words)] for name, words in rows.items()}
    assert told == LIMITS
