"""Atom feeds as a strict XML parser reads them."""

import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from tests.factories import make_news, make_public

ATOM = "{http://www.w3.org/2005/Atom}"
HOUR = timedelta(hours=1)
HOSTILE = (
    "</title><script>alert(1)</script>", "a\x0bb\x1b[31m", "x\ufffe\uffff", "\u202egnp.exe", "]]>&amp;<![CDATA[", "\x85\x9f", "\ud7ff\U0001f52d", "'\"<>&",
)  # fmt: skip
pytestmark = pytest.mark.django_db


def feed(where: str = "/news/feed/") -> ET.Element:
    answer = Client().get(where)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(answer.content)


def text(element: ET.Element, name: str) -> str:
    return element.findtext(f"{ATOM}{name}") or ""


@pytest.mark.parametrize("title", HOSTILE)
def test_no_title_breaks_the_document(title: str) -> None:
    make_news(make_public(slug="moon", title=title, summary=title), title=title, text=title)
    for where in ("/news/feed/", "/projects/moon/news/feed/"):
        entry = feed(where).find(f"{ATOM}entry")
        assert entry is not None
        shown = text(entry, "title")
        assert not {"\x0b", "\x1b", "\ufffe", "\uffff", "\u202e", "\x85"} & set(shown)
        assert "<script>" not in text(entry, "summary")


def test_an_item_keeps_its_id_when_its_title_and_its_place_change() -> None:
    item = make_news(title="Before")
    before = [text(entry, "id") for entry in feed().iter(f"{ATOM}entry")]
    type(item).objects.filter(pk=item.pk).update(title="After", project=make_public())
    entries = list(feed().iter(f"{ATOM}entry"))
    assert [text(entry, "title") for entry in entries] == ["After"]
    assert [text(entry, "id") for entry in entries] == before == [f"urn:uuid:{item.key}"]


def test_updated_is_the_edit_or_the_first_moment_whichever_is_later() -> None:
    now = timezone.now().replace(microsecond=0)
    make_news(title="Edited", publish_at=now - 3 * HOUR, changed_at=now - HOUR)
    make_news(title="Scheduled", publish_at=now - 2 * HOUR, changed_at=now - 5 * HOUR)
    document = feed()
    moments = {text(entry, "title"): datetime.fromisoformat(text(entry, "updated")) for entry in document.iter(f"{ATOM}entry")}
    assert moments == {"Edited": now - HOUR, "Scheduled": now - 2 * HOUR}
    assert datetime.fromisoformat(text(document, "updated")) == now - HOUR


def test_a_feed_without_news_is_the_same_document_each_time() -> None:
    documents = {Client().get("/news/feed/?again=1").content for _ in range(2)}
    assert len(documents) == 1
    assert text(ET.fromstring(documents.pop()), "updated").startswith("1970-01-01")


def test_addresses_are_those_of_the_portal_and_not_of_the_request(settings: Any) -> None:
    item = make_news()
    document = ET.fromstring(Client(headers={"host": "127.0.0.1"}).get("/news/feed/").content)
    links = [element.get("href", "") for element in document.iter(f"{ATOM}link")]
    assert f"{django_settings.PORTAL_URL}{item.get_absolute_url()}" in links
    assert all(link.startswith(django_settings.PORTAL_URL) for link in links)


def test_a_feed_of_a_project_has_its_own_news_alone() -> None:
    one, other = make_public(slug="one"), make_public(slug="other")
    make_news(one, title="Of one")
    make_news(other, title="Of the other")
    make_news(title="Of the portal")
    titles = [text(entry, "title") for entry in feed("/projects/one/news/feed/").iter(f"{ATOM}entry")]
    assert titles == ["Of one"]
    assert len(list(feed().iter(f"{ATOM}entry"))) == 3


@pytest.mark.parametrize("where", ["/news/feed/", "/projects/moon/news/feed/", "/projects/moon/activity/feed.atom"])
def test_every_feed_has_what_atom_requires(where: str) -> None:
    """RFC 4287: an id, a title and a time, and an author of each entry or of the whole."""
    make_news(make_public(slug="moon", title="Moon"), title="First light", text="It shines.")
    found = feed(where)
    for part in (found, *found.iter(f"{ATOM}entry")):
        assert all(text(part, name) for name in ("id", "title", "updated"))
    assert found.findtext(f"{ATOM}author/{ATOM}name") == (django_settings.SITE["operator"] or django_settings.SITE["name"])


@pytest.mark.parametrize("title", HOSTILE)
def test_no_title_breaks_the_feed_of_what_happened(title: str) -> None:
    make_public(slug="moon", title=title, summary=title)
    assert not {"\x0b", "\x1b", "\ufffe", "\uffff", "\u202e", "\x85"} & set(text(feed("/projects/moon/activity/feed.atom"), "title"))


def test_an_empty_feed_of_what_happened_is_the_same_document_each_time() -> None:
    make_public(slug="moon", title="Moon")
    assert text(feed("/projects/moon/activity/feed.atom"), "updated").startswith("1970-01-01")
