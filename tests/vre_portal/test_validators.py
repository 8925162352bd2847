"""Text that people type: what nobody can see is refused, what languages need is not."""

import pytest
from django.core.exceptions import ValidationError

from vre_portal.validators import validate_title, validate_visible_line, validate_visible_text


@pytest.mark.parametrize(
    "text",
    ["a\u202eb", "\u200b", "a\0", "\u2066", "a\x1b[31m", "\u200d", "\ufeffx", "\U000e0041", "   ", "\u3164", "\u2800\u2800", "\u00ad"],
)
def test_what_nobody_can_see_is_refused(text: str) -> None:
    for validate in (validate_visible_line, validate_visible_text):
        with pytest.raises(ValidationError):
            validate(text)


@pytest.mark.parametrize("text", ["Łódź", "می\u200cخواهم", "👩\u200d🔬", "γ-rays"])
def test_what_languages_need_is_taken(text: str) -> None:
    validate_visible_line(text)
    validate_visible_text(f"{text}\n{text}")


@pytest.mark.parametrize("text", ["...", "-", "“”", "\u200b", "a\u202eb"])
def test_a_title_has_a_letter_a_digit_or_a_symbol(text: str) -> None:
    with pytest.raises(ValidationError):
        validate_title(text)


@pytest.mark.parametrize("text", ["Łódź", "3", "☉", "γ-rays…"])
def test_a_title_may_be_short(text: str) -> None:
    validate_title(text)


def test_only_texts_have_lines() -> None:
    validate_visible_text("a\r\nb\tc")
    with pytest.raises(ValidationError):
        validate_visible_line("a\nb")
