"""Files of a mounted Data Lake: found by its layout, of the right size, and never outside of it."""

import hashlib
import json
from pathlib import Path

import pytest

from vre import NotPossible
from vre.data import places
from vre.data.remote import RemoteFile

FILE = RemoteFile("lake", "scope", "a/b.fits", 5, None)


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "lake" / "scope" / "a").mkdir(parents=True)
    (tmp_path / "lake" / "scope" / "a" / "b.fits").write_bytes(b"12345")
    (tmp_path / "secret").write_bytes(b"12345")
    mount(monkeypatch, f"{tmp_path}/lake")
    return tmp_path / "lake"


def mount(monkeypatch: pytest.MonkeyPatch, place: object) -> None:
    monkeypatch.setenv("VRE_LAKE_MOUNTS", json.dumps({"lake": place}))


def test_a_link_that_leads_out_is_not_followed(lake: Path) -> None:
    assert places.mounted(FILE) == lake / "scope" / "a" / "b.fits"
    (lake / "scope" / "out").symlink_to(lake.parent)
    (lake / "scope" / "file").symlink_to(lake.parent / "secret")
    (lake / "scope" / "within").symlink_to(lake / "scope" / "a" / "b.fits")
    (lake / "scope" / "circle").symlink_to(lake / "scope" / "circle")
    for name in ("out/secret", "file", "circle"):
        assert places.mounted(RemoteFile("lake", "scope", name, 5, None)) is None
    assert places.mounted(RemoteFile("lake", "scope", "within", 5, None))


def test_a_mount_that_is_itself_a_link(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (lake.parent / "linked").symlink_to(lake)
    mount(monkeypatch, f"{lake.parent}/linked/")
    assert places.mounted(FILE) == lake.parent / "linked" / "scope" / "a" / "b.fits"


@pytest.mark.parametrize("name", ["a//b.fits", "a/./b.fits", "/a/b.fits", "a/b.fits/", "x/../a/b.fits"])
def test_a_name_is_not_taken_for_another(lake: Path, name: str) -> None:
    assert places.mounted(RemoteFile("lake", "scope", name, 5, None)) is None


def test_layouts(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = hashlib.md5(b"scope:a/b.fits", usedforsecurity=False).hexdigest()
    hashed = lake / "scope" / digest[:2] / digest[2:4] / "a" / "b.fits"
    hashed.parent.mkdir(parents=True)
    hashed.write_bytes(b"12345")
    mount(monkeypatch, f"{lake}/{{scope}}/{{hash}}/{{name}}")
    assert places.mounted(FILE) == hashed
    mount(monkeypatch, f"{lake}/scope/{{name}}")
    assert places.mounted(FILE) == lake / "scope" / "a" / "b.fits"
    assert places.mounted(RemoteFile("lake", "scope", "{scope}", 5, None)) is None  # the names of files are no templates


@pytest.mark.parametrize("place", ["lake", 5, "/mnt/{scope}", "/mnt/{other}/{name}", "/mnt/{name", "/mnt/{{name}}", "/mnt/{name!r}"])
def test_what_is_no_layout_is_told(monkeypatch: pytest.MonkeyPatch, place: object) -> None:
    mount(monkeypatch, place)
    with pytest.raises(NotPossible, match="VRE_LAKE_MOUNTS is not readable"):
        places.mounted(FILE)
