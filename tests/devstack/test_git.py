"""The stack's git server gives the demonstration's analyses to everybody, and takes nothing."""

import http.client
from pathlib import Path

import pytest
from dulwich.client import HttpGitClient
from dulwich.repo import Repo

from devstack import address, health
from devstack.git import repositories
from devstack.git.app import application
from tests.repositories.git_servers import serving


def test_the_same_files_have_the_same_commit_wherever_they_are_made(tmp_path: Path) -> None:
    first = repositories.make_all(tmp_path / "one")
    assert first == repositories.make_all(tmp_path / "two") == repositories.make_all(tmp_path / "one")
    assert {"km3net.git", "blazars.git"} <= first.keys()


def test_an_analysis_is_cloned_with_all_its_files(tmp_path: Path) -> None:
    commits = repositories.make_all(tmp_path / "served")
    with serving(application(tmp_path / "served")) as home:
        target = Repo.init_bare(str(tmp_path / "clone"), mkdir=True)
        found = HttpGitClient(home).fetch("/km3net.git", target)
    assert found.refs[b"HEAD"].decode() == commits["km3net.git"]  # type: ignore[index, union-attr]
    tree = target[target[found.refs[b"HEAD"]].tree]  # type: ignore[index, union-attr]
    assert {item.path.decode() for item in tree.items()} >= {"README.md", "LICENSE", "reana.yaml", "code"}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/km3net.git/info/refs?service=git-receive-pack", 403),
        ("/km3net.git/git-receive-pack", 403),
        ("/other.git/info/refs?service=git-upload-pack", 404),
        ("/../../etc/passwd", 404),
        ("/km3net.git/../secrets/redis", 404),
    ],
)
def test_nothing_is_pushed_and_nothing_else_is_read(tmp_path: Path, path: str, status: int) -> None:
    repositories.make_all(tmp_path)
    with serving(application(tmp_path)) as home:
        link = http.client.HTTPConnection(home.split("/")[2], timeout=10)  # which leaves the path as it is
        link.request("GET", path)
        assert link.getresponse().status == status
        link.close()


def test_it_is_a_part_of_the_stack() -> None:
    assert address.PORTS["git"] == address.PORT_BASE + 10
    assert "git" in health.CHECKS
    assert "devstack.git.start" in (address.ROOT / "Procfile").read_text()
