"""Repositories are looked at once a day for newer commits: one question per address, whatever comes of it, and pages say what was found."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devstack.git.repositories import make
from projects.models import Project
from projects.workflows.entering import newer_commits, reading_again, services
from projects.workflows.entering.newer_commits import look
from projects.workflows.models import Entry, RepositoryLook, Specification, SpecificationVersion
from tests.page_text import text_of
from tests.repositories.git_servers import allow, git_server, repository
from tests.workflows.entering.conftest import FILES, REANA
from vre_portal.iam.models import User
from vre_portal.jobs.fates import Refused
from vre_portal.repositories.looking import commits_of_branches
from vre_portal.slots import NoSlot

pytestmark = pytest.mark.django_db
Done = Callable[[Entry], Entry]
Enter = Callable[..., Specification]
PAGE = "/projects/fits/workflows/specifications/fit/"
LIST = "/projects/fits/workflows/"


@pytest.fixture
def git(tmp_path: Path, monkeypatch: Any) -> Iterator[str]:
    with git_server(tmp_path, FILES) as address:
        allow(monkeypatch, address)
        yield address


@pytest.fixture
def enter(people: dict[str, User], project: Project, git: str, done: Done) -> Enter:
    def perform(name: str = "fit", ref: str = "") -> Specification:
        by = people["lead"]
        entry = done(services.enter_repository(by=by, project=project, key=uuid.uuid4(), address=git, ref=ref))
        return services.save(by=by, entry=entry, name=name, title=name.title(), bindings={}).specification

    return perform


@pytest.fixture
def asked(monkeypatch: Any) -> list[tuple[str, list[str]]]:
    """What is asked of git servers."""
    calls: list[tuple[str, list[str]]] = []

    def counted(address: str, refs: list[str]) -> dict[str, str]:
        calls.append((address, refs))
        return commits_of_branches(address, refs)

    monkeypatch.setattr(newer_commits, "commits_of_branches", counted)
    return calls


def due() -> None:
    RepositoryLook.objects.update(next_at=timezone.now())


def test_the_commits_of_several_branches_in_one_question(git: str, tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.refs[b"refs/heads/a/b"] = repo.refs[b"refs/tags/v1"] = repo.head()  # type: ignore[index]
    head = repo.head().decode()
    repo.close()
    assert commits_of_branches(git, ["", "main", "a/b", "v1", "no", head]) == {"": head, "main": head, "a/b": head}


def test_a_newer_commit_is_told_on_both_pages_and_gone_when_it_is_saved(
    enter: Enter, tmp_path: Path, people: dict[str, User], done: Done, signed_in: Callable[..., Client]
) -> None:
    lead, fit = signed_in("lead"), enter()
    look()
    due()
    look()
    assert "Newer commit" not in text_of(lead.get(PAGE).content)
    commit = make(tmp_path / "analysis.git", {**FILES, "code/fit.py": b"print(2)\n"})
    due()
    look()
    fit.refresh_from_db()
    assert (fit.newer_commit, fit.newer_since is not None) == (commit, True)
    for where in (PAGE, LIST):
        assert f"Newer commit {commit[:8]} since" in text_of(lead.get(where).content), where
    assert "Review newer commit" in text_of(lead.get(PAGE).content)
    assert "Review newer commit" not in text_of(signed_in("member").get(PAGE).content)
    assert lead.get(f"{PAGE}?format=json").json()["newer_commit"] == commit
    since, another = fit.newer_since, make(tmp_path / "analysis.git", {**FILES, "code/fit.py": b"print(3)\n"})
    due()
    look()
    fit.refresh_from_db()
    assert (fit.newer_commit, fit.newer_since) == (another, since)
    entry = done(reading_again.look_for_update(by=people["lead"], specification=fit, key=uuid.uuid4()))
    services.save(by=people["lead"], entry=entry, name="", title="Fit", bindings={})
    assert "Newer commit" not in text_of(lead.get(PAGE).content)


def test_an_edited_workflow_is_compared_with_what_came_from_the_repository(enter: Enter, people: dict[str, User], done: Done) -> None:
    fit = enter()
    entry = services.enter_text(
        by=people["lead"], project=fit.project, key=uuid.uuid4(), text=REANA.replace("level: 2", "level: 3"), specification=fit
    )
    services.save(by=people["lead"], entry=done(entry), name="", title="Fit", bindings={})
    look()
    due()
    look()
    fit.refresh_from_db()
    assert fit.newer_commit == ""


def test_a_branch_that_is_back_at_its_commit_is_news_no_more(enter: Enter, people: dict[str, User], done: Done) -> None:
    fit = enter()
    Specification.objects.update(newer_commit="b" * 40, newer_since=timezone.now())
    look()
    due()
    look()
    fit.refresh_from_db()
    assert (fit.newer_commit, fit.newer_since) == ("", None)
    Specification.objects.update(newer_commit="b" * 40, newer_since=timezone.now())
    assert done(reading_again.look_for_update(by=people["lead"], specification=fit, key=uuid.uuid4())).state == Entry.State.SAME
    fit.refresh_from_db()
    assert fit.newer_commit == ""


def test_an_address_is_asked_once_a_day_for_all_its_branches(enter: Enter, git: str, asked: list[Any]) -> None:
    enter()
    enter("second", "main")
    enter("third", "main")
    look()
    assert asked == []  # each begins at a time of its own
    assert 0 < (RepositoryLook.objects.get().next_at - timezone.now()).total_seconds() < 86_400
    due()
    look()
    look()
    assert asked == [(git, ["", "main"])]
    later = (RepositoryLook.objects.get().next_at - timezone.now()).total_seconds()
    assert 86_000 < later < 86_400 + newer_commits.JITTER_SECONDS


@pytest.mark.parametrize("error", [Refused("gone"), NoSlot("repositories")])
def test_one_server_that_fails_is_asked_again_later_and_keeps_what_is_known(enter: Enter, monkeypatch: Any, error: Exception) -> None:
    enter()
    Specification.objects.update(newer_commit="b" * 40, newer_since=timezone.now())
    look()
    RepositoryLook.objects.create(address="https://gone.example.org/a/b", next_at=timezone.now())

    def fails(_address: str, _refs: list[str]) -> dict[str, str]:
        raise error

    monkeypatch.setattr(newer_commits, "commits_of_branches", fails)
    due()
    look()
    assert Specification.objects.get().newer_commit == "b" * 40
    wait = (RepositoryLook.objects.get().next_at - timezone.now()).total_seconds()
    assert wait < 700 if isinstance(error, NoSlot) else wait > 86_000


def test_what_is_from_a_commit_archived_or_of_a_closed_project_is_not_looked_at(enter: Enter, asked: list[Any], tmp_path: Path) -> None:
    repo = repository(tmp_path)
    head = repo.head().decode()
    repo.close()
    fit = enter("fit", head)
    look()
    assert not RepositoryLook.objects.exists()
    enter("branch")
    look()
    due()
    Specification.objects.update(archived_at=timezone.now())
    look()
    Specification.objects.update(archived_at=None)
    Project.objects.filter(pk=fit.project_id).update(archived_at=timezone.now())
    look()
    assert asked == []


def test_a_version_that_is_saved_meanwhile_is_not_called_old(enter: Enter) -> None:
    fit = enter()
    (version,) = newer_commits._followed()[fit.current.address]  # type: ignore[union-attr]
    Specification.objects.update(current=None)
    newer_commits.note(version, "c" * 40, timezone.now() - timedelta(minutes=1))
    fit.refresh_from_db()
    assert fit.newer_commit == ""


def test_a_branch_that_was_moved_back_to_an_earlier_version_is_no_news(
    enter: Enter, tmp_path: Path, people: dict[str, User], done: Done
) -> None:
    fit = enter()
    first = fit.commit
    make(tmp_path / "analysis.git", {**FILES, "code/fit.py": b"print(2)\n"})
    entry = done(reading_again.look_for_update(by=people["lead"], specification=fit, key=uuid.uuid4()))
    version = services.save(by=people["lead"], entry=entry, name="", title="Fit", bindings={})
    assert version.commit != first
    newer_commits.note(version, first, timezone.now())
    fit.refresh_from_db()
    assert fit.newer_commit == ""


def test_what_is_found_of_a_version_is_not_noted_of_a_later_one(enter: Enter, people: dict[str, User], done: Done) -> None:
    fit = enter()
    seen = SpecificationVersion.objects.select_related("specification").get()
    entry = services.enter_text(by=people["lead"], project=fit.project, key=uuid.uuid4(), text=f"{REANA}# new\n", specification=fit)
    services.save(by=people["lead"], entry=done(entry), name="fit", title="Fit", bindings={})
    newer_commits.note_lost([seen.specification], Specification.Lost.BRANCH)
    fit.refresh_from_db()
    assert (fit.current_id != seen.pk, fit.lost) == (True, "")
