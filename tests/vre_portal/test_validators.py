"""Text that people type: what nobody can see is refused, what languages need is not."""

import pytest
from django.core.exceptions import ValidationError

from vre_portal.pasted_text import TextField
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


@pytest.mark.parametrize(
    ("pasted", "taken"),
    [
        ("\uf0b7\tfirst\r\n\uf0b7\tsecond", "•\tfirst\r\n•\tsecond"),
        ("data\u00adset \u200bof\u2060 H.E.S.S.", "dataset of H.E.S.S."),
        ("\ufeff first", "first"),
        ("one\u2028two\u2029three\vfour\ffive\x85six", "one\ntwo\nthree\nfour\nfive\nsix"),
        ("\x1b[1;31mERROR\x1b[0m\x1b[K no file\x1b]0;title\x07 \x1b(Bhere\x1b=", "ERROR no file here"),
        ("50% \u28ff\u2800\u28ff", "50% \u28ff \u28ff"),
        ("28\u200e/11\x08 \U000e0041", "28/11"),
        ("prompt \ue0b0 ls", "prompt \ufffd ls"),
        ("می\u200cخواهم 👩\u200d🔬 Łódź", "می\u200cخواهم 👩\u200d🔬 Łódź"),
    ],
)
def test_pasted_text_is_taken_without_what_nobody_can_see(pasted: str, taken: str) -> None:
    assert TextField().clean(pasted) == taken


@pytest.mark.parametrize("text", ["\u200b", "\x1b[0m", "\ufeff\u00ad", "  \u2060"])
def test_a_text_of_nothing_is_no_text(text: str) -> None:
    with pytest.raises(ValidationError) as error:
        TextField().clean(text)
    assert error.value.code == "required" or "required" in str(error.value)
    assert TextField(required=False).clean(text) == ""


def test_nul_is_refused_in_pasted_text() -> None:
    with pytest.raises(ValidationError):
        TextField().clean("a\0b")


@pytest.mark.parametrize("turn", "\u202a\u202e\u2066\u2069")
def test_what_changes_the_direction_of_text_is_refused_with_the_words_around_it(turn: str) -> None:
    with pytest.raises(ValidationError) as error:
        TextField().clean(f"The file is in\r\nC:\\{turn}data\\gnp.exe")
    assert f"U+{ord(turn):04X}" in str(error.value)
    assert "“The file is in C:\\\\\ufffddata\\\\gnp.exe”" in str(error.value)
    assert turn not in str(error.value)
