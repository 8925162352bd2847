"""Titles may have letters of every script, and nothing that hides or turns other text."""

import pytest
from django.core.exceptions import ValidationError

from vre_portal.plain_text import validate_title


@pytest.mark.parametrize(
    "text", ["", "KM3NeT", "Höhenstrahlung", "宇宙線", "می\u200cخواهم", "1 \u2013 2", "E\u0301tude", "\u2764\ufe0f", "a\u00a0b"]
)
def test_an_honest_title_is_taken(text: str) -> None:
    validate_title(text)


@pytest.mark.parametrize(
    "text",
    [
        "a\x00b",
        "a\x1bb",
        "a\u202eb",
        "a\u2066b",
        "a\u200bb",
        "\u200c",
        "\u3164",
        " \u2800 ",
        "a\u2028b",
        "a\ufeffb",
        "\U000e0041",
        "\ufe0f",
    ],
)
def test_what_cannot_be_seen_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        validate_title(text)
