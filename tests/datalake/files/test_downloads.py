"""Bytes of files: whole, in ranges, from whichever copy is good; and what a file looks like."""

import zlib
from collections.abc import Callable

import pytest
from django.test import Client

from tests.datalake.stack_dids import DOWNLOAD, KM3NET, LAKE, bytes_of
from tests.devstack.rucio_client import add_rule, on_disk, settled, upload
from tests.page_text import text_of

pytestmark = [pytest.mark.integration("rucio", "storage", "iam"), pytest.mark.django_db(transaction=True)]
Visitor = Callable[[str], Client]


def test_a_download_is_the_file_and_stays_a_file(visitor: Visitor) -> None:
    reply = visitor("lead").get(DOWNLOAD)
    content = bytes_of(reply)
    assert (len(content), f"{zlib.adler32(content):08x}") == (11520, "1f08a76a")
    assert reply["Content-Length"] == "11520"
    assert reply["Content-Type"] == "application/octet-stream"
    assert reply["X-Content-Type-Options"] == "nosniff"
    assert reply["Content-Security-Policy"].startswith("sandbox")
    assert reply["Content-Disposition"] == "attachment; filename=\"aeff.fits\"; filename*=UTF-8''aeff.fits"
    assert reply["ETag"] == '"1f08a76a-11520"'


def test_ranges_are_parts_of_the_file(visitor: Visitor) -> None:
    client = visitor("lead")
    whole = bytes_of(client.get(DOWNLOAD))
    for header, first, last in (
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, 11519),
        ("bytes=-80", 11440, 11519),
        ("bytes=11519-20000", 11519, 11519),
    ):
        reply = client.get(DOWNLOAD, headers={"Range": header})
        assert (reply.status_code, reply["Content-Range"]) == (206, f"bytes {first}-{last}/11520")
        assert bytes_of(reply) == whole[first : last + 1]
        assert reply["Content-Length"] == str(last - first + 1)


def test_a_range_outside_is_416_and_several_are_the_whole(visitor: Visitor) -> None:
    client = visitor("lead")
    reply = client.get(DOWNLOAD, headers={"Range": "bytes=11520-"})
    assert (reply.status_code, reply["Content-Range"]) == (416, "bytes */11520")
    reply = client.get(DOWNLOAD, headers={"Range": "bytes=0-1,5-6"})
    assert (reply.status_code, len(bytes_of(reply))) == (200, 11520)


def test_conditions_on_the_tag_hold(visitor: Visitor) -> None:
    client, tag = visitor("lead"), '"1f08a76a-11520"'
    assert client.get(DOWNLOAD, headers={"If-None-Match": tag}).status_code == 304
    part = client.get(DOWNLOAD, headers={"Range": "bytes=0-9", "If-Range": tag})
    assert part.status_code == 206
    whole = client.get(DOWNLOAD, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (whole.status_code, len(bytes_of(whole))) == (200, 11520)
    head = client.head(DOWNLOAD)
    assert (head.status_code, head["Content-Length"], head["Accept-Ranges"]) == (200, "11520", "bytes")


def test_a_copy_that_is_gone_is_replaced_by_the_other(visitor: Visitor) -> None:
    content = b"two copies" * 1000
    name = upload("member", "user.member", content)
    settled("member", add_rule("member", "user.member", name, "DEMO-BOLOGNA"))
    copy = on_disk("user.member", name, "erlangen")
    assert copy
    copy.unlink()
    for _ in range(3):
        assert bytes_of(visitor("member").get(f"{LAKE}download/user.member/{name}")) == content
        break


def test_a_large_file_with_wrong_bytes_never_looks_complete(visitor: Visitor) -> None:
    content = b"true bytes" * 1_000_000
    name = upload("member", "user.member", content)
    copy = on_disk("user.member", name, "erlangen")
    assert copy
    copy.write_bytes(content[:-1] + b"!")
    reply = visitor("member").get(f"{LAKE}download/user.member/{name}")
    with pytest.raises(Exception, match="checksum"):
        bytes_of(reply)


def test_a_damaged_copy_is_passed_over_and_said_where_it_is_the_only_one(visitor: Visitor) -> None:
    client, content = visitor("member"), b"true bytes" * 1000
    name = upload("member", "user.member", content)
    copy = on_disk("user.member", name, "erlangen")
    assert copy
    copy.write_bytes(content[:-1] + b"!")
    reply = client.get(f"{LAKE}download/user.member/{name}")
    assert (reply.status_code, reply["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert "No intact copy of this file was found." in text_of(reply.content)
    copy.write_bytes(content)
    settled("member", add_rule("member", "user.member", name, "DEMO-BOLOGNA"))
    copy.write_bytes(content[:-1] + b"!")
    assert bytes_of(client.get(f"{LAKE}download/user.member/{name}")) == content


def test_an_empty_file_is_empty(visitor: Visitor) -> None:
    name = upload("member", "user.member", b"")
    reply = visitor("member").get(f"{LAKE}download/user.member/{name}")
    assert (reply.status_code, reply["Content-Length"], bytes_of(reply)) == (200, "0", b"")


def test_a_preview_is_made_once_and_its_pictures_are_png(visitor: Visitor) -> None:
    client = visitor("lead")
    fragment = client.get(f"{LAKE}preview/{KM3NET}/aeff.fits", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "EFFAREA" in fragment
    picture = client.get(f"{LAKE}preview/{KM3NET}/aeff.fits?image=1")
    assert (picture["Content-Type"], picture.content[:4]) == ("image/png", b"\x89PNG")
    assert picture["Content-Security-Policy"].startswith("sandbox")
    assert client.get(f"{LAKE}preview/{KM3NET}/aeff.fits?image=7").status_code == 404


def test_a_preview_of_a_spectrum_has_its_units(visitor: Visitor) -> None:
    text = text_of(visitor("lead").get(f"{LAKE}preview/MAGIC_IFAE_SP/Mrk421_2011.ecsv").content)
    assert "e2dnde" in text
    assert "erg / (s cm2)" in text
