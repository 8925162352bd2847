"""Whether files fit is known before they are sent: limits of an account, free space, what is on its way already."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from datalake import rucio
from datalake.rucio import AccountLimit, Quota
from datalake.uploads import capacity
from datalake.uploads.models import Upload
from tests.datalake.operations.elements import limit, root
from tests.datalake.uploads.conftest import Sender
from tests.devstack.rucio_client import token, unique
from tests.page_text import text_of
from vre_portal import services
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, service

real = pytest.mark.integration("rucio", "storage", "iam")
stored = pytest.mark.django_db(transaction=True)
PAGE = "/datalake/escape/upload/"
MB = 10**6


@pytest.mark.parametrize(
    ("room", "count", "under_way", "words"),
    [
        (Quota("A", AccountLimit(None)), 10**15, 0, ""),
        (Quota("A", AccountLimit(10 * MB, 4 * MB)), 5 * MB, 0, ""),
        (
            Quota("A", AccountLimit(10 * MB, 4 * MB)),
            6 * MB,
            0,
            "Not enough quota at A: the upload (6.0 MB) must be smaller than the remaining quota (6.0 MB of 10.0 MB).",
        ),
        (
            Quota("A", AccountLimit(10 * MB, 4 * MB)),
            5 * MB,
            2 * MB,
            "remaining quota (4.0 MB of 10.0 MB). Your unfinished uploads (2.0 MB) count as used.",
        ),
        (Quota("A", AccountLimit(10 * MB, 12 * MB)), 0, 0, "Your quota of 10.0 MB at A is used up."),
        (Quota("A", AccountLimit(0)), 0, 0, "You have no quota at A."),
        (
            Quota("A", AccountLimit(10 * MB, 0, "country=DE")),
            11 * MB,
            0,
            "for country=DE, which includes A: the upload (11.0 MB) must be smaller than the remaining quota (10.0 MB of 10.0 MB).",
        ),
        (Quota("A", AccountLimit(None), free=3 * MB), 4 * MB, 0, "Not enough free space at A: the upload needs 4.0 MB, 3.0 MB are free."),
        (Quota("A", AccountLimit(None), free=3 * MB), 2 * MB, 2 * MB, "at A: the upload needs 2.0 MB, 1.0 MB are free."),
        (Quota("A", AccountLimit(None), writable=False), 0, 0, "Writing to A is currently disabled."),
    ],
)
def test_what_does_not_fit_is_said_in_words(room: Quota, count: int, under_way: int, words: str) -> None:
    found = capacity.problem(room, count, under_way)
    assert words in found
    assert bool(words) == bool(found)


def test_of_several_limits_the_narrowest_counts() -> None:
    assert AccountLimit(5, 9).left == 0
    assert capacity.CapacityCheck("A", 3, Quota("A", AccountLimit(10, 2)), under_way=3).left == 5
    assert capacity.CapacityCheck("A", 3, None).fits is None


@pytest.fixture
def place(rse: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> str:
    """A storage element where the member may keep 10 MB, and to which the portal sends files."""
    name, own = rse(), services.services()

    def opened(item: Service) -> Service:
        options = {**item.options, "upload_rses": [name, "DEMO-ERLANGEN"]}
        return Service(item.kind, item.name, item.title, item.url, item.audience, options) if item.kind is ServiceKind.RUCIO else item

    monkeypatch.setattr(services, "_all", lambda: tuple(opened(item) for item in own))
    return name


@pytest.fixture
def member(visitor: Callable[[str], Client], people: dict[str, User]) -> Sender:
    return Sender(visitor("member"))


def create(member: Sender, size: int, place: str) -> Any:
    return member.create(size, unique("room"), "user.member", rse=place)


def told(member: Sender, place: str, count: int) -> dict[str, Any]:
    """What the portal says of one storage element."""
    items = member.client.get(f"{PAGE}room/", {"rse": place, "bytes": count, "format": "json"}).json()["items"]
    found: dict[str, Any] = next(item for item in items if item["rse"] == place)
    return found


@real
@stored
def test_what_cannot_fit_is_refused_before_a_byte_is_sent(member: Sender, place: str) -> None:
    assert told(member, place, 6 * MB) == {
        "rse": place, "left_bytes": 10 * MB, "free_bytes": None, "under_way_bytes": 0, "known": True, "fits": True, "problem": ""
    }  # fmt: skip
    assert create(member, 6 * MB, place).status_code == 201
    assert (told(member, place, 5 * MB)["left_bytes"], told(member, place, 5 * MB)["fits"]) == (4 * MB, False)
    refused = create(member, 5 * MB, place)
    assert refused.status_code == 507
    assert "(4.0 MB of 10.0 MB). Your unfinished uploads (6.0 MB) count as used. Choose another storage element" in refused.content.decode()
    assert Upload.objects.count() == 1
    page = text_of(member.client.get(f"{PAGE}room/", {"rse": place, "bytes": 5 * MB}).content)
    assert "Choose a storage element with enough space: DEMO-ERLANGEN." in page


@real
@stored
def test_a_no_is_never_given_from_memory(member: Sender, place: str) -> None:
    limit(place, 1 * MB)
    assert create(member, 2 * MB, place).status_code == 507
    limit(place, 10 * MB)
    assert create(member, 2 * MB, place).status_code == 201


@real
@stored
def test_a_limit_over_several_storage_elements_counts_too(member: Sender, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "CACHE_SECONDS", -1)
    assert root("POST", f"/accountlimits/global/member/{place}", json={"bytes": 3 * MB}).status_code == 201
    refused = create(member, 4 * MB, place)
    assert (refused.status_code, f"for {place}, which includes {place}" in refused.content.decode()) == (507, True)
    root("DELETE", f"/accountlimits/global/member/{place}")
    limit(place, -1)  # Rucio's word for "without bounds", which it tells as Infinity
    assert rucio.get_quota(service(ServiceKind.RUCIO, "escape"), token("member"), place).left is None
    root("DELETE", f"/accountlimits/local/member/{place}")
    refused = create(member, 1, place)
    assert (refused.status_code, "You have no quota at" in refused.content.decode()) == (507, True)


@real
@stored
def test_where_writing_is_switched_off_nothing_is_sent(member: Sender, place: str) -> None:
    assert root("PUT", f"/rses/{place}", json={"availability_write": False}).status_code == 201
    refused = create(member, 1, place)
    assert (refused.status_code, "is currently disabled" in refused.content.decode()) == (507, True)


@real
@stored
def test_the_plain_form_says_it_too(member: Sender, place: str) -> None:
    limit(place, 10)
    file = SimpleUploadedFile("plain.txt", b"more than ten bytes")
    reply = member.client.post(PAGE, {"scope": "user.member", "rse": place, "file": file})
    assert (reply.status_code, "the upload (19 B) must be smaller" in text_of(reply.content)) == (400, True)
    assert not Upload.objects.exists()
    assert "10 B of 10 B quota left" in text_of(member.client.get(PAGE).content)


@real
@stored
@pytest.mark.timed
def test_a_lake_that_is_away_is_no_reason_to_refuse_and_is_asked_once(
    member: Sender, people: dict[str, User], lake_at: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert create(member, 1, "DEMO-ERLANGEN").status_code == 201  # the scopes are known from here on
    lake_at("http://127.0.0.1:9")
    monkeypatch.setattr(capacity, "CACHE_SECONDS", -1)
    begin = time.monotonic()
    assert create(member, 1, "DEMO-ERLANGEN").status_code == 201
    assert time.monotonic() - begin < capacity.TIMEOUT_SECONDS + 2
    assert told(member, "DEMO-ERLANGEN", 1) | {"under_way_bytes": 0} == {
        "rse": "DEMO-ERLANGEN", "left_bytes": None, "free_bytes": None, "under_way_bytes": 0, "known": False, "fits": None, "problem": ""
    }  # fmt: skip
    page = text_of(member.client.get(f"{PAGE}room/", {"rse": "DEMO-ERLANGEN", "bytes": 1}).content)
    assert "You can still upload: the Data Lake checks the space when it receives the files." in page
    monkeypatch.undo()
    lake_at("http://127.0.0.1:9")

    def asked(*_: object) -> None:
        raise AssertionError("the lake was asked again")

    monkeypatch.setattr(capacity, "LakeReader", asked)
    assert create(member, 1, "DEMO-ERLANGEN").status_code == 201
    assert json.loads(json.dumps(told(member, "DEMO-ERLANGEN", 1)))["fits"] is None


@stored
@pytest.mark.parametrize("query", [{}, {"rse": "NOWHERE", "bytes": "-1"}, {"bytes": "9" * 40}, {"rse": "<b>", "bytes": "x"}])
def test_a_question_that_is_none_is_answered_all_the_same(signed_in: Callable[[str], Client], query: dict[str, str]) -> None:
    reply = signed_in("member").get(f"{PAGE}room/", query)
    assert (reply.status_code, b"<b>" in reply.content) == (200, False)
