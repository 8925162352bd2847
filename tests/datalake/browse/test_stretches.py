"""Pages of long lists: nothing is lost or shown twice at their edges, also where something in them is not for the reader."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from datalake.browse.views.did_content import PAGE
from datalake.pages.addresses import did_address
from datalake.reads import public_reader, scopes
from datalake.reads.scopes import Visitor
from datalake.rucio import Did, ListingPage
from datalake.rucio.paging import read_page
from tests.devstack.rucio_client import rucio, unique
from vre_portal.services import ServiceKind, service

OPEN, CLOSED = "KM3NET_ECAP_SP", "KM3NET_EMBARGO_SP"
READERS = (Visitor(), Visitor(has_account=True), Visitor(True, frozenset({"escape/km3net", "escape/leads", "escape"})))


def listing(closed: list[bool]) -> list[Did]:
    return [Did(CLOSED if hidden else OPEN, f"n{number}", "FILE", account="somebody") for number, hidden in enumerate(closed)]


def as_it_is(row: Did) -> Did:
    return row


def walked(entries: list[Did], reader: Visitor) -> Iterator[ListingPage[Did]]:
    """Page after page as the views ask for them, until one says that it is the last."""
    lake, begin, more = service(ServiceKind.RUCIO, "escape"), 0, True
    while more:
        found = scopes.filter_visible(lake, read_page(iter(entries[begin:]), PAGE, as_it_is), reader)
        yield found
        begin, more = begin + PAGE, found.more


@given(st.lists(st.booleans(), max_size=3 * PAGE + 2), st.sampled_from(READERS))
@example([], READERS[0])
@example([True], READERS[0])
@example([False] * PAGE, READERS[0])
@example([True] * PAGE + [False], READERS[0])
@example([False] * (PAGE + 1), READERS[1])
@example([True, False] * PAGE, READERS[1])
def test_all_pages_together_are_what_the_reader_may_see_each_once_and_in_order(closed: list[bool], reader: Visitor) -> None:
    entries = listing(closed)
    pages = list(walked(entries, reader))
    lake = service(ServiceKind.RUCIO, "escape")
    assert [item for page in pages for item in page.rows] == [item for item in entries if scopes.may_see(lake, item.scope, reader)]
    assert len(pages) == max(-(-len(entries) // PAGE), 1)
    assert all(len(page.rows) <= PAGE for page in pages)


@pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (1, [1]), (50, [50]), (51, [50, 1])])
def test_the_last_page_knows_that_it_is_the_last(count: int, sizes: list[int]) -> None:
    assert [len(page.rows) for page in walked(listing([False] * count), READERS[0])] == sizes


def test_strangers_are_not_told_the_accounts_in_a_page() -> None:
    found = public_reader.without_people(read_page(iter(listing([False, False])), 1, as_it_is))
    assert ([item.account for item in found.rows], found.more) == ([""], True)


@pytest.fixture
def container() -> str:
    """One of the lead's with 59 datasets of their own and, in the first half, one that only some may see."""
    name = unique("mixed")
    own = [{"scope": "user.lead", "name": f"{name}.{number:02}"} for number in range(59)]
    dids = [*({**item, "type": "DATASET"} for item in own), {"scope": "user.lead", "name": name, "type": "CONTAINER"}]
    assert rucio("lead", "POST", "/dids", json=dids).status_code == 201
    restricted = {"scope": CLOSED, "name": "Candidates.Mrk421.simulated"}
    assert rucio("lead", "POST", f"/dids/user.lead/{name}/dids", json={"dids": [restricted, *own]}).status_code == 201
    return name


@pytest.mark.integration("rucio", "iam")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("reader", "hidden"), [("lead", 0), ("outsider", 1)])
def test_pages_of_real_content_are_exact_for_whoever_reads_them(
    visitor: Callable[[str], Client], container: str, reader: str, hidden: int
) -> None:
    client, address = visitor(reader), f"{did_address('did', 'escape', 'user.lead', container)}?part=content&format=json"
    pages: list[Any] = []
    following: str | None = address
    while following:
        pages.append(client.get(following).json())
        following = pages[-1]["next"]
    names = [item["name"] for page in pages for item in page["items"]]
    assert (len(pages), len(names), len(set(names))) == (2, 60 - hidden, 60 - hidden)
    assert ("Candidates.Mrk421.simulated" in names) is (hidden == 0)
