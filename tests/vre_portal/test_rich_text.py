"""Markdown of people: sanitised, as plain words, and cut at words."""

import pytest

from vre_portal import rich_text
from vre_portal.xml_text import xml_text


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


def test_xml_holds_every_character_that_is_left() -> None:
    assert xml_text("a\x00\x08\x0b\x1f\ufffe\uffff\ud800b\u202e\U0010ffff\t") == "a\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd?b\ufffd\U0010ffff\t"
