"""The search over the index: what fits, page by page, and nothing that is hidden."""

import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datalake.index import search, store
from datalake.index.models import IndexedScope, IndexEntry
from datalake.index.query import Query, read
from datalake.rucio.bulk import DidRecord
from tests.datalake.index.entries import Fill, fact
from vre_portal.amounts import parse_size
from vre_portal.folding import fold

pytestmark = pytest.mark.django_db
LAKE = "/datalake/escape/"
SignIn = Callable[..., Client]


def asked(text: str) -> Query:
    return read(QueryDict(text))


def names(text: str, *scopes: IndexedScope) -> list[str]:
    """What a search finds, over all its pages."""
    query, after, found = asked(text), "", []
    while True:
        page = search.page(query, scopes, after, size=3)
        found += [item.name for item in page.entries]
        if not page.following:
            return found
        after = page.following


@pytest.fixture
def scope(fill: Fill) -> IndexedScope:
    """A few DIDs that are described in the ways in which people describe."""
    return fill(
        "OPEN_SP",
        [
            fact("run2/a_1.fits", bytes=10, metadata={"experiment": "KM3NeT", "run": 2, "good": True, "0": "zero", "a.b c": "x"}),
            fact("run10/a%1.fits", bytes=2_000, metadata={"experiment": "KM3NeT", "run": 10, "good": "True"}),
            fact("run9/b.fits", bytes=3_000_000, metadata={"experiment": "CTA", "run": "9", "good": False, "list": [1, 2]}),
            fact("plain", type="DATASET", bytes=None, open=True),
            fact("both", type="CONTAINER", bytes=None, open=True, metadata={"experiment": "CTA and KM3NeT", "energy": 1.5}),
        ],
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pattern=fits", {"run2/a_1.fits", "run10/a%1.fits", "run9/b.fits"}),
        ("pattern=run*/a*", {"run2/a_1.fits", "run10/a%1.fits"}),
        ("pattern=a_1", {"run2/a_1.fits"}),
        ("pattern=%251", {"run10/a%1.fits"}),
        ("pattern=FITS", {"run2/a_1.fits", "run10/a%1.fits", "run9/b.fits"}),
        ("type=collection", {"plain", "both"}),
        ("type=file&size_min=1 kB&size_max=2kB", {"run10/a%1.fits"}),
        ("since=2026-03-01&until=2026-03-01&pattern=both", {"both"}),
        ("since=2026-03-02", set()),
        ("key=experiment&op=eq&value=KM3NeT", {"run2/a_1.fits", "run10/a%1.fits"}),
        ("key=experiment&op=ne&value=KM3NeT", {"run9/b.fits", "both"}),
        ("key=experiment&op=has&value=km3", {"run2/a_1.fits", "run10/a%1.fits", "both"}),
        ("key=run&op=gt&value=2", {"run10/a%1.fits"}),
        ("key=run&op=le&value=10", {"run2/a_1.fits", "run10/a%1.fits"}),
        ("key=run&op=eq&value=9", {"run9/b.fits"}),
        ("key=good&op=eq&value=true", {"run2/a_1.fits", "run10/a%1.fits"}),
        ("key=good&op=eq&value=False", {"run9/b.fits"}),
        ("key=energy&op=eq&value=1.5", {"both"}),
        ("key=experiment&op=gt&value=D", {"run2/a_1.fits", "run10/a%1.fits"}),
        ("key=0&op=any", {"run2/a_1.fits"}),
        ("key=0&op=has&value=ER", {"run2/a_1.fits"}),
        ("key=a.b+c&op=eq&value=x", {"run2/a_1.fits"}),
        ("key=list&op=any", {"run9/b.fits"}),
        ("key=nothing&op=any", set()),
        # a and b or c
        (
            "join=or&key=experiment&op=eq&value=KM3NeT&join=and&key=run&op=gt&value=5&join=or&key=energy&op=any&value=",
            {"run10/a%1.fits", "both"},
        ),
        ("key=x') or 1=1 --&op=eq&value=' or 1=1 --", set()),
        ("key=experiment&op=has&value=%25", set()),
    ],
)
def test_each_condition_finds_what_it_says(scope: IndexedScope, text: str, expected: set[str]) -> None:
    assert set(names(text, scope)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pattern=PSF", {"KM/Psf.fits", "described"}),
        ("pattern=*psf*", {"KM/Psf.fits", "described"}),
        ("pattern=psf*", {"described"}),
        ("pattern=km/*PSF.FITS", {"KM/Psf.fits"}),
        ("pattern=etoile", {"étoile.txt"}),
        ("pattern=%C3%89TOILE*", {"étoile.txt"}),
        ("pattern=blazar", {"described"}),
        ("pattern=blazars+psf", {"described"}),
        ("pattern=blazars+fits", set()),
        ("pattern=*blazar*", set()),
        ("pattern=keyword", set()),
        ("pattern=100%25", {"described"}),
        ("pattern=*100_of*", set()),
        ("pattern=%EF%BC%85", {"described"}),
        ("pattern=stromgren", {"Strømgren_Straße.txt"}),
        ("pattern=STR%C3%98MGREN_strasse*", {"Strømgren_Straße.txt"}),
    ],
)
def test_words_are_looked_for_in_names_titles_and_metadata_whatever_their_case(fill: Fill, text: str, expected: set[str]) -> None:
    metadata = {"title": "PSF at 100% of the array", "keyword": "Blazars", "nested": {"a": ["deep"]}}
    names_of_files = ("KM/Psf.fits", "étoile.txt", "other", "Strømgren_Straße.txt")
    scope = fill("OPEN_SP", [*map(fact, names_of_files), fact("described", metadata=metadata)])
    assert set(names(text, scope)) == expected


def test_the_lake_folds_as_the_rest_of_the_portal_does() -> None:
    characters = [char for char in map(chr, [*range(1, 0x2500), *range(0xA640, 0xABC0)]) if unicodedata.category(char) != "Cn"]
    assert len(characters) > 5_000
    with connection.cursor() as cursor:
        cursor.execute("SELECT char, lake_folded(char) FROM unnest(%s::text[]) AS char", [characters])
        assert [char for char, folded in cursor.fetchall() if folded != fold(char)] == []


def test_what_is_searched_follows_the_metadata(fill: Fill) -> None:
    scope = fill("OPEN_SP", [fact("x", metadata={"title": "First"})])
    store.save_metadata(scope, {"x": {"title": "Second"}})
    assert (names("pattern=first", scope), names("pattern=second", scope)) == ([], ["x"])


def test_very_long_metadata_are_indexed_by_their_beginning(fill: Fill) -> None:
    scope = fill("OPEN_SP", [fact("x", metadata={"title": "Begin " + "é" * 9000, "z": "late"})])
    assert names("pattern=begin", scope) == ["x"]
    assert len(IndexEntry.objects.get(name="x").search_text) <= 4000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pattern=KM3NET_*:*psf*", {"ecap"}),
        ("pattern=km3net_*:PSF", {"ecap"}),
        ("pattern=*:*psf*", {"ecap", "magic"}),
        ("scope=*_SP&pattern=psf", {"ecap", "magic"}),
        ("scope=km3net_ecap_sp", {"ecap"}),
        ("scope=KM3NET_ECAP", set()),
        ("scope=*SP*SP", set()),
        ("pattern=KM3NET_ECAP_SP:", {"ecap"}),
    ],
)
def test_a_star_may_stand_in_the_scope(fill: Fill, text: str, expected: set[str]) -> None:
    scopes = [fill("KM3NET_ECAP_SP", [fact("psf.ecap")]), fill("MAGIC_SP", [fact("psf.magic")])]
    assert {name.removeprefix("psf.") for name in names(text, *scopes)} == expected


@pytest.mark.parametrize(("pattern", "text"), [("*" * 30 + "x" + "*" * 29, "a" * 60), ("a*" * 30, "a" * 29), ("*a*b", "ab b a")])
def test_a_scope_that_no_pattern_means_is_told_in_one_pass(pattern: str, text: str) -> None:
    assert not search.fits_pattern(text, pattern)


def test_an_exact_scope_is_no_other_that_differs_by_case(fill: Fill) -> None:
    scopes = [fill("user.a", [fact("small")]), fill("USER.A", [fact("large")])]
    assert names("scope=user.a", *scopes) == ["small"]
    assert sorted(names("scope=User.A", *scopes)) == ["large", "small"]


def test_names_are_completed_whatever_their_case(fill: Fill) -> None:
    scopes = [fill("OPEN_SP", [fact("Run1"), fact("run2"), fact("other")])]
    assert search.beginning("rUN", (), scopes) == ["OPEN_SP:Run1", "OPEN_SP:run2"]
    assert search.beginning("run", ("open_*",), scopes) == ["OPEN_SP:Run1", "OPEN_SP:run2"]
    assert search.beginning("run", ("OTHER",), scopes) == []


def test_what_a_scope_holds_is_told_by_type_format_and_experiment(scope: IndexedScope) -> None:
    when = "2026-03-01T00:00:00+00:00"
    assert sorted(scope.summary["types"]) == [["CONTAINER", 1, 0, when], ["DATASET", 1, 0, when], ["FILE", 3, 3_002_010, when]]
    assert scope.summary["formats"] == [["fits", 3, 3_002_010, when]]
    assert scope.summary["experiments"] == [["KM3NeT", 2, 2_010, when], ["CTA", 1, 3_000_000, when], ["CTA and KM3NeT", 1, 0, when]]


def test_a_whole_did_as_a_name_means_its_scope_too(scope: IndexedScope, fill: Fill) -> None:
    other = fill("OTHER_SP", [fact("plain")])
    assert names("pattern=OTHER_SP:plain", scope, other) == ["plain"]
    assert names("pattern=plain", scope, other) == ["plain", "plain"]


def test_an_address_says_all_of_a_search_and_reads_back_the_same(scope: IndexedScope) -> None:
    text = "pattern=a*&scope=OPEN_SP&type=file&size_min=1+kB&until=2026-03-01&join=or&key=run&op=gt&value=2&join=or&key=b&op=any&value=&sort=-size"
    query = asked(text)
    again = asked(query.address().removeprefix("?"))
    assert again == query
    assert parse_qs(query.address().removeprefix("?"), keep_blank_values=True) == parse_qs(text, keep_blank_values=True)
    assert asked(query.without(query.conditions[0]).address()[1:]).groups == (query.groups[1],)


@pytest.mark.parametrize(
    ("text", "bytes_"), [("1", 1), ("2.5 GB", 2_500_000_000), ("1KiB", 1024), (" 10 mb ", 10**7), ("9" * 18 + " PB", 2**63 - 1), ("", None)]
)
def test_sizes_are_read_as_people_write_them(text: str, bytes_: int | None) -> None:
    assert parse_size(text) == bytes_


@pytest.mark.parametrize(
    "text", ["size_min=many", "since=yesterday", "until=9999-12-31T99:00", "key=a&op=drop&value=1", "size_max=-1", "size_min=²"]
)
def test_what_is_not_understood_is_said_and_left_out(scope: IndexedScope, text: str) -> None:
    assert asked(text).mistakes
    assert len(names(text, scope)) == 5


ODD = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=12)
NAMES = st.lists(st.one_of(ODD, st.from_regex(r"[ab/%_*\\]{1,4}[0-9]?", fullmatch=True)), min_size=1, max_size=25, unique=True)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    left=NAMES,
    right=NAMES,
    sizes=st.lists(st.sampled_from([None, 0, 1, 7]), min_size=1),
    sort=st.sampled_from(["name", "-name", "size", "-size", "date"]),
)
def test_pages_leave_nothing_out_and_repeat_nothing(fill: Fill, left: list[str], right: list[str], sizes: list[Any], sort: str) -> None:
    IndexEntry.objects.all().delete()
    scopes = [
        fill(scope, [fact(name, bytes=sizes[place % len(sizes)]) for place, name in enumerate(names)])
        for scope, names in (("LEFT", left), ("RIGHT", right))
    ]
    for chosen, expected in ((scopes, left + right), (scopes[:1], left)):
        query, after, found = Query(sort=sort), "", []
        for _ in range(100):
            page = search.page(query, chosen, after, size=3)
            found += page.entries
            if not page.following:
                break
            after = page.following
        assert sorted(item.name for item in found) == sorted(expected)
        assert len({item.pk for item in found}) == len(found)
        if sort == "name":
            assert [item.name for item in found] == sorted(expected)
        if sort == "-size":
            assert [-1 if item.bytes is None else item.bytes for item in found] == sorted(
                (-1 if item.bytes is None else item.bytes for item in found), reverse=True
            )


@pytest.mark.parametrize("after", ["x", "W10", "WyJhIiwgMV0", "bnVsbA", "W251bGwsIG51bGxd", "WyJcdWQ4MDAiXQ", "=", "a" * 5000])
def test_a_place_that_is_none_is_the_beginning(scope: IndexedScope, after: str) -> None:
    for sort in ("name", "size", "date"):
        assert len(search.page(Query(sort=sort), [scope], after).entries) == 5


def test_an_entry_that_did_not_change_is_not_written_again(scope: IndexedScope) -> None:
    rows: list[DidRecord] = [fact("plain", type="DATASET", bytes=None, open=True), fact("new")]
    assert store.save_facts(scope, rows) == 1
    assert store.save_facts(scope, rows) == 0
    assert store.save_facts(scope, [fact("new", bytes=2)]) == 1


def test_words_of_people_and_of_rucios_columns_live_side_by_side(scope: IndexedScope) -> None:
    store.save_facts(scope, [fact("x", metadata={"project": "one", "run_number": 3})])
    store.save_metadata(scope, {"x": {"title": "An x", "good": True}})
    assert IndexEntry.objects.get(name="x").meta == {"project": "one", "run_number": 3, "title": "An x", "good": True}
    store.save_facts(scope, [fact("x", metadata={"project": "two"})])
    assert IndexEntry.objects.get(name="x").meta == {"project": "two", "title": "An x", "good": True}
    store.save_metadata(scope, {"x": {"good": False}})
    assert IndexEntry.objects.get(name="x").meta == {"project": "two", "good": False}


def test_names_behind_a_page_come_in_order_of_their_kind(fill: Fill) -> None:
    fill("A", [fact(f"n{number:03d}", type="DATASET" if number % 2 else "FILE") for number in range(90)])
    fill("B", [fact(f"m{number:03d}") for number in range(90)])
    assert search.names_beyond("escape", "A", "all", "", 50, 3) == ["n050", "n051", "n052"]
    assert search.names_beyond("escape", "A", "dataset", "n010", 2, 2) == ["n015", "n017"]
    assert search.names_beyond("escape", "A", "all", "n080", 50) == []
    assert search.names_beyond("other", "A", "all", "") == []


def test_the_type_of_a_did_is_that_of_its_own_lake_and_scope(fill: Fill) -> None:
    fill("ONE", [fact("n", type="DATASET")], lake="other")
    fill("ONE", [fact("only-here")])
    fill("TWO", [fact("n", type="CONTAINER")])
    assert search.type_of("other", "ONE", "n") == "DATASET"
    assert search.type_of("escape", "TWO", "n") == "CONTAINER"
    assert search.type_of("escape", "ONE", "only-here") == "FILE"
    assert search.type_of("escape", "ONE", "n") is None
