"""Descriptions from elsewhere become harmless."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.software import clean


@pytest.mark.parametrize(
    "text",
    [
        "<p>x</p><script>alert(1)</script>",
        "&lt;p&gt;x&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;",
        "<p onclick=alert(1)>x</p><img src=x onerror=alert(1)>",
        '<p>x</p><a href="javascript:alert(1)">y</a>',
        "<p>x</p><svg><script>alert(1)</script></svg><style>*{display:none}</style>",
        "<p>x</p><iframe srcdoc='<script>alert(1)</script>'></iframe>",
    ],
)
def test_nothing_that_runs_is_left(text: str) -> None:
    found = clean.description(text)
    assert not re.search(r"<script|onerror|onclick|javascript:|<img|<style|<iframe|<svg", found)
    assert "x" in found


def test_plain_text_keeps_its_paragraphs_and_its_signs() -> None:
    assert clean.description("a < b & c\n\nnew") == "<p>a &lt; b &amp; c</p>\n\n<p>new</p>"


def test_links_stay_but_pass_nothing_on() -> None:
    found = clean.description('<p><a href="https://example.org/">y</a></p>')
    assert found == '<p><a href="https://example.org/" rel="nofollow noopener noreferrer">y</a></p>'


def test_direction_marks_become_visible() -> None:
    assert "\u202e" not in clean.description("abc\u202egpj.exe")


@given(st.text())
def test_any_text_can_be_cleaned_and_cleaning_again_changes_nothing_that_matters(text: str) -> None:
    assert "<script" not in clean.description(text).lower()
