"""No part of a file is taken for the whole, whatever is known about it, and whatever an earlier attempt left."""

import warnings
import zlib
from pathlib import Path
from typing import Any

import pytest

from client.tests.portal_answers import basket, item
from client.tests.unkind_server import Request, UnkindServer
from vre import DownloadFailed, Item, Portal
from vre.data import files, places
from vre.data.remote import RemoteFile

DATA = bytes(range(256)) * 40
CHECKSUM = f"{zlib.adler32(DATA):08x}"
PATH = "/api/data/lake/scope/events.fits"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_PAUSE", 0.01)


@pytest.fixture(autouse=True)
def no_shortfalls_told() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def only_item(server: UnkindServer, portal: Portal, size: int | None = None) -> Item:
    server.says("/api/basket/", basket(item(bytes=size)))
    return portal.basket()[0]


def place(server: UnkindServer) -> Path:
    return places.cache_folder(places.cache_place(server.url, "lake", "scope", "events.fits").parent) / "events.fits"


def unbounded(request: Request, data: bytes, status: int = 200, **headers: str) -> None:
    """An answer that ends when the connection does, and does not say how long it is."""
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(data)
    request.close_connection = True


def chunked(request: Request, data: bytes, is_whole: bool) -> None:
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    request.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) + (b"0\r\n\r\n" if is_whole else b""))
    request.close_connection = not is_whole


@pytest.mark.parametrize("size", [len(DATA), None])
def test_a_damaged_part_of_full_size_is_not_kept(server: UnkindServer, portal: Portal, size: int | None) -> None:
    found, part = only_item(server, portal, size), place(server).with_name(".part")
    part.write_bytes(b"x" * len(DATA))
    server.first(
        PATH,
        lambda request: request.give(416, b"", Content_Range=f"bytes */{len(DATA)}"),
        lambda request: request.give(200, DATA),
    )
    assert found.path().read_bytes() == DATA
    assert [request.headers.get("Range") for request in server.asked(PATH)] == [f"bytes={len(DATA)}-", None]


def test_a_good_part_of_full_size_is_kept(server: UnkindServer, portal: Portal) -> None:
    found, part = only_item(server, portal), place(server).with_name(".part")
    part.write_bytes(DATA)
    server.says(PATH, b"", 416, Content_Range=f"bytes */{len(DATA)}", X_Checksum_Adler32=CHECKSUM)
    assert found.path().read_bytes() == DATA
    assert len(server.asked(PATH)) == 1


def test_half_of_what_nobody_describes_is_refused(server: UnkindServer, portal: Portal) -> None:
    found = only_item(server, portal)
    server.answers[PATH] = lambda request: unbounded(request, DATA[:100])
    with pytest.raises(DownloadFailed, match="neither its size nor its checksum is known"):
        found.path()
    assert not place(server).exists()


def test_the_size_of_the_first_answer_counts_for_the_next(server: UnkindServer, portal: Portal) -> None:
    server.first(
        PATH,
        lambda request: request.cut(DATA[:100], len(DATA)),
        lambda request: unbounded(request, DATA[100:200], 206, Content_Range="bytes 100-199/*"),
        lambda request: unbounded(request, DATA[:50]),
        lambda request: unbounded(request, DATA[50:], 206, Content_Range=f"bytes 50-{len(DATA) - 1}/{len(DATA)}"),
    )
    assert only_item(server, portal).path().read_bytes() == DATA


def test_parts_of_files_of_different_sizes_are_not_joined(server: UnkindServer, portal: Portal) -> None:
    server.first(
        PATH,
        lambda request: request.cut(b"x" * 100, 200),
        lambda request: request.give(206, DATA[100:], Content_Range=f"bytes 100-{len(DATA) - 1}/{len(DATA)}"),
        lambda request: request.give(200, DATA),
    )
    assert only_item(server, portal).path().read_bytes() == DATA


@pytest.mark.parametrize("content", ["bytes 100-199/*", "bytes 100-199"])
def test_a_range_of_unknown_whole_is_not_the_whole(server: UnkindServer, portal: Portal, content: str) -> None:
    found, part = only_item(server, portal), place(server).with_name(".part")
    part.write_bytes(DATA[:100])
    server.says(PATH, DATA[100:200], 206, Content_Range=content)
    with pytest.raises(DownloadFailed, match="cannot be checked"):
        found.path()


def test_the_end_of_a_chunked_answer_is_seen(server: UnkindServer, portal: Portal) -> None:
    server.first(PATH, lambda request: chunked(request, DATA[:100], False), lambda request: chunked(request, DATA, True))
    found = only_item(server, portal)
    with pytest.warns(UserWarning, match="neither size nor checksum"):
        assert found.path().read_bytes() == DATA
    assert len(server.asked(PATH)) == 2
    found.path()
    assert len(server.asked(PATH)) == 3  # nothing says that the one in the cache is the whole


def test_a_checksum_that_was_compared_is_remembered(server: UnkindServer, portal: Portal) -> None:
    server.says(PATH, DATA, X_Checksum_Adler32=CHECKSUM)
    found = only_item(server, portal)
    assert found.path() == found.path()
    assert len(server.asked(PATH)) == 1


def test_a_cached_file_is_compared_when_its_checksum_becomes_known(server: UnkindServer, portal: Portal) -> None:
    server.says(PATH, b"x" * len(DATA))
    path = only_item(server, portal, len(DATA)).path()
    server.says(PATH, DATA)
    known = RemoteFile("lake", "scope", "events.fits", len(DATA), CHECKSUM)
    for _ in range(2):
        assert files.local_path(portal._transport, known).read_bytes() == DATA
    assert path.read_bytes() == DATA
    assert len(server.asked(PATH)) == 2
