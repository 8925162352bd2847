"""Repositories are fetched by a child process, as one commit, with what they say of themselves."""

import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from dulwich.objects import Blob, Commit, Tag, Tree
from dulwich.repo import Repo

from tests.factories import make_person
from tests.repositories.git_servers import allow, git_server, repository, serving
from vre_portal.iam.models import User
from vre_portal.jobs.runner import MAX_CLAIMS
from vre_portal.repositories import child_process, services, worker
from vre_portal.repositories.child import limits
from vre_portal.repositories.left_out import sentences
from vre_portal.repositories.models import Snapshot
from vre_portal.repositories.slot import MAX_AT_ONCE, fetch_slot

pytestmark = pytest.mark.django_db
FILES = {
    "README.md": b"# Dark photons\n\nA search for dark photons in beam dumps.\n\nMore text.\n",
    "codemeta.json": json.dumps({"name": "Dark photon search", "keywords": "dark matter, beam dump", "license": "https://spdx.org/licenses/BSD-3-Clause"}).encode(),
    "CITATION.cff": b"cff-version: 1.2.0\ntitle: Cited title\nkeywords: [one, two]\n",
    "LICENSE": b"MIT License\n\nPermission is hereby granted, free of charge, to any person ... without restriction",
    "reana.yaml": b"workflow: {type: serial}\n",
    "code/run.py": b"print(1)\n",
}  # fmt: skip
Fetch = Callable[..., Snapshot]


@pytest.fixture
def fetched(people: dict[str, User], settings: Any, tmp_path: Path, monkeypatch: Any) -> Fetch:
    """`fetched(address)` is the snapshot once the job has had its turn."""
    settings.MEDIA_ROOT = str(tmp_path / "media")

    def fetch(address: str, ref: str = "", *, turns: int = 1) -> Snapshot:
        allow(monkeypatch, address)
        snapshot = services.fetch(by=people["lead"], address=address, ref=ref)
        for _ in range(turns):
            worker.fetch(snapshot.pk)
        snapshot.refresh_from_db()
        return snapshot

    return fetch


def commit_tree(store: Repo, tree: Tree, branch: bytes = b"refs/heads/main") -> bytes:
    """A commit of a tree that a test made by hand."""
    made: Any = Commit()
    made.tree, made.author, made.committer, made.message = tree.id, b"A <a@b.example>", b"A <a@b.example>", b"odd"
    made.author_time = made.commit_time = 1
    made.author_timezone = made.commit_timezone = 0
    store.object_store.add_objects([(tree, None), (made, None)])
    store.refs[branch] = made.id  # type: ignore[index]
    return made.id  # type: ignore[no-any-return]


def test_a_repository_is_kept_as_one_commit_with_its_files(fetched: Fetch, tmp_path: Path) -> None:
    with git_server(tmp_path / "git", FILES) as address:
        snapshot = fetched(address)
    assert (snapshot.state, snapshot.reason) == ("ready", "")
    assert snapshot.commit == repository(tmp_path / "git").head().decode()
    assert {file.path: file.size for file in snapshot.files()} == {name: len(content) for name, content in FILES.items()}
    assert snapshot.is_complete
    assert snapshot.read("code/run.py") == b"print(1)\n"
    assert {file.path: content for file, content in snapshot.contents()} == FILES


def test_what_a_repository_says_is_offered_with_its_source(fetched: Fetch, tmp_path: Path) -> None:
    with git_server(tmp_path / "git", FILES) as address:
        offered = fetched(address).offered()
    told = {field: (offer["value"], offer["source"]) for field, offer in offered.items()}
    assert told["title"] == ("Dark photon search", "codemeta.json")
    assert told["keywords"] == (["dark matter", "beam dump"], "codemeta.json")
    assert told["licence"] == ("BSD-3-Clause", "codemeta.json")
    assert told["summary"] == ("A search for dark photons in beam dumps.", "README.md")
    assert told["description"][0].startswith("A search for dark photons in beam dumps.\n\nMore text.")
    assert told["specifications"] == (["reana.yaml"], "reana.yaml")


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (b"workflow: {type: serial, specification: {steps: [{commands: [a]}, {commands: [b]}]}}\n", 2),
        (b"workflow: {type: cwl, file: a.cwl}\n", 0),
        (b"workflow: [", 0),
        (b"\xff", 0),
    ],
)
def test_specifications_are_found_with_their_steps(fetched: Fetch, tmp_path: Path, text: bytes, steps: int) -> None:
    with git_server(tmp_path / "git", {"reana.yaml": text}) as address:
        assert fetched(address).specifications() == [("reana.yaml", steps)]


@pytest.mark.parametrize(
    "broken", [b"{", b"[1, 2]", b'{"a":' * 5000, b"\xff\xfe\x00", b"x" * 300_000, b'{"name": 7, "keywords": {"a": 1}}']
)
def test_a_broken_file_costs_only_itself(fetched: Fetch, tmp_path: Path, broken: bytes) -> None:
    with git_server(tmp_path / "git", {**FILES, "codemeta.json": broken}) as address:
        snapshot = fetched(address)
    assert snapshot.offered()["title"] == {"field": "title", "value": "Cited title", "source": "CITATION.cff"}
    assert len(snapshot.notes) == (0 if broken.startswith(b'{"name"') else 1)
    assert all("codemeta.json" in note for note in snapshot.notes)


def test_a_yaml_bomb_in_the_citation_file_costs_only_itself(fetched: Fetch, tmp_path: Path) -> None:
    bomb = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n".encode() for n in range(9)
    )
    with git_server(tmp_path / "git", {"README.md": FILES["README.md"], "CITATION.cff": bomb}) as address:
        snapshot = fetched(address)
    assert snapshot.offered()["title"]["source"] == "README.md"
    assert len(snapshot.notes) == 1


def test_a_branch_a_tag_and_a_commit_name_what_is_fetched(fetched: Fetch, tmp_path: Path) -> None:
    with git_server(tmp_path / "git", FILES) as address:
        store = repository(tmp_path / "git")
        blob, tree = Blob.from_string(b"other"), Tree()
        store.object_store.add_object(blob)
        tree.add(b"other.txt", 0o100644, blob.id)
        other = commit_tree(store, tree, b"refs/heads/other")
        tag: Any = Tag()
        tag.object, tag.name, tag.tagger, tag.message = (Commit, other), b"v1", b"A <a@b.example>", b"first"
        tag.tag_time = tag.tag_timezone = 0
        store.object_store.add_object(tag)
        store.refs[b"refs/tags/v1"] = tag.id  # type: ignore[index]
        for ref in ("other", "v1", other.decode()):
            assert [file.path for file in fetched(address, ref).files()] == ["other.txt"]
        assert fetched(f"{address}/tree/other").ref == "other"
        failed = fetched(address, "nothing")
        assert (failed.state, failed.reason) == (
            "failed",
            "The repository has no branch, tag or commit of this name. If its name has a slash, enter it in its own field, apart from the address.",
        )


def test_links_submodules_and_odd_names_are_left_out_and_named(fetched: Fetch, tmp_path: Path) -> None:
    with git_server(tmp_path / "git", FILES) as address:
        store, blob, tree = repository(tmp_path / "git"), Blob.from_string(b"/etc/passwd"), Tree()
        pointer = Blob.from_string(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
        store.object_store.add_objects([(blob, None), (pointer, None)])
        tree.add(b"good.txt", 0o100644, blob.id)
        tree.add(b"link", 0o120000, blob.id)
        tree.add(b"vendored", 0o160000, blob.id)
        tree.add(b"large.root", 0o100644, pointer.id)
        for name in (b"..", b".git", b".GIT", b"a\\b", b"a:b", b"new\nline", b"\xff\xfe", "\u202etxt.exe".encode(), b"GOOD.txt"):
            tree.add(name, 0o100644, blob.id)
        commit_tree(store, tree)
        snapshot = fetched(address)
    assert sorted(file.path for file in snapshot.files()) == ["GOOD.txt", "large.root"]
    assert [file.is_pointer for file in snapshot.files()] == [False, True]
    assert {reason: facts["count"] for reason, facts in snapshot.left_out.items()} == {"name": 9, "link": 1, "submodule": 1, "lfs": 1}
    assert not snapshot.is_complete
    text = " ".join(sentences(snapshot.left_out))
    assert "1 symbolic link is not followed: link." in text
    assert "1 submodule is not fetched: vendored." in text
    assert "\u202e" not in text


def test_a_large_file_and_files_beyond_the_limit_are_left_out(fetched: Fetch, tmp_path: Path) -> None:
    many = {f"many/{number:05}.txt": b"x" for number in range(limits.MAX_FILES)}
    with git_server(tmp_path / "git", {**many, "README.md": FILES["README.md"], "huge.bin": b"0" * (limits.MAX_FILE_BYTES + 1)}) as address:
        snapshot = fetched(address)
    assert len(snapshot.files()) == limits.MAX_FILES
    assert snapshot.files()[0].path == "README.md"  # those near the root come first
    assert snapshot.left_out["large"] == {"count": 1, "names": ["huge.bin"]}
    assert snapshot.left_out["files"]["count"] == 1
    assert "At most 5,000 files" in " ".join(sentences(snapshot.left_out))


def test_a_tree_that_repeats_itself_ends(fetched: Fetch, tmp_path: Path) -> None:
    with git_server(tmp_path / "git", FILES) as address:
        store, blob = repository(tmp_path / "git"), Blob.from_string(b"x")
        store.object_store.add_object(blob)
        below, mode = blob.id, 0o100644
        for _ in range(10):
            tree = Tree()
            for number in range(10):
                tree.add(f"d{number}".encode(), mode, below)
            store.object_store.add_object(tree)
            below, mode = tree.id, 0o040000
        commit_tree(store, tree)
        snapshot = fetched(address)
    assert snapshot.state == "ready"
    assert "entries" in snapshot.left_out


def test_a_hundred_thousand_files_are_bounded(fetched: Fetch, tmp_path: Path) -> None:
    with git_server(tmp_path / "git", FILES) as address:
        store, blob, tree = repository(tmp_path / "git"), Blob.from_string(b"x"), Tree()
        store.object_store.add_object(blob)
        for number in range(limits.MAX_ENTRIES + 5):
            tree.add(f"f{number:06}".encode(), 0o100644, blob.id)
        commit_tree(store, tree)
        snapshot = fetched(address)
    assert len(snapshot.files()) == limits.MAX_FILES
    assert snapshot.left_out["files"]["count"] == limits.MAX_ENTRIES - limits.MAX_FILES
    assert "entries" in snapshot.left_out


def test_the_child_has_no_secret_and_nothing_of_the_repository_is_run(fetched: Fetch, tmp_path: Path, monkeypatch: Any) -> None:
    seen: dict[str, Any] = {}
    real = child_process.subprocess.Popen

    def noted(*args: Any, **options: Any) -> Any:
        seen.update(options["env"])
        return real(*args, **options)

    monkeypatch.setattr(child_process.subprocess, "Popen", noted)
    with git_server(tmp_path / "git", FILES) as address:
        assert fetched(address).is_ready
    assert seen.keys() == {"PATH", "HOME", "TMPDIR"}


@pytest.mark.parametrize(
    ("status", "state"), [("404 Not Found", "failed"), ("403 Forbidden", "failed"), ("401 Unauthorized", "failed"), ("503 Busy", "queued")]
)
def test_what_a_server_answers_decides_whether_it_is_tried_again(fetched: Fetch, status: str, state: str) -> None:
    def answer(_environ: Any, respond: Any) -> list[bytes]:
        respond(status, [("Content-Length", "0")])
        return []

    with serving(answer) as address:
        snapshot = fetched(f"{address}/a.git")
    assert snapshot.state == state
    assert snapshot.reason


def test_a_server_that_never_answers_is_given_up_after_some_attempts(fetched: Fetch, people: dict[str, User]) -> None:
    snapshot = fetched("http://127.0.0.1:9/a.git")  # nobody listens there
    assert snapshot.state == "queued"
    for _ in range(2):
        Snapshot.objects.update(lease_until=None)
        worker.fetch(snapshot.pk)
    snapshot.refresh_from_db()
    assert snapshot.state == "failed"
    assert "The server of the repository does not answer." in snapshot.reason


@pytest.mark.parametrize("slow", ["head", "body"])
def test_an_endless_server_ends_with_the_time(fetched: Fetch, monkeypatch: Any, slow: str) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0)
    monkeypatch.setattr(child_process, "SPARE_SECONDS", 3)

    def answer(_environ: Any, respond: Any) -> Any:
        if slow == "head":
            time.sleep(20)
        respond("200 OK", [("Content-Type", "application/x-git-upload-pack-advertisement")])
        yield b"001e# service=git-upload-pack\n0000"
        while True:
            yield b"0034" + b"0" * 40 + b" refs/x\n"
            time.sleep(0.05)

    with serving(answer) as address:
        snapshot = fetched(f"{address}/a.git")
    assert snapshot.state == "failed"
    assert "was stopped" in snapshot.reason
    assert not [name for name in Path("/proc").glob("[0-9]*/cmdline") if is_child(name)]


ADVERTISEMENT = [("Content-Type", "application/x-git-upload-pack-advertisement")]


def test_endless_branches_end_with_their_bytes(fetched: Fetch) -> None:
    sent = 0

    def answer(_environ: Any, respond: Any) -> Any:
        nonlocal sent
        respond("200 OK", ADVERTISEMENT)
        yield b"001e# service=git-upload-pack\n0000"
        line = b"".join(b"003e" + b"0" * 40 + b" refs/heads/%05d\n" % number for number in range(1000))
        while True:
            sent += len(line)
            yield line

    begun = time.monotonic()
    with serving(answer) as address:
        snapshot = fetched(f"{address}/a.git")
    assert (snapshot.state, snapshot.reason) == ("failed", "The repository has too many branches and tags to be read.")
    assert sent < 5 * limits.MAX_ADVERTISEMENT_BYTES
    assert time.monotonic() - begun < limits.SECONDS / 2


def test_branches_that_come_one_by_one_end_with_their_time(fetched: Fetch, tmp_path: Path, monkeypatch: Any) -> None:
    hasty = tmp_path / "python"
    code = "from vre_portal.repositories.child import __main__, limits; limits.ADVERTISEMENT_SECONDS = 1; __main__.main()"
    hasty.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{code}'\n")
    hasty.chmod(0o755)
    monkeypatch.setattr(child_process.sys, "executable", str(hasty))

    def answer(_environ: Any, respond: Any) -> Any:
        respond("200 OK", ADVERTISEMENT)
        yield b"001e# service=git-upload-pack\n0000"
        while True:
            yield b"0034" + b"0" * 40 + b" refs/x\n"
            time.sleep(0.05)

    with serving(answer) as address:
        snapshot = fetched(f"{address}/a.git")
    assert (snapshot.state, snapshot.reason) == ("failed", "The server took too long to list its branches and tags. Try again later.")


def test_an_address_without_git_at_its_end_finds_the_repository(fetched: Fetch, tmp_path: Path) -> None:
    with git_server(tmp_path / "git", FILES) as address:
        snapshot = fetched(address.removesuffix(".git"))
        nothing = fetched(address.replace("analysis", "other"))
    assert (snapshot.state, snapshot.reason) == ("ready", "")
    assert (nothing.state, "git clone" in nothing.reason) == ("failed", True)


def is_child(file: Path) -> bool:
    try:
        return b"vre_portal.repositories.child" in file.read_bytes() and f"\0{os.getpid()}\0".encode() in file.read_bytes()
    except OSError:
        return False


def test_too_many_bytes_end_the_fetch(fetched: Fetch, tmp_path: Path) -> None:
    noise = {f"{number}.bin": os.urandom(4 * 1024 * 1024) for number in range(27)}
    with git_server(tmp_path / "git", noise) as address:
        snapshot = fetched(address)
    assert snapshot.state == "failed"
    assert "larger than 105 MB" in snapshot.reason


def test_a_redirect_into_the_private_network_is_refused(fetched: Fetch) -> None:
    asked = []

    def inner(environ: Any, respond: Any) -> list[bytes]:
        asked.append(environ["PATH_INFO"])
        respond("200 OK", [("Content-Length", "0")])
        return []

    with serving(inner) as secret:

        def answer(_environ: Any, respond: Any) -> list[bytes]:
            respond("302 Found", [("Location", f"{secret}/a.git/info/refs?service=git-upload-pack"), ("Content-Length", "0")])
            return []

        with serving(answer) as address:
            snapshot = fetched(f"{address}/a.git")
    assert snapshot.state == "failed"
    assert "not encrypted" in snapshot.reason
    assert asked == []


def test_a_fetch_whose_worker_was_killed_is_done_by_the_next(
    fetched: Fetch, tmp_path: Path, people: dict[str, User], monkeypatch: Any
) -> None:
    with git_server(tmp_path / "git", FILES) as address:
        allow(monkeypatch, address)
        snapshot = services.fetch(by=people["lead"], address=address)
        assert Snapshot.claim(snapshot.pk) is not None  # and its worker is gone
        worker.fetch(snapshot.pk)
        assert Snapshot.objects.get().state == "queued"  # the lease is still held
        Snapshot.objects.update(lease_until=None)
        worker.fetch(snapshot.pk)
    assert Snapshot.objects.get().is_ready


def test_a_late_worker_leaves_no_file_behind(
    fetched: Fetch, tmp_path: Path, people: dict[str, User], monkeypatch: Any, settings: Any
) -> None:
    with git_server(tmp_path / "git", FILES) as address:
        allow(monkeypatch, address)
        snapshot = services.fetch(by=people["lead"], address=address)
        real = child_process.run

        def overtaken(*args: Any) -> Any:
            answer = real(*args)
            Snapshot.objects.update(attempt=9)
            return answer

        monkeypatch.setattr(child_process, "run", overtaken)
        worker.fetch(snapshot.pk)
    assert Snapshot.objects.get().state == "queued"
    assert list(Path(settings.MEDIA_ROOT).rglob("*.zip")) == []


def test_a_child_that_kills_its_worker_each_time_is_given_up(people: dict[str, User], monkeypatch: Any) -> None:
    allow(monkeypatch, "http://127.0.0.1:9/a.git")
    snapshot = services.fetch(by=people["lead"], address="http://127.0.0.1:9/a.git")
    Snapshot.objects.update(claims=MAX_CLAIMS)
    worker.fetch(snapshot.pk)
    snapshot.refresh_from_db()
    assert snapshot.state == "failed"
    assert "interrupted" in snapshot.reason


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b'{"commit": "x"}',
        b'{"commit": "../x", "files": [], "left_out": {}}',
        b'{"commit": "' + b"a" * 40 + b'", "files": [["a", "b", "c"]], "left_out": {}}',
    ],
)
def test_an_answer_of_a_child_that_was_taken_over_is_not_believed(
    fetched: Fetch, tmp_path: Path, people: dict[str, User], monkeypatch: Any, answer: bytes
) -> None:
    false_python = tmp_path / "python"
    false_python.write_bytes(b"#!/bin/sh\ncat > /dev/null\nprintf '%s' '" + answer + b"'\n")
    false_python.chmod(0o755)
    monkeypatch.setattr(child_process.sys, "executable", str(false_python))
    snapshot = fetched("http://127.0.0.1:9/a.git")
    assert (snapshot.state, snapshot.listing) == ("failed", [])


def test_two_presses_are_one_fetch_and_a_fourth_at_once_is_refused(people: dict[str, User], monkeypatch: Any) -> None:
    allow(monkeypatch, "http://127.0.0.1:9/a.git")
    key = uuid.uuid4()
    first = services.fetch(by=people["lead"], address="http://127.0.0.1:9/a.git", key=key)
    assert services.fetch(by=people["lead"], address="http://127.0.0.1:9/a.git", key=key) == first
    for _ in range(2):
        services.fetch(by=people["lead"], address="http://127.0.0.1:9/a.git")
    with pytest.raises(services.TooManyFetches):
        services.fetch(by=people["lead"], address="http://127.0.0.1:9/a.git")
    services.fetch(by=people["member"], address="http://127.0.0.1:9/a.git")


def test_of_one_person_the_last_ten_are_kept(
    fetched: Fetch, people: dict[str, User], tmp_path: Path, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with git_server(tmp_path / "git", FILES) as address:
        first = fetched(address)
    other = Snapshot.objects.create(by=people["member"], address=address, state="ready")
    waiting = Snapshot.objects.create(by=people["lead"], address=address)
    kept = [Snapshot.objects.create(by=people["lead"], address=address, state="ready") for _ in range(services.MAX_KEPT - 2)]
    with django_capture_on_commit_callbacks(execute=True):
        newest = services.fetch(by=people["lead"], address=address)
    assert set(Snapshot.objects.all()) == {other, waiting, newest, *kept}
    assert not Path(settings.MEDIA_ROOT, str(first.archive.name)).exists()
    again = services.fetch(by=people["lead"], address=address)
    assert set(Snapshot.objects.all()) == {other, waiting, newest, again, *kept[1:]}  # what is under way stays, however old it is


def test_slow_servers_leave_workers_for_other_jobs(fetched: Fetch, tmp_path: Path, people: dict[str, User], monkeypatch: Any) -> None:
    with git_server(tmp_path / "git", FILES) as address:
        allow(monkeypatch, address)
        snapshot = services.fetch(by=people["lead"], address=address)
        held = [fetch_slot() for _ in range(MAX_AT_ONCE)]
        worker.fetch(snapshot.pk)
        assert Snapshot.objects.get().state == "queued"
        held[0].release()
        Snapshot.objects.update(lease_until=None)
        worker.fetch(snapshot.pk)
        assert Snapshot.objects.get().state == "ready"
        for slot in held[1:]:
            slot.release()


def test_the_files_of_a_snapshot_go_with_its_row(
    fetched: Fetch, tmp_path: Path, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with git_server(tmp_path / "git", FILES) as address:
        snapshot = fetched(address)
    with django_capture_on_commit_callbacks(execute=True):
        snapshot.delete()
        assert len(list(Path(settings.MEDIA_ROOT).rglob("*.zip"))) == 1  # until it is certain
    assert list(Path(settings.MEDIA_ROOT).rglob("*.zip")) == []


@pytest.mark.django_db(transaction=True)
def test_a_file_that_cannot_be_deleted_keeps_no_other_snapshot(monkeypatch: Any) -> None:
    def stuck(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(FileSystemStorage, "delete", stuck)
    person = make_person("lead")
    for number in range(3):
        Snapshot.objects.create(by=person, address=f"https://git.example.org/{number}", archive="a.zip", created_at="2020-01-01T00:00Z")
    worker.forget()
    assert not Snapshot.objects.exists()


def test_expired_snapshots_and_folders_of_dead_workers_are_deleted(
    fetched: Fetch, tmp_path: Path, people: dict[str, User], monkeypatch: Any
) -> None:
    monkeypatch.setattr(worker.tempfile, "gettempdir", lambda: str(tmp_path))
    old, fresh = tmp_path / f"{child_process.PREFIX}old", tmp_path / f"{child_process.PREFIX}new"
    old.mkdir()
    fresh.mkdir()
    os.utime(old, (1, 1))
    allow(monkeypatch, "http://127.0.0.1:9/a.git")
    services.fetch(by=people["lead"], address="http://127.0.0.1:9/a.git")
    services.fetch(by=people["lead"], address="http://127.0.0.1:9/a.git")
    Snapshot.objects.filter(pk=Snapshot.objects.first().pk).update(created_at="2020-01-01T00:00Z")  # type: ignore[union-attr]
    worker.forget()
    assert Snapshot.objects.count() == 1
    assert (old.exists(), fresh.exists()) == (False, True)
