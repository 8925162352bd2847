"""A content file may name repositories: their workflows enter as from the browser, once, and cost nobody else anything where that fails."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from devstack.git.repositories import make
from projects.models import Project
from projects.workflows.models import Specification
from tests.repositories.git_servers import allow, git_server
from tests.workflows.test_load_content import GOOD, PROJECT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_media")]
PEOPLE = 'people = {boss = "lead"}\n'
WORKFLOW = """
[[project.workflow]]
name = "w"
title = "Levels"
specification = "analysis/reana.yaml"
repository = "{repository}"
lake = "escape"
inputs = {{"data/b.fits" = "test:b.fits"}}
[project.workflow.parameters.level]
label = "Level"
max = {highest}
"""
FILES = {"reana.yaml": GOOD.replace("code/a.py", "code/a.py, data/b.fits").encode(), "code/a.py": b"print()"}


@pytest.fixture
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")


def load(tmp_path: Path, address: str, *, repository: str = "analysis.git", people: str = PEOPLE, highest: int = 5) -> str:
    """What the command writes as errors."""
    file, errors = tmp_path / "content.toml", StringIO()
    other = PROJECT.format(slug="other")
    file.write_text(PROJECT.format(slug="one") + people + WORKFLOW.format(repository=repository, highest=highest) + other)
    try:
        call_command("load_content", str(file), person=["boss=1"], repositories=address, stderr=errors, stdout=StringIO())
    except CommandError:
        assert errors.getvalue()
    assert Project.objects.filter(slug="other").exists()
    return errors.getvalue()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    with git_server(tmp_path / "git", FILES) as address:
        allow(monkeypatch, address)
        yield address.rpartition("/")[0]


def test_it_enters_as_from_the_browser_with_the_words_of_the_content_file(tmp_path: Path, host: str) -> None:
    assert load(tmp_path, host) == ""
    specification = Specification.objects.get()
    version = specification.current
    assert version is not None
    assert (version.origin, version.address, len(version.commit)) == ("git", f"{host}/analysis.git", 40)
    assert (version.added_by, specification.title) == (Project.objects.get(slug="one").memberships.get().user, "Levels")
    assert version.data == {"data/b.fits": {"lake": "escape", "did": "test:b.fits"}}
    assert specification.facts == {"level": {"label": "Level", "max": 5}}
    assert {file.path: file.stored.read() for file in version.files.all()} == {"code/a.py": b"print()"}


def test_a_newer_commit_is_left_to_the_editors(tmp_path: Path, host: str) -> None:
    load(tmp_path, host)
    make(tmp_path / "git" / "analysis.git", {**FILES, "code/a.py": b"print(1)"})
    assert load(tmp_path, host) == ""
    assert Specification.objects.get().versions.count() == 1


def test_what_contradicts_the_specification_is_a_fault_of_it(tmp_path: Path, host: str) -> None:
    assert "the default 2 is outside this range" in load(tmp_path, host, highest=1)
    assert any("outside this range" in fault for fault in Specification.objects.get().faults)


def test_a_repository_that_is_not_there_is_named_and_tried_again_at_the_next_start(tmp_path: Path, host: str) -> None:
    assert "workflow w: repository: " in load(tmp_path, host, repository="none.git")
    assert not Specification.objects.exists()
    assert load(tmp_path, host) == ""
    assert Specification.objects.exists()


def test_without_a_lead_nobody_fetches(tmp_path: Path, host: str) -> None:
    assert "nobody leads the project" in load(tmp_path, host, people="")
    assert not Specification.objects.exists()
