"""Files and lists of files at the API: no list is cut in silence, addresses carry any name, and errors are JSON."""

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.test import Client
from django.urls import resolve

from datalake.files import api, direct
from datalake.pages.addresses import asked_name
from datalake.rucio import paging
from tests.api.callers import code_of, program
from vre_portal.api.errors import ApiError
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, service

Visitor = Callable[[str], Client]
stack = pytest.mark.integration("iam", "rucio", "storage")
FILE = "/api/data/escape/KM3NET_ECAP_SP/aeff.fits"
LIST = "/api/data/escape/KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf/files/"


@pytest.fixture
def caller(visitor: Visitor, people: dict[str, User], db: None) -> Client:
    """A program of somebody whom the lake knows, without a sign-in that could be exchanged."""
    visitor("lead")
    return program(people["lead"])


def items_of(caller: Client, address: str) -> Iterator[dict[str, Any]]:
    while address:
        page = caller.get(address).json()
        yield from page["items"]
        address = page["next"] or ""


@stack
def test_pages_of_a_list_hold_every_file_once(caller: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(items_of(caller, LIST))
    monkeypatch.setattr(api, "PAGE", 2)
    assert list(items_of(caller, LIST)) == whole
    assert len({item["name"] for item in whole}) == len(whole) > 2


@stack
def test_a_list_that_is_too_long_is_refused_and_not_cut(caller: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    many = len(list(items_of(caller, LIST)))
    monkeypatch.setattr(api, "LIMIT", many)
    assert caller.get(LIST).status_code == 200
    monkeypatch.setattr(api, "LIMIT", many - 1)
    reply = caller.get(LIST)
    assert code_of(reply) == (413, "too_many_files")
    assert reply.json()["error"]["next"]


def a_reader(files: int, withheld: int, unreadable: int) -> Any:
    """A reader of a container that says less of its length than is in it, of which not all may be seen."""
    dids = [SimpleNamespace(scope="s", name=f"{number:06d}", bytes=1, adler32="", md5="") for number in range(files)]
    answer = SimpleNamespace(error=None, required=lambda: dids, withheld=withheld, unreadable=(None,) * unreadable)
    container = SimpleNamespace(error=None, required=lambda: SimpleNamespace(type="CONTAINER", length=1))
    return SimpleNamespace(
        lake=service(ServiceKind.RUCIO, "escape"),
        fetch=lambda *_args: SimpleNamespace(result=container),
        fetch_recent=lambda *_args, **_options: SimpleNamespace(result=answer),
    )


@pytest.mark.parametrize(("files", "withheld", "unreadable"), [(4, 0, 0), (1, 3, 0), (1, 0, 3), (2, 1, 1), (0, 4, 0)])
def test_what_is_left_out_counts_towards_the_limit(
    rf: Any, monkeypatch: pytest.MonkeyPatch, files: int, withheld: int, unreadable: int
) -> None:
    monkeypatch.setattr(api, "LIMIT", 3)
    with pytest.raises(ApiError) as refused:
        api.page_of_files(rf.get("/"), a_reader(files, withheld, unreadable), "s", "c", 0)
    assert refused.value.status == 413


def test_pages_count_what_is_left_out_once(rf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "PAGE", 2)
    pages = [json.loads(api.page_of_files(rf.get("/"), a_reader(3, 1, 1), "s", "c", after).content) for after in (0, 2)]  # type: ignore[attr-defined]
    assert [(len(page["items"]), page["left_out"]) for page in pages] == [(2, 2), (1, 0)]


@pytest.mark.parametrize("name", ["plain", "a#b", "50%", "%2F", "a?b=c", "a b", "é/ü", "a//b", "..", "-", "a&after=9", "x/files/"])
def test_the_next_page_is_of_the_same_name(name: str) -> None:
    address = urlsplit(api.files_address(service(ServiceKind.RUCIO, "escape"), "s", name, after=7))
    found, query = resolve(unquote(address.path)), parse_qs(address.query)
    assert found.url_name == "data-files"
    assert asked_name(found.kwargs["name"], query.get("name", [None])[0]) == name
    assert query["after"] == ["7"]
    assert not address.fragment


@stack
def test_a_range_beyond_the_end_is_told_in_json_with_what_the_file_is(caller: Client) -> None:
    whole = caller.get(FILE)
    size = len(b"".join(whole.streaming_content))  # type: ignore[attr-defined]
    reply = caller.get(FILE, headers={"Range": f"bytes={size}-"})
    assert code_of(reply) == (416, "range")
    assert reply["Content-Range"] == f"bytes */{size}"
    unchanged = caller.get(FILE, headers={"If-None-Match": whole["ETag"]})
    assert unchanged.status_code == 304
    for told in (reply, unchanged):
        assert (told["ETag"], told[api.CHECKSUM]) == (whole["ETag"], whole[api.CHECKSUM])


@stack
def test_where_no_token_for_a_storage_can_be_had_the_bytes_come_from_here(caller: Client) -> None:
    reply = caller.get(f"{FILE}?direct=1")
    assert reply.status_code == 200
    assert len(b"".join(reply.streaming_content)) == int(reply["Content-Length"])  # type: ignore[attr-defined]


@stack
@pytest.mark.parametrize("kind", [RemoteUnavailable, RemoteRefused])
def test_where_the_iam_gives_none_either(caller: Client, monkeypatch: pytest.MonkeyPatch, kind: type[RemoteError]) -> None:
    def refuse(_user: User, lake: Service, *_args: Any, **_options: Any) -> str:
        raise kind("no", service=lake)

    monkeypatch.setattr(direct, "address_with_token", refuse)
    assert caller.get(f"{FILE}?direct=1").status_code == 200


def test_more_rows_are_read_than_a_list_has() -> None:
    assert paging.MAX_ROWS > api.LIMIT
