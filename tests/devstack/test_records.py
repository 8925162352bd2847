"""The records server answers as the recordings of Zenodo say."""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree

from tests.devstack.records_server import PYTHON, RecordsServer, make_entry, records_server

pytestmark = [
    pytest.mark.integration,
    pytest.mark.rare(group="records"),
    pytest.mark.skipif(not PYTHON.exists(), reason="the environment of the records server is not installed (make run)"),
]
OAI = "{http://www.openarchives.org/OAI/2.0/}"
NATIVE = "application/vnd.inveniordm.v1+json"


@dataclass
class Reply:
    status: int
    headers: Any
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any) -> None:
        return None


def get(server: RecordsServer, path: str, **headers: str) -> Reply:
    request = urllib.request.Request(server.url + path, headers=headers)
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=10) as reply:
            return Reply(reply.status, reply.headers, reply.read())
    except urllib.error.HTTPError as error:
        return Reply(error.code, error.headers, error.read())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordsServer]:
    with records_server(tmp_path_factory.mktemp("records")) as running:
        yield running


@pytest.fixture(scope="module")
def recorded() -> Path:
    folder = os.environ.get("VRE_RECORDED")  # noqa: TID251
    if not folder:
        pytest.skip("VRE_RECORDED names no folder with recorded replies")
    return Path(folder) / "recorded"


def shape(value: Any) -> Any:
    """The keys and types of a reply, without its values; of a list its first item."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def assert_within(ours: Any, theirs: Any, where: str = "") -> None:
    """Every key that we send is one that the recording has, with the same type."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        assert not ours.keys() - theirs.keys(), f"{where}: {sorted(ours.keys() - theirs.keys())}"
        for key in ours.keys() & theirs.keys():
            assert_within(ours[key], theirs[key], f"{where}/{key}")
    elif isinstance(ours, list) and isinstance(theirs, list):
        if ours and theirs:
            assert_within(ours[0], theirs[0], f"{where}[]")
    elif "NoneType" not in (ours, theirs):
        assert ours == theirs, where


def test_accept_decides_between_the_legacy_and_the_native_shape(server: RecordsServer) -> None:
    legacy = get(server, "/api/records/19981311", Accept="application/json").json()
    native = get(server, "/api/records/19981311", Accept=NATIVE).json()
    assert (legacy["id"], legacy["conceptrecid"]) == (19981311, "5524912")
    assert (native["id"], native["parent"]["id"]) == ("19981311", "5524912")


def test_a_legacy_record_has_the_recorded_shape(server: RecordsServer, recorded: Path) -> None:
    theirs = json.loads((recorded / "zenodo/legacy-record-7834392.json").read_text())
    ours = get(server, "/api/records/19981311").json()
    theirs["metadata"]["creators"][0]["orcid"] = ""
    assert theirs.keys() <= ours.keys()
    assert_within(shape(ours), shape(theirs))


def test_a_native_record_has_the_recorded_shape(server: RecordsServer, recorded: Path) -> None:
    theirs = json.loads((recorded / "zenodo/rdm-4924875-details.json").read_text())
    ours = get(server, "/api/records/19981311", Accept=NATIVE).json()
    assert theirs.keys() - {"ui"} == ours.keys()
    assert theirs["files"].keys() == ours["files"].keys()
    theirs_file, ours_file = (next(iter(one["files"]["entries"].values())) for one in (theirs, ours))
    assert theirs_file.keys() == ours_file.keys()


def test_a_file_listing_has_the_recorded_shape(server: RecordsServer, recorded: Path) -> None:
    theirs = json.loads((recorded / "zenodo/rdm-4924875-files.json").read_text())
    assert shape(theirs) == shape(get(server, "/api/records/19981311/files").json())


@pytest.mark.parametrize(
    ("path", "accept", "recording"),
    [
        ("/api/records?size=26", "*/*", "error-400-page-size-guest"),
        ("/api/records?size=25&page=401", "*/*", "error-400-result-window"),
        ("/api/records?sort=bogus", "*/*", "error-400-sort"),
        ("/api/records/900001001/files", "*/*", "error-403-restricted-files"),
        ("/api/records/999999999999", "*/*", "error-404-pid"),
        ("/api/records/19981311/files", NATIVE, "error-406-accept"),
        ("/api/records/900001004/versions", "*/*", "versions-of-deleted-record"),
    ],
)
def test_an_answer_is_the_recorded_one(server: RecordsServer, recorded: Path, path: str, accept: str, recording: str) -> None:
    theirs = json.loads((recorded / f"zenodo/{recording}.json").read_text())
    ours = get(server, path, Accept=accept)
    assert theirs.get("status", 200) == ours.status
    assert theirs.get("message") == ours.json().get("message")
    assert theirs.get("errors") == ours.json().get("errors")


def test_a_deleted_record_leaves_a_tombstone(server: RecordsServer) -> None:
    reply = get(server, "/api/records/900001004")
    assert (reply.status, reply.json()["message"]) == (410, "Record deleted")
    assert reply.json()["tombstone"]["is_visible"] is True


def test_a_concept_leads_to_its_latest_version_and_loses_the_query(server: RecordsServer) -> None:
    reply = get(server, "/api/records/5524912?a=b")
    assert (reply.status, reply.headers["Location"]) == (302, f"{server.url}/api/records/19981311")
    assert get(server, "/api/records/5524913/versions/latest").status == 301
    assert get(server, "/api/records/5524912/versions").status == 404


def test_versions_are_counted_and_paged(server: RecordsServer) -> None:
    first = get(server, "/api/records/19981311/versions?size=4").json()
    assert (first["hits"]["total"], len(first["hits"]["hits"])) == (9, 4)
    assert "prev" not in first["links"]
    last = get(server, "/api/records/19981311/versions?size=4&page=3").json()
    assert "next" not in last["links"]


def test_unknown_parameters_and_communities_are_ignored(server: RecordsServer) -> None:
    everything = get(server, "/api/records?size=1").json()["hits"]["total"]
    assert get(server, "/api/records?size=1&communities=nobody&colour=red").json()["hits"]["total"] == everything
    assert get(server, "/api/records?size=1&communities=escape2020").json()["hits"]["total"] == 29 < everything


def test_only_latest_versions_are_found_unless_asked_for(server: RecordsServer) -> None:
    latest = get(server, "/api/records?q=eossr&size=1").json()["hits"]["total"]
    assert get(server, "/api/records?q=eossr&size=1&all_versions=true").json()["hits"]["total"] == latest + 8


def test_a_bare_doi_in_a_search_is_an_error_of_the_server(server: RecordsServer) -> None:
    assert get(server, "/api/records?q=10.5281/zenodo.4055175").status == 500
    assert get(server, "/api/records?q=doi:%2210.5281/zenodo.4055175%22").json()["hits"]["total"] == 1


def test_closed_files_are_told_as_recorded(server: RecordsServer) -> None:
    for number in (900001001, 900001002):
        assert get(server, f"/api/records/{number}", Accept=NATIVE).json()["files"] == {"enabled": True}
        assert get(server, f"/api/records/{number}").json()["files"] == []
    assert get(server, "/api/records/900001003", Accept=NATIVE).json()["files"]["enabled"] is False


def test_a_file_can_be_fetched_though_its_name_holds_a_slash(server: RecordsServer) -> None:
    (_, entry) = get(server, "/api/records/900001005/files").json()["entries"]
    path = entry["links"]["content"].removeprefix(server.url)
    assert get(server, path).body == b"A file of the demonstration.\n"


def test_every_reply_says_retry_after_and_the_limits(server: RecordsServer) -> None:
    headers = get(server, "/api/records/19981311").headers
    assert 1 <= int(headers["Retry-After"]) <= 60
    assert int(headers["X-RateLimit-Remaining"]) < int(headers["X-RateLimit-Limit"])


def test_an_unchanged_record_is_not_sent_twice(server: RecordsServer) -> None:
    etag = get(server, "/api/records/19981311").headers["ETag"]
    assert get(server, "/api/records/19981311", **{"If-None-Match": etag}).status == 304


def test_a_foreign_host_name_is_refused(server: RecordsServer) -> None:
    assert get(server, "/api/records/19981311", Host="evil.example").status == 400


def test_pages_say_that_this_is_a_demonstration(server: RecordsServer) -> None:
    for path in ("/", "/records/19981311"):
        assert b"demonstration server" in get(server, path).body


def test_no_doi_is_invented(server: RecordsServer) -> None:
    record = get(server, "/api/records?q=title:R3BRoot").json()["hits"]["hits"][0]
    assert "doi" not in record
    assert record["id"] >= 900_000_001


@pytest.mark.parametrize(
    ("query", "code", "text"),
    [
        ("verb=ListRecords&metadataPrefix=XXX", "badArgument", "metadataPrefix does not exist"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=XXX", "noRecordsMatch", None),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2030-01-01", "noRecordsMatch", None),
        ("verb=GetRecord&identifier=oai:zenodo.org:XXX&metadataPrefix=oai_dc", "idDoesNotExist", "No matching identifier"),
        (
            "verb=ListRecords&resumptionToken=XXX",
            "badResumptionToken",
            "The value of the resumptionToken argument is invalid or expired.",
        ),
    ],
)
def test_an_error_of_oai_comes_with_422_and_without_declaration(server: RecordsServer, query: str, code: str, text: str | None) -> None:
    reply = get(server, f"/oai2d?{query}")
    error = ElementTree.fromstring(reply.body).find(f"{OAI}error")
    assert (reply.status, error.get("code"), error.text) == (422, code, text)
    assert not reply.body.startswith(b"<?xml version")


@pytest.mark.parametrize("prefix", ["datacite", "oai_dc"])
def test_a_record_in_xml_uses_only_recorded_elements(server: RecordsServer, recorded: Path, prefix: str) -> None:
    number = {"datacite": 4, "oai_dc": 5}[prefix]
    theirs = {one.tag for one in ElementTree.parse(recorded / f"oai/zenodo_list_records_{number}.xml").iter()}
    ours = {one.tag for one in ElementTree.fromstring(get(server, f"/oai2d?verb=ListRecords&metadataPrefix={prefix}").body).iter()}
    assert ours <= theirs | {f"{OAI}subject", "{http://purl.org/dc/elements/1.1/}subject"}


def test_a_list_of_51_is_two_pages_and_the_last_has_no_token(tmp_path: Path) -> None:
    with records_server(tmp_path, [make_entry(number) for number in range(51)]) as own:
        first = ElementTree.fromstring(get(own, "/oai2d?verb=ListIdentifiers&metadataPrefix=oai_dc&set=user-escape2020").body)
        token = first.find(f".//{OAI}resumptionToken")
        assert (token.get("completeListSize"), token.get("cursor")) == ("51", "0")
        second = ElementTree.fromstring(get(own, f"/oai2d?verb=ListIdentifiers&resumptionToken={token.text}").body)
        assert len(second.findall(f".//{OAI}header")) == 1
        assert second.find(f".//{OAI}resumptionToken") is None


def test_a_token_expires(tmp_path: Path) -> None:
    entries = [make_entry(number) for number in range(3)]
    with records_server(tmp_path, entries, RECORDS_OAI_PAGE="2", RECORDS_OAI_TOKEN_SECONDS="1") as own:
        page = ElementTree.fromstring(get(own, "/oai2d?verb=ListRecords&metadataPrefix=oai_dc").body)
        token = page.find(f".//{OAI}resumptionToken").text
        time.sleep(2.5)  # the signer counts whole seconds
        assert b"badResumptionToken" in get(own, f"/oai2d?verb=ListRecords&resumptionToken={token}").body


def test_too_many_searches_are_429_while_single_records_still_come(tmp_path: Path) -> None:
    with records_server(tmp_path, RECORDS_RATE_SEARCH="3", RECORDS_RATE_GUEST="1000") as own:
        replies = [get(own, "/api/records?size=1") for _ in range(10)]
        refused = next(reply for reply in replies if reply.status == 429)
        assert refused.json() == {"message": "3 per 1 minute", "status": 429}
        assert int(refused.headers["Retry-After"]) >= 1
        assert get(own, "/api/records/19981311").status == 200
