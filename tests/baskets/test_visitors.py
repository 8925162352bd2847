"""What somebody collects before they sign in."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory
from django.utils import timezone

from projects.baskets import services, visitors
from projects.baskets.models import BasketItem
from projects.models import Project
from tests.factories import make_project, make_public
from vre_portal.iam.models import User
from vre_portal.iam.sessions.session_store import SessionStore

pytestmark = pytest.mark.django_db
ADD, BASKET = "/basket/add/", "/basket/"


@pytest.fixture
def projects() -> list[Project]:
    return [make_public(slug=f"star-{n}", title=f"Star {n}") for n in range(3)]


def add(client: Client, *projects: Project) -> str:
    things = [f"project:{item.pk}" for item in projects]
    return client.post(ADD, {"thing": things, "back": BASKET}, follow=True).content.decode()


def test_a_visitor_collects_sees_and_takes_out_again(client: Client, projects: list[Project]) -> None:
    page = add(client, projects[0], projects[1])
    assert "2 items were added" in page
    assert page.index("Star 0") < page.index("Star 1")
    assert 'id="basket-count">2<' in client.get("/projects/star-0/").content.decode()
    page = client.post("/basket/remove/", {"thing": f"project:{projects[0].pk}", "back": BASKET}, follow=True).content.decode()
    assert "1 item was removed." in page
    assert f'name="thing" value="project:{projects[0].pk}"' in page  # of the button that undoes it
    assert "Star 0" not in page
    assert "Star 0" in add(client, projects[0])


def test_the_first_thing_is_counted_at_once(client: Client, projects: list[Project]) -> None:
    answer = client.post(ADD, {"thing": f"project:{projects[0].pk}"}, headers={"HX-Request": "true"})
    assert 'id="basket-count" hx-swap-oob="true">1<' in answer.content.decode()


def test_looking_makes_no_session(client: Client, projects: list[Project]) -> None:
    for address in (BASKET, "/projects/star-0/", "/basket/button/?thing=project:1"):
        assert not client.get(address).cookies
    assert not Session.objects.exists()


def test_the_button_knows_what_the_visitor_has(client: Client, projects: list[Project]) -> None:
    add(client, projects[0])
    for number, words in ((0, "In basket"), (1, "Add to basket")):
        assert words in client.get("/basket/button/", {"thing": f"project:{projects[number].pk}"}).content.decode()


def test_another_site_cannot_fill_it(projects: list[Project]) -> None:
    browser = Client(enforce_csrf_checks=True)
    wanted = {"thing": f"project:{projects[0].pk}"}
    assert browser.post(ADD, wanted, headers={"Origin": "https://evil.example"}).status_code == 403
    assert browser.post(ADD, wanted, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 302


def test_a_full_one_says_so(client: Client, projects: list[Project], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "MAX_ITEMS", 2)
    page = add(client, *projects)
    assert "1 item was not added: the basket holds at most 2." in page
    assert "Without signing in it holds 2 items. Sign in to add more." in page
    assert "Star 2" not in page


def test_what_is_hidden_from_visitors_cannot_be_added_and_is_no_longer_told(client: Client, projects: list[Project]) -> None:
    assert "Hidden" not in add(client, make_project(slug="hidden", title="Hidden"))
    add(client, projects[0])
    Project.objects.filter(pk=projects[0].pk).update(visibility=Project.Visibility.MEMBERS)
    page = client.get(BASKET).content.decode()
    assert "Star 0" not in page
    assert "No longer available" in page
    assert client.get(f"{BASKET}?format=json").json()["items"][0]["title"] is None


def test_what_is_hidden_is_taken_out_without_its_name(client: Client, projects: list[Project]) -> None:
    add(client, projects[0], projects[1])
    Project.objects.filter(pk=projects[0].pk).update(visibility=Project.Visibility.MEMBERS)
    page = client.get(BASKET).content.decode()
    assert f"project:{projects[0].pk}" not in page
    mark = re.search(r'name="mark" value="([^"]+)"', page)[1]  # type: ignore[index]
    page = client.post("/basket/remove/", {"mark": mark, "back": BASKET}, follow=True).content.decode()
    assert "1 item was removed." in page
    assert f"project:{projects[0].pk}" not in page
    assert "No longer available" not in page
    assert "Star 1" in page
    assert client.get(f"{BASKET}?format=json").json()["items"][0]["added_at"] is None


def test_two_windows_lose_nothing_of_each_other(client: Client, projects: list[Project]) -> None:
    """Both have read their session before either writes it."""
    add(client, projects[0])
    windows = [RequestFactory().get("/") for _ in range(2)]
    things = [f"project:{item.pk}" for item in projects]
    for request in windows:
        request.session = SessionStore(client.session.session_key)
        assert visitors.held(request) == things[:1]
    visitors.add(windows[0], things[1:2])
    visitors.add(windows[1], things[2:])
    for request in reversed(windows):
        request.session.save()
    assert visitors.held(windows[0]) == visitors.held(windows[1]) == things
    visitors.remove(windows[0], things[:1])
    visitors.remove(windows[1], things[2:])
    windows[0].session.save()
    assert [row["value"] for row in client.get(f"{BASKET}?format=json").json()["items"]] == [str(projects[1].pk)]


def test_an_expired_one_begins_anew(client: Client, projects: list[Project]) -> None:
    add(client, projects[0])
    Session.objects.filter(pk=client.session[visitors.KEY]).update(expire_date=timezone.now())
    page = add(client, projects[1])
    assert "Star 1" in page
    assert "Star 0" not in page


def test_at_the_sign_in_it_goes_into_the_own_basket(client: Client, people: dict[str, User], projects: list[Project]) -> None:
    mine = services.current_or_new(people["outsider"])
    services.add(mine, [f"project:{projects[1].pk}"], by=people["outsider"])
    add(client, projects[0], projects[1])
    client.force_login(people["outsider"])
    assert [item.title for item in mine.items.present()] == ["Star 1", "Star 0"]
    assert visitors.KEY not in client.session
    client.force_login(people["outsider"])
    assert mine.items.count() == 2


def test_a_sign_in_that_meets_a_full_basket_succeeds(
    client: Client, people: dict[str, User], projects: list[Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    add(client, *projects)
    monkeypatch.setattr(services, "MAX_ITEMS", 1)
    client.force_login(people["outsider"])
    assert BasketItem.objects.present().count() == 1
    assert Session.objects.get(pk=client.session[visitors.KEY]).expire_date > timezone.now() + timedelta(days=1)
    monkeypatch.setattr(services, "MAX_ITEMS", 2)  # they made room
    for count, words in ((2, "2 items that you collected before signing in are"), (3, "1 item that you collected before signing in is")):
        assert words in client.get(BASKET).content.decode()
        client.post(ADD, {"of": "held"})
        assert BasketItem.objects.present().count() == count
        monkeypatch.setattr(services, "MAX_ITEMS", 3)
    assert "before signing in" not in client.get(BASKET).content.decode()
    assert visitors.KEY not in client.session
    assert Session.objects.count() == 1


def test_a_sign_in_does_not_fail_with_the_basket(
    client: Client, people: dict[str, User], projects: list[Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("broken")

    add(client, projects[0])
    monkeypatch.setattr(services, "current_or_new", broken)
    client.force_login(people["outsider"])
    assert client.get("/dashboard/").status_code == 200
    monkeypatch.undo()
    assert "1 item that you collected before signing in is" in client.get(BASKET).content.decode()
    client.post(ADD, {"of": "held"})
    assert BasketItem.objects.get().title == "Star 0"


def test_one_visitors_basket_is_not_another_ones(client: Client, projects: list[Project], signed_in: Callable[..., Client]) -> None:
    add(client, projects[0])
    for other in (Client(), signed_in("outsider")):
        assert "Star 0" not in other.get(BASKET).content.decode()
        assert 'id="basket-count"><' in other.get("/projects/star-0/").content.decode()
