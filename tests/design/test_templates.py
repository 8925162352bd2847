"""Templates keep the strict content security policy, and every icon that they name is in the sprite."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SYMBOLS = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static" / "img" / "icons.svg").read_text()))


# What a strict content security policy does not allow.
INLINE = {
    "inline style": r"\sstyle\s*=",
    "style element": r"<style\b",
    "event handler": r"\son[a-z]+\s*=\s*[\"']",
    "script in an attribute": r"\bhx-on[:\w-]*\s*=|javascript:",
    "script without an address": r"<script\b(?![^>]*\bsrc=)(?![^>]*type=\"application/(ld\+)?json\")",
}


def inline(markup: str) -> list[str]:
    """What of a page would not run or look as meant."""
    return [what for what, pattern in INLINE.items() if re.search(pattern, markup)]


def icons_missing(markup: str) -> list[str]:
    """The icons that it names and the sprite does not have."""
    names = set(re.findall(r'{% icon "([\w-]+)"', markup)) | set(re.findall(r'components/icon\.html" with name="([\w-]+)"', markup))
    return sorted(names - SYMBOLS)


def silent_forms(markup: str) -> list[str]:
    """The forms whose faults as a whole are not shown: such a form comes back without a word of why."""
    forms = set(re.findall(r"{% for field(?:, \w+)? in (\w*form)(?:\.\w+)? %}", markup)) | set(re.findall(r"field=(\w*form)\.", markup))
    return sorted(form for form in forms if f"{{{{ {form}.non_field_errors }}}}" not in markup)


def includes_missing(markup: str) -> list[str]:
    """The templates that it names and that are not there; one is Django's."""
    names = re.findall(r'{% (?:include|extends) "([^"#]+)', markup)
    return [name for name in names if not (ROOT / "templates" / name).is_file() and name != "admin/base.html"]


@pytest.mark.parametrize("look", [inline, icons_missing, silent_forms, includes_missing], ids=lambda look: look.__name__)
def test_no_template_has_such_a_fault(look: Callable[[str], list[str]]) -> None:
    faults = {str(path.relative_to(ROOT / "templates")): look(path.read_text()) for path in TEMPLATES}
    assert len(TEMPLATES) > 100
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize(
    ("look", "markup", "fault"),
    [
        (inline, '<p style="color: red">', "inline style"),
        (inline, "<style>", "style element"),
        (inline, "<p onclick='x'>", "event handler"),
        (inline, '<p hx-on:click="x">', "script in an attribute"),
        (inline, '<a href="javascript:x">', "script in an attribute"),
        (inline, "<script>x</script>", "script without an address"),
        (icons_missing, '{% icon "no-such" %}', "no-such"),
        (icons_missing, '{% include "components/icon.html" with name="no-such" %}', "no-such"),
        (silent_forms, "{% for field in form %}", "form"),
        (silent_forms, '{% include "x.html" with field=rule_form.name %}', "rule_form"),
        (includes_missing, '{% include "no/such.html#part" %}', "no/such.html"),
        (includes_missing, '{% extends "no/such.html" %}', "no/such.html"),
    ],
)
def test_a_template_with_the_fault_is_named(look: Callable[[str], list[str]], markup: str, fault: str) -> None:
    assert look(markup) == [fault]


def test_every_state_has_an_icon_of_the_sprite() -> None:
    from vre_portal import states

    words = [word for group in states._STATES for word in group]
    assert {states.look(word)[1] for word in [*words, "never heard of"]} - SYMBOLS == set()
    assert len(words) == len(set(words)), "a word with two looks"
    assert set(words) == states._LABELS.keys()


def test_nothing_is_fetched_from_elsewhere() -> None:
    for path in (ROOT / "static").rglob("*.css"):
        assert "://" not in path.read_text(), path.name
    base = (ROOT / "templates" / "base.html").read_text()
    assert not re.search(r'(?:href|src)="https?:', base)
