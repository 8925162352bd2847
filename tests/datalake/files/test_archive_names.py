"""Names in a zip: every file comes out under one of its own, inside of the folder, on any computer."""

import io
import zipfile
from pathlib import Path

import pytest

from datalake import rucio
from datalake.files import bundles
from datalake.files.archive_names import Names
from datalake.reads.credentials import PersonCredentials
from vre_portal.services import ServiceKind, service


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/abs/olute", "abs/olute"),
        ("a\\..\\b", "a/b"),
        ("C:\\x", "C_/x"),
        ("a//./b", "a/b"),
        ("..", "file"),
        ("a\nb\x00c", "a_b_c"),
        ("ä\u202egpj.exe", "ä_gpj.exe"),
        ("x" * 250, "x" * 200),
        ("manifest.TSV", "manifest (2).TSV"),
        ("folder.d/name", "folder.d/name"),
        (".zenodo.json", ".zenodo.json"),
        (".config/.hidden", ".config/.hidden"),
        ("a/.../b. ", "a/b"),
        ("aux.txt", "_aux.txt"),
        ("\u20ac" * 100 + ".root", "\u20ac" * 78 + ".root"),
    ],
)
def test_a_name_in_a_zip_is_relative_and_harmless(name: str, path: str) -> None:
    assert Names("s", bundles.MANIFEST).of(rucio.Did("s", name, "FILE")) == path


def test_the_same_name_twice_is_two_files() -> None:
    names = Names("s")
    found = [names.of(rucio.Did(scope, name, "FILE")) for scope, name in (("s", "a.txt"), ("s", "A.txt"), ("s", "./a.txt"), ("t", "a.txt"))]
    assert found == ["a.txt", "A (2).txt", "a (3).txt", "t/a.txt"]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    "inside",
    [
        ["ffrun", "ffrun/part1", "ffrun/part1/x", "ffrun (2)"],
        ["Run/a", "run/A", "RUN", "run/a/b"],
        ["caf\u00e9", "cafe\u0301", "CAFE\u0301/x"],
        [".a", "a", "..", "../a", "a/../a", "/a", "a\tb", "a b"],
        ["MANIFEST.tsv", "renamed.TSV", "manifest.tsv/x"],
    ],
)
def test_a_zip_unpacks_whole_whatever_its_names(inside: list[str], order: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many files come out as went in, with their own bytes and inside of the folder; the zip says itself which are called otherwise."""
    monkeypatch.setattr(bundles.streaming, "pieces", lambda _lake, _token, file, *_: iter([file.name.encode()]))
    dids = [rucio.Did("s", name, "FILE", len(name.encode())) for name in inside[::order]]
    content = b"".join(bundles.zipped(service(ServiceKind.RUCIO, "escape"), PersonCredentials(""), "s", dids))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path / "out")
        folded = [name.casefold() for name in archive.namelist()]
        rows = [line.split("\t") for line in archive.read(bundles.MANIFEST).decode().splitlines()[1:]]
        moved = archive.read(bundles.RENAMED).decode() if bundles.RENAMED in archive.namelist() else ""
    assert len(set(folded)) == len(folded)
    assert len(rows) == len(inside)
    for row in rows:
        name = row[5].removeprefix("s:")
        path = tmp_path / "out" / row[4]
        assert path.resolve().is_relative_to(tmp_path / "out")
        assert path.read_bytes().decode().replace("\t", " ") == name
        assert (row[4] == name) or f"{row[4]}\t{name}\n" in moved
    assert not list(tmp_path.glob("*"))[1:]
