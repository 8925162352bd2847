"""What people type: words, phrases, exclusions, filters and dates, and what they are told of mistakes."""

from datetime import UTC, datetime

import pytest

from vre_portal.search import query
from vre_portal.search.edit_distance import distance, nearest
from vre_portal.search.query import MAX_QUERY, MAX_WORDS


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("dark matter", "'dark' & 'matter'"),
        ('"dark matter"', "('dark' <-> 'matter')"),
        ("Müller galaxies", "'muller' & 'galaxy'"),
        ("spectrum -background", "'spectrum' & !'background'"),
        ("muon OR tau halo", "('muon' | 'tau') & 'halo'"),
        ("aeff.fits", "('aeff' <-> 'fit')"),
        ("type:dataset", "'#type:dataset'"),
        ('keyword:"Dark  Matter"', "'#keyword:dark matter'"),
        ("project=km3net", "'#project:km3net'"),
        ("-type:file x", "!'#type:file' & 'x'"),
        ("OR", ""),
        ("OR a OR", "'a'"),
        ("it's", "('it' <-> 's')"),
        ("keyword:it's", "'#keyword:it''s'"),
        ("\\ & | ! ( ) <-> *", ""),
    ],
)
def test_each_form_is_read_as_it_is_meant(typed: str, asked: str) -> None:
    assert query.read(typed).tsquery() == asked


@pytest.mark.parametrize(
    ("typed", "since", "before"),
    [
        ("created>2026-01", datetime(2026, 2, 1, tzinfo=UTC), None),
        ("created>=2026-01", datetime(2026, 1, 1, tzinfo=UTC), None),
        ("created<2026", None, datetime(2026, 1, 1, tzinfo=UTC)),
        ("created<=2025-12", None, datetime(2026, 1, 1, tzinfo=UTC)),
        ("created:2026-02-28", datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        ("created>2024 created<2026", datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_date_stands_for_all_of_its_year_month_or_day(typed: str, since: datetime | None, before: datetime | None) -> None:
    parsed = query.read(typed)
    assert (parsed.since, parsed.before, parsed.hints) == (since, before, ())


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("typ:dataset", "Did you mean type:dataset?"),
        ("colour:red", "Filters: type, project, experiment, theme, keyword, scope, year, created."),
        ('say "dark matter', "A quotation mark is missing"),
        ("type:", "needs a value, such as type:dataset"),
        ("created>soon", "is not a date"),
        ("created:2026-13", "is not a date"),
        ("type:datsets", "Did you mean type:dataset? Types: "),
        ("type:zzzzzzzz", "There is no type “zzzzzzzz”. Types: "),
        ("created>2026 OR gamma", "A date cannot be part of OR"),
        ("gamma OR created>2026", "A date cannot be part of OR"),
        ("year:20x6", "is not a year. Write year:2026."),
        ("-background", "Add a word to search for"),
        ("w " * (MAX_WORDS + 1), f"Only the first {MAX_WORDS} words"),
        ("x" * (MAX_QUERY + 1), f"cut to {MAX_QUERY} characters"),
    ],
)
def test_a_mistake_is_answered_with_what_to_write(typed: str, hint: str) -> None:
    assert hint in " ".join(query.read(typed).hints)


@pytest.mark.parametrize(
    ("typed", "corrected"), [("x typ:dataset", "x type:dataset"), ("-type:datset x", "-type:dataset x"), ("type:dataset", ""), ("a b", "")]
)
def test_a_misspelt_filter_is_corrected_in_its_place(typed: str, corrected: str) -> None:
    assert query.read(typed).corrected == corrected


def test_no_more_than_the_told_number_of_words_is_asked_for() -> None:
    parsed = query.read(" ".join(f"w{number}" for number in range(300)))
    assert len(parsed.terms) == MAX_WORDS


def test_a_did_or_an_address_is_no_filter() -> None:
    for text in ("KM3NET_ECAP_SP:aeff.fits", "https://example.org/x", "user.lead:file"):
        parsed = query.read(text)
        assert parsed.hints == ()
        assert parsed.filters == []


def test_a_facet_changes_the_text_of_the_search_and_back() -> None:
    parsed = query.read("neutrino created>2026-01")
    more = parsed.toggled("keyword", "dark matter")
    assert more == 'neutrino created>2026-01 keyword:"dark matter"'
    assert query.read(more).toggled("keyword", "Dark Matter") == "neutrino created>2026-01"
    for typed in ("TYPE:Dataset x", "type=dataset x", 'x type:"dataset"'):
        assert query.read(typed).toggled("type", "dataset") == "x"


def test_dates_replace_earlier_ones() -> None:
    assert query.read("a created>2020 created<=2021").with_dates("2026-01", "") == "a created>=2026-01"
    assert query.read("a created:2020 b").with_dates("", "") == "a b"


def test_control_characters_and_odd_letters_are_no_words() -> None:
    assert query.read("neu\u202etri\u200bno\0").tsquery() == "'neutrino'"
    assert query.read("\ud800 \u0301").tsquery() == ""


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [("neutrino", "nuetrino", 1), ("abc", "abc", 0), ("gammapy", "gamapy", 1), ("abc", "xyz", 3), ("a", "abcdef", 3)],
)
def test_mistakes_are_counted_as_people_make_them(one: str, other: str, far: int) -> None:
    assert distance(one, other, 2) == far


def test_the_nearest_come_first_and_the_word_itself_is_none() -> None:
    assert nearest("typ", ["type", "typo", "year", "typ", "top"], most=1) == ["type", "typo", "top"]
