"""Markdown that people write becomes harmless HTML, with formulas, footnotes and headings in their place, whatever it is and however long."""

import re

import pytest

from tests.hostile import PAYLOADS, acting
from vre_portal import formulas, markdown


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


def test_html_is_shown_as_text() -> None:
    html = markdown.render("<b>x</b> <img src='https://example.org/x.png'>")
    assert "&lt;b&gt;x&lt;/b&gt; &lt;img" in html


def test_no_payload_acts() -> None:
    assert [text for text in PAYLOADS if acting(markdown.render(text))] == []


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "![" * 25_000,
        "*a " * 16_000,
        "_a" * 25_000,
        "$" * 50_000,
        "$a" * 25_000,
        ">" * 50_000,
        "^[" * 20_000,
        "|a" * 25_000,
        "a" * 200_000,
    ],
    ids=["brackets", "pictures", "stars", "underscores", "dollars", "formulas", "quotes", "notes", "cells", "long"],
)
def test_a_text_that_costs_much_is_still_a_page(text: str) -> None:
    html = markdown.render(text)
    assert len(html) < 20 * len(text)


def test_what_is_too_long_to_be_read_is_shown_as_it_is() -> None:
    html = markdown.render("*a* " * 20_000)
    assert "<em>a</em>" in html
    assert "<pre>" in html
    assert markdown.render("[x](y) " * (markdown.MAX_BRACKETS + 1)).startswith("<pre>[x](y)")


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
