"""A title can be seen."""

import pytest
from django.core.exceptions import ValidationError

from vre_portal.titles import validate_title


@pytest.mark.parametrize(
    "title", ["\u200b", "A\u202eB", "\u3164", "\u2800\u2800", "a\x00b", "a\x1bb", "\u00ad", "...", "- -", "tab\there", "\ufeffTitle"]
)
def test_an_invisible_or_empty_title_is_refused(title: str) -> None:
    with pytest.raises(ValidationError):
        validate_title(title)


@pytest.mark.parametrize("title", ["Dark photons", "Étude des neutrinos ν", "宇宙線", "3C 279", "⭐"])
def test_a_title_in_any_script_is_taken(title: str) -> None:
    validate_title(title)
