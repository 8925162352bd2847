"""The head of pages: one title and address each, previews and schema.org of public things alone, whatever their names are."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any, override

import pytest
from django.conf import settings as django_settings
from django.test import Client

from catalog.software.models import Entry
from projects.models import Project, Role
from tests import full_portal
from tests.factories import make_news, make_project, make_public
from tests.public_addresses import make_examples
from vre_portal import json_ld
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
HOME = django_settings.PORTAL_URL
HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x>',
    "\u2028</ScRiPt>",
    "<!--<script>",
    "a\x1b[31mb",
    "\u202egnp",
    "\ud7ff'\"&amp;",
    "]]>",
)
pytestmark = pytest.mark.django_db


class Head(HTMLParser):
    """What a page says in its head, as a parser of HTML reads it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.title, self.metas, self.links, self.blocks, self.scripts = "", {}, {}, [], 0
        self._in = ""
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if tag == "meta" and (name := facts.get("property") or facts.get("name")):
            self.metas[name] = facts.get("content") or ""
        if tag == "link":
            self.links[facts.get("rel") or ""] = facts.get("href") or ""
        if tag == "script":
            self.scripts += 1
        self._in = facts.get("type") or "script" if tag == "script" else tag

    @override
    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    @override
    def handle_data(self, data: str) -> None:
        if self._in == "title":
            self.title += data
        if self._in == "application/ld+json":
            self.blocks.append(data)

    @property
    def previews(self) -> dict[str, str]:
        return {name: text for name, text in self.metas.items() if name.startswith(("og:", "article:", "twitter:"))}


def head(where: str, browser: Client | None = None) -> Head:
    return Head((browser or Client()).get(where).content.decode())


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def test_every_public_page_has_a_title_a_description_and_its_one_address(people: dict[str, User]) -> None:
    titles: dict[str, str] = {}
    for group in make_examples(people).values():
        for address in (item for item in group if "?" not in item):
            answer = Client().get(address)
            if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html") or b"<title>" not in answer.content:
                continue
            found = Head(answer.content.decode())
            title = re.sub(r"\s+", " ", found.title).strip()
            assert title.endswith(f" · {django_settings.SITE['name']}"), address
            assert titles.setdefault(title, address) == address, f"{address} and {titles[title]} have the same title"
            assert found.metas["description"], address
            assert found.links["canonical"].startswith(f"{HOME}/"), address
            assert "?" not in found.links["canonical"], address
    assert len(titles) > 15


def test_the_query_and_the_host_of_a_request_are_not_in_the_address() -> None:
    make_public(slug="moon")
    page = Client(headers={"host": "127.0.0.1"}).get("/projects/moon/?utm_source=x&q=y").content.decode()
    assert Head(page).links["canonical"] == f"{HOME}/projects/moon/"


@pytest.mark.parametrize("where", ["/nothing/", "/projects/secret/", "/news/99/"])
def test_an_error_has_no_address_and_no_preview(people: dict[str, User], where: str) -> None:
    make_project(slug="secret", title="Secret", lead=people["lead"])
    found = head(where)
    assert "canonical" not in found.links
    assert found.previews == {}
    assert "Secret" not in str(found.metas)


def test_a_public_project_has_a_preview_with_its_picture_and_says_what_it_is() -> None:
    project = make_public(
        slug="moon", title="The Moon", summary="What it is made of.", theme="Dark Matter", institutes=["ECAP"], picture="projects/moon.png",
        picture_description="A disc",
    )  # fmt: skip
    found = head(project.get_absolute_url())
    assert found.previews == {
        "og:type": "website", "og:site_name": django_settings.SITE["name"], "og:title": "The Moon", "og:description": "What it is made of.",
        "og:url": f"{HOME}/projects/moon/", "og:image": f"{HOME}/projects/moon/picture", "og:image:alt": "A disc",
        "twitter:card": "summary_large_image",
    }  # fmt: skip
    data = json.loads(found.blocks[0])
    assert (data["@context"], data["@type"], data["@id"]) == ("https://schema.org/", "ResearchProject", f"{HOME}/projects/moon/")
    assert data["member"] == [{"@type": "Organization", "name": "ECAP"}]


def test_what_only_some_may_see_has_neither_preview_nor_data(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_project(slug="secret", title="Secret", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    item, draft = make_news(project, title="Secret news"), make_news(project, title="Secret draft", is_published=False)
    for where in (project.get_absolute_url(), item.get_absolute_url(), draft.get_absolute_url(), "/projects/secret/news/"):
        found = head(where, signed_in("lead"))
        assert "Secret" in found.title or "secret" in found.links["canonical"], where
        assert (found.previews, found.blocks) == ({}, []), where
        assert "Secret" not in found.metas["description"]


def test_a_signed_in_reader_of_a_public_page_gets_no_preview_either(signed_in: SignIn) -> None:
    project = make_public(slug="moon", title="The Moon")
    assert head(project.get_absolute_url(), signed_in("outsider")).previews == {}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_ends_a_block_or_an_attribute(name: str) -> None:
    project = make_public(slug="moon", title=name, summary=name, institutes=[name], theme=name[:60])
    item = make_news(title=name, text=name)
    entry = Entry.objects.create(
        service="ossr", concept="7", record="8", title=name, description="<p>Words</p>", creators=[{"name": name, "orcid": name}], keywords=[name],
        licence=name[:100], version=name[:100], concept_doi="10.5281/zenodo.7",
    )  # fmt: skip
    scripts = head("/catalog/software/").scripts
    for where, kind in (
        (project.get_absolute_url(), "ResearchProject"),
        (item.get_absolute_url(), "NewsArticle"),
        (entry.get_absolute_url(), "SoftwareSourceCode"),
    ):
        found = head(where)
        assert [json.loads(block)["@type"] for block in found.blocks] == [kind]
        assert found.scripts == scripts + 1, where
        assert name in json.loads(found.blocks[0]).values()
        assert not {"\x1b", "\u202e", "\u2028"} & set(found.previews["og:title"])
        assert set(found.metas) <= {
            "viewport", "color-scheme", "htmx-config", "description", "og:type", "og:site_name", "og:title", "og:description", "og:url",
            "og:image", "article:published_time", "article:modified_time", "twitter:card",
        }, where  # fmt: skip


def test_a_data_block_is_ascii_without_marks_of_html() -> None:
    block = str(json_ld.in_page({"name": "".join(HOSTILE)}))
    assert block.isascii()
    assert not set("<>&") & set(block)
    assert json.loads(block) == {"name": "".join(HOSTILE)}


def test_the_start_page_says_who_runs_the_site_and_how_to_search_it(settings: Any) -> None:
    settings.SITE = {**settings.SITE, "operator": "ECAP", "operator_url": "https://ecap.example/"}
    data = json.loads(head("/?x=1").blocks[0])
    assert data["publisher"]["name"] == "ECAP"
    address = data["potentialAction"]["target"]["urlTemplate"].replace("{search_term_string}", "moon")
    assert Client().get(address.removeprefix(HOME)).status_code == 200


def test_each_page_of_a_person_has_a_title_of_its_own(signed_in: SignIn, people: dict[str, User]) -> None:
    full_portal.fill(people, range(1))
    Project.objects.filter(slug="full").update(title="Full project")
    browser, titles = signed_in("lead"), {}
    for part in (
        "",
        "people/",
        "data/",
        "software/",
        "workflows/",
        "notebooks/",
        "results/",
        "activity/",
        "settings/",
        "news/",
        "news/new/",
    ):
        title = re.sub(r"\s+", " ", head(f"/projects/full/{part}", browser).title)
        assert "Full project" in title, part
        assert titles.setdefault(title, part) == part
