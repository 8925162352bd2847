"""Markdown of people: sanitised, as plain words, and cut at words."""

import pytest
from django.core.exceptions import ValidationError

from vre_portal import rich_text
from vre_portal.visible_text import validate_visible
from vre_portal.xml_text import xml_text


@pytest.mark.parametrize("source", ["<script>x</script>", '<a onclick="x">y</a>', "[a](javascript:x)", "![a](javascript:x)", "<iframe>"])
def test_what_would_run_is_shown_as_text_or_left_out(source: str) -> None:
    html = rich_text.html_of(source)
    assert "<script" not in html
    assert "<iframe" not in html
    assert 'href="javascript' not in html
    assert 'src="javascript' not in html
    assert "<a onclick" not in html


def test_headings_stand_below_those_of_the_page() -> None:
    assert rich_text.html_of("# A\n## B\n### C") == "<h3>A</h3>\n<h3>B</h3>\n<h3>C</h3>\n"


def test_words_have_no_marks() -> None:
    assert rich_text.words_of("# Moon\n\nIt *is* [dark](https://x.example)\nnow ![disc](/x.png)\n\n- a\n- `b`") == "Moon It is dark now a b"


@pytest.mark.parametrize(
    ("length", "cut"),
    [(100, "The moon is very dark today"), (27, "The moon is very dark today"), (26, "The moon is very dark…"), (12, "The moon is…"),
     (11, "The moon…"), (9, "The moon…"), (8, "The…"), (3, "Th…")],
)  # fmt: skip
def test_an_excerpt_ends_with_a_whole_word(length: int, cut: str) -> None:
    found = rich_text.excerpt("The moon is very dark today", length)
    assert found == cut
    assert len(found) <= length


@pytest.mark.parametrize("text", ["Moon", "月", "e\u0301", "👩\u200d🔬", "a b", ""])
def test_what_can_be_read_is_a_title(text: str) -> None:
    validate_visible(text)


@pytest.mark.parametrize("text", ["\u200b", "\u3164", "\u2800 ", "a\u202eb", "a\x07", "a\nb", "a\ufffe", "\u00ad", "\ue000"])
def test_what_cannot_be_seen_is_none(text: str) -> None:
    with pytest.raises(ValidationError):
        validate_visible(text)


def test_xml_holds_every_character_that_is_left() -> None:
    assert xml_text("a\x00\x08\x0b\x1f\ufffe\uffff\ud800b\u202e\U0010ffff\t") == "a\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd?b\ufffd\U0010ffff\t"
