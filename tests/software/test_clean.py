"""Descriptions from elsewhere become harmless."""

import re
import time
from html.parser import HTMLParser

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


KEPT = {
    "<p>above 10<sup>-3</sup> eV and H<sub>2</sub>O.</p>": ["10<sup>-3</sup>", "H<sub>2</sub>O"],
    "<dl><dt>Name</dt><dd>What it is</dd></dl>": ["<dt>Name</dt>", "<dd>What it is</dd>"],
    '<table><caption>c</caption><tr><th scope="col">Name</th></tr><tr><td colspan="2">1</td></tr></table>': [
        "<caption>c</caption>",
        '<th scope="col">Name</th>',
        '<td colspan="2">1</td>',
    ],
    '<p>Status: <img src="https://ci.example/badge.svg" alt="passing &amp; <b>"> today</p>': [
        "Status:",
        "passing &amp; &lt;b&gt;",
        "today",
    ],
    "<p>a<img src=x alt=''>b<img src='x'></p>": ["ab"],
    "<p>Cut: 1<i<5 and x>2 and y < 3 and a<b and c>d.</p>": ["1&lt;i&lt;5 and x&gt;2 and y &lt; 3 and a&lt;b and c&gt;d."],
    "Cut: 1<i<5 and x>2. Then the fit is stable.": ["1&lt;i&lt;5 and x&gt;2"],
    "a <b and c> d": ["a &lt;b and c&gt; d"],
    "only<br>a break": ["only<br>a break"],
    "H<sub>2</sub>O": ["H<sub>2</sub>O"],
    '<ol start="3"><li>three</li></ol>': ['<ol start="3">'],
    '<p><a href="mailto:a@example.org">write</a></p>': ['href="mailto:a@example.org"'],
    "<p><s>old</s> <del>x</del> <ins>y</ins> <kbd>Ctrl</kbd></p>": ["<s>old</s>", "<del>x</del>", "<ins>y</ins>", "<kbd>Ctrl</kbd>"],
}


@pytest.mark.parametrize("text", KEPT)
def test_the_meaning_is_kept(text: str) -> None:
    found = clean.description(text)
    assert all(part in found for part in KEPT[text]), found
    assert "<img" not in found


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("<h2>Install</h2>pip<h2>Use</h2>run", "33"),
        ("<h1>a</h1><h2>b</h2><h3>c</h3>", "345"),
        ("<h1>a</h1><h6>b</h6>", "36"),
        ("<h4>a</h4><h5>b</h5>", "34"),
    ],
)
def test_headings_stand_below_those_of_the_page(text: str, levels: str) -> None:
    assert "".join(re.findall(r"<h(\d)", clean.description(text))) == levels


@pytest.mark.parametrize("piece", ["<a x=", '<img "', "<img ", "<a x ", "<", "<h1>", "<p ", "&lt;p", "<table>", "<!--", " "])
def test_no_text_takes_long(piece: str) -> None:
    begin = time.process_time()
    clean.description("<p>x</p>" + piece * (60_000 // len(piece)))
    assert time.process_time() - begin < 2


HOSTILE = (
    '<img src=x onerror=alert(1) alt="<script>alert(1)</script>">',
    "<img alt='\"><script>alert(1)</script>'>",
    '<h1 onclick="alert(1)">x</h1>',
    '<table onmouseover="alert(1)"><td style="position:fixed" onclick=x>y</td></table>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="data:text/html,x">x</a>',
    "<p>&lt;script&gt;</p><scr<script>ipt>alert(1)</script>",
    '<abbr title="x" onfocus=alert(1) autofocus>y</abbr>',
    "<h1<script>alert(1)</script>>",
    "&lt;img src=x onerror=alert(1)&gt;&lt;p&gt;",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_it_acts(text: str) -> None:
    names: set[str] = set()
    attributes: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            names.add(tag)
            attributes.update(f"{name}={str(value).split(':')[0]}" if name == "href" else name for name, value in attrs)

    Reader().feed(clean.description(text))
    assert names <= clean.TAGS
    assert attributes <= {"title", "rel", "scope", "colspan", "rowspan", "href=https", "href=http", "href=mailto"}
