"""The glossary: one line a term, and the pages that use it."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template

from vre_portal.documentation import glossary

ROOT = Path(__file__).resolve().parents[2]
SOURCE = (ROOT / "docs" / "glossary.md").read_text()
TEMPLATES = {path: path.read_text() for path in (ROOT / "templates").rglob("*.html")}


def rendered(source: str) -> str:
    return Template("{% load glossary %}" + source).render(Context({"word": "never<heard"}))


def test_every_term_has_one_line() -> None:
    names = re.findall(r"^### (.+)$", SOURCE, re.MULTILINE)
    assert len(names) == len({name.lower() for name in names}) == len(glossary.terms())
    assert all(item.meaning.endswith(".") and len(item.meaning) <= 140 for item in glossary.terms().values())


def test_terms_stand_in_the_order_of_the_alphabet() -> None:
    for part in SOURCE.split("\n## ")[1:]:
        names = [name.lower() for name in re.findall(r"^### (.+)$", part, re.MULTILINE)]
        assert names == sorted(names)


def test_a_term_shows_its_line_and_leads_to_it() -> None:
    meaning = glossary.terms()["replica"].meaning
    assert rendered('{% term "Replica" "copies" %}') == (
        f'<dfn><a class="term" href="/docs/glossary/#replica" title="{meaning}">copies</a></dfn>'
    )


def test_a_word_without_a_line_and_an_installation_without_a_glossary_show_plain_text(settings: Any, tmp_path: Path) -> None:
    assert rendered("{% term word %}|") == "never&lt;heard|"
    settings.DOCS_DIR = str(tmp_path)
    assert rendered('{% term "replica" %}') == "replica"


def test_every_term_that_a_page_uses_is_in_the_glossary() -> None:
    used = {name for text in TEMPLATES.values() for name in re.findall(r'{% term "([^"]+)"', text)}
    assert used
    assert {name for name in used if not glossary.term(name)} == set()


@pytest.mark.django_db
def test_the_mark_is_that_of_the_heading_on_the_page(client: Any) -> None:
    text = client.get("/docs/glossary/").content.decode()
    assert {item.mark for item in glossary.terms().values()} - set(re.findall(r'<h3 id="([^"]+)"', text)) == set()
