"""Several baskets of one person."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from projects.baskets import services, worker
from projects.baskets.models import Basket, BasketItem
from projects.models import Role
from tests.factories import make_project, make_public
from vre_portal.iam.models import User
from vre_portal.iam.personal_data.data_export import export_person

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def names(user: User) -> list[str]:
    return [basket.name for basket in Basket.objects.of(user)]


def test_looking_makes_none(signed_in: SignIn) -> None:
    page = signed_in("outsider").get("/basket/").content.decode()
    assert "This basket is empty" in page
    assert not Basket.objects.exists()


def test_they_are_made_named_and_chosen(signed_in: SignIn, people: dict[str, User]) -> None:
    browser = signed_in("lead")
    own, strange = make_project(slug="own", title="Own", lead=people["lead"]), make_public(slug="strange")
    browser.post("/basket/new/", {"name": "Paper", "project": own.pk})
    browser.post("/basket/new/", {"name": "Talk"})
    assert names(people["lead"]) == ["Talk", "Paper"]
    paper = Basket.objects.get(name="Paper")
    assert "Own" in browser.get(f"/basket/{paper.pk}/").content.decode()
    browser.post(f"/basket/{paper.pk}/choose/")
    assert names(people["lead"]) == ["Paper", "Talk"]
    for wrong in ({"name": "talk"}, {"name": ""}, {"name": "\u200b"}, {"name": "x" * 101}, {"name": "X", "project": strange.pk}):
        assert browser.post(f"/basket/{paper.pk}/edit/", wrong).status_code == 422
    assert browser.post("/basket/new/", {"name": "PAPER"}).status_code == 422
    browser.post(f"/basket/{paper.pk}/edit/", {"name": "Second paper"})
    paper.refresh_from_db()
    assert (paper.name, paper.project) == ("Second paper", None)


def test_the_project_of_a_basket_is_named_only_to_who_sees_it(signed_in: SignIn, people: dict[str, User]) -> None:
    hidden = make_project(slug="secret", title="Hidden plan", lead=people["lead"])
    basket = services.create("Paper", by=people["lead"], project=hidden)
    assert "Hidden plan" in signed_in("lead").get("/basket/").content.decode()
    hidden.memberships.all().delete()
    assert "Hidden plan" not in signed_in("lead").get(f"/basket/{basket.pk}/").content.decode()


def test_there_is_a_limit_which_is_said_before(signed_in: SignIn, people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_BASKETS", 2)
    browser = signed_in("lead")
    for name in ("One", "Two"):
        browser.post("/basket/new/", {"name": name})
    assert "You have 2 baskets, which is the limit." in browser.get("/basket/").content.decode()
    assert browser.post("/basket/new/", {"name": "Three"}).status_code == 422
    assert names(people["lead"]) == ["Two", "One"]


def test_a_deleted_one_is_restored_for_an_hour(signed_in: SignIn, people: dict[str, User]) -> None:
    browser, basket = signed_in("lead"), services.create("Paper", by=people["lead"])
    services.add(basket, [f"project:{make_public().pk}"], by=people["lead"])
    page = browser.post(f"/basket/{basket.pk}/delete/", follow=True).content.decode()
    assert "The basket “Paper” was deleted." in page
    assert browser.get(f"/basket/{basket.pk}/").status_code == 404
    assert names(people["lead"]) == []
    restored = re.search(r'name="restored" value="([^"]+)"', page)[1]  # type: ignore[index]
    services.create("Paper", by=people["lead"])  # meanwhile
    signed_in("member").post("/basket/undo/", {"restored": restored})
    assert names(people["lead"]) == ["Paper"]
    browser.post("/basket/undo/", {"restored": restored})
    assert sorted(names(people["lead"])) == ["Paper", "Paper (2)"]
    assert basket.items.present().count() == 1
    Basket.objects.filter(pk=basket.pk).update(deleted_at=timezone.now() - timedelta(hours=2))
    browser.post("/basket/undo/", {"restored": restored})
    assert names(people["lead"]) == ["Paper"]


def test_a_basket_that_was_deleted_meanwhile_takes_nothing(people: dict[str, User]) -> None:
    basket = services.create("Paper", by=people["lead"])
    services.delete(basket)
    with pytest.raises(services.BasketRefused):
        services.add(basket, [f"project:{make_public().pk}"], by=people["lead"])
    assert not BasketItem.objects.exists()


def test_what_can_no_longer_be_put_back_is_deleted(people: dict[str, User]) -> None:
    basket, gone = services.create("Paper", by=people["lead"]), services.create("Old", by=people["lead"])
    things = [f"project:{make_public(slug=f's-{n}').pk}" for n in range(3)]
    for each in (basket, gone):
        services.add(each, things, by=people["lead"])
    services.delete(gone)
    services.remove(basket, only=things[:2])
    assert worker.forget_removed() == 0
    long_ago = timezone.now() - timedelta(hours=2)
    BasketItem.objects.filter(basket=basket, value=things[0].partition(":")[2]).update(removed_at=long_ago)
    Basket.objects.filter(pk=gone.pk).update(deleted_at=long_ago)
    worker.forget_removed()
    assert list(Basket.objects.all()) == [basket]
    assert BasketItem.objects.count() == 2


def test_the_export_has_what_the_person_may_see_and_it_goes_with_them(people: dict[str, User]) -> None:
    hidden = make_project(slug="secret", title="Hidden plan", lead=people["lead"])
    basket = services.create("Paper", by=people["lead"])
    services.add(basket, [f"project:{hidden.pk}", f"project:{make_public(title='Moon').pk}"], by=people["lead"])
    services.write_note(basket.items.first(), "my words")  # type: ignore[arg-type]
    assert services.create("Other", by=people["lead"], project=hidden).project == hidden
    exported = str(export_person(people["lead"]))
    assert "Moon" in exported
    assert "Hidden plan" in exported
    hidden.memberships.filter(role=Role.LEAD).delete()
    exported = str(export_person(people["lead"]))
    assert "Hidden plan" not in exported
    assert "my words" in exported
    assert "Other" in exported
    people["lead"].delete()
    assert not BasketItem.objects.exists()


def test_each_project_has_a_way_to_the_persons_basket_for_it(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_public(slug="moon", title="Moon")
    make_project(slug="secret", title="Hidden plan")
    browser, address = signed_in("lead"), "/basket/new/?project=moon"
    assert address in browser.get("/projects/moon/data/").content.decode()
    assert address not in Client().get("/projects/moon/data/").content.decode()
    form = browser.get(address).content.decode()
    assert 'value="Moon"' in form
    assert f'<option value="{project.pk}" selected>' in form
    assert "Hidden plan" not in browser.get("/basket/new/?project=secret").content.decode()
    made = services.create("Notes", by=people["lead"], project=project)
    assert browser.get(address)["Location"] == made.get_absolute_url()
    assert signed_in("member").get(address).status_code == 200


@pytest.mark.parametrize("slug", ["", "%00", "%ED%A0%80", "x" * 3000, "moon%0A"])
def test_an_odd_project_offers_an_empty_form(signed_in: SignIn, slug: str) -> None:
    assert signed_in("lead").get(f"/basket/new/?project={slug}").status_code in (200, 400)
