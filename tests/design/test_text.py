"""Values of machines become words that people say, and hostile text stays harmless."""

from datetime import UTC, datetime, timedelta

import pytest

from vre_portal import text
from vre_portal.templatetags import vre

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (24_480, "24.5 kB"),
        (121_004, "121 kB"),
        (999_600, "1.0 MB"),
        (3_123_456_789, "3.1 GB"),
    ],
)
def test_sizes_have_decimal_units(count: int, words: str) -> None:
    assert text.size(count) == words


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=30), "30 days ago"),
        (timedelta(days=31), "1 month ago"),
        (timedelta(days=300), "9 months ago"),
        (timedelta(days=400), "1 year ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(minutes=-1), "in 1 min"),
        (timedelta(hours=-1), "in 1 hour"),
        (timedelta(hours=-2), "in 2 hours"),
        (timedelta(days=-1), "in 1 day"),
        (timedelta(days=-2), "in 2 days"),
        (timedelta(days=-31), "in 1 month"),
        (timedelta(days=-100), "in 3 months"),
        (timedelta(days=-366), "in 1 year"),
        (timedelta(days=-800), "in 2 years"),
        (timedelta(seconds=-5), "in a moment"),
    ],
)
def test_times_are_told_as_people_tell_them(ago: timedelta, words: str) -> None:
    assert text.distance(NOW - ago, NOW) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "5 s"), (125, "2 min 05 s"), (7500, "2 h 05 min"), (timedelta(minutes=1), "1 min 00 s")]
)
def test_durations_have_units(seconds: object, words: str) -> None:
    assert text.lasting(seconds) == words


@pytest.mark.parametrize("value", [None, "", "soon", float("nan"), [], {}])
def test_what_is_not_known_is_a_dash_and_never_an_error(value: object) -> None:
    for words in (vre.when, vre.size, vre.number, vre.duration):
        assert words(value) == '<span class="faint" title="Unknown">\u2014</span>'


def test_direction_controls_are_shown_and_isolated() -> None:
    shown = vre.untrusted("invoice\u202egnp.exe<b>\x07")
    assert shown == "<bdi>invoice\ufffdgnp.exe&lt;b&gt;\ufffd</bdi>"


def test_a_time_carries_its_zone() -> None:
    assert 'datetime="2026-11-20T12:00:00+00:00"' in vre.when("2026-11-20T12:00:00")
    assert "UTC" in vre.when(NOW)


def test_a_state_is_a_word_an_icon_and_a_colour() -> None:
    pill = vre.state_pill("REPLICATING")
    assert 'data-tone="busy"' in pill
    assert "icons" in pill
    assert "replicating</span>" in pill


def test_an_unknown_state_is_shown_escaped() -> None:
    assert "&lt;odd&gt;" in vre.state_pill("<odd>")


def test_a_long_identifier_is_short_and_whole_on_hover() -> None:
    shown = vre.short_id("0191d3a0-77b1-7c2e")
    assert ">0191d3a0\u2026<" in shown
    assert 'title="0191d3a0-77b1-7c2e"' in shown


@pytest.mark.parametrize(
    ("name", "letters"), [("Lena Leadov\u00e1", "LL"), ("admin", "A"), ("Ana de la Cruz", "AC"), ("", "?"), ("---", "?")]
)
def test_initials(name: str, letters: str) -> None:
    assert vre.initials(name) == letters


def test_numbers_sort_as_numbers() -> None:
    assert sorted(["run10", "run2", "Run1", "x"], key=text.natural_order) == ["Run1", "run2", "run10", "x"]
    assert sorted(["2", "a", "10", ""], key=text.natural_order) == ["", "2", "10", "a"]


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_what_programs_write_for_no_date_is_none(date: str) -> None:
    assert text.moment(date) is None
    assert vre.when(datetime.fromisoformat(date)) == vre.when(None)
