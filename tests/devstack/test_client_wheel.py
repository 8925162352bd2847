"""The wheel of the package vre: built without a package index, the same each time, and usable as it is."""

import email
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from devstack import client_wheel
from vre import __version__

SOURCES = client_wheel.SOURCE / "src"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return client_wheel.build(tmp_path_factory.mktemp("wheel"))


def test_it_has_the_package_its_version_and_its_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        about = email.message_from_bytes(archive.read(f"vre_portal_client-{__version__}.dist-info/METADATA"))
    wanted = {str(file.relative_to(SOURCES)) for file in SOURCES.rglob("*") if file.suffix == ".py" or file.name == "py.typed"}
    assert {name for name in names if ".dist-info/" not in name} == wanted
    assert about["Version"] == __version__
    needs = about.get_all("Requires-Dist") or []
    assert [need for need in needs if "extra" not in need] == ["requests>=2.31"]
    assert {need.split(">")[0] for need in needs} == {"requests", "astropy", "tqdm"}


def test_it_is_the_same_each_time_and_leaves_nothing_behind(wheel: Path, tmp_path: Path) -> None:
    assert client_wheel.build(tmp_path).read_bytes() == wheel.read_bytes()
    assert not list(client_wheel.SOURCE.rglob("*.egg-info"))
    assert not (client_wheel.SOURCE / "build").exists()


def test_it_works_where_nothing_else_is_installed(wheel: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(wheel)!r}); import vre; print(vre.__version__, vre.__file__)"
    ran = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split()[0] == __version__
    assert str(wheel) in ran.stdout
