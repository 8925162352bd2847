"""Links to a basket: who has one sees what they may see anyway."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from projects.baskets import services, sharing
from projects.baskets.models import Basket, BasketItem, BasketShare
from tests.factories import make_project, make_public
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.secret_addresses import masked

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


@pytest.fixture
def basket(people: dict[str, User]) -> Basket:
    """A public project and one of the lead's own, with a note."""
    made = services.create("Paper", by=people["lead"])
    things = [make_public(slug="moon", title="Moon"), make_project(slug="secret", title="Hidden plan", lead=people["lead"])]
    services.add(made, [f"project:{item.pk}" for item in things], by=people["lead"])
    services.write_note(made.items.present()[0], "my words")
    return made


def link_to(basket: Basket, lead: Client, days: str = "7") -> str:
    page = lead.post(f"/basket/{basket.pk}/share/", {"days": days}).content.decode()
    return re.search(r"/basket/shared/[\w-]+/", page)[0]  # type: ignore[index]


@pytest.mark.parametrize("visitor", ["anonymous", "newcomer", "outsider"])
def test_each_reader_sees_what_they_may_see(signed_in: SignIn, basket: Basket, visitor: str) -> None:
    answer = signed_in(visitor).get(link_to(basket, signed_in("lead")))
    page = answer.content.decode()
    assert "Moon" in page
    assert "Hidden plan" not in page
    assert "secret" not in page
    assert "my words" not in page
    assert "1 item on this page is not shown" in page
    assert ("Shared by" in page) is (visitor != "anonymous")
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in answer["Cache-Control"]


def test_what_was_hidden_meanwhile_is_not_told(signed_in: SignIn, basket: Basket) -> None:
    link = link_to(basket, signed_in("lead"))
    project = basket.items.present()[0].value
    make_public().__class__.objects.filter(pk=project).update(visibility="members")
    page = Client().get(link).content.decode()
    assert "Moon" not in page
    assert "2 items on this page are not shown" in page


def test_a_reader_copies_what_they_may_see(signed_in: SignIn, people: dict[str, User], basket: Basket) -> None:
    link = link_to(basket, signed_in("lead"))
    page = signed_in("outsider").post(f"{link}copy/", follow=True).content.decode()
    assert "“Moon”" in page or "1 item was added" in page
    own = BasketItem.objects.filter(basket__owner=people["outsider"])
    assert [(item.title, item.note) for item in own] == [("Moon", "")]
    browser = Client()
    assert "Moon" in browser.post(f"{link}copy/", follow=True).content.decode()
    assert "Hidden plan" not in browser.get("/basket/").content.decode()
    assert "This is your own basket." in signed_in("lead").post(f"{link}copy/", follow=True).content.decode()


def test_copying_into_a_basket_that_was_deleted_meanwhile_says_so(
    signed_in: SignIn, people: dict[str, User], basket: Basket, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, deleted = link_to(basket, signed_in("lead")), services.create("Old", by=people["outsider"])
    services.delete(deleted)
    monkeypatch.setattr(services, "current_or_new", lambda _by: deleted)
    answer = signed_in("outsider").post(f"{link}copy/", follow=True)
    assert answer.redirect_chain == [(link, 302)]
    assert "This basket was deleted in another window." in answer.content.decode()


def test_a_revoked_link_opens_and_copies_nothing(signed_in: SignIn, basket: Basket) -> None:
    lead, reader = signed_in("lead"), signed_in("outsider")
    link, other = link_to(basket, lead), link_to(basket, lead, "never")
    assert reader.get(link).status_code == 200
    lead.post(f"/basket/{basket.pk}/share/{BasketShare.objects.earliest('pk').pk}/revoke/")
    answer = reader.get(link)
    assert answer.status_code == 404
    assert "It may have expired or been revoked" in answer.content.decode()
    assert reader.post(f"{link}copy/").status_code == 404
    assert not BasketItem.objects.filter(basket__owner__name="outsider").exists()
    assert reader.get(other).status_code == 200
    assert [entry.action for entry in AuditEntry.objects.order_by("number")][-1] == "basket.unshared"


def test_a_link_ends_by_itself(signed_in: SignIn, basket: Basket) -> None:
    link = link_to(basket, signed_in("lead"))
    BasketShare.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(link).status_code == 404
    assert "Revoke link" not in signed_in("lead").get(f"/basket/{basket.pk}/manage/").content.decode()


@pytest.mark.parametrize("how", ["deleted", "blocked"])
def test_no_link_leads_to_what_is_gone(signed_in: SignIn, people: dict[str, User], basket: Basket, how: str) -> None:
    link = link_to(basket, signed_in("lead"))
    if how == "deleted":
        services.delete(basket)
    else:
        User.objects.filter(pk=people["lead"].pk).update(is_active=False)
    assert Client().get(link).status_code == 404


def test_the_secret_is_shown_once_and_stored_nowhere(signed_in: SignIn, basket: Basket) -> None:
    lead = signed_in("lead")
    link = link_to(basket, lead)
    secret = link.split("/")[-2]
    assert secret not in lead.get(f"/basket/{basket.pk}/manage/").content.decode()
    assert secret not in str(BasketShare.objects.values())
    assert secret not in masked(f"GET {link}")
    assert secret not in masked(f"POST {link}copy/")


def test_there_are_so_many_links_and_no_more(signed_in: SignIn, basket: Basket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "MAX_LINKS", 1)
    lead = signed_in("lead")
    link_to(basket, lead)
    page = lead.post(f"/basket/{basket.pk}/share/", {"days": "7"}, follow=True).content.decode()
    assert "This basket has 1 links, which is the limit. Revoke one first." in page
    for odd in ({"days": "8"}, {"days": ""}, {}):
        assert lead.post(f"/basket/{basket.pk}/share/", odd).status_code == 302
    assert BasketShare.objects.count() == 1


def test_nobody_revokes_a_link_of_another_persons_basket(signed_in: SignIn, people: dict[str, User], basket: Basket) -> None:
    link_to(basket, signed_in("lead"))
    own = services.create("Own", by=people["member"])
    signed_in("member").post(f"/basket/{own.pk}/share/{BasketShare.objects.get().pk}/revoke/")
    assert BasketShare.objects.working().exists()
