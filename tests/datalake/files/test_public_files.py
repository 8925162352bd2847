"""Public files without an account at the lake: bytes, ranges, bundles and previews, bounded, counted, and never of anything else."""

import csv
import io
import re
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest import mock
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.conf import settings as portal_settings
from django.db import OperationalError, connection
from django.test import Client

from datalake import rucio
from datalake.files import public_downloads
from datalake.files.streaming import pieces
from datalake.models import PublicDownload
from datalake.reads import public_reader, scopes, service_account
from datalake.reads.credentials import PortalCredentials
from tests.datalake.stack_dids import DID, DOWNLOAD, FILE, IRF, KM3NET, LAKE, bytes_of
from tests.devstack.rucio_client import rucio as ask_rucio
from tests.devstack.rucio_client import unique, upload
from tests.page_text import text_of
from vre_portal import slots
from vre_portal.services import Service, ServiceKind, service

pytestmark = [pytest.mark.integration("rucio", "storage", "iam"), pytest.mark.django_db(transaction=True)]
Visitor = Callable[[str], Client]
REDIS = portal_settings.CACHES["default"]
METALINK = "{urn:ietf:params:xml:ns:metalink}"
EMBARGO, SECRET = "KM3NET_EMBARGO_SP", "candidates_mrk421_simulated.ecsv"
PREVIEW, ZIP, LINKS = f"{LAKE}preview/{KM3NET}/aeff.fits", f"{LAKE}zip/{KM3NET}/{IRF}", f"{LAKE}metalink/{KM3NET}/{IRF}"


@pytest.fixture
def lake() -> Service:
    return service(ServiceKind.RUCIO, "escape")


@pytest.fixture(params=["anonymous", "newcomer"])
def reader(request: pytest.FixtureRequest, visitor: Visitor, signed_in: Visitor) -> Client:
    """Nobody, and somebody whom the lake does not know."""
    return (signed_in if request.param == "anonymous" else visitor)(request.param)


def test_the_bytes_are_the_file_whole_in_parts_and_by_its_head(reader: Client) -> None:
    whole = reader.get(DOWNLOAD)
    content = bytes_of(whole)
    assert (whole.status_code, len(content), f"{zlib.adler32(content):08x}") == (200, 11520, "1f08a76a")
    assert (whole["ETag"], whole["X-Robots-Tag"]) == ('"1f08a76a-11520"', "noindex, nofollow")
    part = reader.get(DOWNLOAD, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part["Content-Range"], bytes_of(part)) == (206, "bytes 100-199/11520", content[100:200])
    head = reader.head(DOWNLOAD)
    assert (head.status_code, head["Content-Length"], head["Accept-Ranges"]) == (200, "11520", "bytes")
    assert reader.get(DOWNLOAD, headers={"If-None-Match": whole["ETag"]}).status_code == 304
    assert reader.get(DOWNLOAD, headers={"Range": "bytes=11520-"}).status_code == 416


def test_a_preview_is_made_by_the_portals_account(reader: Client) -> None:
    page = reader.get(PREVIEW)
    assert (page.status_code, page["X-Robots-Tag"]) == (200, "noindex, nofollow")
    assert "EFFAREA" in text_of(page.content)
    picture = reader.get(f"{PREVIEW}?image=1")
    assert (picture["Content-Type"], picture.content[:4]) == ("image/png", b"\x89PNG")
    assert picture["Cache-Control"] == "private, max-age=3600"


def test_a_zip_has_all_files_with_checksums(reader: Client) -> None:
    reply = reader.get(ZIP)
    archive = zipfile.ZipFile(io.BytesIO(bytes_of(reply)))
    rows = list(csv.DictReader(io.TextIOWrapper(archive.open("MANIFEST.tsv")), delimiter="\t"))
    assert {row["state"] for row in rows} == {"ok"}
    for row in rows:
        assert f"{zlib.adler32(archive.read(row['path'])):08x}" == row["adler32"]
    assert len(rows) == 5


def test_a_metalink_names_addresses_that_need_no_token(reader: Client, signed_in: Visitor) -> None:
    tree = ElementTree.fromstring(bytes_of(reader.get(LINKS)))
    files = tree.findall(f"{METALINK}file")
    assert len(files) == 5
    for file in files:
        (address,) = file.findall(f"{METALINK}url")
        path = "/" + str(address.text).split("/", 3)[3]
        content = bytes_of(signed_in("anonymous").get(path))
        assert {item.get("type"): item.text for item in file.findall(f"{METALINK}hash")}["adler32"] == f"{zlib.adler32(content):08x}"


def test_the_page_offers_what_needs_no_account_and_says_what_does(reader: Client) -> None:
    for address in (DID, FILE):
        text = text_of(reader.get(address).content)
        assert ("without an account" in text) or ("Showing public data only." in text)
    page = reader.get(FILE).content.decode()
    assert f'href="{DOWNLOAD}" rel="nofollow" download' in page
    assert f'hx-get="{PREVIEW}"' in page
    assert "/direct/" not in page.split("application/ld+json")[0]
    assert "Add metadata" not in page
    assert "/make-available/" not in page


@pytest.mark.parametrize("view", ["download", "preview", "zip", "metalink"])
@pytest.mark.parametrize(
    "path", [f"{EMBARGO}/{SECRET}", f"{EMBARGO}/Candidates.Mrk421.simulated", "user.lead/anything", f"{KM3NET}/no.such.thing"]
)
def test_what_is_not_public_is_answered_as_what_does_not_exist(client: Client, db: None, view: str, path: str) -> None:
    reply = client.get(f"{LAKE}{view}/{path}")
    assert (reply.status_code, reply.content) == (302, b"")
    assert reply["Location"].startswith("/accounts/login/?next=")


def test_nobody_is_sent_to_a_storage_with_a_token_of_the_portal(reader: Client) -> None:
    reply = reader.get(f"{LAKE}direct/{KM3NET}/aeff.fits")
    assert reply.status_code in (302, 403)
    assert "authz" not in reply.get("Location", "") + reply.content.decode()
    for address in (DOWNLOAD, PREVIEW, ZIP, LINKS):
        got = reader.get(address)
        assert got.status_code == 200, address
        got.close()


def everything_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if each page had forgotten to ask."""
    monkeypatch.setattr(public_reader, "is_open", lambda *_: True)
    monkeypatch.setattr(scopes, "may_see", lambda *_: True)
    monkeypatch.setattr(scopes, "filter_visible", lambda _lake, value, _visitor: value)


@pytest.mark.parametrize("view", ["download", "preview", "zip"])
def test_a_page_that_forgets_to_ask_gets_no_bytes(client: Client, db: None, monkeypatch: pytest.MonkeyPatch, view: str) -> None:
    everything_is_public(monkeypatch)
    name = SECRET if view != "zip" else "Candidates.Mrk421.simulated"
    reply = client.get(f"{LAKE}{view}/{EMBARGO}/{name}")
    if view == "zip":
        body: list[bytes] = []
        with pytest.raises(Exception, match="could not be put into the zip"):
            body.extend(reply.streaming_content)  # type: ignore[attr-defined]
        archive = zipfile.ZipFile(io.BytesIO(b"".join(body)))
        assert archive.namelist() == ["MANIFEST.tsv"]
    else:
        assert reply.status_code == 403
        assert b"ECSV" not in reply.content


def test_a_preview_that_a_person_has_had_made_is_not_given_by_a_page_that_forgets(
    client: Client, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"{LAKE}preview/{EMBARGO}/{SECRET}"
    shown = visitor("lead").get(address)
    assert (shown.status_code, "energy" in text_of(shown.content).lower()) == (200, True)
    everything_is_public(monkeypatch)
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("method", ["get", "head"])
def test_nor_does_it_tell_more_by_a_head_or_a_tag(client: Client, db: None, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    everything_is_public(monkeypatch)
    reply = getattr(client, method)(f"{LAKE}download/{EMBARGO}/{SECRET}")
    assert (reply.status_code, "ETag" in reply) == (403, False)


@pytest.mark.parametrize("scope", [EMBARGO, "user.lead", "", "KM3NET_ECAP_S", "KM3NET_ECAP_SP/..", "km3net_ecap_sp"])
def test_the_module_that_hands_out_tokens_for_bytes_refuses_other_scopes(lake: Service, scope: str) -> None:
    with pytest.raises(service_account.NotPublic):
        service_account.bytes_token(lake, scope)
    with pytest.raises(service_account.NotPublic):
        pieces(lake, PortalCredentials(lake), rucio.Did(scope, "x", "FILE", bytes=1))


def test_a_restriction_ends_what_was_public(lake: Service) -> None:
    closed = replace(lake, options={**lake.options, "restricted_scopes": {KM3NET: ["escape/leads"]}})
    with pytest.raises(service_account.NotPublic):
        service_account.bytes_token(closed, KM3NET)


@pytest.fixture
def mixed(visitor: Visitor) -> str:
    """A public dataset that holds a public file and one of somebody's own scope."""
    own, dataset = upload("member", "user.member", b"not for everybody"), unique("mixed")
    assert ask_rucio("member", "POST", f"/dids/{KM3NET}/{dataset}", json={"type": "DATASET"}).status_code == 201
    attached = {"dids": [{"scope": KM3NET, "name": "aeff.fits"}, {"scope": "user.member", "name": own}]}
    assert ask_rucio("member", "POST", f"/dids/{KM3NET}/{dataset}/dids", json=attached).status_code == 201
    return dataset


def test_a_file_of_another_scope_in_a_public_dataset_is_left_out_and_this_is_said(reader: Client, mixed: str) -> None:
    page = text_of(reader.get(f"{LAKE}did/{KM3NET}/{mixed}").content)
    assert "1 more entry is hidden: you don't have access to it." in page
    assert "user.member" not in page
    again = text_of(reader.get(f"{LAKE}did/{KM3NET}/{mixed}").content)  # from what is remembered for a minute
    assert "1 more entry is hidden: you don't have access to it." in again
    archive = zipfile.ZipFile(io.BytesIO(bytes_of(reader.get(f"{LAKE}zip/{KM3NET}/{mixed}"))))
    manifest = archive.read("MANIFEST.tsv").decode()
    assert archive.namelist() == ["aeff.fits", "MANIFEST.tsv"]
    assert "1 file is left out: you don't have access to it." in manifest
    assert "user.member" not in manifest
    links = bytes_of(reader.get(f"{LAKE}metalink/{KM3NET}/{mixed}")).decode()
    assert links.count("<file ") == 1
    assert "1 file is left out: you don't have access to it." in links
    assert "user.member" not in links


def test_what_the_public_may_not_is_not_left_out_for_who_may(visitor: Visitor, mixed: str) -> None:
    archive = zipfile.ZipFile(io.BytesIO(bytes_of(visitor("member").get(f"{LAKE}zip/{KM3NET}/{mixed}"))))
    assert len(archive.namelist()) == 3
    assert "left out" not in archive.read("MANIFEST.tsv").decode()


def test_so_many_at_a_time_for_one_address_and_for_all(settings: Any, client: Client, db: None) -> None:
    settings.PUBLIC_DOWNLOADS_PER_READER, settings.PUBLIC_DOWNLOADS = 2, 3
    here = [client.get(DOWNLOAD) for _ in range(3)]
    assert [reply.status_code for reply in here] == [200, 200, 429]
    assert here[2]["Retry-After"]
    assert "You have too many downloads in progress" in text_of(here[2].content)
    there = [client.get(DOWNLOAD, REMOTE_ADDR="192.0.2.7") for _ in range(2)]
    assert [reply.status_code for reply in there] == [200, 429]
    assert "Too many people are downloading" in text_of(there[1].content)
    forged = client.get(DOWNLOAD, headers={"X-Forwarded-For": "198.51.100.1"})
    assert forged.status_code == 429
    bytes_of(here[0])  # one that was read to its end, and one that nobody reads
    here[1].close()
    again = [client.get(DOWNLOAD) for _ in range(2)]
    assert [reply.status_code for reply in again] == [200, 200]
    for reply in (*again, there[0]):
        reply.close()
    assert not slots._taken


def test_people_with_an_account_are_not_counted_with_them(settings: Any, visitor: Visitor) -> None:
    settings.PUBLIC_DOWNLOADS = settings.PUBLIC_DOWNLOADS_PER_READER = 0
    assert len(bytes_of(visitor("member").get(DOWNLOAD))) == 11520


def test_one_that_cannot_begin_gives_its_place_back(settings: Any, client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datalake.files.streaming.rucio.list_readable_urls", lambda *_: [])
    for _ in range(5):
        assert client.get(DOWNLOAD).status_code == 503
    assert not slots._taken
    assert not PublicDownload.objects.exists()


def test_one_that_takes_for_ever_is_ended_short(settings: Any, client: Client, db: None) -> None:
    settings.PUBLIC_DOWNLOAD_SECONDS = 0
    reply = client.get(DOWNLOAD)
    time.sleep(0.01)
    with pytest.raises(Exception, match="took too long"):
        bytes_of(reply)
    reply.close()
    assert not slots._taken


def test_a_zip_has_so_many_bytes(settings: Any, reader: Client) -> None:
    settings.PUBLIC_ZIP_GIGABYTES = 0
    reply = reader.get(ZIP)
    assert reply.status_code == 413
    assert "Too large for a zip file" in text_of(reply.content)
    assert f'href="{ZIP}"' not in reader.get(DID).content.decode()


def test_what_strangers_fetch_is_counted_and_nobody_is_named(settings: Any, client: Client, visitor: Visitor) -> None:
    bytes_of(client.get(DOWNLOAD, REMOTE_ADDR="192.0.2.99"))
    bytes_of(client.get(DOWNLOAD))
    bytes_of(client.get(DOWNLOAD, headers={"Range": "bytes=0-9"}))
    cut = client.get(DOWNLOAD)
    cut.close()
    bytes_of(client.get(ZIP))
    bytes_of(client.get(LINKS))
    client.get(PREVIEW)
    client.head(DOWNLOAD)
    bytes_of(visitor("member").get(DOWNLOAD))  # in a person's name: that is in the record of their tokens
    sums = {row.kind: (row.times, row.bytes) for row in PublicDownload.objects.filter(lake="escape", scope=KM3NET)}
    assert sums["file"] == (3, 2 * 11520)
    assert sums["range"] == (1, 10)
    assert (sums["zip"][0], sums["metalink"][0], sums["preview"]) == (1, 1, (1, 0))
    columns = {field.name for field in PublicDownload._meta.get_fields()}
    assert columns == {"id", "lake", "scope", "day", "kind", "times", "bytes"}


def test_sums_are_right_when_many_end_at_once(db: None) -> None:
    def add() -> None:
        for _ in range(20):
            PublicDownload.count("escape", KM3NET, "file", 3)
        connection.close()

    threads = [threading.Thread(target=add) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row = PublicDownload.objects.get()
    assert (row.times, row.bytes) == (100, 300)


def test_a_database_that_is_away_spoils_no_download(client: Client, db: None) -> None:
    with mock.patch.object(PublicDownload, "count", side_effect=OperationalError):
        assert len(bytes_of(client.get(DOWNLOAD))) == 11520
    assert not slots._taken


def test_strangers_have_a_rate_of_their_own(settings: Any, client: Client, visitor: Visitor, request: pytest.FixtureRequest) -> None:
    settings.CACHES = {"default": {**REDIS, "KEY_PREFIX": f"public-{unique('')}"}}
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "public-download": "2/60"}
    answers = []
    for number in range(3):
        reply = client.head(DOWNLOAD, headers={"X-Forwarded-For": f"192.0.2.{number}"})
        answers.append(reply.status_code)
    assert answers == [200, 200, 429]
    member = visitor("member")
    assert [member.head(DOWNLOAD).status_code for _ in range(4)] == [200] * 4
    assert client.get(FILE).status_code == 200  # reading the page costs no download


def test_robots_are_told_to_leave_the_bytes(client: Client, db: None) -> None:
    lines = client.get("/robots.txt").content.decode().splitlines()
    rules = [line.removeprefix("Disallow: ") for line in lines if line.startswith("Disallow: ")]

    def is_left(address: str) -> bool:
        path = urlsplit(address).path + ("?" + urlsplit(address).query if urlsplit(address).query else "")
        return any(re.match(".*".join(map(re.escape, rule.split("*"))), path) for rule in rules)

    assert lines[0] == "User-agent: *"
    assert all(map(is_left, (DOWNLOAD, PREVIEW, ZIP, LINKS, f"{LAKE}direct/{KM3NET}/aeff.fits")))
    assert not any(map(is_left, ("/", "/projects/", LAKE, DID, FILE, f"{DID}?format=jsonld", f"{LAKE}?scope={KM3NET}", "/status/")))


@pytest.fixture(autouse=True)
def _no_slots_left() -> Iterator[None]:
    slots._taken.clear()
    yield
    slots._taken.clear()


def test_an_odd_end_of_a_storage_is_no_trouble_of_the_answer(lake: Service, db: None) -> None:
    class Body:
        def __iter__(self) -> "Body":
            return self

        def __next__(self) -> bytes:
            return b"x"

        def close(self) -> None:
            raise OSError

    sending = public_downloads.PublicSending(lake, KM3NET, PublicDownload.Kind.FILE, reader="address:x").of(Body())
    assert next(sending) == b"x"
    sending.close()
    sending.close()
    assert (PublicDownload.objects.get().times, dict(slots._taken)) == (1, {})
