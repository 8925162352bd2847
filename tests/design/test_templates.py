"""Templates keep the strict content security policy, and every icon that they name is in the sprite."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SYMBOLS = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static" / "img" / "icons.svg").read_text()))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_nothing_is_inline(path: Path) -> None:
    markup = path.read_text()
    assert not re.search(r"\sstyle\s*=", markup), "inline style"
    assert not re.search(r"<style\b", markup), "style element"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", markup), "event handler"
    assert not re.search(r"\bhx-on[:\w-]*\s*=|javascript:", markup), "script in an attribute"
    assert not re.search(r"<script\b(?![^>]*\bsrc=)(?![^>]*type=\"application/(ld\+)?json\")", markup), "script without an address"


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_every_icon_is_in_the_sprite(path: Path) -> None:
    markup = path.read_text()
    names = set(re.findall(r'{% icon "([\w-]+)"', markup)) | set(re.findall(r'components/icon\.html" with name="([\w-]+)"', markup))
    assert names - SYMBOLS == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_every_form_shows_what_is_wrong_with_it_as_a_whole(path: Path) -> None:
    """Else a form comes back without a word of why."""
    markup = path.read_text()
    forms = set(re.findall(r"{% for field(?:, \w+)? in (\w*form)(?:\.\w+)? %}", markup)) | set(re.findall(r"field=(\w*form)\.", markup))
    assert {form for form in forms if f"{{{{ {form}.non_field_errors }}}}" not in markup} == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_every_include_exists(path: Path) -> None:
    for target in re.findall(r'{% (?:include|extends) "([^"#]+)', path.read_text()):
        assert (ROOT / "templates" / target).is_file() or target == "admin/base.html", target  # that one is Django's


def test_every_state_has_an_icon_of_the_sprite() -> None:
    from vre_portal import states

    words = [word for group in states._STATES for word in group]
    assert {states.look(word)[1] for word in [*words, "never heard of"]} - SYMBOLS == set()
    assert len(words) == len(set(words)), "a word with two looks"


def test_nothing_is_fetched_from_elsewhere() -> None:
    for path in (ROOT / "static").rglob("*.css"):
        assert "://" not in path.read_text(), path.name
    base = (ROOT / "templates" / "base.html").read_text()
    assert not re.search(r'(?:href|src)="https?:', base)
