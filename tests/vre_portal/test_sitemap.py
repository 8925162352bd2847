"""The sitemap, read by a strict XML parser: what everybody may see, and nothing else."""

import xml.etree.ElementTree as ET
from datetime import timedelta
from typing import Any
from urllib.robotparser import RobotFileParser

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from catalog.software.models import Entry
from datalake.index import store
from datalake.index.models import IndexedScope
from projects.models import Project
from tests.datalake.index.entries import fact
from tests.factories import make_news, make_project, make_public
from vre_portal import sitemap
from vre_portal.pages import middleware

SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
HOME = django_settings.PORTAL_URL
pytestmark = pytest.mark.django_db


def locations(where: str) -> list[str]:
    answer = Client().get(where)
    assert answer.status_code == 200, where
    assert answer["Content-Type"] == "application/xml; charset=utf-8"
    return [str(element.text).removeprefix(HOME) for element in ET.fromstring(answer.content).iter(f"{SPACE}loc")]


def everything() -> list[str]:
    return [address for page in locations("/sitemap.xml") for address in locations(page)]


def scope_with(name: str, *names: str, lake: str = "escape") -> IndexedScope:
    scope = IndexedScope.objects.create(lake=lake, name=name, walked_at=timezone.now(), read_at=timezone.now())
    store.save_facts(scope, [fact(item, type="DATASET") for item in names])
    store.count(scope)
    return scope


def test_every_address_is_a_page_for_everybody(settings: Any) -> None:
    make_public(slug="moon")
    make_news()
    Entry.objects.create(service="ossr", concept="7", record="8", title="Tool")
    scope_with("KM3NET_ECAP_SP", "Events")
    found = everything()
    assert {"/", "/onboarding/", "/projects/moon/", "/catalog/software/7/", "/docs/help/", "/news/", "/datalake/escape/"} <= set(found)
    assert "/datalake/escape/did/KM3NET_ECAP_SP/Events" in found
    assert len(found) == len(set(found))
    for address in found:
        if not address.startswith("/datalake/"):
            assert Client().get(address).status_code == 200, address


def test_nothing_restricted_is_in_it() -> None:
    make_project(slug="secret")
    make_project(slug="embargoed", embargo_until=timezone.now() + timedelta(days=1))
    make_news(make_project(slug="quiet"))
    Entry.objects.create(service="ossr", concept="99", record="8", title="Tool", deleted=True)
    scope_with("KM3NET_EMBARGO_SP", "Candidates")
    scope_with("user.lead", "Private")
    scope_with("KM3NET_ECAP_SP", "Elsewhere", lake="another")
    listed = " ".join(everything())
    for word in ("secret", "embargoed", "quiet", "/99/", "Candidates", "Private", "Elsewhere", "EMBARGO", "user.lead"):
        assert word not in listed, word


def test_what_is_made_private_is_gone_for_the_very_next_reader() -> None:
    make_public(slug="moon")
    assert "/projects/moon/" in everything()
    assert "/sitemap-projects-1.xml" in {key[2] for key in middleware.pages._pages}
    Project.objects.update(visibility=Project.Visibility.MEMBERS)
    assert "/projects/moon/" not in everything()


def test_an_embargo_that_ends_is_known_to_the_kept_page() -> None:
    opens = timezone.now() + timedelta(minutes=5)
    make_public(slug="moon")
    make_project(embargo_until=opens)
    everything()
    for where in ("/sitemap.xml", "/sitemap-projects-1.xml"):
        page = next(page for key, page in middleware.pages._pages.items() if key[2] == where)
        assert page.until <= opens.timestamp(), where


def test_the_date_of_a_page_is_that_of_its_change() -> None:
    project = make_public(slug="moon")
    root = ET.fromstring(Client().get("/sitemap-projects-1.xml").content)
    assert root.findtext(f"{SPACE}url/{SPACE}lastmod") == project.changed_at.isoformat(timespec="seconds")


@pytest.mark.parametrize("name", ["a&b<c>", "]]>", "\u202ex", "\x0b", "\ufffe", "../../x", "ü ☾", "%2F", "'\""])
def test_a_hostile_name_breaks_no_document(name: str) -> None:
    scope_with("KM3NET_ECAP_SP", name)
    assert len(locations("/sitemap-data-1.xml")) == 1


def test_a_source_is_split_into_pages_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap, "PAGE", 2)
    monkeypatch.setattr(sitemap, "MAX_PAGES", 2)
    for number in range(5):
        make_public(slug=f"p-{number}")
    pages = [page for page in locations("/sitemap.xml") if "projects" in page]
    assert pages == ["/sitemap-projects-1.xml", "/sitemap-projects-2.xml"]
    assert [locations(page) for page in pages] == [["/projects/p-0/", "/projects/p-1/"], ["/projects/p-2/", "/projects/p-3/"]]
    assert Client().get("/sitemap-projects-3.xml").status_code == 404


@pytest.mark.parametrize(
    "where", ["/sitemap-projects-0.xml", "/sitemap-projects-2.xml", "/sitemap-nothing-1.xml", f"/sitemap-news-{10**30}.xml"]
)
def test_there_is_no_other_page(where: str) -> None:
    make_public()
    assert Client().get(where).status_code == 404


def test_robots_are_told_where_it_is() -> None:
    rules = RobotFileParser()
    rules.parse(Client().get("/robots.txt").content.decode().splitlines())
    assert rules.site_maps() == [f"{HOME}/sitemap.xml"]
    assert all(rules.can_fetch("Wget/1.21", address) for address in everything())
