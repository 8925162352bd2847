"""What people write stays text: the page's own elements are the only ones that act."""

import re

import pytest
from django.test import Client

from projects.models import Project, Resource
from tests.factories import make_public, make_resource
from tests.hostile import CORPUS, PAYLOADS, acting
from vre_portal.citation_formats import STYLES

pytestmark = pytest.mark.django_db


def test_the_check_sees_what_acts() -> None:
    assert acting("<p onclick=x><a href=' java\tscript:x'><script>x</script><svg onload=x /><p style=x>") != []
    assert len(acting("<p onclick=x><a href=' java\tscript:x'><script>x</script><svg onload=x /><p style=x>")) == 5


def hostile(text: str) -> Project:
    """A project that has the text wherever people can write."""
    line = text.replace("\n", " ")
    part = line[:200]
    project = make_public(
        title=part, summary=line[:300], description=text, theme=line[:60], further_themes=[part], keywords=[part], stage=line[:40],
        experiments=[part], institutes=[part], institute_rors={part: "01js2sh04"}, contact=part,
        contacts=[{"name": part, "role": part, "address": part}], funding=[{"funder": part, "number": part, "title": part}],
        repository=line[:500], website=line[:500], licence=line[:100], citation=text, scope=line[:60], picture_description=line[:300],
    )  # fmt: skip
    for kind in Resource.Kind:
        make_resource(project, kind=kind, identifier=text[:600], title=line[:300], facts={"type": text, "entry": text})
    return project


@pytest.mark.parametrize("text", CORPUS)
def test_nothing_that_people_write_acts_on_a_project_page(client: Client, text: str) -> None:
    project = hostile(text)
    for part in ("", "data/", "software/", "results/", "people/", "cite/"):
        body = client.get(f"/projects/{project.slug}/{part}").content.decode()
        assert acting(body) == []
        assert "<title>" in body
    assert "add:7" in client.get(f"/projects/{project.slug}/").content.decode() or "add:7" not in text


def test_there_are_some_three_hundred_payloads() -> None:
    assert len(PAYLOADS) >= 290


def test_no_payload_acts_on_the_page_of_a_project(client: Client) -> None:
    for text in PAYLOADS:
        reply = client.get(f"/projects/{hostile(text).slug}/")
        assert reply.status_code == 200, text[:80]
        assert acting(reply.content.decode()) == [], text[:80]


def test_each_payload_comes_as_json_and_as_a_citation(client: Client) -> None:
    for text in PAYLOADS[::12]:
        address = f"/projects/{hostile(text).slug}/"
        assert "title" in client.get(f"{address}?format=json").json()
        assert all(client.get(f"{address}cite/{style}/").status_code == 200 for style in STYLES)


def test_nothing_that_people_write_acts_in_a_list(client: Client) -> None:
    for text in PAYLOADS[:48]:
        hostile(text)
    for address in ("/", "/projects/", "/projects/?q=x", *(f"/search/?q={text[:5]}" for text in CORPUS[:8])):
        assert acting(client.get(address).content.decode()) == []


def test_honest_markdown_is_kept() -> None:
    project = make_public(description="# Title\n\n*Text*, a [link](https://example.org/) and\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    html = project.description_html
    for part in ("<h2>Title</h2>", "<em>Text</em>", '<a href="https://example.org/"', "<td>1</td>"):
        assert part in html


def test_a_project_shows_its_own_pictures_and_no_others(client: Client) -> None:
    project = make_public(slug="own")
    own = ("/projects/own/picture", "workflows/3/files/results/plot.png", f"{project.address}workflows/3/files/12/")
    others = (
        "https://example.org/x.png",
        "//example.org/x.png",
        "/projects/other/picture",
        "/accounts/logout/",
        "/projects/own/people/undo/",
        "data:x",
    )
    project.description = " ".join(f"![words]({address})" for address in (*own, *others))
    html = project.description_html
    assert re.findall(r'src="([^"]*)"', html) == [
        own[0],
        "/projects/own/workflows/3/files/results/plot.png",
        "/projects/own/workflows/3/files/12/",
    ]
    assert '<a href="https://example.org/x.png"' in html  # the words lead to it
    assert html.count("words") == len(own) + len(others)
