"""Requests: where the token goes, what is waited for, and which words an error has."""

import time
from pathlib import Path

import pytest

from client.tests.portal_answers import basket, item
from client.tests.unkind_server import UnkindServer
from vre import AccessDenied, NotFound, NotPossible, NotSignedIn, Portal, PortalUnavailable, VreError
from vre.addresses import origin, proxies_for


def test_the_token_goes_to_the_portal_alone(
    server: UnkindServer, elsewhere: UnkindServer, portal: Portal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.says("/api/basket/", basket(item()))
    server.says("/api/data/lake/scope/events.fits", b"", 307, Location=f"{elsewhere.url}/signed?key=1", Set_Cookie="a=b")
    elsewhere.says("/signed", b"data", Set_Cookie="c=d")
    assert portal.basket()[0].path().read_bytes() == b"data"
    assert {request.headers.get("Authorization") for request in server.seen} == {"Bearer personal"}
    assert {request.headers.get("Authorization") for request in elsewhere.seen} == {None}
    assert {request.headers.get("Cookie") for request in [*server.seen, *elsewhere.seen]} == {None}


def test_a_redirect_within_the_portal_keeps_the_token(server: UnkindServer, portal: Portal) -> None:
    server.says("/api/basket/", b"", 302, Location="/moved")
    server.says("/moved", basket())
    assert portal.basket().name == "For the paper"
    assert server.seen[-1].headers["Authorization"] == "Bearer personal"


@pytest.mark.parametrize("target", ["http://192.0.2.1/", "file:///etc/passwd", "ftp://127.0.0.1/", "", "http://[", "//"])
def test_unsafe_redirects_are_not_followed(server: UnkindServer, portal: Portal, target: str) -> None:
    server.says("/api/basket/", b"", 307, Location=target)
    with pytest.raises(VreError):
        portal.basket()


ODD = [
    "http://{elsewhere}\\@{portal}/x",
    "http://{portal}\\@{elsewhere}/x",
    "http://user@{portal}/x",
    "http://{elsewhere}@{portal}/x",
    "//{elsewhere}\\@{portal}/x",
    "http:\\\\{elsewhere}/x",
    "http://{portal}\t@{elsewhere}/x",
    "ht\ttp://{portal}/x",
    "http://{portal}/\x01x",
    "\x01http://{portal}/x",
    "http://{portal}/ x",
    "http://{portal}\x85/x",
    "http://%31{portal}/x",
    "http://é.example/x",
]


@pytest.mark.parametrize("target", ODD)
def test_addresses_that_programs_read_differently_are_not_followed(
    server: UnkindServer, elsewhere: UnkindServer, portal: Portal, target: str
) -> None:
    hosts = {"portal": server.url.removeprefix("http://"), "elsewhere": elsewhere.url.removeprefix("http://")}
    server.says("/api/basket/", b"", 307, Location=target.format(**hosts))
    elsewhere.says("/x", basket())
    with pytest.raises(PortalUnavailable, match=r"Tell the portal's operators\."):
        portal.basket()
    assert not elsewhere.seen
    server.says("/api/basket/", basket(item(), next=target.format(**hosts)))
    with pytest.raises(VreError):
        list(portal.basket())
    assert not elsewhere.seen


def test_another_port_or_scheme_is_another_server(server: UnkindServer, elsewhere: UnkindServer, portal: Portal) -> None:
    server.says("/api/basket/", b"", 307, Location=f"{elsewhere.url}/x")
    elsewhere.says("/x", basket())
    assert portal.basket().name == "For the paper"
    assert [request.headers.get("Authorization") for request in elsewhere.seen] == [None]
    assert origin("https://portal.example.org") == origin("HTTPS://Portal.example.org:443/x")
    assert len({origin(f"{scheme}://portal.example.org{port}") for scheme in ("http", "https") for port in ("", ":8443")}) == 4


def test_the_token_is_kept_from_what_requests_makes_of_an_address(
    server: UnkindServer, elsewhere: UnkindServer, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vre.addresses.has_plain_letters", lambda url: True)
    monkeypatch.setattr("vre.addresses.is_plain_host", lambda netloc: True)
    server.says("/api/basket/", b"", 307, Location=f"{elsewhere.url}\\@{server.url.removeprefix('http://')}/x")
    with pytest.raises(VreError):
        portal.basket()
    assert [request.headers.get("Authorization") for request in elsewhere.seen] == [None]


def test_no_proxy_reads_what_stays_in_this_machine(
    server: UnkindServer, elsewhere: UnkindServer, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, elsewhere.url)
    server.says("/api/basket/", basket())
    assert portal.basket().name == "For the paper"
    assert not elsewhere.seen
    assert proxies_for("https://portal.example.org") == {}


def test_a_change_is_never_redirected(server: UnkindServer, elsewhere: UnkindServer, portal: Portal) -> None:
    server.says("/api/basket/", basket())
    server.says("POST /api/basket/7/items/", b"", 307, Location=f"{elsewhere.url}/")
    with pytest.raises(PortalUnavailable, match="not safe to follow"):
        portal.basket().add("did", "lake:scope:name")
    assert not elsewhere.seen


def test_who_is_busy_is_asked_again_when_it_says(server: UnkindServer, portal: Portal) -> None:
    server.first(
        "/api/basket/",
        lambda request: request.give(429, {}, Retry_After="1"),
        lambda request: request.give(503, {}, Retry_After="nonsense"),
        lambda request: request.cut(b'{"id": 7', 200),
        lambda request: request.give(200, basket()),
    )
    begin = time.monotonic()
    assert portal.basket().id == 7
    assert time.monotonic() - begin >= 1
    assert len(server.seen) == 4


def test_an_unknown_change_is_not_repeated(server: UnkindServer, portal: Portal) -> None:
    server.says("/api/basket/", basket())
    server.answers["POST /api/basket/7/items/"] = lambda request: request.cut(b"{", 200)
    found = portal.basket()
    with pytest.raises(PortalUnavailable, match="broke off"):
        found.add("did", "lake:scope:name")
    assert len(server.asked("/api/basket/7/items/")) == 1


@pytest.mark.parametrize(
    ("status", "kind"), [(401, NotSignedIn), (403, AccessDenied), (404, NotFound), (422, NotPossible), (500, PortalUnavailable)]
)
def test_errors_have_the_portal_s_words_and_a_next_step(server: UnkindServer, portal: Portal, status: int, kind: type[VreError]) -> None:
    server.says("/api/me/", {"error": {"code": "x", "message": "It is\x1b[2J so.", "next": "Do that."}}, status)
    with pytest.raises(kind) as caught:
        portal.me()
    assert "\x1b" not in str(caught.value)
    assert caught.value.next_step
    if status != 401:
        assert str(caught.value) == "It is\\x1b[2J so. Do that."


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"[" * 100_000, b"\xff\xfe", b"", b'"text"'])
def test_what_is_no_portal_is_told(server: UnkindServer, portal: Portal, body: bytes) -> None:
    server.says("/api/me/", body)
    with pytest.raises(PortalUnavailable, match="did not answer as a VRE portal"):
        portal.me()


def test_another_server_is_no_portal(server: UnkindServer, portal: Portal) -> None:
    server.says("/api/me/", b"<h1>Not found</h1>", 404)
    with pytest.raises(PortalUnavailable, match=r"Check the address of the portal\."):
        portal.me()
    server.says("/api/me/", b"<h1>Bad gateway</h1>", 502)
    with pytest.raises(PortalUnavailable, match=r"status 502\. Try again later\."):
        portal.me()


def test_a_portal_that_is_away() -> None:
    with pytest.raises(PortalUnavailable, match=r"127.0.0.1 does not answer .* Check your connection"):
        Portal("http://127.0.0.1:9", token="x").me()


@pytest.mark.parametrize(
    "url",
    [
        "http://portal.example.org", "ftp://x", "portal", "https://u:p4ss@x", "https://x/?a=1", "http://[::1", "https://", "https://x\\@y",
        "https://x y", "https://x\t", "https://püx",
    ],
)  # fmt: skip
def test_addresses_that_are_unsafe_for_a_token(url: str) -> None:
    with pytest.raises(NotPossible) as caught:
        Portal(url, token="x")
    assert "p4ss" not in str(caught.value)
