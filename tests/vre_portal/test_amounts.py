"""Numbers and sizes as people type them are read as they are meant, and written as they can be read again."""

from decimal import Decimal

import pytest
from django.utils import translation

from vre_portal.amounts import number_text, parse_number, parse_size, size_text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("20000", "20000"), ("1,5", "1.5"), ("1.5", "1.5"), ("1 500", "1500"), ("1\u202f500\u00a0000", "1500000"), ("~500", "500"), ("≈ 2", "2"),
        ("1,500", "1500"), ("1,500,000", "1500000"), ("1,500.25", "1500.25"), ("1.500,25", "1500.25"), ("0,125", "0.125"), ("1.125", "1.125"),
        ("1’500", "1500"), ("0", "0"), (" ", None), ("1e6", "1000000"), ("2.5e5", "250000"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, number: str | None) -> None:
    assert parse_number(text) == (Decimal(number) if number else None)


def test_one_mark_before_three_digits_is_read_in_the_language_of_the_page() -> None:
    with translation.override("de"):
        assert (parse_number("1.500"), parse_number("1,500")) == (1500, Decimal("1.5"))


@pytest.mark.parametrize(
    "text",
    [
        "many",
        "-1",
        "1 50",
        "1,50,00",
        "1..5",
        "1e300",
        "nan",
        "inf",
        "²",
        "٣",
        "9" * 30,
        "1.2.3,4,5",
        ",",
        "1,",
        "1e60",
        "1" + " " * 16_000 + "!",
        "0" * 100_000,
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    for parse in (parse_number, parse_size):
        with pytest.raises(ValueError, match=r".*"):
            parse(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [("10 TB", 10**13), ("7.6 PB", 76 * 10**14), ("1,5", 15 * 10**8), ("1 500", 15 * 10**11), ("~500", 5 * 10**11), ("2tib", 2 * 2**40),
     ("20T", 2 * 10**13), ("100 G", 10**11), ("10 Tbytes", 10**13), ("5 Go", 5 * 10**9), ("12 bytes", 12)],
)  # fmt: skip
def test_a_size_without_a_unit_counts_in_that_of_its_field(text: str, count: int) -> None:
    assert parse_size(text, unit="gb") == count


@pytest.mark.parametrize("text", ["10 XB", "TB", "10 TB 3", "-1 GB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_size(text)


@pytest.mark.parametrize("language", ["en-gb", "de"])
@pytest.mark.parametrize("count", [0, 1, 999, 1500, 10**13, 76 * 10**14, 12_345_678_900_000, 1_234_567_890_123_456, 2**40])
def test_what_was_stored_is_shown_as_it_is_read_again(language: str, count: int) -> None:
    with translation.override(language):
        assert abs((parse_size(size_text(count)) or 0) - count) <= count * 1e-9


def test_numbers_have_no_needless_decimals() -> None:
    assert [number_text(value) for value in (20000.0, 2.5, 0.0, 1e9)] == ["20000", "2.5", "0", "1000000000"]
