"""The portal contacts public hosts alone, however an address spells another one, and connects to the address that it has checked."""

import socket
from typing import Any

import pytest
import urllib3

from tests.repositories.git_servers import serving
from vre_portal.address_guard import AddressRefused, addresses_of, check_address, guarded_pool

REFUSED = (
    "http://gitlab.example.org/a.git",  # no TLS
    "ftp://gitlab.example.org/a.git",
    "file:///etc/passwd",
    "git://gitlab.example.org/a.git",
    "gitlab.example.org/a",
    "//gitlab.example.org/a",
    "https://",
    "https:///a.git",
    "https://lead:secret@gitlab.example.org/a.git",
    "https://token@gitlab.example.org/a.git",
    "https://gitlab.example.org@127.0.0.1/a.git",
    "https://gitlab.example.org:8443/a.git",
    "https://gitlab.example.org:22/a.git",
    "https://gitlab.example.org:99999/a.git",
    "https://gitlab.example.org:x/a.git",
    "https://localhost/a.git",
    "https://portal.localhost/a.git",
    "https://printer.local/a.git",
    "https://metadata.google.internal/a.git",
    "https://intranet/a.git",
    "https://127.0.0.1/a.git",
    "https://127.1/a.git",
    "https://2130706433/a.git",
    "https://0x7f.0.0.1/a.git",
    "https://0x7f000001/a.git",
    "https://0177.0.0.1/a.git",
    "https://0/a.git",
    "https://10.0.0.1/a.git",
    "https://172.16.0.1/a.git",
    "https://192.168.1.1/a.git",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/a.git",
    "https://224.0.0.1/a.git",
    "https://255.255.255.255/a.git",
    "https://[::1]/a.git",
    "https://[::]/a.git",
    "https://[::ffff:127.0.0.1]/a.git",
    "https://[::ffff:a00:1]/a.git",
    "https://[::127.0.0.1]/a.git",
    "https://[fe80::1]/a.git",
    "https://[fe80::1%25eth0]/a.git",
    "https://[fc00::1]/a.git",
    "https://[fec0::1]/a.git",
    "https://[ff02::1]/a.git",
    "https://[2002:7f00:1::]/a.git",  # 6to4 of 127.0.0.1
    "https://[2002:808:808::1]/a.git",  # 6to4 of 8.8.8.8
    "https://[64:ff9b::7f00:1]/a.git",  # NAT64 of 127.0.0.1
    "https://[2001:0:53aa:64c:0:0:80ff:fffe]/a.git",  # Teredo
    "https://[not an address]/a.git",
    "https://gitlab.example.org\\@127.0.0.1/a.git",
    "https://gitlab.example.org\t/a.git",
    "https://gitlab.example.org/a b.git",
    "https://gitlab.example.org/\na.git",
    "https://g\u0131tlab.example.org/a.git",
    "https://gitlab.example.org\u3002local/a.git",
    "https://-gitlab.example.org/a.git",
    f"https://{'a' * 64}.example.org/a.git",
    f"https://gitlab.example.org/{'a' * 500}",
)


@pytest.mark.parametrize("address", REFUSED)
def test_an_odd_address_is_refused_before_anything_is_asked(address: str, monkeypatch: Any) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("a name was resolved")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    with pytest.raises(AddressRefused):
        check_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://gitlab.example.org/group/name.git",
        "https://example.org:443/a",
        "https://[2001:4860:4860::8888]/a",
        "https://[64:ff9b::808:808]/a",  # NAT64 of 8.8.8.8: how a machine without IPv4 reaches a host that has nothing else
    ],
)
def test_an_ordinary_address_is_let_through(address: str) -> None:
    assert check_address(address) == address


def resolved_to(monkeypatch: Any, *answers: tuple[str, ...]) -> list[str]:
    """Let each name have these addresses, one answer after another; the names that were asked for."""
    asked: list[str] = []

    def answer(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        found = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (item, port)) for item in found]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


@pytest.mark.parametrize(
    "answer", [("127.0.0.1",), ("8.8.8.8", "10.0.0.1"), ("::1",), ("::ffff:10.0.0.1",), ("64:ff9b::a00:1",), ("2002:808:808::1",), ()]
)
def test_a_name_with_one_private_address_is_refused(monkeypatch: Any, answer: tuple[str, ...]) -> None:
    resolved_to(monkeypatch, answer)
    with pytest.raises(AddressRefused, match=r"private network"):
        addresses_of("gitlab.example.org", 443)


def test_a_name_that_has_another_address_a_moment_later_changes_nothing(monkeypatch: Any) -> None:
    asked = resolved_to(monkeypatch, ("8.8.8.8",), ("127.0.0.1",))
    reached: list[Any] = []

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> Any:
        reached.append(address)
        raise OSError("nobody")

    monkeypatch.setattr("vre_portal.address_guard.urllib3_connection.create_connection", connect)
    with pytest.raises(urllib3.exceptions.HTTPError):
        guarded_pool().request("GET", "https://gitlab.example.org/a.git")
    assert (reached, asked) == ([("8.8.8.8", 443)], ["gitlab.example.org"])
    with pytest.raises(AddressRefused):
        guarded_pool().request("GET", "https://gitlab.example.org/a.git")
    assert len(reached) == 1


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/", "https://10.0.0.1/", "file:///etc/passwd", "https://a:b@gitlab.example.org/"]
)
def test_each_redirect_is_checked(target: str) -> None:
    def answer(_environ: Any, respond: Any) -> list[bytes]:
        respond("302 Found", [("Location", target), ("Content-Length", "0")])
        return []

    with serving(answer) as home, pytest.raises((AddressRefused, urllib3.exceptions.HTTPError)):
        guarded_pool([home.split("/")[2]]).request("GET", f"{home}/a.git")


def test_a_redirect_without_end_ends() -> None:
    seen: list[str] = []

    def answer(environ: Any, respond: Any) -> list[bytes]:
        seen.append(environ["PATH_INFO"])
        respond("302 Found", [("Location", f"/{len(seen)}"), ("Content-Length", "0")])
        return []

    with serving(answer) as home, pytest.raises(urllib3.exceptions.HTTPError):
        guarded_pool([home.split("/")[2]]).request("GET", home)
    assert len(seen) < 6


def test_a_host_that_the_operator_names_is_reached_as_it_is() -> None:
    def answer(_environ: Any, respond: Any) -> list[bytes]:
        respond("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    with serving(answer) as home:
        host = home.split("/")[2]
        assert guarded_pool([host]).request("GET", home).data == b"ok"
        with pytest.raises(AddressRefused):
            guarded_pool().request("GET", home)
        with pytest.raises(AddressRefused):
            guarded_pool([f"{host}0"]).request("GET", home)
