"""Each example repository has what it is there for, with fixed hashes, and the portal's reader says what it leaves out."""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dulwich.repo import Repo

from devstack.git import examples, history, repositories
from devstack.git.app import application
from tests.repositories.git_servers import allow, serving
from vre_portal.iam.models import User
from vre_portal.repositories import services, worker
from vre_portal.repositories.models import Snapshot

pytestmark = pytest.mark.django_db
COMMITS = {
    "several-specifications.git": "db8eb59266a60a8a2777ee3555aa8c16e4880e81",
    "lfs.git": "9104aac3ef127ad589c9b08a82ad2b4b12d658c5",
    "binaries.git": "5deeedbe6936f69a10ab76b386f5aaa44eeccc08",
    "links.git": "88a4e20bc35f2a566932353856b2f31ca05773d9",
}
Fetch = Callable[..., Snapshot]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("git")
    repositories.make_all(folder)
    return folder


@pytest.fixture
def fetched(people: dict[str, User], settings: Any, tmp_path: Path, monkeypatch: Any, root: Path) -> Iterator[Fetch]:
    """`fetched("lfs.git")` is the snapshot once the job has had its turn."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    with serving(application(root, examples.ON_DEMAND)) as home:
        allow(monkeypatch, home)

        def fetch(name: str, ref: str = "") -> Snapshot:
            snapshot = services.fetch(by=people["lead"], address=f"{home}/{name}", ref=ref)
            worker.fetch(snapshot.pk)
            snapshot.refresh_from_db()
            return snapshot

        yield fetch


def test_the_hashes_of_the_examples_do_not_change(tmp_path: Path) -> None:
    found = examples.write_all(tmp_path, inside_submodule="1" * 40)
    assert {name: commit for name, commit in found.items() if name != "submodule.git"} == COMMITS


def test_a_history_has_dates_authors_branches_and_both_kinds_of_tags(root: Path) -> None:
    with Repo(str(root / "helloworld.git")) as repository:
        commits: list[Any] = [entry.commit for entry in repository.get_walker()]
        references = repository.get_refs()
        light, annotated = (repository[references[name]].type_name for name in (b"refs/tags/v0.1", b"refs/tags/v1.0"))  # type: ignore[index]
    assert [commit.message for commit in commits][-1] == b"Greet the names of a list\n"
    assert len({commit.author for commit in commits}) == 2
    assert [commit.commit_time for commit in commits] == sorted({commit.commit_time for commit in commits}, reverse=True)
    assert (light, annotated) == (b"commit", b"tag")


@pytest.mark.parametrize(("ref", "number"), [("v0.1", 1), ("v1.0", 3), ("v1.1", 4), ("main", 4), ("feature/whisper", 4)])
def test_a_tag_a_branch_and_a_branch_with_a_slash_are_fetched_with_the_specifications_of_then(
    fetched: Fetch, ref: str, number: int
) -> None:
    snapshot = fetched("helloworld.git", ref)
    assert snapshot.state == "ready", snapshot.reason
    assert len(snapshot.specifications()) == number


def test_a_commit_stays_what_it_is_when_its_branch_moves_on(fetched: Fetch, root: Path, tmp_path: Path) -> None:
    before = fetched("helloworld.git")
    with Repo(str(root / "helloworld.git")) as repository:
        older = repository[repository.head()].parents[0].decode()  # type: ignore[union-attr]
    history.move(root / "helloworld.git", history.MAIN, repositories.NEXT)
    try:
        assert fetched("helloworld.git").commit != before.commit
        assert fetched("helloworld.git", before.commit).commit == before.commit
        assert fetched("helloworld.git", older).commit == older
    finally:
        repositories.make_all(root)


def test_all_specifications_of_a_repository_are_found(fetched: Fetch) -> None:
    names = {name for name, _steps in fetched("several-specifications.git").specifications()}
    assert {"reana.yaml", "reana-short.yaml", "analyses/letters/reana.yaml", "analyses/unfinished/reana.yaml"} <= names


@pytest.mark.parametrize(
    ("name", "reason", "files"),
    [
        ("lfs.git", "lfs", ["data/events.npz"]),
        ("submodule.git", "submodule", ["hello"]),
        ("links.git", "link", ["data/above.txt", "data/inside.txt", "data/passwords.txt"]),
    ],
)
def test_what_is_left_out_is_named(fetched: Fetch, name: str, reason: str, files: list[str]) -> None:
    snapshot = fetched(name)
    assert snapshot.state == "ready", snapshot.reason
    assert sorted(snapshot.left_out[reason]["names"]) == files


def test_binaries_arrive_as_they_are(fetched: Fetch) -> None:
    snapshot, files = fetched("binaries.git"), examples.binaries()
    assert {file.path: content for file, content in snapshot.contents()} == files
    with zipfile.ZipFile(io.BytesIO(snapshot.read("data/energies.npz"))) as archive:
        assert archive.read("energy.npy").startswith(b"\x93NUMPY\x01\x00")


@pytest.mark.timed  # on a busy machine the child's time is over before its limit of bytes is
def test_the_large_repository_is_refused_in_words(fetched: Fetch, root: Path) -> None:
    examples.write_large(root / "large.git")
    snapshot = fetched("large.git")
    assert (snapshot.state, snapshot.reason) == ("failed", "The repository is larger than 105 MB, the most that the portal fetches.")
