"""A dataset becomes a folder with its files: bounded, whole or told what is missing, and no file leads out of it."""

import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from client.tests.portal_answers import basket, item
from client.tests.unkind_server import UnkindServer
from vre import DatasetIncomplete, Item, NotPossible, NotSignedIn, Portal
from vre.data import datasets, files

LIST = "/api/data/lake/scope/run/1/files/"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_PAUSE", 0.01)


def member(name: str, scope: str = "scope", **more: Any) -> dict[str, Any]:
    content = f"{scope}:{name}".encode()
    return {"scope": scope, "name": name, "bytes": len(content), "adler32": f"{zlib.adler32(content):x}", **more}


@pytest.fixture
def dataset(server: UnkindServer, portal: Portal) -> Item:
    server.says("/api/basket/", basket(item(name="run/1", type="DATASET")))
    return portal.basket()[0]


def offer(server: UnkindServer, *members: dict[str, Any]) -> None:
    server.says(LIST, {"items": list(members), "next": None})
    for row in members:
        server.says(f"/api/data/lake/{row['scope']}/{row['name']}", f"{row['scope']}:{row['name']}".encode())


def test_all_files_are_in_the_folder(server: UnkindServer, dataset: Item) -> None:
    names = ["a.fits", "b/c.fits", "A.fits", "../../x"]
    offer(server, *map(member, names[:3]), member("a.fits", "other"), member(names[3]))
    with pytest.raises(DatasetIncomplete, match="1 of 5 files") as caught:
        dataset.path()
    assert list(caught.value.failures) == ["../../x"]
    folder = caught.value.folder
    assert folder.name == "run%2F1"
    found = {path.name: path.read_bytes().decode() for path in folder.iterdir()}
    assert sorted(found.values()) == ["other:a.fits", "scope:A.fits", "scope:a.fits", "scope:b/c.fits"]
    assert found["b%2Fc.fits"] == "scope:b/c.fits"
    assert len({name.casefold() for name in found}) == 4
    with pytest.raises(NotPossible, match="dataset, not a file"):
        dataset.open()


def test_what_the_dataset_has_no_more_goes_and_one_s_own_stays(server: UnkindServer, dataset: Item) -> None:
    offer(server, member("a"), member("b"))
    folder = dataset.path()
    (folder / "notes.txt").write_text("mine")
    offer(server, member("b"), member("c"))
    assert dataset.path() == folder
    assert {path.name for path in folder.iterdir()} == {"b", "c", "notes.txt"}
    assert len(server.asked("/api/data/lake/scope/b")) == 1


def test_what_cannot_be_taken_out_costs_only_itself(server: UnkindServer, dataset: Item) -> None:
    offer(server, *map(member, "abcd"))
    folder = dataset.path()
    (folder / "b").unlink()
    (folder / "b" / "own").mkdir(parents=True)
    record = folder.parent / "files.json"
    record.write_text(json.dumps([*json.loads(record.read_text()), 5, {}, "..", "", "a\0b"]))
    offer(server, member("d"))
    dataset.path()
    assert {path.name for path in folder.iterdir()} == {"b", "d"}
    (folder / "b" / "own").rmdir()
    (folder / "b").rmdir()
    (folder / "b").write_text("")
    dataset.path()
    assert {path.name for path in folder.iterdir()} == {"d"}


def test_a_copy_that_breaks_off_leaves_no_half_file(server: UnkindServer, dataset: Item, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes()[:2])
        raise OSError("No space left on device")

    offer(server, member("a"), member("b"))
    folder = dataset.path()
    for name in ("a", "b"):
        (folder / name).unlink()
    (folder / "b").write_bytes(b"old")
    for name in ("os.link", "os.symlink", "shutil.copyfile"):
        monkeypatch.setattr(f"vre.data.datasets.{name}", no_space)
    with pytest.raises(DatasetIncomplete, match="cannot be written"):
        dataset.path()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"b": b"old"}
    assert not (folder.parent / ".new").exists()


@pytest.mark.parametrize("name", ["link", "symlink"])
def test_file_systems_without_some_links(server: UnkindServer, dataset: Item, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError("Operation not supported")

    monkeypatch.setattr(f"vre.data.datasets.os.{name}", refuse)
    offer(server, member("a"))
    assert (dataset.path() / "a").read_bytes() == b"scope:a"
    offer(server, {**member("a"), "bytes": None})
    assert (dataset.path() / "a").read_bytes() == b"scope:a"


def test_a_list_that_the_portal_refuses_is_told_in_its_words(server: UnkindServer, dataset: Item) -> None:
    told = {"code": "too_many_files", "message": "This holds more than 10,000 files.", "next": "List the datasets in it one by one."}
    server.says(LIST, {"error": told}, 413)
    with pytest.raises(NotPossible, match=r"more than 10,000 files\. List the datasets"):
        dataset.path()


def test_a_bad_file_costs_itself_and_is_named(server: UnkindServer, dataset: Item) -> None:
    offer(server, *map(member, "abc"))
    server.says("/api/data/lake/scope/b", b"wrong!!"[:7])
    with pytest.raises(DatasetIncomplete, match="b: b arrived damaged") as caught:
        dataset.path()
    assert {path.name for path in caught.value.folder.iterdir()} == {"a", "c"}


def test_a_lake_that_is_down_is_not_asked_for_each_file(server: UnkindServer, dataset: Item) -> None:
    offer(server, *[member(f"{number}") for number in range(40)])
    for number in range(1, 40):
        server.answers[f"/api/data/lake/scope/{number}"] = lambda request: request.give(500)
    with pytest.raises(DatasetIncomplete, match="39 of 40 files"):
        dataset.path()
    assert len(server.seen) == 3 + datasets.MAX_FAILURES_IN_A_ROW * files.MAX_IDLE


def test_a_login_that_ends_ends_it(server: UnkindServer, dataset: Item) -> None:
    offer(server, *map(member, "abc"))
    server.says("/api/data/lake/scope/b", {}, 401)
    with pytest.raises(NotSignedIn):
        dataset.path()


def test_limits(server: UnkindServer, dataset: Item) -> None:
    offer(server, *[member(f"{number}") for number in range(10)])
    with pytest.raises(NotPossible, match="more than 9 files"):
        dataset.path(max_files=9)
    with pytest.raises(
        NotPossible, match=r"10 files with 70 B, more than the limit of 69 B. If you want all of them, call .path\(max_bytes=70\)"
    ):
        dataset.path(max_bytes=69)
    assert isinstance(dataset.path(max_files=10, max_bytes=70), Path)


def test_the_list_is_not_read_further_than_the_limit(server: UnkindServer, dataset: Item) -> None:
    server.says(LIST, {"items": [member("a"), member("b")], "next": "/more"})
    with pytest.raises(NotPossible, match="more than 1 files"):
        dataset.path(max_files=1)
    assert not server.asked("/more")


def test_files_that_the_portal_does_not_show_are_told(server: UnkindServer, dataset: Item) -> None:
    offer(server, member("a"))
    server.says(LIST, {"items": [member("a"), {"name": 5}], "left_out": 3, "next": None})
    with pytest.warns(UserWarning, match="3 of its files are not in the folder"):
        assert [path.name for path in dataset.path().iterdir()] == ["a"]
