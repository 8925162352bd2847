"""News by the clock and by reader: list, item, feed, start page, project page, picture and sitemap say the same."""

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from projects.models import Membership, Project, Role
from projects.news import public_pages
from projects.news.access import can_read, can_write
from projects.news.models import NewsItem
from projects.news.search_source import visible_news
from tests.factories import make_news, make_project, make_public
from vre_portal import markdown, rich_text
from vre_portal.iam.models import User
from vre_portal.pages import middleware

SignIn = Callable[..., Client]
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db
TITLE = "Moonlit observations"
PLACES = ("/news/", "/news/feed/", "/", "/sitemap-news-1.xml")


def places(browser: Client, item: NewsItem) -> dict[str, bool]:
    """Where the item is, by address."""
    own = [f"/projects/{item.project.slug}/news/{part}" for part in ("", "recent/", "feed/")] if item.project else []
    mark = {"/sitemap-news-1.xml": f"/news/{item.pk}/<"}
    found = {where: mark.get(where, TITLE) in browser.get(where).content.decode() for where in (*PLACES, *own)}
    found["item"] = browser.get(item.get_absolute_url()).status_code == 200
    found["picture"] = browser.get(f"/news/{item.pk}/picture").status_code == 200
    found["json"] = any(row["title"] == TITLE for row in browser.get("/news/?format=json").json()["items"])
    return found


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def make(project: Project | None = None, **facts: Any) -> NewsItem:
    item = make_news(project, **{"title": TITLE, **facts})
    item.picture.save("picture.png", ContentFile(b"\x89PNG"))
    return item


@pytest.mark.parametrize(
    ("facts", "is_shown"),
    [
        ({}, True),
        ({"is_published": False}, False),
        ({"publish_at": timezone.now() + HOUR}, False),
        ({"publish_at": timezone.now() - 2 * HOUR, "until": timezone.now() - HOUR}, False),
        ({"publish_at": timezone.now() - 2 * HOUR, "until": timezone.now() + 2 * HOUR}, True),
        ({"deleted_at": timezone.now()}, False),
    ],
)
@pytest.mark.parametrize("in_project", [False, True])
def test_every_place_shows_the_same(facts: dict[str, Any], is_shown: bool, in_project: bool) -> None:
    item = make(make_public(slug="moon") if in_project else None, **facts)
    assert set(places(Client(), item).values()) == {is_shown}


@pytest.mark.parametrize("name", ["publish_at", "until"])
def test_a_kept_page_ends_when_the_clock_changes_it(name: str) -> None:
    moment = timezone.now() + timedelta(seconds=100)
    make(**{name: moment})
    for where in PLACES[:3]:
        Client().get(where)
        page = next(page for key, page in middleware.pages._pages.items() if key[2] == where)
        assert page.until <= moment.timestamp(), where


def test_the_next_change_is_the_nearest_and_no_draft_makes_one() -> None:
    now = timezone.now()
    make(publish_at=now + 3 * HOUR)
    make(until=now + 2 * HOUR)
    make(publish_at=now + HOUR, is_published=False)
    make(publish_at=now + HOUR, deleted_at=now)
    assert NewsItem.objects.next_change() == now + 2 * HOUR
    make_project(embargo_until=now + HOUR)
    assert public_pages.next_change() == now + HOUR


def test_news_of_a_project_are_for_those_who_see_the_project(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_project(slug="moon", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    item = make(project)
    assert set(places(Client(), item).values()) == {False}
    assert set(places(signed_in("outsider"), item).values()) == {False}
    assert places(signed_in("member"), item) == {
        "/news/": True, "/news/feed/": False, "/": True, "/sitemap-news-1.xml": False, "/projects/moon/news/": True,
        "/projects/moon/news/recent/": True, "/projects/moon/news/feed/": False, "item": True, "picture": True, "json": True,
    }  # fmt: skip
    Membership.objects.all().delete()
    assert signed_in("member").get(item.get_absolute_url()).status_code == 404


def test_a_project_that_is_made_private_takes_its_news_along_at_once() -> None:
    project = make_public(slug="moon")
    item = make(project)
    assert set(places(Client(), item).values()) == {True}
    Project.objects.filter(pk=project.pk).update(visibility=Project.Visibility.MEMBERS)
    assert set(places(Client(), item).values()) == {False}
    project.delete()
    assert not NewsItem.objects.exists()


def test_an_embargo_that_ends_shows_the_news_with_the_project() -> None:
    item = make(make_project(slug="moon", embargo_until=timezone.now() + HOUR))
    assert set(places(Client(), item).values()) == {False}
    Project.objects.update(embargo_until=timezone.now() - timedelta(seconds=1))
    assert set(places(Client(), item).values()) == {True}


def test_who_writes_sees_drafts_and_nobody_else(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_public(slug="moon", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    own, portal = make(project, is_published=False), make(is_published=False)
    answers = {
        name: [signed_in(name).get(item.get_absolute_url()).status_code for item in (own, portal)] for name in ("lead", "member", "admin")
    }
    assert answers == {"lead": [200, 404], "member": [404, 404], "admin": [404, 200]}
    assert TITLE in signed_in("lead").get("/projects/moon/news/").content.decode()
    assert TITLE not in signed_in("member").get("/projects/moon/news/").content.decode()
    assert TITLE in signed_in("admin").get("/news/").content.decode()


def test_what_search_may_show_and_the_head_follow_the_same_rule(people: dict[str, User]) -> None:
    hour = timezone.now() - HOUR
    items = [
        make(project, **facts)
        for project in (None, make_public(slug="moon"), make_project(slug="sun", lead=people["lead"]))
        for facts in ({}, {"is_published": False}, {"publish_at": timezone.now() + HOUR}, {"publish_at": hour - HOUR, "until": hour})
    ]
    for reader in (AnonymousUser(), people["lead"], people["outsider"]):
        listed = set(NewsItem.objects.visible_to(reader).values_list("pk", flat=True))
        assert {int(key) for key in visible_news(reader, [str(item.pk) for item in items])} == listed
        assert {item.pk for item in items if can_read(reader, item) and not can_write(reader, item.project)} <= listed
    public = set(NewsItem.objects.public().values_list("pk", flat=True))
    assert {item.pk for item in items if public_pages.head_of(item)} == public == {items[0].pk, items[4].pk}


def test_no_list_feed_or_head_reads_the_text_of_an_item(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_public(slug="moon")
    items = [make(project), make()]

    def refuse(*_args: Any, **_options: Any) -> str:
        raise AssertionError("a text is read")

    for module, name in ((rich_text, "words_of"), (rich_text, "excerpt"), (markdown, "_rendered")):
        monkeypatch.setattr(module, name, refuse)
    for where in (
        "/news/",
        "/news/?format=json",
        "/news/feed/",
        "/projects/moon/news/",
        "/projects/moon/news/recent/",
        "/projects/moon/news/feed/",
    ):
        assert "What is new." in Client().get(where).content.decode(), where
    assert all(head is not None and head.description == "What is new." for head in map(public_pages.head_of, items))


def test_the_excerpt_follows_the_text_whoever_saves_it() -> None:
    item = make_news(text="The *first* text")
    assert item.excerpt == "The first text"
    item.text = "Another"
    item.save(update_fields=["title"])
    item.refresh_from_db()
    assert (item.text, item.excerpt) == ("The *first* text", "The first text")
    item.text = "Another"
    item.save(update_fields=["text"])
    item.refresh_from_db()
    assert item.excerpt == "Another"


def test_items_of_an_earlier_version_have_their_excerpt_after_the_migration() -> None:
    item = make_news(text="What is *new*.")
    NewsItem.objects.update(excerpt="")
    import_module("projects.news.migrations.0002_excerpt").fill(apps, None)
    item.refresh_from_db()
    assert item.excerpt == "What is new."


def test_a_reader_is_told_who_writes_and_a_writer_is_led_to_each_of_their_projects(signed_in: SignIn, people: dict[str, User]) -> None:
    assert "leads and editors those of their projects" in Client().get("/news/").content.decode()
    make_public(slug="moon", title="Moon", lead=people["lead"])
    make_project(slug="sun", title="Sun", lead=people["lead"])
    make_public(slug="old", title="Old", lead=people["lead"], archived_at=timezone.now())
    make_public(slug="other", title="Other", groups={"escape/km3net": Role.MEMBER})
    page = signed_in("lead").get("/news/").content.decode()
    assert "Write news for Moon" in page
    assert "Write news for Sun" in page
    assert "/projects/sun/news/new/" in page
    for slug in ("old", "other"):
        assert f"/projects/{slug}/news/new/" not in page
    assert "Write news for" not in signed_in("member").get("/news/").content.decode()
    assert "Leads and editors of this project write its news" in Client().get("/projects/moon/news/").content.decode()


def test_the_list_is_paged_and_its_pages_have_everything_once() -> None:
    for number in range(45):
        make_news(title=f"Item {number:02}.", publish_at=timezone.now() - timedelta(minutes=number))
    pages = [Client().get(f"/news/?page={number}").content.decode() for number in (1, 2, 3)]
    counts = [sum(page.count(f"Item {number:02}.<") for page in pages) for number in range(45)]
    assert set(counts) == {1}
