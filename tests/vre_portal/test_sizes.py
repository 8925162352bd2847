"""Sizes as they are shown and exported are exact, also beyond what a float can count."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import RequestFactory

from vre_portal.tables import listing
from vre_portal.templatetags.vre import size, unknown


@pytest.mark.parametrize("value", [2**53 + 1, str(2**53 + 1), Decimal(2**53 + 1)])
def test_the_exact_size_is_exact_beyond_what_a_float_counts(value: Any) -> None:
    assert 'title="9,007,199,254,740,993 bytes"' in size(value)
    assert ">9.0 PB<" in size(value)


@pytest.mark.parametrize(
    "value", ["", None, "much", "nan", "inf", pytest.param(10**400, id="long"), pytest.param(10**5000, id="longer"), "1e999999"]
)
def test_what_is_no_size_is_shown_as_none(value: Any) -> None:
    assert size(value) == unknown()


def test_numbers_that_javascript_would_round_are_in_json_as_text_too() -> None:
    rows = [{"name": "a", "bytes": 2**53 + 1, "seen": True}, {"name": "b", "bytes": 5, "seen": False}]
    reply = listing(RequestFactory().get("/", {"format": "json"}), rows, following=None, filename="x")
    assert reply is not None
    large, small = json.loads(reply.content)["items"]
    assert (large["bytes"], large["bytes_exact"]) == (9007199254740993, "9007199254740993")
    assert small == {"name": "b", "bytes": 5, "seen": False}
