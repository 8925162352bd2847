"""What a workflow came from is not there any more, or elsewhere: its page says so, and there is a way on."""

import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devstack.git.repositories import make
from projects.models import Project
from projects.workflows.entering import newer_commits, reading_again, services, siblings
from projects.workflows.models import Entry, RepositoryLook, Specification
from tests.page_text import text_of
from tests.repositories.git_servers import allow, git_server, repository
from tests.workflows.entering.conftest import FILES, REANA
from vre_portal.iam.models import User
from vre_portal.jobs.fates import Refused
from vre_portal.repositories.child_process import NotThere

pytestmark = pytest.mark.django_db
Done = Callable[[Entry], Entry]
PAGE = "/projects/fits/workflows/specifications/fit/"
MOVED = {"a/b/reana.yaml": REANA.encode(), "a/other-reana.yaml": REANA.encode(), ".github/workflows/reana.yml": b"on: push\n"}


@pytest.fixture
def git(tmp_path: Path, monkeypatch: Any) -> Iterator[str]:
    with git_server(tmp_path, FILES) as address:
        allow(monkeypatch, address)
        yield address


@pytest.fixture
def enter(people: dict[str, User], project: Project, git: str, done: Done) -> Callable[..., Specification]:
    def perform(ref: str = "main") -> Specification:
        by = people["lead"]
        entry = done(services.enter_repository(by=by, project=project, key=uuid.uuid4(), address=git, ref=ref))
        return services.save(by=by, entry=entry, name="fit", title="Fit", bindings={}).specification

    return perform


def looked(fit: Specification) -> str:
    newer_commits.look()
    RepositoryLook.objects.update(next_at=timezone.now())
    newer_commits.look()
    fit.refresh_from_db()
    return fit.lost


def renamed(tmp_path: Path, old: bytes, new: bytes) -> None:
    repo = repository(tmp_path)
    repo.refs[new] = repo.refs[old]  # type: ignore[index]
    repo.refs.set_symbolic_ref(b"HEAD", new)  # type: ignore[arg-type]
    del repo.refs[old]  # type: ignore[arg-type]
    repo.close()


def test_a_renamed_branch_is_told_and_the_new_one_followed(
    enter: Callable[..., Specification], tmp_path: Path, git: str, signed_in: Callable[..., Client], done: Done
) -> None:
    fit, lead = enter(), signed_in("lead")
    renamed(tmp_path, b"refs/heads/main", b"refs/heads/trunk")
    assert looked(fit) == Specification.Lost.BRANCH
    page = text_of(lead.get(PAGE).content)
    for words in ("no longer has the branch or tag main", "follow another branch", "Review branch"):
        assert words in page, words
    assert "no longer has the branch" in text_of(signed_in("lead").get(PAGE).content)
    lead.post(f"{PAGE}update/", {"key": str(uuid.uuid4()), "address": git, "ref": "trunk"})
    entry = done(Entry.objects.latest("pk"))
    assert entry.state == Entry.State.READ  # though it is the same commit
    lead.post(entry.get_absolute_url(), {"title": "Fit"})
    fit.refresh_from_db()
    assert fit.current is not None
    assert (fit.current.number, fit.current.ref, looked(fit)) == (2, "trunk", "")
    assert "no longer has the branch" not in text_of(lead.get(PAGE).content)


def test_a_branch_that_is_back_and_a_tag_are_not_lost(enter: Callable[..., Specification], tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.refs[b"refs/tags/v1"] = repo.head()  # type: ignore[index]
    repo.close()
    fit = enter("v1")
    assert looked(fit) == ""
    Specification.objects.update(lost="branch")
    assert looked(fit) == ""


def test_a_repository_that_is_gone_is_told(enter: Callable[..., Specification], monkeypatch: Any, signed_in: Callable[..., Client]) -> None:
    def gone(_address: str, _refs: list[str]) -> dict[str, str]:
        raise NotThere("gone")

    fit = enter()
    monkeypatch.setattr(newer_commits, "commits_of_branches", gone)
    assert looked(fit) == Specification.Lost.REPOSITORY
    assert "can no longer be read" in text_of(signed_in("lead").get(PAGE).content)


@pytest.mark.parametrize("known", ["", "repository"])
def test_a_failure_of_the_moment_says_nothing_of_the_repository(enter: Callable[..., Specification], monkeypatch: Any, known: str) -> None:
    def slow(_address: str, _refs: list[str]) -> dict[str, str]:
        raise Refused("slow")

    fit = enter()
    Specification.objects.update(lost=known)
    monkeypatch.setattr(newer_commits, "commits_of_branches", slow)
    assert looked(fit) == known


@pytest.mark.parametrize(("error", "lost"), [(Refused("slow"), "branch"), (NotThere("ref"), "branch"), (None, "")])
def test_of_a_branch_of_which_nothing_was_said_what_was_known_stays(
    enter: Callable[..., Specification], monkeypatch: Any, error: Exception | None, lost: str
) -> None:
    def commit_at(_address: str, _ref: str) -> str:
        if error:
            raise error
        return "a" * 40

    fit = enter()
    Specification.objects.update(lost="branch")
    monkeypatch.setattr(newer_commits, "commits_of_branches", lambda _address, _refs: {})
    monkeypatch.setattr(newer_commits, "commit_at", commit_at)
    assert looked(fit) == lost


def pressed(lead: Client, done: Done, **source: str) -> Entry:
    """The entry of *Check for a newer commit*, or of another branch that is to be followed."""
    lead.post(f"{PAGE}update/", {"key": str(uuid.uuid4()), **source})
    return done(Entry.objects.latest("pk"))


def test_a_check_that_finds_no_branch_leads_back_to_the_way_on(
    enter: Callable[..., Specification], tmp_path: Path, signed_in: Callable[..., Client], done: Done
) -> None:
    fit, lead = enter(), signed_in("lead")
    renamed(tmp_path, b"refs/heads/main", b"refs/heads/trunk")
    for _ in range(2):
        entry = pressed(lead, done)
        assert lead.get(entry.get_absolute_url()).headers["Location"] == f"{PAGE}#lost"
        page = lead.get(PAGE).content
        assert "no longer has the branch or tag main" in text_of(page)
        assert b'<details id="follow" open' in page
        assert "Not saved yet" not in text_of(lead.get("/projects/fits/workflows/").content)
    assert Entry.objects.filter(state=Entry.State.LOST).count() == 1
    renamed(tmp_path, b"refs/heads/trunk", b"refs/heads/main")
    assert pressed(lead, done).state == Entry.State.SAME
    fit.refresh_from_db()
    assert fit.lost == ""


def test_a_check_that_finds_no_repository_says_so(
    enter: Callable[..., Specification], tmp_path: Path, signed_in: Callable[..., Client], done: Done
) -> None:
    enter()
    lead = signed_in("lead")
    (tmp_path / "analysis.git").rename(tmp_path / "gone.git")
    pressed(lead, done)
    page = text_of(lead.get(PAGE).content)
    assert "can no longer be read" in page
    assert "follow another repository." in page


def test_a_branch_that_is_not_there_comes_back_with_the_form_and_once(
    enter: Callable[..., Specification], git: str, signed_in: Callable[..., Client], done: Done
) -> None:
    enter()
    lead = signed_in("lead")
    pressed(lead, done, address=git, ref="tmpb")
    entry = pressed(lead, done, address=git, ref="tmpb")
    listed = text_of(lead.get("/projects/fits/workflows/").content)
    assert listed.count("New version of Fit") == 1
    assert "The repository has no branch, tag or commit of this name." in listed
    page = lead.get(entry.get_absolute_url()).content.decode()
    assert f"{git} branch, tag or commit tmpb" in text_of(page.encode())
    found = re.search(r'href="([^"]+)">\s*Try again', page)
    assert found
    assert found[1].endswith("#follow")
    form = lead.get(found[1].replace("&amp;", "&")).content.decode()
    assert 'value="tmpb"' in form
    assert '<details id="follow" open' in form


def test_an_update_that_is_asked_again_replaces_the_one_that_waits(
    enter: Callable[..., Specification], tmp_path: Path, signed_in: Callable[..., Client], done: Done
) -> None:
    enter()
    lead = signed_in("lead")
    make(tmp_path / "analysis.git", {**FILES, "README.md": b"# New"})
    first, second = pressed(lead, done), pressed(lead, done)
    assert (first.state, second.state) == (Entry.State.READ, Entry.State.READ)
    assert list(Entry.objects.unsaved()) == [second]


def test_an_odd_branch_or_address_is_refused_in_words(enter: Callable[..., Specification], signed_in: Callable[..., Client]) -> None:
    enter()
    lead = signed_in("lead")
    for address in ("", "file:///etc/passwd", "http://127.0.0.1:1/a", "https://[x", "//[", "https://a]b/x"):
        page = lead.post(f"{PAGE}update/", {"key": str(uuid.uuid4()), "address": address, "ref": "x"}, follow=True)
        assert (page.status_code, Entry.objects.filter(specification__isnull=False).exclude(state="saved").count()) == (200, 0)


def test_a_moved_specification_is_chosen_among_those_that_are_there(
    enter: Callable[..., Specification], tmp_path: Path, people: dict[str, User], done: Done, signed_in: Callable[..., Client]
) -> None:
    fit = enter()
    make(tmp_path / "analysis.git", {**{path: body for path, body in FILES.items() if path != "reana.yaml"}, **MOVED})
    entry = done(reading_again.look_for_update(by=people["lead"], specification=fit, key=uuid.uuid4()))
    assert [choice[0] for choice in entry.choices] == ["a/other-reana.yaml", "a/b/reana.yaml"]  # not what a forge runs
    assert "This commit has no file reana.yaml." in text_of(signed_in("lead").get(entry.get_absolute_url()).content)
    services.choose(entry=entry, path="a/b/reana.yaml")
    entry = done(Entry.objects.get(pk=entry.pk))
    version = services.save(by=people["lead"], entry=entry, name="", title="Fit", bindings={})
    assert (version.number, version.path) == (2, "a/b/reana.yaml")


def test_the_address_of_a_file_names_the_specification(
    project: Project, people: dict[str, User], git: str, tmp_path: Path, done: Done
) -> None:
    make(tmp_path / "analysis.git", {**FILES, "reana-other.yaml": REANA.encode()})
    for page, state, path in (
        ("reana-other.yaml", "read", "reana-other.yaml"),
        ("no/such.yaml", "choice", "no/such.yaml"),
        ("README.md", "choice", ""),
    ):
        address = f"{git}/-/blob/main/{page}"
        entry = services.enter_repository(by=people["lead"], project=project, key=uuid.uuid4(), address=address)
        assert (entry.path, done(entry).state) == (path, state)


def test_a_repository_with_one_specification_offers_no_other_without_a_word(
    enter: Callable[..., Specification], people: dict[str, User], done: Done, signed_in: Callable[..., Client]
) -> None:
    fit = enter()
    entry = done(siblings.enter_sibling(by=people["lead"], specification=fit, key=uuid.uuid4()))
    page = text_of(signed_in("lead").get(entry.get_absolute_url()).content)
    assert (entry.state, "This is the only specification of the repository, and the project has it already." in page) == ("choice", True)


def test_only_one_of_two_workers_looks(enter: Callable[..., Specification]) -> None:
    enter()
    newer_commits.look()
    first, second = RepositoryLook.objects.get(), RepositoryLook.objects.get()
    assert (newer_commits._claim(first), newer_commits._claim(second)) == (True, False)
