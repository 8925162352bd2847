"""The server side of tus: each rule of the protocol, and whatever a sender may do wrong."""

import base64
import hashlib
import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datalake.uploads import receiving
from datalake.uploads import spool as bytes_kept
from datalake.uploads.models import Upload
from tests.datalake.uploads.conftest import FILES, Sender, content, metadata, row

pytestmark = pytest.mark.django_db
Senders = Callable[[str], Sender]


def test_the_server_says_what_it_can(sender: Senders) -> None:
    reply = sender("lead").client.options(FILES)
    assert reply.status_code == 204
    assert reply["Tus-Version"] == "1.0.0"
    assert set(reply["Tus-Extension"].split(",")) == {"creation", "checksum", "expiration", "termination"}
    assert "sha1" in reply["Tus-Checksum-Algorithm"]


def test_another_version_is_refused_with_the_one_that_is_spoken(sender: Senders) -> None:
    reply = sender("lead").client.post(FILES, headers={"Tus-Resumable": "0.2.0", "Upload-Length": "3"})
    assert (reply.status_code, reply["Tus-Version"]) == (412, "1.0.0")


def test_a_file_comes_in_parts_and_every_byte_of_it_is_there(sender: Senders) -> None:
    lead, whole = sender("lead"), content()
    made = lead.create(len(whole))
    assert made.status_code == 201
    url = made["Location"]
    assert lead.patch(url, whole[:40_000], 0)["Upload-Offset"] == "40000"
    head = lead.head(url)
    assert (head["Upload-Offset"], head["Upload-Length"], head["Cache-Control"]) == ("40000", "100000", "no-store")
    assert head["Upload-Adler32"] == f"{zlib.adler32(whole[:40_000]):08x}"
    assert head["Upload-Expires"]
    assert lead.patch(url, whole[40_000:], 40_000).status_code == 204
    upload = row(made)
    assert (upload.state, upload.checksum) == ("checking", f"{zlib.adler32(whole):08x}")
    assert bytes_kept.path(upload.pk).read_bytes() == whole


def test_a_file_without_bytes_is_whole_at_once(sender: Senders) -> None:
    assert row(sender("lead").create(0)).state == "checking"


@pytest.mark.parametrize("offset", [1, 39_999, 40_001, 99_990])
def test_a_part_that_does_not_begin_where_the_file_ends_is_refused(sender: Senders, offset: int) -> None:
    lead = sender("lead")
    url = lead.create(100_000)["Location"]
    lead.patch(url, b"x" * 40_000, 0)
    assert lead.patch(url, b"y" * 10, offset).status_code == 409
    assert lead.head(url)["Upload-Offset"] == "40000"


def test_more_than_was_announced_is_not_taken(sender: Senders) -> None:
    lead = sender("lead")
    url = lead.create(10)["Location"]
    assert lead.patch(url, b"x" * 11, 0).status_code == 413
    assert lead.head(url)["Upload-Offset"] == "0"


def test_who_goes_on_sending_beyond_what_was_announced_is_stopped_and_nothing_of_it_is_written(sender: Senders) -> None:
    upload = row(sender("lead").create(receiving.BLOCK + 10))
    with pytest.raises(receiving.TooMuch):
        receiving.receive(upload, io.BytesIO(b"x" * (receiving.BLOCK + 11)), 0)
    upload.refresh_from_db()
    assert upload.received == bytes_kept.path(upload.pk).stat().st_size == receiving.BLOCK


def test_a_part_with_its_checksum_is_kept_and_one_with_another_is_not(sender: Senders) -> None:
    lead = sender("lead")
    made = lead.create(8)
    url = made["Location"]
    good = base64.b64encode(hashlib.sha1(b"abcd", usedforsecurity=False).digest()).decode()
    assert lead.patch(url, b"abcd", 0, **{"Upload-Checksum": f"sha1 {good}"}).status_code == 204
    assert lead.patch(url, b"abcX", 4, **{"Upload-Checksum": f"sha1 {good}"}).status_code == 460
    assert lead.patch(url, b"abcd", 4, **{"Upload-Checksum": f"md7 {good}"}).status_code == 400
    assert lead.head(url)["Upload-Offset"] == "4"
    assert bytes_kept.path(row(made).pk).read_bytes() == b"abcd"


def test_what_is_ended_is_gone_with_its_bytes(sender: Senders) -> None:
    lead = sender("lead")
    made = lead.create(10)
    upload = row(made)
    assert lead.delete(made["Location"]).status_code == 204
    assert lead.head(made["Location"]).status_code == 404
    assert not bytes_kept.path(upload.pk).exists()


def test_nobody_else_sees_or_touches_an_upload(sender: Senders) -> None:
    url = sender("lead").create(10)["Location"]
    member = sender("member")
    answers = [member.head(url), member.patch(url, b"x", 0), member.delete(url)]
    assert [reply.status_code for reply in answers] == [404, 404, 404]
    assert Upload.objects.get().received == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "1e3"}, 400),
        ({"Upload-Length": "9" * 30}, 400),
        ({"Upload-Length": "¹²"}, 400),
        ({}, 400),
        ({"Upload-Defer-Length": "1"}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "name !!!"}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "name " + "A" * 20_000}, 400),
        ({"Upload-Length": "90000000000000"}, 413),
    ],
)
def test_lengths_and_metadata_that_are_none_are_refused(sender: Senders, headers: dict[str, str], status: int) -> None:
    told = {"Upload-Metadata": metadata(scope="user.lead", name="a"), **headers, "Tus-Resumable": "1.0.0"}
    assert sender("lead").client.post(FILES, headers=told).status_code == status
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    "name",
    ["", "..", "../a", "a/../b", "a/./b", "/etc/passwd", "a//b", "a/", "a%2F..", "%2e%2e", 'a"b', "a'b", "a b", "a\nb", "a\0b", "\u202egpj", "\U0001f600.txt", "é", "x" * 251, "-rf", ".hidden", "a\\b", "a/.b"],
)  # fmt: skip
def test_a_name_that_the_lake_does_not_take_is_refused(sender: Senders, name: str, spool: Path) -> None:
    reply = sender("lead").create(3, name=name)
    assert reply.status_code == 400
    assert not [file for file in spool.rglob("*") if file.is_file()]


def test_a_name_of_the_greatest_length_is_taken(sender: Senders) -> None:
    assert sender("lead").create(3, name="x" * 250).status_code == 201


@pytest.mark.integration("rucio", "iam")
def test_a_scope_of_somebody_else_is_refused(visitor: Any, sender: Senders) -> None:
    client = visitor("lead")
    reply = Sender(client).create(3, scope="user.member")
    assert (reply.status_code, b"user.member" in reply.content) == (400, True)


def test_another_storage_than_those_named_is_refused(sender: Senders) -> None:
    assert sender("lead").create(3, rse="DEMO-NOWHERE").status_code == 400


def test_the_same_name_twice_is_one_upload(sender: Senders) -> None:
    lead = sender("lead")
    first, second = lead.create(10), lead.create(10)
    assert (second.status_code, second["Location"]) == (409, first["Location"])
    assert Upload.objects.count() == 1


def test_a_person_cannot_fill_the_portals_disk(sender: Senders, settings: Any) -> None:
    settings.UPLOAD_PERSON_BYTES, settings.UPLOAD_SPOOL_BYTES = 100, 150
    lead, member = sender("lead"), sender("member")
    assert lead.create(60, name="a").status_code == 201
    too_much = lead.create(60, name="b")
    assert (too_much.status_code, b"Your unfinished uploads would exceed the limit" in too_much.content) == (507, True)
    assert member.create(60, name="a", scope="user.member").status_code == 201
    full = member.create(40, name="b", scope="user.member")
    assert (full.status_code, b"has no space" in full.content) == (507, True)
    assert len(list(Path(settings.UPLOAD_SPOOL).rglob("*/*"))) == 2


def test_a_part_of_another_kind_is_refused(sender: Senders) -> None:
    lead = sender("lead")
    url = lead.create(3)["Location"]
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    assert lead.client.patch(url, b"abc", content_type="text/plain", headers=headers).status_code == 415


ODD_METADATA = {
    "only equals signs": "==",
    "a key with spaces": "my key = 1",
    "no pair": "name",
    "not base64": "name ###",
    "not ASCII": "name \xe4\xf6",
    "a key that is not ASCII": "n\xe4me YQ==",
    "not UTF-8": "name /w==",
    "NUL": "name AA==",
    "half a character": "name 7aCA",
    "an empty key": " YQ==",
    "twice": "name YQ==,name YQ==",
    "a line that is no key and value": f"scope {base64.b64encode(b'user.lead').decode()},name YQ==,metadata {base64.b64encode(b'my key = 1').decode()}",
    "a line without a value": f"scope {base64.b64encode(b'user.lead').decode()},name YQ==,metadata {base64.b64encode(b'==').decode()}",
}


@pytest.mark.parametrize("odd", ODD_METADATA)
def test_metadata_that_cannot_be_read_are_refused_in_words(sender: Senders, odd: str) -> None:
    lead = sender("lead")
    lead.client.raise_request_exception = False
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "3", "Upload-Metadata": ODD_METADATA[odd]}
    reply = lead.client.post(FILES, headers=headers)
    assert reply.status_code == 400
    assert reply.content.decode().strip()
    assert not Upload.objects.exists()


@pytest.mark.parametrize("odd", ["sha1 \xe4", "sha1 ###", "sha1", "sha1 YQ", "\xe4 YQ==", "md5;x YQ==", "", " "])
def test_a_checksum_that_cannot_be_read_is_refused_in_words(sender: Senders, odd: str) -> None:
    lead = sender("lead")
    lead.client.raise_request_exception = False
    url = lead.create(3)["Location"]
    reply = lead.patch(url, b"abc", 0, **{"Upload-Checksum": odd})
    assert reply.status_code in (400, 460)
    assert reply.content.decode().strip()
    assert lead.head(url)["Upload-Offset"] == "0"
