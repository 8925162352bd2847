"""Files: whole or not at all, whatever the server does; once, however many ask; never outside of the cache."""

import os
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from client.tests.portal_answers import basket, item
from client.tests.unkind_server import Request, UnkindServer
from vre import ChecksumMismatch, DownloadFailed, Item, NotFound, NotPossible, Portal
from vre.data import files, places
from vre.data.remote import RemoteFile

DATA = bytes(range(256)) * 3000
CHECKSUM = f"{zlib.adler32(DATA):08x}"
PATH = "/api/data/lake/scope/events.fits"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_PAUSE", 0.01)


def only_item(server: UnkindServer, portal: Portal, **more: object) -> Item:
    server.says("/api/basket/", basket(item(**more)))  # type: ignore[arg-type]
    return portal.basket()[0]


def ranged(request: Request) -> None:
    """The rest from where the client wants it."""
    start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    request.give(206, DATA[start:], Content_Range=f"bytes {start}-{len(DATA) - 1}/{len(DATA)}", X_Checksum_Adler32=CHECKSUM)


def test_a_file_is_downloaded_once(server: UnkindServer, portal: Portal, tmp_path: Path) -> None:
    server.says(PATH, DATA, Digest=f"md5=x, adler32={CHECKSUM}")
    found = only_item(server, portal, bytes=len(DATA))
    path = found.path()
    assert path.name == "events.fits"
    assert path.is_relative_to(tmp_path / "cache")
    assert (path.read_bytes(), found.path(), len(server.asked(PATH))) == (DATA, path, 1)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    with found.open() as content, found.open("r", encoding="latin-1") as text:
        assert (content.read(), len(text.read())) == (DATA, len(DATA))
    with pytest.raises(NotPossible, match="only be read"):
        found.open("wb")


def test_cut_bodies_are_continued(server: UnkindServer, portal: Portal) -> None:
    def half(request: Request) -> None:
        start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        content = f"bytes {start}-{len(DATA) - 1}/{len(DATA)}"
        request.cut(DATA[start : start + 200_000], len(DATA) - start, 206, Content_Range=content)

    server.first(PATH, lambda request: request.cut(DATA[:300_000], len(DATA), X_Checksum_Adler32=CHECKSUM), half, ranged)
    assert only_item(server, portal, bytes=len(DATA)).path().read_bytes() == DATA
    starts = [request.headers.get("Range") for request in server.asked(PATH)]
    assert starts == [None, "bytes=300000-", "bytes=500000-"]


@pytest.mark.parametrize("status", [200, 416, 206])
def test_servers_that_answer_another_range(server: UnkindServer, portal: Portal, status: int) -> None:
    def odd(request: Request) -> None:
        if status == 206:
            request.give(206, DATA[5:], Content_Range=f"bytes 5-{len(DATA) - 1}/{len(DATA)}")
        else:
            request.give(status, DATA if status == 200 else b"", X_Checksum_Adler32=CHECKSUM)

    server.first(
        PATH, lambda request: request.cut(DATA[:1000], len(DATA)), odd, lambda request: request.give(200, DATA, X_Checksum_Adler32=CHECKSUM)
    )
    assert only_item(server, portal).path().read_bytes() == DATA


def test_a_wrong_part_of_an_earlier_time_is_thrown_away(server: UnkindServer, portal: Portal) -> None:
    found = only_item(server, portal, bytes=len(DATA))
    server.first(
        PATH,
        lambda request: request.cut(b"\0" * 1000, len(DATA), X_Checksum_Adler32=CHECKSUM),
        ranged,
        lambda r: r.give(200, DATA, X_Checksum_Adler32=CHECKSUM),
    )
    assert found.path().read_bytes() == DATA
    assert len(server.asked(PATH)) == 3


def test_damaged_bytes_are_never_kept(server: UnkindServer, portal: Portal, tmp_path: Path) -> None:
    server.says(PATH, b"x" * len(DATA), X_Checksum_Adler32=CHECKSUM)
    with pytest.raises(ChecksumMismatch, match="arrived damaged"):
        only_item(server, portal, bytes=len(DATA)).path()
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.stat().st_size]


def test_more_bytes_than_the_lake_says_are_refused(server: UnkindServer, portal: Portal, tmp_path: Path) -> None:
    server.says(PATH, DATA * 20)
    with pytest.raises(DownloadFailed, match="more bytes"):
        only_item(server, portal, bytes=10).path()
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.stat().st_size]


def test_a_server_that_always_breaks_off(server: UnkindServer, portal: Portal) -> None:
    server.answers[PATH] = lambda request: request.cut(b"", 10)
    with pytest.raises(DownloadFailed, match=r"Call \.path\(\) again to continue"):
        only_item(server, portal).path()
    assert len(server.asked(PATH)) == files.MAX_IDLE


def test_what_the_portal_refuses_is_not_repeated(server: UnkindServer, portal: Portal) -> None:
    with pytest.raises(NotFound, match=r"No such thing\. Check the name\."):
        only_item(server, portal).path()
    assert len(server.asked(PATH)) == 1


def test_a_storage_that_fails_is_asked_again_through_the_portal(server: UnkindServer, elsewhere: UnkindServer, portal: Portal) -> None:
    server.says(PATH, b"", 307, Location=f"{elsewhere.url}/x", X_Checksum_Adler32=CHECKSUM)
    elsewhere.first("/x", lambda request: request.give(403), lambda r: r.give(429, Retry_After="0"), lambda r: r.give(200, DATA))
    assert only_item(server, portal).path().read_bytes() == DATA
    assert len(server.asked(PATH)) == 3


def test_large_files_come_from_a_storage_where_that_works(
    server: UnkindServer, elsewhere: UnkindServer, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "DIRECT_BYTES", len(DATA))
    secure = elsewhere.url.replace("http:", "https:")  # where no certificate is, as good as one that is not trusted
    redirect = {"Location": f"{elsewhere.url}/x", "X_Checksum_Adler32": CHECKSUM}
    server.first(PATH, lambda r: r.give(307, **redirect), lambda r: r.give(307, Location=secure), lambda r: r.give(200, DATA, **redirect))
    elsewhere.says("/x", DATA)
    first, second = only_item(server, portal, bytes=len(DATA)), only_item(server, portal, scope="scope", bytes=len(DATA))
    path = first.path()
    assert path.read_bytes() == DATA
    path.unlink()
    assert second.path().read_bytes() == DATA
    assert [request.path.partition("?")[2] for request in server.asked(PATH)] == ["direct=1", "direct=1", ""]
    assert len(elsewhere.asked("/x")) == 1


def test_compressed_answers_stay_as_the_file_is(server: UnkindServer, portal: Portal) -> None:
    server.says(PATH, b"\x1f\x8bno real gzip", Content_Encoding="gzip")
    assert only_item(server, portal).path().read_bytes() == b"\x1f\x8bno real gzip"
    assert server.asked(PATH)[0].headers["Accept-Encoding"] == "identity"


def test_many_at_once_download_one_time(server: UnkindServer, portal: Portal) -> None:
    begun = threading.Event()

    def slow(request: Request) -> None:
        begun.wait(0.3)
        request.give(200, DATA, X_Checksum_Adler32=CHECKSUM)

    server.answers[PATH] = slow
    found = only_item(server, portal, bytes=len(DATA))
    with ThreadPoolExecutor(6) as pool:
        paths = set(pool.map(lambda _: found.path(), range(6)))
    assert len(paths) == 1
    assert len(server.asked(PATH)) == 1


NAMES = [
    "../x",
    "..",
    ".",
    "/etc/passwd",
    "a/b",
    "a\0b",
    "n" * 300,
    "é" * 300 + ".fits.gz",
    "CON.",
    " ",
    "a b",
    "A",
    "a",
    "%2e",
    "x\n\x1b[2J",
    "\ud800",
    "~",
]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_leads_out_of_the_cache(name: str, tmp_path: Path) -> None:
    place = places.cache_place("https://portal.example.org", name, name, name)
    root = tmp_path / "cache"
    assert place.is_relative_to(root)
    assert len(place.relative_to(root).parts) == 4
    assert not {"..", "."} & set(place.parts)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"x")
    assert all(len(os.fsencode(part)) <= 180 for part in place.parts)


def test_names_stay_apart() -> None:
    found = {places.safe_name(name) for name in [*NAMES, "n" * 301, "%2Fb", "a%2Fb"]}
    assert len(found) == len(NAMES) + 3
    assert places.safe_name("é" * 300 + ".fits.gz").endswith(".fits.gz")


@pytest.mark.parametrize(
    ("scope", "name", "asked"),
    [
        ("scope", "../x", "scope/-?name=..%2Fx"),
        ("scope", "a//b", "scope/-?name=a%2F%2Fb"),
        ("scope", ".", "scope/-?name=."),
        ("scope", "a/b #1?.fits", "scope/a/b%20%231%3F.fits"),
        ("..", "%2e%2e", "%252E%252E/%252e%252e"),
        ("a/b", "-", "a%252Fb/-"),
    ],
)
def test_names_reach_the_portal_as_they_are(server: UnkindServer, portal: Portal, scope: str, name: str, asked: str) -> None:
    with pytest.raises(NotFound):
        only_item(server, portal, scope=scope, name=name).path()
    assert server.seen[-1].path == f"/api/data/lake/{asked}"


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_names_that_no_address_can_hold_are_not_asked_for(server: UnkindServer, portal: Portal, name: str) -> None:
    with pytest.raises(NotPossible, match="cannot be part of an address"):
        only_item(server, portal, name=name).path()
    assert len(server.seen) == 1


def test_a_mounted_lake_is_used_without_a_download(
    server: UnkindServer, portal: Portal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mount" / "scope" / "a").mkdir(parents=True)
    (tmp_path / "mount" / "scope" / "a" / "b.fits").write_bytes(b"12345")
    (tmp_path / "secret").write_bytes(b"12345")
    monkeypatch.setenv("VRE_LAKE_MOUNTS", f'{{"lake": "{tmp_path}/mount"}}')
    assert only_item(server, portal, name="a/b.fits", bytes=5).path() == tmp_path / "mount" / "scope" / "a" / "b.fits"
    for scope, name in [("scope", "../../secret"), ("..", "secret"), ("/", f"{tmp_path}/secret"), ("scope", "a\0b")]:
        assert places.mounted(RemoteFile("lake", scope, name, 5, None)) is None
    assert places.mounted(RemoteFile("lake", "scope", "a/b.fits", 6, None)) is None
    assert places.mounted(RemoteFile("other", "scope", "a/b.fits", 5, None)) is None


def test_what_is_no_data_has_no_path(server: UnkindServer, portal: Portal) -> None:
    with pytest.raises(NotPossible, match="no data in a Data Lake"):
        only_item(server, portal, lake=None, kind="software").path()


def test_limits_and_full_disks_are_told_before_a_download(server: UnkindServer, portal: Portal) -> None:
    with pytest.raises(NotPossible, match="free"):
        only_item(server, portal, bytes=10**18).path(max_bytes=10**19)
    with pytest.raises(NotPossible, match="more than the limit"):
        only_item(server, portal, bytes=10**18).path()
    assert not server.asked(PATH)
