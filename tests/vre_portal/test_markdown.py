"""Markdown that people write becomes harmless HTML, with formulas, footnotes and headings in their place, whatever it is and however long."""

import re
import time
from collections.abc import Callable
from html import unescape

import pytest

from tests.hostile import PAYLOADS, acting
from vre_portal import formulas, markdown, markdown_line, rich_text
from vre_portal.markdown_bounds import MAX_BRACKETS


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    markdown._kept.clear()


def test_a_formula_becomes_mathml_and_needs_no_script() -> None:
    html = markdown.render("The mass: $E = mc^2$\n\n$$\n\\frac{a}{b}\n$$")
    assert '<math display="inline">' in html
    assert "<msup><mi>c</mi><mn>2</mn></msup>" in html
    assert '<p><math display="block"><mrow><mfrac>' in html


@pytest.mark.parametrize("text", ["It costs $5 and $6.", "`$x$`", "a $ b $ c", "\\$x\\$"])
def test_a_dollar_that_is_no_formula_stays_a_dollar(text: str) -> None:
    html = markdown.render(text)
    assert "<math" not in html
    assert "$" in html


@pytest.mark.parametrize(
    "tex",
    [
        "\\frac",
        "\\left(",
        "{" * 900,
        "x^2^3",
        "\\begin{matrix}",
        "a" * 1001,
        "\\newcommand{\\a}{\\b\\b}\\a",
        "\\def\\a{x}\\a",
        "\\let\\a\\b",
    ],
)
def test_a_formula_that_cannot_be_read_costs_only_itself(tex: str) -> None:
    html = markdown.render(f"Before ${tex}$ between $x$ after")
    assert html.count("<math") == 1
    assert f"<code>${tex}$</code>" in html
    assert "after" in html


def test_more_formulas_than_a_page_shows_stay_as_they_were_typed() -> None:
    html = markdown.render("$x$ " * (markdown.MAX_FORMULAS + 2))
    assert html.count("<math") == markdown.MAX_FORMULAS
    assert html.count("<code>$x$</code>") == 2


def test_words_in_a_formula_stay_words_and_nothing_in_it_is_a_link_or_a_style() -> None:
    made = formulas.mathml(
        "\\text{a<b & <i>c</i>} \\href{javascript:alert(1)}{x} \\style{position:fixed}{y} \\color{red}{z}", block=False
    ).replace("\u00a0", " ")
    assert "<mtext>a&lt;b &amp; &lt;i&gt;c&lt;/i&gt;</mtext>" in made
    assert not re.search(r"href|style=|javascript|mathcolor|<i>", made)


def test_footnotes_lead_there_and_back_and_two_texts_of_a_page_do_not_share_marks() -> None:
    one, two = (markdown.render("Text[^1].\n\n[^1]: A note.", prefix=prefix) for prefix in ("one", "two"))
    assert 'href="#fn-one-1"' in one
    assert 'id="fn-one-1"' in one
    assert set(re.findall(r'id="([^"]*)"', one)).isdisjoint(re.findall(r'id="([^"]*)"', two))
    assert '<section class="footnotes">' in one


@pytest.mark.parametrize(
    ("text", "tags"), [("# a\n## b", ["h2", "h3"]), ("### a\n# b", ["h4", "h2"]), ("## a\n\n#### b", ["h2", "h4"]), ("###### a", ["h2"])]
)
def test_the_highest_heading_stands_below_that_of_the_page(text: str, tags: list[str]) -> None:
    assert re.findall(r"<(h\d)>", markdown.render(text)) == tags


def test_cells_are_aligned_without_a_style() -> None:
    html = markdown.render("| a | b |\n|:--|--:|\n| 1 | 2 |")
    assert '<td align="right">2</td>' in html
    assert "style" not in html


def test_links_tell_nobody_where_the_reader_came_from_and_pass_on_no_credit() -> None:
    assert 'rel="nofollow noopener noreferrer"' in markdown.render("[x](https://example.org/)")


def test_a_picture_stands_where_it_is_allowed_and_elsewhere_its_words_do() -> None:
    text = "![plot](a.png) [![badge](https://example.org/b.svg)](https://example.org/)"
    html = markdown.render(text, allow_picture=lambda address: "/own/a.png" if address == "a.png" else "", allowed_for="here")
    assert re.findall(r'src="([^"]*)"', html) == ["/own/a.png"]
    assert html.count("<a ") == 1
    assert ">badge</a>" in html


def test_what_is_remembered_for_one_project_is_not_shown_for_another() -> None:
    for name in ("one", "two"):
        html = markdown.render("![x](a.png)", allow_picture=lambda address, name=name: f"/{name}/{address}", allowed_for=name)  # type: ignore[misc]
        assert f'src="/{name}/a.png"' in html


def test_no_more_is_remembered_than_a_process_may_keep() -> None:
    for number in range(markdown.KEPT + 10):
        markdown.render(f"text {number}")
    assert len(markdown._kept) == markdown.KEPT


def test_what_is_remembered_is_bounded_by_its_length_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "KEPT_CHARACTERS", 1_000)
    for number in range(20):
        markdown.render(f"{number} " + "a" * 200)
    assert sum(map(len, markdown._kept.values())) <= 1_000
    assert len(markdown._kept) > 2


def test_html_is_shown_as_text() -> None:
    html = markdown.render("<b>x</b> <img src='https://example.org/x.png'>")
    assert "&lt;b&gt;x&lt;/b&gt; &lt;img" in html


def test_no_payload_acts() -> None:
    assert [text for text in PAYLOADS if acting(markdown.render(text))] == []


def test_a_text_that_is_cut_says_where_and_loses_nothing() -> None:
    html = markdown.render("*first*\n\n" + "*a* " * 20_000)
    assert "<em>first</em>" in html
    assert "<em>a</em>" in html
    formatted, rest = html.split("From here on the text is shown as typed")
    assert "<pre>" not in formatted
    assert formatted.count("<em>a</em>") + rest.count("*a*") >= 19_999  # one may be cut in its middle
    assert "From here on" not in markdown.render("*a* " * 500)


def test_a_table_that_is_too_large_is_a_table_as_far_as_it_goes_and_then_text() -> None:
    html = markdown.render("|a|b|\n|-|-|\n" + "|1|2|\n" * 7_000)
    assert 1_000 < html.count("<td>") < 6_000
    assert html.count("<td>") // 2 + html.count("|1|2|") == 7_000


def test_a_long_text_of_a_person_is_formatted_to_its_end() -> None:
    section = (
        "## Title\n\n"
        + "Words with *emphasis*, `code` and a [link](https://example.org/). " * 8
        + "\n\n- one\n- two\n\n|a|b|c|\n|-|-|-|\n"
        + "|1|2|3|\n" * 8
    )
    html = markdown.render(section * 40)
    assert html.count("<h2>") == 40
    assert "<pre>" not in html


def test_what_is_too_long_to_be_read_is_shown_as_it_is() -> None:
    html = markdown.render("*a* " * 20_000)
    assert "<em>a</em>" in html
    assert "<pre>" in html
    assert "<pre>[x](y)" in markdown.render("[x](y) " * (MAX_BRACKETS + 1))
    assert "<a " not in markdown.render("[x](y) " * (MAX_BRACKETS + 1))


def test_many_formulas_are_shown_as_typed_from_where_the_text_says_so() -> None:
    html = markdown.render("\n\n".join(f"$a_{{{number}}}" + "+b^c" * 100 + "$" for number in range(30)))
    shown, typed = html.split("Too many formulas")
    assert shown.count("<math") == html.count("<math") == 9
    assert typed.count("<code>$") == 20


HOSTILE_TEXTS = {
    "brackets": "[" * 64_000,
    "brackets before their bound": "[" * 4_999,
    "links": "[a](" * 4_999,
    "labels": "[a][" * 2_400,
    "pictures in pictures": "![a" * 2_400 + "](x)" * 2_400,
    "addresses": "<http://a.b> " * 5_000,
    "typed addresses": "http://a.b " * 5_000,
    "brackets behind an address": f"http://a.b{')' * 1_900} " * 26,
    "stars": "*a " * 21_000,
    "emphasis": "*a* " * 16_000,
    "underscores": "_a" * 32_000,
    "strikes": "~~a" * 21_000,
    "entities": "&" * 64_000,
    "html": "<!" * 32_000,
    "comments": "<!-- a -->\n" * 5_800,
    "dollars": "$" * 64_000,
    "short formulas": "$x$ " * 16_000,
    "large formulas": ("$" + "a_b^c" * 190 + "$ ") * 66,
    "formulas of primes": ("$" + "a'" * 480 + "$\n") * 60,
    "formulas in blocks": ("$$\n" + "x^2+" * 240 + "\n$$\n\n") * 66,
    "formulas without an end": "$$a\n\n" * 12_800,
    "quotes": ">" * 64_000,
    "quotes in quotes": (">" * 20 + "a\n") * 2_900,
    "lines below quotes": "> " * 19 + "a\n" * 32_000,
    "items": "- a\n" * 16_000,
    "items with paragraphs": "1. a\n\n   b\n\n" * 4_900,
    "lists in lists": ("- " * 10 + "a\n") * 2_900,
    "quotes in items": "1. > a\n" * 9_100,
    "paragraphs": "a\n\n" * 21_000,
    "headings": "# a\n" * 16_000,
    "notes": "^[a] " * 4_999,
    "notes of one text": "[^1]" * 4_900 + "\n\n[^1]: x",
    "cells": "|a" * 32_000,
    "rows": "|a|b|\n|-|-|\n" + "|1|2|\n" * 10_600,
    "rows without cells": "|a" * 400 + "|\n" + "|-" * 400 + "|\n" + "|\n" * 31_000,
    "rows without cells in a quote": "> " + "|a" * 300 + "|\n> " + "|-" * 300 + "|\n" + "> x\n" * 15_000,
    "heads without pipes at their ends": "a|" * 300 + "b\n" + ":-|" * 300 + "-\n" + "x\n" * 31_000,
    "words": "a" * 200_000,
}


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_a_text_that_costs_much_is_still_a_page_and_an_excerpt(text: str) -> None:
    def cost(read: Callable[[], str]) -> float:
        begin = time.thread_time()
        assert len(read()) < 20 * len(text) + 1_000
        return time.thread_time() - begin

    def render() -> str:
        markdown._kept.clear()
        return markdown.render(text)

    markdown.render("$x$")  # what a process reads once
    assert min(cost(render) for _ in range(2)) < 0.6  # a third of a second; twice that where others use the processor, too
    assert min(cost(lambda: rich_text.words_of(text)) for _ in range(2)) < 0.6
    assert min(cost(lambda: rich_text.excerpt(text)) for _ in range(2)) < 0.08


@pytest.mark.parametrize("tex", [r"\SI{10}{TeV}", r"\ce{H2O}", r"0\farcs5", r"\label{a} x", r"\Big\{ y \Big\}", r"\unknown{x}"])
def test_a_command_that_is_not_known_leaves_the_formula_as_it_was_typed(tex: str) -> None:
    with pytest.raises(formulas.NotAFormula):
        formulas.mathml(tex, block=False)


@pytest.mark.parametrize(
    ("tex", "shown"), [(r"\arg\max_x f", "argmax"), (r"5\,\AA", "Å"), (r"30\arcmin", "′"), (r"2\degr", "∘"), (r"\ensuremath{x}", "x"), (r"x \nonumber", "x")]
)  # fmt: skip
def test_commands_of_papers_of_the_field_are_shown(tex: str, shown: str) -> None:
    made = re.sub(r"<[^>]*>", "", formulas.mathml(tex, block=False))
    assert shown in made.replace("\u2061", "")
    assert "\\" not in made


TRACEBACK = "It fails:\nTraceback (most recent call last):\n  File \"run.py\", line 3\nKeyError: 'x'"


def test_lines_of_a_message_stay_lines_and_those_of_a_document_flow() -> None:
    assert markdown.render(TRACEBACK, is_message=True).count("<br") == 3
    assert "<br" not in markdown.render(TRACEBACK)
    table = markdown.render("Run  Events\n-----------\n12   4", is_message=True)
    assert "<h" not in table.replace("<hr", "")
    assert "Run  Events" in table


AS_TYPED = [
    "export PATH=$HOME/bin:$PATH",
    'export X509_USER_PROXY=$X509_DIR/x509up_u$UID; echo "$A" "${A}/${B}" $?',
    "cp ${A}/b:${B} $C, or $",
    "grep '^a$' and 'b$' x_$y$z",
    "class A:\n    def __init__(self):\n\tself.__x__ = _y_",
    "C:\\Users\\me\\data\\*.fits \\\\server\\share \\*.py 1\\.2 \\# \\_",
    "conda install \\\n  gammapy",
    "# a comment\n## another",
    "ls /data/*/run*/x *.fits and run*.root and f(2*x*3)*y[0]*z",
    "std::vector<std::string> and <foo:bar>",
    "[INFO]: text\n[ERROR]: other",
    "a &lt; b &amp; c",
    "  RSE      USED   FREE\n  CNAF-1     1      2\n  LAPP     100     20",
    "one  \n  two",
]


@pytest.mark.parametrize("text", AS_TYPED)
def test_no_character_of_a_pasted_line_is_lost_in_a_message(text: str) -> None:
    html = markdown.render(text, is_message=True)
    assert not re.search(r"<(?!/?p>|br>)", html)
    assert unescape(re.sub(r"</?p>", "", html).replace("<br>", "\n")).rstrip("\n") == text


def test_a_traceback_keeps_its_indentation() -> None:
    assert '<br>  File "run.py", line 3<br>KeyError' in markdown.render(TRACEBACK, is_message=True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**bold** and *em*, ***both***", "<strong>bold</strong> and <em>em</em>, <em><strong>both</strong></em>"),
        ("这是**重点**内容", "<strong>重点</strong>"),
        ("(**a**), “*b*”: **c**.", "(<strong>a</strong>), “<em>b</em>”: <strong>c</strong>."),
        ("\\*no\\*", "\\*no\\*"),
        ("mass ($E = mc^2$), $x$.", "<math"),
        ("$x$ and $$y$$", '<math display="block">'),
        ("<https://example.org>", ">https://example.org</a>"),
        ("- one\n- two", "<li>one</li>"),
        ("> why\nbecause", "</blockquote>\n<p>because</p>"),
        ("1. > why\n> still", "</blockquote>"),
        ("```\n> a\nb # c\n```", "<pre><code>&gt; a\nb # c\n"),
        ("|a|b|\n|-|-|\n|1|2|", "<td>1</td>"),
    ],
)
def test_a_message_is_formatted_still(text: str, shown: str) -> None:
    assert shown in markdown.render(text, is_message=True)


@pytest.mark.parametrize(
    ("text", "target", "shown"),
    [
        ("See https://example.org/a_b_c?x=1&y=2.", "https://example.org/a_b_c?x=1&amp;y=2", "https://example.org/a_b_c?x=1&amp;y=2"),
        ("(https://example.org/wiki/A_(b))", "https://example.org/wiki/A_(b)", "https://example.org/wiki/A_(b)"),
        ("www.example.org/x, and", "https://www.example.org/x", "www.example.org/x"),
        ("**https://example.org**", "https://example.org", "https://example.org"),
        ("| a |\n|---|\n| http://example.org |", "http://example.org", "http://example.org"),
    ],
)
def test_an_address_becomes_a_link_that_shows_where_it_leads(text: str, target: str, shown: str) -> None:
    link = f'<a href="{target}" rel="nofollow noopener noreferrer">{shown}</a>'
    assert link in markdown.render(text)
    assert "|" in text or link in markdown_line.render(text)


@pytest.mark.parametrize(
    "text",
    [
        "`https://example.org`",
        "    https://example.org",
        "javascript://example.org",
        "me@www.example.org",
        "https://",
        "www.",
        "xhttps://a.b",
    ],
)
def test_what_is_no_address_or_code_is_no_link(text: str) -> None:
    assert "<a" not in markdown.render(text)


def test_an_address_in_a_link_is_no_second_link() -> None:
    html = markdown.render("[https://example.org](https://example.com) <https://example.net>")
    assert html.count("<a ") == 2
    assert 'href="https://example.org"' not in html
