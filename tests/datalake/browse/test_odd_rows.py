"""One odd row in a listing of Rucio's costs only itself: the others are read, and it is told which one is missing and why."""

import json
import zipfile
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from datalake import rucio
from datalake.files import bundles, streaming
from datalake.reads.credentials import PersonCredentials
from datalake.rucio import rses, transfers, unreadable
from datalake.rucio.replicas import iter_file_copies, spool_file_names
from datalake.rucio.types import Did
from tests.datalake.test_rucio_faults import JSON, STREAM, lake
from tests.page_text import text_of
from tests.vre_portal.servers import Handler, serving
from vre_portal.http import RemoteUnavailable
from vre_portal.services import Service, ServiceKind

RULE_ID = "0" * 32
PLACES = ["front", "middle", "end"]
DID = {"scope": "s", "name": "n", "type": "FILE", "bytes": 1, "length": 1}
RULE = {
    "id": RULE_ID,
    "rule_id": RULE_ID,
    "scope": "s",
    "name": "n",
    "account": "a",
    "state": "OK",
    "copies": 1,
    "rse_expression": "X",
    "created_at": "Sun, 01 Mar 2026 00:00:00 UTC",
}
LOCK = {"scope": "s", "name": "n", "rse": "R", "state": "OK"}
COLLECTION = {"scope": "s", "name": "n", "rse": "R", "state": "AVAILABLE", "bytes": 1}
LINK = {"src_rse": "A", "dst_rse": "B", "files": {}, "bytes": {}}
TRANSFER = {"scope": "s", "name": "n"}
SUBSCRIPTION = {"name": "n", "account": "a", "filter": "{}", "replication_rules": "[]"}
LISTINGS: dict[str, tuple[Callable[[Service], Any], dict[str, Any], dict[str, Any]]] = {
    "dids": (lambda it: rucio.list_dids(it, "t", "s"), DID, {"bytes": "many"}),
    "content": (lambda it: rucio.list_content(it, "t", "s", "n"), DID, {"length": 1e999}),
    "files": (lambda it: rucio.list_files(it, "t", "s", "n"), DID, {"bytes": []}),
    "parents": (lambda it: rucio.list_parents(it, "t", "s", "n"), DID, {"bytes": "x"}),
    "names": (lambda it: spool_file_names(it, "t", "s", "n").readlines(), DID, {"scope": None, "name": ...}),
    "rules of a DID": (lambda it: rucio.list_rules(it, "t", "s", "n"), RULE, {"copies": "two"}),
    "rules of the lake": (lambda it: rucio.list_all_rules(it, "t", rucio.RuleFilter()), RULE, {"locks_ok_cnt": "x"}),
    "rules that hold a file": (lambda it: rucio.list_holding_rules(it, "t", "s", "n"), RULE, {"copies": None}),
    "changes of a rule": (lambda it: [*rucio.list_rule_history(it, "t", "s", "n")], RULE, {"rule_id": ...}),
    "locks": (lambda it: rucio.list_locks(it, "t", RULE_ID), LOCK, {"rse": ...}),
    "copies of a collection": (lambda it: rucio.list_replicas(it, "t", "s", "n", type="DATASET"), COLLECTION, {"bytes": "x"}),
    "links": (lambda it: transfers.list_links(it, "t"), LINK, {"files": {"queued-total": "x"}}),
    "transfers": (lambda it: transfers.list_transfers(it, "t", "A", "B"), TRANSFER, {"bytes": "x"}),
    "failures": (lambda it: transfers.list_failures(it, "t", "A", "B"), TRANSFER, {"retry_count": "x"}),
    "subscriptions": (lambda it: rucio.list_subscriptions(it, "t"), SUBSCRIPTION, {"filter": "{"}),
    "storage elements": (lambda it: rses.list_rses(it, "t", details=False), {"rse": "R"}, {"rse": ...}),
    "storage elements of an expression": (lambda it: rses.list_matching_rses(it, "t", "a=b"), {"rse": "R"}, {"rse": ...}),
    "known names": (lambda it: [*existing_names(it)], {**DID, "did_type": "FILE"}, {"bytes": "x"}),
}


def existing_names(it: Service) -> dict[str, Did]:
    from datalake.rucio.name_lookup import find_existing

    return find_existing(it, "t", "s", ["n0", "n1"])


def changed(row: dict[str, Any], change: dict[str, Any]) -> bytes:
    """The row with other values; ... takes a key away."""
    return json.dumps({key: value for key, value in {**row, **change}.items() if value is not ...}).encode()


def lines(place: str, bad: bytes, good: dict[str, Any]) -> bytes:
    name = next((key for key in ("name", "rse", "src_rse") if key in good), "name")
    rows = [json.dumps({**good, name: f"{good[name]}{number}"}).encode() for number in range(2)]
    rows.insert(PLACES.index(place), bad)
    return b"\n".join(rows) + b"\n"


@pytest.mark.parametrize("kind", ["value", "no object", "no JSON"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("listing", LISTINGS)
def test_an_odd_row_of_a_listing_costs_only_itself(listing: str, place: str, kind: str) -> None:
    read, good, change = LISTINGS[listing]
    bad = {"value": changed(good, change), "no object": b"[7]", "no JSON": b"<html>"}[kind]
    with lake(200, STREAM, lines(place, bad, good)) as service, unreadable.collect_unreadable() as odd:
        assert len(read(service)) == 2
    assert len(odd) == 1
    assert odd[0].reason
    with lake(200, STREAM, bad) as service, pytest.raises(RemoteUnavailable):
        read(service)  # where no row can be read it is no listing, least of all an empty one


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_copy_of_a_file_that_cannot_be_read_costs_only_itself(place: int) -> None:
    names = ["A", "B"]
    names.insert(place, "ODD")
    row = {"scope": "s", "name": "n", "bytes": 1, "rses": {name: ["https://x/y"] for name in names} | {"ODD": 7}}
    with lake(200, STREAM, json.dumps(row).encode()) as service, unreadable.collect_unreadable() as odd:
        assert [item.rse for item in rucio.list_replicas(service, "t", "s", "n", type="FILE")] == ["A", "B"]
    assert len(odd) == 1


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_storage_element_whose_details_fail_is_listed_without_them(place: int) -> None:
    names = ["A", "B"]
    names.insert(place, "ODD")

    def answer(handler: Handler) -> None:
        path = handler.path.partition("?")[0]
        if path == "/ping":
            handler.whole(b"{}", Content_Type="application/json")
        elif path.rstrip("/") == "/rses":
            handler.whole(b"\n".join(json.dumps({"rse": name}).encode() for name in names), Content_Type=STREAM["Content-Type"])
        elif "ODD" in path:
            handler.whole(b"", 500)
        elif path.endswith("/usage"):
            handler.whole(b'{"source": "storage", "used": 1, "total": 2}', Content_Type=STREAM["Content-Type"])
        else:
            handler.whole(b"[]" if path.endswith("protocols") else b"{}", Content_Type=JSON["Content-Type"])

    with serving(answer) as (server, _), unreadable.collect_unreadable() as odd:
        service = Service(ServiceKind.RUCIO, server.name, "Lake", server.url)
        found = rucio.list_rses(service, "t")
    assert [(item.name, item.used) for item in found] == [("A", 1), ("B", 1), ("ODD", None)]
    assert [item.text for item in odd] == ["ODD"]


def test_a_lake_that_goes_away_while_the_details_are_read_is_an_outage() -> None:
    def answer(handler: Handler) -> None:
        if handler.path.partition("?")[0].rstrip("/") == "/rses":
            handler.whole(b'{"rse": "A"}\n{"rse": "B"}', Content_Type=STREAM["Content-Type"])
        else:
            handler.whole(b"", 503)

    with serving(answer) as (server, _), pytest.raises(RemoteUnavailable):
        rucio.list_rses(Service(ServiceKind.RUCIO, server.name, "Lake", server.url), "t")


@pytest.mark.parametrize("place", PLACES)
def test_a_file_without_a_copy_is_named_in_the_metalink(place: str) -> None:
    with lake(200, STREAM, lines(place, b"null", {"scope": "s", "name": "n", "rses": {"R": ["https://host/a--b"]}})) as service:
        names = BytesIO(b'["s", "n0"]\n["s", "lost--x"]\n["s", "n1"]\n')
        found = iter_file_copies(service, lambda: "t", TextIOWrapper(names))
        text = b"".join(bundles.metalink("Lake", "s", found, {}, unreadable=2)).decode()
    assert len(ElementTree.fromstring(text)) == 3  # the generator and two files
    assert "lost- - x" in text or "lost- -x" in text
    assert "2 files in Rucio's list could not be read" in text


@pytest.mark.parametrize("bad", [0, 1, 2])
def test_a_file_that_fails_in_a_zip_costs_only_itself(bad: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def pieces(lake: Service, token: str, file: Did, *_: Any) -> Any:
        if file.name == str(bad):
            raise RemoteUnavailable("gone")
        yield file.name.encode()

    monkeypatch.setattr(streaming, "pieces", pieces)
    odd = unreadable.UnreadableRow("s:odd", "It is not JSON.")
    body = b""
    stream = bundles.zipped(
        Service(ServiceKind.RUCIO, "x", "X", "http://x"),
        PersonCredentials("t"),
        "s",
        [Did("s", str(n), "FILE") for n in range(3)],
        unreadable=[odd],
    )
    ended = ""
    try:
        for piece in stream:
            body += piece
    except bundles.IncompleteBundle as error:
        ended = str(error)
    assert ended.startswith("2 of the files")
    archive = zipfile.ZipFile(BytesIO(body))
    assert [name for name in archive.namelist() if name != bundles.MANIFEST] == [str(n) for n in range(3) if n != bad]
    manifest = archive.read(bundles.MANIFEST).decode()
    assert "s:odd It is not JSON." in manifest
    assert manifest.count("missing\t") == 2


@pytest.mark.integration("rucio", "iam")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", PLACES)
def test_a_page_says_how_many_rows_are_missing_and_which(
    visitor: Callable[[str], Client], lake_at: Callable[[str], None], place: str
) -> None:
    def answer(handler: Handler) -> None:
        if "whoami" in handler.path:
            handler.begin(303, Location=f"http://{handler.headers['Host']}/accounts/lead", Content_Length="0")
        else:
            handler.whole(lines(place, changed({**RULE, "name": "odd"}, {"copies": "two"}), RULE), Content_Type=STREAM["Content-Type"])

    client = visitor("lead")
    with serving(answer) as (server, _):
        lake_at(server.url)
        reply = client.get("/datalake/escape/rules/")
        assert reply.status_code == 200
        text = text_of(reply.content)
        assert "1 entry in Rucio's answer could not be read" in text
        assert "s:odd" in text
        rows = client.get("/datalake/escape/rules/?format=json")
        assert len(rows.json()["items"]) == 2
        assert rows["X-Unreadable-Rows"] == "1"
