"""Adding things to a basket from their pages and from lists."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.software.models import Entry
from datalake.index.models import IndexedScope, IndexEntry
from projects.baskets import services
from projects.baskets.models import Basket, BasketItem
from projects.models import Project
from tests.factories import make_environment, make_project, make_public, make_resource
from tests.search_index import index_all
from vre_portal.iam.models import User
from vre_portal.pages.triggers import install

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
ADD, REMOVE, BUTTON = "/basket/add/", "/basket/remove/", "/basket/button/"
HTMX = {"HX-Request": "true"}
SCOPE = "KM3NET_ECAP_SP"


@pytest.fixture
def project() -> Project:
    return make_public(slug="moon", title="Moon")


def held(user: User) -> list[str]:
    return [item.thing for item in BasketItem.objects.present().filter(basket__owner=user)]


def test_a_project_is_added_from_its_page_once(
    signed_in: SignIn, people: dict[str, User], project: Project, django_capture_on_commit_callbacks: Any
) -> None:
    browser, thing = signed_in("outsider"), f"project:{project.pk}"
    assert f'value="{thing}"' in browser.get("/projects/moon/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):  # pressed twice
            assert browser.post(ADD, {"thing": thing})["Location"] == "/projects/moon/"
    assert held(people["outsider"]) == [thing]
    page = browser.get("/projects/moon/").content.decode()
    assert "“Moon” was added to the basket “My basket”." in page
    assert "“Moon” is already in the basket “My basket”." in page
    assert re.search(r'id="basket-count">1<', page)


def test_the_button_comes_back_pressed_and_counts(signed_in: SignIn, people: dict[str, User], project: Project) -> None:
    browser, thing = signed_in("outsider"), f"project:{project.pk}"
    assert "Add to basket" in browser.get(BUTTON, {"thing": thing}).content.decode()
    answer = browser.post(ADD, {"thing": thing, "name": "Moon"}, headers=HTMX).content.decode()
    assert "In basket" in answer
    assert 'aria-label="In basket: Remove Moon from the basket"' in answer  # with the words that are seen
    assert re.search(r'id="basket-count" hx-swap-oob="true">1<', answer)
    assert "<html" not in answer
    assert "In basket" in browser.get(BUTTON, {"thing": thing}).content.decode()
    answer = browser.post(REMOVE, {"thing": thing}, headers=HTMX).content.decode()
    assert "Add to basket" in answer
    assert re.search(r'id="basket-count" hx-swap-oob="true"><', answer)
    assert held(people["outsider"]) == []


def test_a_form_that_names_nothing_takes_nothing_out(signed_in: SignIn, people: dict[str, User], project: Project) -> None:
    browser, thing = signed_in("outsider"), f"project:{project.pk}"
    browser.post(ADD, {"thing": thing})
    for sent in ({}, {"thing": ""}, {"thing": "project:0"}):
        browser.post(REMOVE, sent)
    assert held(people["outsider"]) == [thing]


@pytest.mark.parametrize("address", [ADD, REMOVE])
def test_a_basket_that_was_deleted_in_another_window_says_so(
    signed_in: SignIn, people: dict[str, User], project: Project, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted = services.create("Paper", by=people["outsider"])
    services.delete(deleted)
    monkeypatch.setattr(services, "current", lambda _by: deleted)  # as it was before the deletion
    browser, sent = signed_in("outsider"), {"thing": f"project:{project.pk}"}
    assert "This basket was deleted in another window." in browser.post(address, sent, follow=True).content.decode()
    answer = browser.post(address, sent, headers=HTMX)
    assert (answer["HX-Redirect"], answer.content) == ("/projects/moon/", b"")


def test_a_page_asks_for_its_button_only_where_the_basket_holds_something(
    signed_in: SignIn, project: Project, django_capture_on_commit_callbacks: Any
) -> None:
    browser = signed_in("outsider")
    assert BUTTON not in browser.get("/projects/moon/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(ADD, {"thing": f"project:{project.pk}"})
    assert BUTTON in browser.get("/projects/moon/").content.decode()


@pytest.mark.parametrize(
    "thing",
    [
        "",
        "project:",
        "project:0",
        "project:x",
        "project:٣",
        "none:1",
        "did:escape",
        "did:a:b:",
        "search:1",
        "output:1",
        "output:x:y",
        "run:1",
        "workflow:99999999999999999999",
        "result:-1",
        "x" * 2000,
        "did:" + "x" * 1000,
        "project:1\x00",
    ],
)
def test_what_is_not_there_cannot_be_added(signed_in: SignIn, people: dict[str, User], thing: str) -> None:
    answer = signed_in("outsider").post(ADD, {"thing": thing}, follow=True)
    assert answer.status_code in (200, 400)  # a NUL is refused at the door
    assert held(people["outsider"]) == []


def test_a_hidden_project_cannot_be_added_nor_told_from_none(signed_in: SignIn, people: dict[str, User]) -> None:
    hidden = make_project(slug="secret", title="Hidden plan")
    browser = signed_in("outsider")
    pages = [browser.post(ADD, {"thing": f"project:{pk}", "back": "/basket/"}, follow=True).content.decode() for pk in (hidden.pk, 0)]
    assert all("1 item was left out: it no longer exists, or you don&#x27;t have access." in page for page in pages)
    assert "Hidden plan" not in pages[0]
    assert held(people["outsider"]) == []


def test_what_was_selected_in_a_list_is_added_together(signed_in: SignIn, people: dict[str, User]) -> None:
    entries = [Entry.objects.create(service="ossr", concept=str(n), record=str(n), title=f"Tool {n}") for n in range(3)]
    browser = signed_in("outsider")
    page = browser.get("/catalog/software/").content.decode()
    wanted = [f"software:{entry.pk}" for entry in entries[:2]]
    assert all(f'name="thing" value="{thing}" form="basket-selection"' in page for thing in wanted)
    answer = browser.post(ADD, {"thing": wanted, "back": "/catalog/software/"}, follow=True)
    assert answer.redirect_chain == [("/catalog/software/", 302)]
    assert "2 items were added to the basket “My basket”." in answer.content.decode()
    assert held(people["outsider"]) == wanted


def test_nobody_is_led_to_another_site(signed_in: SignIn, project: Project) -> None:
    answer = signed_in("outsider").post(ADD, {"thing": f"project:{project.pk}", "back": "https://evil.example/"})
    assert answer["Location"] == "/projects/moon/"


def test_a_full_basket_takes_no_more_and_says_so(
    signed_in: SignIn, people: dict[str, User], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_ITEMS", 1)
    browser = signed_in("outsider")
    browser.post(ADD, {"thing": f"project:{project.pk}"})
    assert "This basket is full." in browser.get("/basket/").content.decode()
    answer = browser.post(ADD, {"thing": f"project:{make_public(slug='sun').pk}", "back": "/basket/"}, follow=True)
    assert "1 item was not added: the basket holds at most 1. Remove some items first." in answer.content.decode()
    assert held(people["outsider"]) == [f"project:{project.pk}"]


def test_things_go_into_the_basket_that_was_chosen(signed_in: SignIn, project: Project, django_capture_on_commit_callbacks: Any) -> None:
    browser = signed_in("outsider")
    browser.post("/basket/new/", {"name": "First"})
    browser.post("/basket/new/", {"name": "Second"})
    first, second = Basket.objects.order_by("pk")
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(f"/basket/{first.pk}/choose/")
        browser.post(ADD, {"thing": f"project:{project.pk}"})
    assert (first.items.count(), second.items.count()) == (1, 0)
    assert 'id="basket-count">1<' in browser.get("/dashboard/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(f"/basket/{second.pk}/choose/")
    assert 'id="basket-count"><' in browser.get("/dashboard/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_pages_for_visitors_are_kept_with_their_buttons(client: Client, project: Project) -> None:
    install()
    first, second = client.get("/projects/moon/"), Client().get("/projects/moon/")
    assert f'value="project:{project.pk}"' in first.content.decode()
    assert "ETag" in second
    assert not second.cookies


def test_results_of_the_search_are_added_from_their_list(signed_in: SignIn, people: dict[str, User], project: Project) -> None:
    scope = IndexedScope.objects.create(lake="escape", name=SCOPE)
    IndexEntry.objects.create(scope=scope, name="moon: of / June", type="DATASET", created=timezone.now())
    index_all()
    browser = signed_in("outsider")
    wanted = {"Moon type:project": f"project:{project.pk}", "moon type:dataset": f"did:escape:{SCOPE}:moon: of / June"}
    for words, thing in wanted.items():
        page = browser.get("/search/", {"q": words, "exact": "no"}).content.decode()
        assert f'name="thing" value="{thing}" form="basket-selection"' in page
        browser.post(ADD, {"thing": thing})
    assert len(held(people["outsider"])) == 2


def test_projects_are_added_from_their_list(signed_in: SignIn, project: Project) -> None:
    for browser in (Client(), signed_in("outsider")):
        page = browser.get("/projects/").content.decode()
        assert f'name="thing" value="project:{project.pk}" form="basket-selection"' in page
        assert 'id="basket-selection"' in page


def test_environments_and_data_of_a_project_are_added_from_their_lists(signed_in: SignIn, project: Project) -> None:
    environment = make_environment()
    make_resource(project, identifier=f"{SCOPE}:moon")
    for browser in (Client(), signed_in("outsider")):
        for address, thing in (
            ("/catalog/environments/", f"environment:{environment.pk}"),
            ("/projects/moon/data/", f"did:escape:{SCOPE}:moon"),
        ):
            page = browser.get(address).content.decode()
            assert f'name="thing" value="{thing}" form="basket-selection"' in page
            assert 'id="basket-selection"' in page
