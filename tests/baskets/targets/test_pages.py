"""The pages on which a basket becomes something else: for whom, of which items, and what they answer."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from catalog.software.models import Entry
from datalake.index import store
from datalake.index.models import IndexedScope
from projects.baskets import services
from projects.baskets.models import Basket, BasketShare
from projects.baskets.targets import TARGETS
from tests.baskets.hostile_items import NAMES
from tests.datalake.index.entries import fact
from tests.factories import make_project, make_public
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


@pytest.fixture
def basket(people: dict[str, User]) -> Basket:
    """A public project, one of the lead's own, and software, with a note."""
    made = services.create("Paper", by=people["lead"])
    tool = Entry.objects.create(service="ossr", concept="7", record="8", title="Sky tool", doi="10.5281/zenodo.7")
    projects = [make_public(slug="moon", title="Moon"), make_project(slug="secret", title="Hidden plan", lead=people["lead"])]
    services.add(made, [f"software:{tool.pk}", *(f"project:{one.pk}" for one in projects)], by=people["lead"])
    services.write_note(made.items.present()[0], "my words")
    return made


def secret_link(basket: Basket, lead: Client) -> str:
    page = lead.post(f"/basket/{basket.pk}/share/", {"days": "7"}).content.decode()
    return re.search(r"/basket/shared/[\w-]+/", page)[0]  # type: ignore[index]


@pytest.mark.parametrize("key", list(TARGETS))
def test_each_target_has_a_page_and_files(signed_in: SignIn, basket: Basket, key: str) -> None:
    lead = signed_in("lead")
    address = f"/basket/{basket.pk}/as/{key}/"
    assert address in lead.get(f"/basket/{basket.pk}/").content.decode()
    page = lead.get(address).content.decode()
    for wanted in re.findall(r'href="\?format=(\w+)"', page):
        answer = lead.get(f"{address}?format={wanted}")
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer.content
    assert lead.get(f"{address}?format=nothing").status_code == 404
    assert lead.get(f"/basket/{basket.pk}/as/nothing/").status_code == 404
    assert signed_in("outsider").get(address).status_code == 404


def test_selected_items_alone_are_used(signed_in: SignIn, basket: Basket) -> None:
    lead, items = signed_in("lead"), basket.items.present()
    answer = lead.post(f"/basket/{basket.pk}/items/", {"act": "as", "item": [items[1].pk, items[2].pk]})
    assert answer["Location"] == f"/basket/{basket.pk}/as/?item={items[1].pk}&item={items[2].pk}"
    page = lead.get(answer["Location"]).content.decode()
    assert "2 items" in page
    address = re.search(r'href="(/basket/\d+/as/table/[^"]*)"', page)[1].replace("&amp;", "&")  # type: ignore[index]
    text = lead.get(f"{address}&format=csv").content.decode()
    assert "Moon" in text
    assert "Sky tool" not in text


def test_another_persons_items_are_not_selected(signed_in: SignIn, basket: Basket, people: dict[str, User]) -> None:
    other = services.create("Theirs", by=people["member"])
    row = basket.items.present()[0]
    page = signed_in("member").get(f"/basket/{other.pk}/as/table/?item={row.pk}").content.decode()
    assert "Sky tool" not in page


def test_readers_of_a_link_see_what_they_may_see_and_no_notes(signed_in: SignIn, basket: Basket) -> None:
    link = secret_link(basket, signed_in("lead"))
    for name in ("anonymous", "outsider"):
        answer = signed_in(name).get(f"{link}as/table/")
        page = answer.content.decode()
        assert "Moon" in page
        assert "Hidden plan" not in page
        assert "my words" not in page
        assert "1 item no longer exists, or you don't have access." in page
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "my words" in signed_in("lead").get(f"/basket/{basket.pk}/as/table/").content.decode()
    BasketShare.objects.all().delete()
    assert signed_in("outsider").get(f"{link}as/table/").status_code == 404


def test_a_visitor_uses_what_they_collected(people: dict[str, User], signed_in: SignIn, basket: Basket) -> None:
    visitor, project = Client(), make_public(slug="sun", title="Sun")
    assert visitor.get("/basket/as/table/").status_code == 200
    visitor.post("/basket/add/", {"thing": f"project:{project.pk}"})
    assert "/basket/as/table/" in visitor.get("/basket/").content.decode()
    assert "Sun" in visitor.get("/basket/as/table/?format=csv").content.decode()
    assert signed_in("lead").get("/basket/as/table/")["Location"] == f"/basket/{basket.pk}/as/table/"
    assert signed_in("newcomer").get("/basket/as/table/")["Location"] == "/basket/"


def test_a_message_gets_a_link_once(signed_in: SignIn, basket: Basket) -> None:
    lead = signed_in("lead")
    page = lead.post(f"/basket/{basket.pk}/as/message/link/", {"days": "7"}).content.decode()
    secret = re.search(r"/basket/shared/([\w-]+)/", page)[1]  # type: ignore[index]
    assert BasketShare.objects.working().filter(secret_digest=BasketShare.digest(secret)).exists()
    assert secret not in lead.get(f"/basket/{basket.pk}/as/message/").content.decode()
    assert lead.post(f"/basket/{basket.pk}/as/message/link/", {"days": "1000"}, follow=True).status_code == 200
    assert BasketShare.objects.count() == 1
    assert signed_in("member").post(f"/basket/{basket.pk}/as/message/link/", {"days": "7"}).status_code == 404


def test_a_form_that_is_sent_twice_makes_one_link(signed_in: SignIn, basket: Basket) -> None:
    lead = signed_in("lead")
    for where in (f"/basket/{basket.pk}/as/message/", f"/basket/{basket.pk}/manage/"):
        key = re.search(r'name="key" value="([^"]+)"', lead.get(where).content.decode())[1]  # type: ignore[index]
        to = where.replace("manage", "share") if "manage" in where else f"{where}link/"
        first, second = (lead.post(to, {"days": "7", "key": key}).content.decode() for _press in range(2))
        link = re.search(r"/basket/shared/[\w-]+/", first)[0]  # type: ignore[index]
        assert link in second
        assert Client().get(link).status_code == 200
        share = BasketShare.objects.latest("pk")
        lead.post(f"/basket/{basket.pk}/share/{share.pk}/revoke/")
        assert "This link was revoked. Make a new one." in lead.post(to, {"days": "7", "key": key}, follow=True).content.decode()
    assert BasketShare.objects.count() == 2
    other = services.create("Other", by=basket.owner)
    lead.post(f"/basket/{other.pk}/share/", {"days": "7", "key": key})
    assert BasketShare.objects.count() == 3


def test_files_of_a_shared_basket_do_not_hold_its_secret(signed_in: SignIn, basket: Basket) -> None:
    scope = IndexedScope.objects.create(lake="escape", name="KM3NET_ECAP_SP")
    store.save_facts(scope, [fact("run.fits")])
    services.add(basket, ["did:escape:KM3NET_ECAP_SP:run.fits"], by=basket.owner)
    link, reader, seen = secret_link(basket, signed_in("lead")), signed_in("outsider"), 0
    for key in TARGETS:
        page = reader.get(f"{link}as/{key}/").content.decode()
        for wanted in re.findall(r'href="\?format=(\w+)"', page):
            seen += 1
            assert link.split("/")[-2] not in reader.get(f"{link}as/{key}/?format={wanted}").content.decode()
    assert seen > 5


@pytest.mark.parametrize("query", ["item=abc", "item=99999999", "item="])
def test_an_address_that_selects_nothing_uses_nothing(signed_in: SignIn, basket: Basket, query: str) -> None:
    lead = signed_in("lead")
    page = lead.get(f"/basket/{basket.pk}/as/table/?{query}").content.decode()
    assert "The address selects no item of this basket." in page
    assert "Sky tool" not in page
    assert "0 items" in lead.get(f"/basket/{basket.pk}/as/?{query}").content.decode()


def test_hostile_titles_are_text_on_every_page(signed_in: SignIn, people: dict[str, User]) -> None:
    made = services.create("Odd", by=people["lead"])
    projects = [make_project(slug=f"odd-{n}", title=name, lead=people["lead"]) for n, name in enumerate(NAMES)]
    services.add(made, [f"project:{one.pk}" for one in projects], by=people["lead"])
    for key in TARGETS:
        page = signed_in("lead").get(f"/basket/{made.pk}/as/{key}/").content.decode()
        assert "<script>alert(1)" not in page
