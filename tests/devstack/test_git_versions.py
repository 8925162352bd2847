"""Both versions of git's protocol give the same, to dulwich and to git itself; references can be asked alone."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from dulwich.client import HttpGitClient
from dulwich.repo import Repo

from devstack.git import examples, history, push, repositories
from devstack.git.app import application
from tests.repositories.git_servers import serving

VERSIONS = pytest.mark.parametrize("version", [0, 2])


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("git")
    repositories.make_all(folder)
    return folder


@pytest.fixture
def home(root: Path) -> Iterator[str]:
    with serving(application(root)) as address:
        yield address


def git(*arguments: str, version: int, folder: Path) -> str:
    """What the real git says, with no settings of the machine."""
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    environment = {"PATH": os.defpath, "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "-c", f"protocol.version={version}", *arguments]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stderr
    return result.stdout


@VERSIONS
def test_references_can_be_asked_alone(home: str, root: Path, version: int) -> None:
    found = HttpGitClient(home).get_refs(b"/helloworld.git", protocol_version=version)
    with Repo(str(root / "helloworld.git")) as repository:
        named = repository.get_refs()
    assert {name: commit for name, commit in found.refs.items() if not name.endswith(b"^{}")} == named
    assert {b"refs/heads/main", b"refs/heads/next", b"refs/heads/feature/whisper", b"refs/tags/v0.1", b"refs/tags/v1.1"} <= named.keys()
    assert found.symrefs[b"HEAD"] == b"refs/heads/main"  # type: ignore[index]


def test_only_references_with_a_beginning_are_told_where_it_is_asked_for(home: str) -> None:
    found = HttpGitClient(home).get_refs(b"/helloworld.git", protocol_version=2, ref_prefix=[b"refs/tags/v1"])
    assert {name.removesuffix(b"^{}") for name in found.refs} == {b"refs/tags/v1.0", b"refs/tags/v1.1"}


@VERSIONS
def test_git_lists_references_with_the_commits_that_tags_name(home: str, tmp_path: Path, version: int) -> None:
    lines = git("ls-remote", f"{home}/helloworld.git", version=version, folder=tmp_path).splitlines()
    found = {name: commit for commit, name in (line.split("\t") for line in lines)}
    assert found["refs/tags/v1.1^{}"] == found["refs/heads/main"] == found["HEAD"] != found["refs/tags/v1.1"]
    assert "refs/tags/v0.1^{}" not in found


@VERSIONS
@pytest.mark.parametrize("depth", [(), ("--depth", "1")])
def test_git_clones_and_finds_nothing_wrong(home: str, tmp_path: Path, version: int, depth: tuple[str, ...]) -> None:
    git("clone", "--quiet", *depth, f"{home}/helloworld.git", "copy", version=version, folder=tmp_path)
    copy = tmp_path / "copy"
    git("fsck", "--full", "--strict", version=version, folder=copy)
    number = git("rev-list", "--count", "HEAD", version=version, folder=copy).strip()
    assert number == ("1" if depth else "3")
    assert (copy / "data" / "names.txt").read_text() == "Ada Lovelace\nEmmy Noether\nVera Rubin\n"


@VERSIONS
def test_git_fetches_what_has_been_added_since(tmp_path: Path, version: int) -> None:
    repositories.make_all(tmp_path / "served")
    with serving(application(tmp_path / "served")) as home:
        git("clone", "--quiet", "--single-branch", f"{home}/helloworld.git", "copy", version=version, folder=tmp_path)
        moved = history.move(tmp_path / "served" / "helloworld.git", history.MAIN, repositories.NEXT)
        git("pull", "--quiet", version=version, folder=tmp_path / "copy")
    assert git("rev-parse", "HEAD", version=version, folder=tmp_path / "copy").strip() == moved
    assert "Chien-Shiung Wu" in (tmp_path / "copy" / "data" / "names.txt").read_text()
    git("fsck", "--full", "--strict", version=version, folder=tmp_path / "copy")


@VERSIONS
def test_a_shallow_clone_can_be_deepened(home: str, tmp_path: Path, version: int) -> None:
    git("clone", "--quiet", "--depth", "1", f"{home}/helloworld.git", "copy", version=version, folder=tmp_path)
    git("fetch", "--quiet", "--depth", "3", version=version, folder=tmp_path / "copy")
    assert git("rev-list", "--count", "HEAD", version=version, folder=tmp_path / "copy").strip() == "3"


def test_a_commit_that_no_reference_names_is_given_by_its_hash_as_large_hosts_do(home: str, root: Path, tmp_path: Path) -> None:
    with Repo(str(root / "helloworld.git")) as repository:
        between = repository[repository.head()].parents[0].decode()  # type: ignore[union-attr]
    git("init", "--quiet", version=2, folder=tmp_path)
    git("fetch", "--quiet", "--depth", "1", f"{home}/helloworld.git", between, version=2, folder=tmp_path)
    assert git("rev-parse", "FETCH_HEAD", version=2, folder=tmp_path).strip() == between


@pytest.mark.parametrize(
    "body",
    [b"", b"0000", b"0017command=no-such-one0000", b"zzzz", b"0011command=fetch000dwant main0000", b"0011command=fetch000cdeepen x0000"],
)
def test_what_is_not_understood_is_no_fault_of_the_server(home: str, body: bytes) -> None:
    headers = {"Git-Protocol": "version=2", "Content-Type": "application/x-git-upload-pack-request"}
    answer = urllib3.request("POST", f"{home}/helloworld.git/git-upload-pack", body=body, headers=headers, timeout=20)
    assert answer.status == 400


def test_an_unknown_commit_is_refused_with_the_words_of_git(home: str) -> None:
    body = b"0012command=fetch\n00010032want " + b"1" * 40 + b"\n0009done\n0000"
    headers = {"Git-Protocol": "version=2", "Content-Type": "application/x-git-upload-pack-request"}
    answer = urllib3.request("POST", f"{home}/helloworld.git/git-upload-pack", body=body, headers=headers, timeout=20)
    assert b"not our ref" in answer.data


def test_the_large_repository_is_written_when_it_is_first_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "LARGE_BYTES", 10)
    with serving(application(tmp_path, examples.ON_DEMAND)) as home:
        assert not (tmp_path / "large.git").exists()
        first = HttpGitClient(home).get_refs(b"/large.git").refs
        assert first == HttpGitClient(home).get_refs(b"/large.git").refs
    assert [path.name for path in tmp_path.iterdir()] == ["large.git"]


def test_a_newer_commit_is_switched_on_by_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = repositories.make_all(tmp_path)["helloworld.git"]
    monkeypatch.setattr(push, "state_dir", lambda _service: tmp_path)
    monkeypatch.setattr("sys.argv", ["push", "helloworld.git", repositories.NEXT])
    push.main()
    with Repo(str(tmp_path / "helloworld.git")) as repository:
        after = repository.head().decode()
    assert after != before
    assert after in capsys.readouterr().out
    for unknown in ("nothing.git", "../helloworld.git"):
        monkeypatch.setattr("sys.argv", ["push", unknown, repositories.NEXT])
        with pytest.raises(SystemExit):
            push.main()
