"""Folders in which others may write: nobody else can put a file or a link into the cache, or a login beside ours."""

import os
from pathlib import Path

import pytest

from client.tests.portal_answers import basket, item
from client.tests.unkind_server import UnkindServer
from vre import DownloadFailed, Item, NotPossible, Portal
from vre.data import places
from vre.private_files import private_folder
from vre.saved_login import remembered_portal

PATH = "/api/data/lake/scope/events.fits"


@pytest.fixture
def file(server: UnkindServer, portal: Portal) -> Item:
    server.says("/api/basket/", basket(item(bytes=4)))
    server.says(PATH, b"data")
    return portal.basket()[0]


@pytest.fixture
def home(server: UnkindServer) -> Path:
    """The folder of the file in the cache."""
    return places.cache_folder(places.cache_place(server.url, "lake", "scope", "events.fits").parent)


def levels(home: Path, cache: Path) -> list[Path]:
    return [level for level in (home, *home.parents) if level.is_relative_to(cache)]


def test_all_that_is_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    found = private_folder(tmp_path / "a" / "b" / "c", tmp_path / "a" / "b")
    assert {level.stat().st_mode & 0o777 for level in (found, found.parent, found.parent.parent)} == {0o700}


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o1777])
@pytest.mark.parametrize("number", range(4))
def test_a_folder_that_others_can_change_is_not_used(file: Item, home: Path, tmp_path: Path, number: int, mode: int) -> None:
    level = levels(home, tmp_path / "cache")[number]
    level.chmod(mode)
    with pytest.raises(NotPossible, match=f"chmod go-w {level}$"):
        file.path()
    level.chmod(0o755)
    assert file.path().read_bytes() == b"data"


@pytest.mark.parametrize("number", range(4))
def test_a_folder_behind_a_link_is_not_used(file: Item, home: Path, tmp_path: Path, number: int) -> None:
    level = levels(home, tmp_path / "cache")[number]
    level.rename(tmp_path / "elsewhere")
    level.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotPossible, match="is a link"):
        file.path()


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_account_is_not_used(file: Item, home: Path) -> None:
    os.chown(home, 12345, -1)
    with pytest.raises(NotPossible, match="belongs to another account"):
        file.path()


@pytest.mark.parametrize("name", [".part", ".lock"])
def test_no_link_is_written_through(file: Item, home: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "precious").write_bytes(b"mine")
    (home / name).symlink_to(tmp_path / "precious")
    with pytest.raises((DownloadFailed, NotPossible), match="cannot be"):
        file.path()
    assert (tmp_path / "precious").read_bytes() == b"mine"


def test_a_login_that_others_can_put_there_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "logins.json").write_text('{"portal": "https://evil.example"}')
    folder.chmod(0o777)
    with pytest.raises(NotPossible, match="Others can change"):
        remembered_portal()
