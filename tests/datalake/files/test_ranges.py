"""Ranges as RFC 9110 has them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalake.files.ranges import Span, Unsatisfiable, parse


@pytest.mark.parametrize(
    ("header", "size", "expected"),
    [
        ("bytes=0-0", 10, Span(0, 0)),
        ("bytes=2-", 10, Span(2, 9)),
        ("bytes=-3", 10, Span(7, 9)),
        ("bytes=-99", 10, Span(0, 9)),
        ("bytes=5-99", 10, Span(5, 9)),
        (None, 10, None),
        ("", 10, None),
        ("bytes=", 10, None),
        ("bytes=-", 10, None),
        ("bytes=5-2", 10, None),
        ("bytes=0-1,4-5", 10, None),
        ("items=0-1", 10, None),
        ("bytes=\u0661-2", 10, None),
        ("bytes=" + "9" * 400 + "-", 10, None),
    ],
)
def test_one_range_is_understood_and_the_rest_means_the_whole_file(header: str | None, size: int, expected: Span | None) -> None:
    assert parse(header, size) == expected


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-5", 0)])
def test_a_range_outside_of_the_file_is_refused(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        parse(header, size)


@settings(deadline=None)
@given(st.text(), st.integers(0, 2**50))
def test_nothing_typed_breaks_it(header: str, size: int) -> None:
    for text in (header, f"bytes={header}"):
        try:
            span = parse(text, size)
        except Unsatisfiable:
            continue
        assert span is None or (0 <= span.first <= span.last < size and len(span) >= 1)
