"""A dataset as a zip and as a list of addresses, from the real storages: whole, safe in its names, honest about what is missing."""

import io
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from defusedxml import ElementTree
from django.test import Client

from datalake import rucio
from datalake.files import bundles
from datalake.files.views import bundles as views
from datalake.reads.credentials import PersonCredentials
from datalake.rucio.client import LakeClient
from tests.devstack.rucio_client import on_disk, token, unique, upload
from tests.devstack.rucio_client import rucio as ask
from vre_portal.services import ServiceKind, service

pytestmark = [pytest.mark.integration("rucio", "storage", "iam"), pytest.mark.django_db(transaction=True)]
Visitor = Callable[[str], Client]
KM3NET, IRF = "KM3NET_ECAP_SP", "DM.PointSourceIRF.km3irf"
LAKE = "/datalake/escape/"
META4 = "{urn:ietf:params:xml:ns:metalink}"


def received(reply: Any) -> tuple[bytes, bool]:
    """The bytes that came, and whether the end was a good one."""
    found = bytearray()
    try:
        for piece in reply.streaming_content:
            found += piece
    except bundles.IncompleteBundle:
        return bytes(found), False
    return bytes(found), True


def manifest(archive: zipfile.ZipFile) -> dict[str, str]:
    """State by DID."""
    lines = archive.read(bundles.MANIFEST).decode().splitlines()[1:]
    return {line.split("\t")[5]: line.split("\t")[0] for line in lines}


def dataset_of(*contents: bytes) -> tuple[str, list[str]]:
    name, files = unique("zip"), [upload("member", "user.member", content) for content in contents]
    assert ask("member", "POST", "/dids", json=[{"scope": "user.member", "name": name, "type": "DATASET"}]).status_code == 201
    inside = {"dids": [{"scope": "user.member", "name": file} for file in files]}
    assert ask("member", "POST", f"/dids/user.member/{name}/dids", json=inside).status_code == 201
    return name, files


@pytest.mark.parametrize(("scope", "name", "files"), [(KM3NET, IRF, 5), (KM3NET, "DM.PointSource", 6)])
def test_a_zip_has_all_files_whole_with_their_checksums(visitor: Visitor, scope: str, name: str, files: int) -> None:
    reply = visitor("lead").get(f"{LAKE}zip/{scope}/{name}")
    content, good = received(reply)
    assert good
    assert (reply["Content-Type"], reply["X-Content-Type-Options"]) == ("application/zip", "nosniff")
    assert f"{name}.zip" in reply["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == files + 1
        rows = [line.split("\t") for line in archive.read(bundles.MANIFEST).decode().splitlines()[1:]]
        assert {row[0] for row in rows} == {"ok"}
        for _, adler32, _, size, path, _ in rows:
            data = archive.read(path)
            assert (f"{zlib.adler32(data):08x}", str(len(data))) == (adler32, size)
            assert archive.getinfo(path).compress_type == zipfile.ZIP_STORED


def test_a_missing_and_a_damaged_file_are_named_and_the_end_is_a_broken_one(visitor: Visitor) -> None:
    name, files = dataset_of(b"good" * 1000, b"gone", b"wrong" * 1000, b"large" * 2_000_000)
    gone, wrong, large = (on_disk("user.member", file, "erlangen") for file in files[1:])
    assert gone
    assert wrong
    assert large
    gone.unlink()
    wrong.write_bytes(b"Wrong" * 1000)
    large.write_bytes(b"large" * 1_999_999 + b"Large")
    content, good = received(visitor("member").get(f"{LAKE}zip/user.member/{name}"))
    assert not good
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        states = manifest(archive)
        assert [states[f"user.member:{file}"] for file in files] == ["ok", "missing", "damaged", "damaged"]
        assert archive.read(files[0]) == b"good" * 1000
        assert not {files[1], files[2]} & set(archive.namelist())


def test_a_zip_needs_little_memory_whatever_its_size(visitor: Visitor) -> None:
    name, _ = dataset_of(*[b"0123456789abcdef" * 1_000_000] * 3)
    lake = service(ServiceKind.RUCIO, "escape")
    inside = rucio.list_files(lake, token("member"), "user.member", name)
    tracemalloc.start()
    size = sum(len(piece) for piece in bundles.zipped(lake, PersonCredentials(token("member")), "user.member", inside))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 48_000_000
    assert peak < 16 * 1024 * 1024, peak


def test_ten_thousand_names_fit_into_the_memory_of_one_zip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles.streaming, "pieces", lambda *_: iter([b"x"]))
    lake = service(ServiceKind.RUCIO, "escape")
    tracemalloc.start()
    inside = [
        rucio.Did("s", f"a/folder/of/runs/run.{number:06}.with.a.usual.name.root", "FILE", 1, adler32="00790079")
        for number in range(10_000)
    ]
    size = sum(len(piece) for piece in bundles.zipped(lake, PersonCredentials(""), "s", inside))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 10_000
    assert peak < 16 * 1024 * 1024, peak


def test_a_file_is_no_collection_and_too_many_files_are_told(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    client = visitor("lead")
    assert client.get(f"{LAKE}zip/{KM3NET}/aeff.fits").status_code == 404
    monkeypatch.setattr(bundles, "MAX_FILES", 3)
    reply = client.get(f"{LAKE}zip/{KM3NET}/{IRF}")
    assert (reply.status_code, b"Download list of links" in reply.content) == (413, True)


def test_a_list_of_addresses_is_a_metalink(visitor: Visitor) -> None:
    reply = visitor("lead").get(f"{LAKE}metalink/{KM3NET}/{IRF}")
    content, good = received(reply)
    assert good
    assert reply["Content-Type"] == "application/metalink4+xml"
    tree = ElementTree.fromstring(content)
    files = {item.get("name"): item for item in tree.iter(f"{META4}file")}
    assert set(files) == {"aeff.fits", "psf.fits", "edisp.fits", "bkg_nu.fits", "bkg_mu.fits"}
    aeff = files["aeff.fits"]
    assert (aeff.findtext(f"{META4}size"), aeff.findtext(f"{META4}hash")) == ("11520", "1f08a76a")
    addresses = [(item.get("location"), item.text) for item in aeff.iter(f"{META4}url")]
    assert addresses
    assert all(text and text.startswith("https://") for _, text in addresses)
    assert {place for place, _ in addresses} <= {"fr", "it"}


def test_a_list_of_addresses_is_asked_for_in_pieces_and_none_is_lost(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[int]()
    real = LakeClient.list_replicas

    def list_replicas(client: Any, dids: list[dict[str, str]], **options: Any) -> Any:
        asked.append(len(dids))
        return real(client, dids, **options)

    monkeypatch.setattr(LakeClient, "list_replicas", list_replicas)
    whole, _ = received(visitor("lead").get(f"{LAKE}metalink/{KM3NET}/{IRF}"))
    monkeypatch.setattr(rucio.replicas, "FILES_PER_REQUEST", 2)
    pieces, good = received(visitor("member").get(f"{LAKE}metalink/{KM3NET}/{IRF}"))
    assert (asked, good) == ([5, 2, 2, 1], True)
    assert pieces == whole


def test_more_files_than_a_list_of_addresses_takes_are_told(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "spool_file_names", partial(rucio.replicas.spool_file_names, max_files=4))
    reply = visitor("lead").get(f"{LAKE}metalink/{KM3NET}/{IRF}")
    assert (reply.status_code, b"rucio download" in reply.content) == (413, True)
    monkeypatch.setattr(views, "spool_file_names", partial(rucio.replicas.spool_file_names, max_files=5))
    assert visitor("member").get(f"{LAKE}metalink/{KM3NET}/{IRF}").status_code == 200


def test_hostile_names_leave_the_metalink_well_formed() -> None:
    from datalake.rucio.replicas import FileCopies

    names = ["a & b <c>", "\x01\x02", "']]>\"", "../../x", "é\ud800"]
    found = [FileCopies(rucio.Did("s", name, "FILE", 1), (("R", "https://x/a%20&b"),)) for name in names]
    tree = ElementTree.fromstring(b"".join(bundles.metalink("t", "s", found, {"R": "FR"})))
    assert len(list(tree.iter(f"{META4}file"))) == 5
