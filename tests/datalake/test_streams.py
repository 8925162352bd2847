"""Listings that break off, or are none: never a short list that looks whole, never an empty one where something else was said."""

import io
import random
import resource
from collections.abc import Callable

import pytest

from datalake import rucio
from datalake.rucio.replicas import iter_file_copies, spool_file_names
from tests.vre_portal.servers import Handler, serving
from vre_portal.http import RemoteUnavailable
from vre_portal.services import Service

ROW = b'{"scope": "s", "name": "n", "type": "FILE", "bytes": 1, "adler32": null, "md5": null, "rses": {}, "account": "a"}\n'
LISTINGS: list[Callable[[Service], object]] = [
    lambda it: rucio.list_content(it, "t", "scope", "name"),
    lambda it: rucio.list_content_page(it, "t", "scope", "name", 1, 50),
    lambda it: rucio.list_files(it, "t", "scope", "name"),
    lambda it: rucio.list_parents(it, "t", "scope", "name"),
    lambda it: rucio.list_dids(it, "t", "scope"),
    lambda it: rucio.list_scopes(it, "t"),
    lambda it: spool_file_names(it, "t", "scope", "name"),
    lambda it: list(iter_file_copies(it, lambda: "t", io.StringIO('["s", "n"]\n'))),
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
            found = rucio.list_content_page(lake, "t", "scope", "name", offset, 51)
            assert [item.name for item in found.rows] == [str(number) for number in range(offset, min(offset + 51, 500))]


def test_pages_of_a_listing_without_order_miss_nothing_and_repeat_nothing() -> None:
    rows = [b'{"scope": "%s", "name": "run%d", "type": "FILE"}\n' % (scope, number) for number in range(30) for scope in (b"a", b"b")]

    def another_order_each_time(it: Handler) -> None:
        random.shuffle(rows)
        it.whole(b"".join(rows), Content_Type="application/x-json-stream")

    with serving(another_order_each_time) as (lake, _):
        pages = [rucio.list_content_page(lake, "t", "scope", "name", offset, 7) for offset in range(0, 60, 7)]
    found = [str(item) for page in pages for item in page.rows]
    assert found == [f"{scope}:run{number}" for number in range(30) for scope in ("a", "b")]
    assert all(page.is_in_order for page in pages)


@pytest.mark.parametrize("offset", [0, 950, 999, 1000, 1001, 1150])
def test_a_page_of_too_many_to_be_put_in_order_is_one_request(offset: int) -> None:
    rows = b"".join(b'{"scope": "s", "name": "%d", "type": "FILE"}\n' % number for number in range(1200))
    with serving(lambda it: it.whole(rows, Content_Type="application/x-json-stream")) as (lake, seen):
        page = rucio.list_content_page(lake, "t", "scope", "name", offset, 50)
    assert [item.name for item in page.rows] == [str(number) for number in range(offset, offset + 50)]
    assert (page.more, page.is_in_order, len(seen.lines)) == (offset < 1150, False, 1)


def test_a_line_of_a_gigabyte_is_given_up_in_little_memory() -> None:
    sent: list[int] = []

    def endless(it: Handler) -> None:
        it.begin(Content_Length=str(10**9), Content_Type="application/x-json-stream")
        for _ in range(1000):
            sent.append(it.wfile.write(b"x" * 10**6))

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with serving(endless) as (lake, _), pytest.raises(RemoteUnavailable, match="too long"):
        rucio.list_content(lake, "t", "scope", "name")
    assert sum(sent) < 200 * 10**6  # nobody reads on
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
