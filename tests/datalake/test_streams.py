"""Listings that break off, or are none: never a short list that looks whole, never an empty one where something else was said."""

import io
import resource
import time
from collections.abc import Callable

import pytest

from datalake import rucio
from datalake.rucio.copies import each_copy, names_in
from tests.vre_portal.servers import Handler, serving
from vre_portal.http import RemoteUnavailable
from vre_portal.services import Service

ROW = b'{"scope": "s", "name": "n", "type": "FILE", "bytes": 1, "adler32": null, "md5": null, "rses": {}, "account": "a"}\n'
LISTINGS: list[Callable[[Service], object]] = [
    lambda it: rucio.list_content(it, "t", "scope", "name"),
    lambda it: rucio.content_from(it, "t", "scope", "name", 1, 50),
    lambda it: rucio.list_files(it, "t", "scope", "name"),
    lambda it: rucio.list_parents(it, "t", "scope", "name"),
    lambda it: rucio.list_dids(it, "t", "scope"),
    lambda it: rucio.list_scopes(it, "t"),
    lambda it: names_in(it, "t", "scope", "name"),
    lambda it: list(each_copy(it, lambda: "t", io.StringIO('["s", "n"]\n'))),
]


def after_a_whole_chunk(it: Handler) -> None:
    """Two rows, and then nothing: no end was ever announced."""
    it.begin(Transfer_Encoding="chunked", Content_Type="application/x-json-stream")
    it.wfile.write(b"%x\r\n%s\r\n" % (2 * len(ROW), 2 * ROW))
    it.close_connection = True


def within_a_row(it: Handler) -> None:
    it.begin(Content_Length=str(3 * len(ROW)), Content_Type="application/x-json-stream")
    it.wfile.write(2 * ROW + ROW[:20])
    it.close_connection = True


def before_a_row(it: Handler) -> None:
    it.begin(Content_Length=str(3 * len(ROW)), Content_Type="application/x-json-stream")
    it.wfile.write(2 * ROW)
    it.close_connection = True


def half_a_row_and_an_end(it: Handler) -> None:
    it.whole(2 * ROW + ROW[:20], Content_Type="application/x-json-stream")


def a_page(it: Handler) -> None:
    it.whole(b"<html>\n<p>Back soon.</p>\n</html>\n", Content_Type="text/html")


def an_empty_page(it: Handler) -> None:
    it.whole(b"", Content_Type="text/html; charset=utf-8")


def rows_of_another_type(it: Handler) -> None:
    it.whole(2 * ROW, Content_Type="text/plain")


def a_page_called_a_listing(it: Handler) -> None:
    it.whole(b"<html>\n<p>Back soon.</p>\n</html>\n", Content_Type="application/x-json-stream")


def a_bad_gateway(it: Handler) -> None:
    it.whole(b"<html>502 Bad Gateway</html>", 502, Content_Type="text/html")


@pytest.mark.parametrize("listing", LISTINGS)
@pytest.mark.parametrize(
    "answer",
    [
        after_a_whole_chunk,
        within_a_row,
        before_a_row,
        half_a_row_and_an_end,
        a_page,
        an_empty_page,
        rows_of_another_type,
        a_page_called_a_listing,
        a_bad_gateway,
    ],
)
def test_what_is_no_whole_listing_is_an_outage(listing: Callable[[Service], object], answer: Callable[[Handler], None]) -> None:
    with serving(answer) as (lake, _), pytest.raises(RemoteUnavailable):
        listing(lake)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_whole_line_that_is_no_json_costs_only_itself(place: int) -> None:
    rows = [ROW, ROW]
    rows.insert(place, b"{no json\n")
    with serving(lambda it: it.whole(b"".join(rows), Content_Type="application/x-json-stream")) as (lake, _):
        assert len(rucio.list_content(lake, "t", "scope", "name")) == 2


def test_rows_that_are_not_wanted_are_passed_by_and_none_is_lost() -> None:
    rows = b"".join(b'{"scope": "s", "name": "%d", "type": "FILE"}\n' % number for number in range(500))
    with serving(lambda it: it.whole(rows, Content_Type="application/x-json-stream")) as (lake, _):
        for offset in (0, 1, 50, 449, 450, 499, 500):
            found = rucio.content_from(lake, "t", "scope", "name", offset, 51)
            assert [item.name for item in found.rows] == [str(number) for number in range(offset, min(offset + 51, 500))]


def test_a_line_of_a_gigabyte_is_given_up_in_little_memory() -> None:
    def endless(it: Handler) -> None:
        it.begin(Content_Length=str(10**9), Content_Type="application/x-json-stream")
        for _ in range(1000):
            it.wfile.write(b"x" * 10**6)

    before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with serving(endless) as (lake, _), pytest.raises(RemoteUnavailable, match="too long"):
        rucio.list_content(lake, "t", "scope", "name")
    assert time.monotonic() - begin < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
