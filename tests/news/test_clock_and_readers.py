"""News by the clock and by reader: list, item, feed, start page, project page, picture and sitemap say the same."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from projects.models import Membership, Project, Role
from projects.news import public_pages
from projects.news.models import NewsItem
from tests.factories import make_news, make_project, make_public
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


def test_the_list_is_paged_and_its_pages_have_everything_once() -> None:
    for number in range(45):
        make_news(title=f"Item {number:02}.", publish_at=timezone.now() - timedelta(minutes=number))
    pages = [Client().get(f"/news/?page={number}").content.decode() for number in (1, 2, 3)]
    counts = [sum(page.count(f"Item {number:02}.<") for page in pages) for number in range(45)]
    assert set(counts) == {1}
