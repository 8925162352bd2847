"""The items of a basket: their list, their order, notes, copies, removal and undo."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.baskets import presenting, services
from projects.baskets.models import Basket, BasketItem
from projects.models import Membership, Project, Role
from tests.factories import make_project, make_public
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


@pytest.fixture
def basket(people: dict[str, User]) -> Basket:
    """Five projects, named after letters."""
    made = services.create("Stars", by=people["outsider"])
    services.add(made, [f"project:{make_public(slug=f'star-{n}', title=f'Star {n}').pk}" for n in "abcde"], by=people["outsider"])
    return made


def titles(basket: Basket) -> str:
    return "".join(item.title[-1] for item in basket.items.present())


def numbers(basket: Basket, letters: str) -> list[int]:
    return [basket.items.get(title=f"Star {letter}").pk for letter in letters]


@pytest.mark.parametrize(
    ("letters", "direction", "wanted"),
    [
        ("c", "up", "acbde"), ("c", "down", "abdce"), ("c", "top", "cabde"), ("c", "bottom", "abdec"), ("a", "up", "abcde"),
        ("e", "down", "abcde"), ("bd", "top", "bdace"), ("bd", "bottom", "acebd"), ("bc", "up", "bcade"), ("bc", "down", "adbce"),
        ("abcde", "up", "abcde"), ("abcde", "bottom", "abcde"), ("de", "up", "abdec"), ("ab", "down", "cabde"),
    ],
)  # fmt: skip
def test_items_move(basket: Basket, letters: str, direction: str, wanted: str) -> None:
    assert services.move(basket, numbers(basket, letters), direction) == len(letters)
    assert titles(basket) == wanted


def test_items_move_as_often_as_one_likes(basket: Basket) -> None:
    """Positions get no narrower than a number can tell."""
    for _ in range(40):
        services.move(basket, numbers(basket, "c"), "up")
        services.move(basket, numbers(basket, "a"), "down")
    assert len(set(basket.items.present().values_list("position", flat=True))) == 5
    before = titles(basket)
    services.move(basket, numbers(basket, before[-1]), "up")
    assert titles(basket) == before[:3] + before[4] + before[3]


def test_what_was_removed_keeps_its_place_however_narrow_the_list_becomes(basket: Basket, people: dict[str, User]) -> None:
    removal, _count = services.remove(basket, numbers(basket, "b"))
    for _ in range(60):
        services.move(basket, numbers(basket, "e"), "top")
        services.move(basket, numbers(basket, "a"), "top")
    services.undo(removal, by=people["outsider"])
    assert titles(basket) == "aebcd"


def test_a_removal_is_undone_within_an_hour_and_only_where_there_is_room(
    basket: Basket, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    removal, _count = services.remove(basket, numbers(basket, "b"))
    monkeypatch.setattr(services, "MAX_ITEMS", 4)
    with pytest.raises(services.BasketRefused, match="is full"):
        services.undo(removal, by=people["outsider"])
    monkeypatch.undo()
    BasketItem.objects.filter(removal=removal).update(removed_at=timezone.now() - timedelta(hours=2))
    with pytest.raises(services.BasketRefused, match="no longer be undone"):
        services.undo(removal, by=people["outsider"])
    assert titles(basket) == "acde"


def test_a_note_about_what_was_removed_meanwhile_is_refused(basket: Basket) -> None:
    item = basket.items.get(title="Star b")
    services.remove(basket, [item.pk])
    with pytest.raises(services.BasketRefused, match="was not saved"):
        services.write_note(item, "too late")
    assert BasketItem.objects.get(pk=item.pk).note == ""


@pytest.mark.parametrize("back", ["https://evil.example/basket/", "//evil.example/basket/", "/projects/"])
def test_acts_lead_back_to_pages_of_baskets_alone(signed_in: SignIn, basket: Basket, back: str) -> None:
    sent = {"act": "top", "item": numbers(basket, "e"), "back": back}
    assert signed_in("outsider").post(f"/basket/{basket.pk}/items/", sent)["Location"] == basket.get_absolute_url()


def test_a_basket_is_searched_by_the_names_of_today(signed_in: SignIn, basket: Basket) -> None:
    browser, address = signed_in("outsider"), f"/basket/{basket.pk}/"
    Project.objects.filter(title="Star c").update(title="Comet")
    assert "Comet" in browser.get(address).content.decode()
    assert "Comet" in browser.get(address, {"q": "comet"}).content.decode()
    assert BasketItem.objects.get(title="Comet").basket == basket


def test_each_act_of_the_list(signed_in: SignIn, people: dict[str, User], basket: Basket) -> None:
    browser, address = signed_in("outsider"), f"/basket/{basket.pk}/items/"
    other = services.create("Others", by=people["outsider"])
    browser.post(address, {"act": "top", "item": numbers(basket, "e")})
    assert titles(basket) == "eabcd"
    browser.post(address, {"act": "copy", "item": numbers(basket, "ab"), "to": other.pk})
    assert titles(other) == "ab"
    page = browser.post(address, {"act": "remove", "item": numbers(basket, "ad")}, follow=True).content.decode()
    assert titles(basket) == "ebc"
    assert "2 items were removed." in page
    for wrong in ({"act": "top"}, {"item": ["x"]}, {"act": "burn", "item": ["1"]}, {"act": "copy", "item": ["1"], "to": "0"}):
        assert browser.post(address, wrong).status_code == 302
    assert titles(basket) == "ebc"


def test_a_removal_is_undone_with_notes_and_places(signed_in: SignIn, basket: Basket) -> None:
    browser = signed_in("outsider")
    browser.post(f"/basket/{basket.pk}/items/{numbers(basket, 'b')[0]}/note/", {"note": "the best"})
    page = browser.post(f"/basket/{basket.pk}/items/", {"act": "remove", "item": numbers(basket, "bd")}, follow=True).content.decode()
    removal = re.search(r'name="removal" value="([^"]+)"', page)[1]  # type: ignore[index]
    assert 'name="removal"' not in browser.get(f"/basket/{basket.pk}/").content.decode()  # offered once
    signed_in("member").post("/basket/undo/", {"removal": removal})
    assert titles(basket) == "ace"
    thing = BasketItem.objects.get(title="Star d").thing
    browser.post("/basket/add/", {"thing": thing})  # meanwhile in another tab
    browser.post("/basket/undo/", {"removal": removal})
    assert titles(basket) == "abced"
    assert basket.items.get(title="Star b").note == "the best"
    browser.post("/basket/undo/", {"removal": removal})
    browser.post("/basket/undo/", {"removal": "no uuid"})
    assert titles(basket) == "abced"


def test_all_items_are_removed_and_put_back(signed_in: SignIn, basket: Basket) -> None:
    browser = signed_in("outsider")
    page = browser.post(f"/basket/{basket.pk}/clear/", follow=True).content.decode()
    assert "This basket is empty" in page
    browser.post("/basket/undo/", {"removal": re.search(r'name="removal" value="([^"]+)"', page)[1]})  # type: ignore[index]
    assert titles(basket) == "abcde"


def test_a_note_is_limited_and_shown_as_text(signed_in: SignIn, basket: Basket) -> None:
    browser, item = signed_in("outsider"), numbers(basket, "a")[0]
    address = f"/basket/{basket.pk}/items/{item}/note/"
    assert browser.post(address, {"note": "x" * 501}).status_code == 422
    assert browser.post(address, {"note": "a\u202eb"}).status_code == 422
    answer = browser.post(address, {"note": "<b>bold</b>"}, follow=True)
    assert "&lt;b&gt;bold&lt;/b&gt;" in answer.content.decode()
    assert "bold" in browser.get(address).content.decode()


def test_the_list_is_filtered_sorted_and_paged(
    signed_in: SignIn, people: dict[str, User], basket: Basket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projects.baskets.presenting.PAGE", 2)
    browser, address = signed_in("outsider"), f"/basket/{basket.pk}/"

    def shown(**query: str) -> list[str]:
        return [item["title"][-1] for item in browser.get(address, {"format": "json", **query}).json()["items"]]

    assert shown() == ["a", "b"]
    assert shown(page="3") == ["e"]
    assert shown(page="99") == ["e"]
    assert shown(q="star d") == ["d"]
    assert shown(kind="software") == []
    assert shown(sort="newest") == ["e", "d"]
    assert shown(kind="no such kind", sort="upside down", page="x") == ["a", "b"]
    assert "Page 1 of 3" in browser.get(address).content.decode()
    assert "No matching items" in browser.get(address, {"kind": "run"}).content.decode()


def test_what_is_no_longer_visible_keeps_its_place_without_its_name(signed_in: SignIn, people: dict[str, User]) -> None:
    hidden = make_project(slug="secret", title="Hidden plan")
    role = Membership.objects.create(project=hidden, user=people["outsider"], role=Role.MEMBER)
    browser = signed_in("outsider")
    browser.post("/basket/add/", {"thing": f"project:{hidden.pk}"})
    basket = Basket.objects.get()
    services.write_note(basket.items.get(), "my words")
    assert "Hidden plan" in browser.get("/basket/").content.decode()
    role.delete()
    page = browser.get("/basket/").content.decode()
    assert "Hidden plan" not in page
    assert "No longer available" in page
    assert "my words" in page
    assert "Hidden plan" not in browser.get(f"/basket/{basket.pk}/items/{basket.items.get().pk}/note/").content.decode()
    item = browser.get("/basket/?format=json").json()["items"][0]
    assert (item["title"], item["value"], item["url"]) == (None, None, None)
    assert browser.get("/basket/?format=json&q=hidden").json()["items"] == []


def test_words_are_found_together_in_title_and_note(
    signed_in: SignIn, people: dict[str, User], basket: Basket, django_assert_max_num_queries: Any
) -> None:
    services.write_note(basket.items.get(title="Star c"), "bright one")
    found = presenting.items_of(basket, {"q": "BRIGHT star c"}, people["outsider"])
    assert [item.title for item in found] == ["Star c"]
    many = {"q": " ".join(f"w{n}" for n in range(100))}
    with django_assert_max_num_queries(4):
        assert list(presenting.items_of(basket, many, people["outsider"])) == []
    assert len(str(presenting.items_of(basket, many, people["outsider"]).query)) < 200 * 100


def test_what_is_hidden_is_found_by_its_note_and_neither_named_nor_sorted_by_its_title(
    signed_in: SignIn, people: dict[str, User], basket: Basket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projects.baskets.presenting.PAGE", 2)
    browser, address = signed_in("outsider"), f"/basket/{basket.pk}/"
    for letter in "ab":
        services.write_note(basket.items.get(title=f"Star {letter}"), f"mine {letter}")
    Project.objects.filter(slug__in=("star-a", "star-b")).update(visibility=Project.Visibility.MEMBERS)

    def shown(**query: str) -> list[tuple[str | None, str]]:
        items = browser.get(address, {"format": "json", **query}).json()["items"]
        return [(item["title"], item["note"]) for item in items]

    assert shown(q="mine b") == [(None, "mine b")]
    assert shown(q="star b") == shown(q="star mine") == []
    assert shown(q="star") == [("Star c", ""), ("Star d", "")]
    assert "Page 1 of 2" in browser.get(address, {"q": "star"}).content.decode()
    assert shown(sort="name", page="3") == [(None, "mine b")]
    assert shown(sort="name") == [("Star c", ""), ("Star d", "")]
    assert shown(sort="name", kind="software") == []
    assert shown(sort="name", q="mine") == [(None, "mine a"), (None, "mine b")]
    other = services.create("Others", by=people["outsider"])
    copied = {"act": "copy", "item": numbers(basket, "a"), "to": other.pk}
    for words in ("1 item was added", "1 item was already in"):
        page = browser.post(f"{address}items/", copied, follow=True).content.decode()
        assert words in page
        assert "Star a" not in page


@pytest.mark.parametrize("visitor", ["anonymous", "member", "admin"])
def test_nobody_reaches_another_persons_basket(signed_in: SignIn, basket: Basket, visitor: str) -> None:
    browser, item = signed_in(visitor), numbers(basket, "a")[0]
    wanted = 302 if visitor == "anonymous" else 404
    for page in ("", "manage/", f"items/{item}/note/"):
        assert browser.get(f"/basket/{basket.pk}/{page}").status_code == wanted
    acts = {"items": {"act": "remove", "item": item}, "edit": {"name": "Mine"}, "share": {"days": "7"}}
    for act in ("items", "edit", "choose", "clear", "delete", "share"):
        assert browser.post(f"/basket/{basket.pk}/{act}/", acts.get(act, {})).status_code == wanted
    assert titles(basket) == "abcde"
    assert Basket.objects.get() == basket


def test_items_of_another_basket_are_not_touched(people: dict[str, User], basket: Basket) -> None:
    other = services.create("Others", by=people["member"])
    items = numbers(basket, "ab")
    services.remove(other, items)
    services.move(other, items, "bottom")
    assert services.copy(other, items, to=other).added == 0
    assert titles(basket) == "abcde"
