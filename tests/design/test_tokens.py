"""Every text can be read and every mark be seen, by day and by night."""

import re

import pytest

from tests.design.tokens import CSS, SCHEMES, colours, contrast

SURFACES = ("surface", "surface-raised", "surface-sunken")
TEXTS = ("ink", "ink-soft", "ink-faint", "accent", "ok", "warn", "bad", "busy")
SOFT = ("ok", "warn", "bad", "busy", "accent")
MARKS = ("line-strong", "focus", *(f"hue-{number}" for number in range(1, 7)), "hue-other")


def test_contrast_is_measured_as_the_standard_says() -> None:
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("surface", SURFACES)
def test_text_reads_on_every_surface(scheme: str, text: str, surface: str) -> None:
    found = colours()[scheme]
    assert contrast(found[text], found[surface]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("tone", SOFT)
def test_a_state_reads_on_its_own_ground_and_so_does_the_text_beside_it(scheme: str, tone: str) -> None:
    found = colours()[scheme]
    assert contrast(found[tone], found[f"{tone}-soft"]) >= 4.5
    assert contrast(found["ink"], found[f"{tone}-soft"]) >= 4.5
    assert contrast(found["ink-soft"], found[f"{tone}-soft"]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_primary_button_reads(scheme: str) -> None:
    found = colours()[scheme]
    assert contrast(found["accent-ink"], found["accent"]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("surface", SURFACES)
def test_a_mark_is_seen_on_every_surface(scheme: str, mark: str, surface: str) -> None:
    found = colours()[scheme]
    assert contrast(found[mark], found[surface]) >= 3


def test_only_the_tokens_name_colours() -> None:
    allowed = {"tokens.css", "print.css"}
    named = {
        path.name: re.findall(r"#[0-9a-fA-F]{3,8}\b(?!\s*[{,>])", re.sub(r"light-dark\([^)]*\)|url\([^)]*\)", "", path.read_text()))
        for path in CSS.glob("*.css")
        if path.name not in allowed
    }
    # #fff stands behind pictures that were drawn for paper; #000 is the opaque end of a mask.
    assert {name: set(found) - {"#fff", "#000"} for name, found in named.items() if set(found) - {"#fff", "#000"}} == {}


def test_every_role_that_is_used_exists() -> None:
    texts = {path.name: path.read_text() for path in CSS.glob("*.css")}
    defined = set(re.findall(r"(--[\w-]+)\s*:", "".join(texts.values())))
    used = set(re.findall(r"var\((--[\w-]+)", "".join(texts.values())))
    used |= set(re.findall(r"var\((--[\w-]+)", (CSS.parent / "img" / "sky.svg").read_text()))
    assert used - defined == set()
