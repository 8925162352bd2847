"""Baskets at the API: read a page at a time, added to and removed from by item."""

import json
from typing import Any

import pytest
from django.test import Client

from catalog.software.models import Entry
from projects.baskets import item_facts, services
from projects.baskets.models import Basket
from tests.api.callers import code_of, program
from tests.factories import make_project
from vre_portal.iam.models import User
from vre_portal.iam.personal_tokens.models import Scope

pytestmark = pytest.mark.django_db
PUBLIC = "did:escape:KM3NET_ECAP_SP:aeff.fits"


@pytest.fixture
def caller(people: dict[str, User]) -> Client:
    return program(people["lead"])


def software() -> Entry:
    return Entry.objects.create(service="ossr", concept="77", record="78", title="Opentool", concept_doi="10.5281/zenodo.77")


def post(caller: Client, address: str, **body: Any) -> Any:
    return caller.post(address, json.dumps(body), content_type="application/json")


def filled(by: User, *things: str) -> Basket:
    basket = services.create("Paper", by=by)
    services.add(basket, things, by=by)
    return basket


def test_without_a_basket_nothing_is_made(caller: Client) -> None:
    assert caller.get("/api/basket/").json() == {"id": None, "name": "", "items": [], "left_out": 0, "next": None}
    assert caller.get("/api/baskets/").json() == {"items": [], "next": None}
    assert not Basket.objects.exists()


def test_an_item_has_what_its_kind_has(caller: Client, people: dict[str, User]) -> None:
    basket = filled(people["lead"], PUBLIC, f"software:{software().pk}")
    found = caller.get("/api/basket/").json()
    assert (found["id"], found["name"], found["left_out"], found["next"]) == (basket.pk, "Paper", 0, None)
    data, tool = found["items"]
    assert [data[name] for name in ("kind", "lake", "scope", "name")] == ["did", "escape", "KM3NET_ECAP_SP", "aeff.fits"]
    assert (data["doi"], tool["doi"], tool["title"], tool["lake"]) == (None, "10.5281/zenodo.77", "Opentool", None)
    assert data["url"].startswith("http")
    assert caller.get(f"/api/basket/{basket.pk}/").json() == found


def test_the_list_tells_which_one_is_current_and_its_project_only_to_who_sees_it(caller: Client, people: dict[str, User]) -> None:
    project = make_project(slug="own", lead=people["lead"])
    services.create("First", by=people["lead"], project=project)
    second = services.create("Second", by=people["lead"])
    listed = caller.get("/api/baskets/").json()["items"]
    assert [(item["name"], item["current"], item["project"]) for item in listed] == [("Second", True, None), ("First", False, "own")]
    assert caller.get("/api/basket/?name=first").json()["name"] == "First"
    assert caller.get(f"/api/basket/?id={second.pk}").json()["name"] == "Second"
    project.memberships.all().delete()
    assert caller.get("/api/baskets/").json()["items"][1]["project"] is None


def test_pages_follow_each_other(caller: Client, people: dict[str, User]) -> None:
    basket = filled(people["lead"], *(f"did:escape:KM3NET_ECAP_SP:{number}.fits" for number in range(5)))
    names, address = [], "/api/basket/?limit=2"
    while address:
        page = caller.get(address).json()
        assert len(page["items"]) <= 2
        names += [item["name"] for item in page["items"]]
        address = page["next"]
        basket.items.filter(value__endswith=":1.fits").update(removal="00000000-0000-0000-0000-000000000000")  # the last of the first page
    assert names == [f"{number}.fits" for number in range(5)]
    assert code_of(caller.get("/api/basket/?after=999999999")) == (422, "invalid")


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", ""])
def test_a_limit_beyond_a_page_is_refused(caller: Client, people: dict[str, User], limit: str) -> None:
    basket = filled(people["lead"], PUBLIC)
    for address in ("/api/basket/", f"/api/basket/{basket.pk}/"):
        assert code_of(caller.get(f"{address}?limit={limit}")) == (422, "invalid")
        assert len(caller.get(f"{address}?limit=1000").json()["items"]) == 1


def test_what_the_person_may_not_see_now_is_counted_and_not_named(caller: Client, people: dict[str, User]) -> None:
    project = make_project(slug="own", title="Hidden plan", lead=people["lead"])
    filled(people["lead"], f"project:{project.pk}", PUBLIC)
    project.memberships.all().delete()
    found = caller.get("/api/basket/")
    assert (found.json()["left_out"], len(found.json()["items"])) == (1, 1)
    assert "Hidden plan" not in found.content.decode()


def test_adding_is_said_once_and_notes_stay_unless_given(caller: Client) -> None:
    kind, _colon, value = PUBLIC.partition(":")
    first = post(caller, "/api/basket/items/", kind=kind, value=value, note="for the fit")
    again = post(caller, f"/api/basket/{Basket.objects.get().pk}/items/", kind=kind, value=value)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert again.json()["note"] == "for the fit"
    gone = f"/api/basket/{Basket.objects.get().pk}/items/{first.json()['id']}/"
    assert caller.delete(gone).status_code == 204
    assert code_of(caller.delete(gone)) == (404, "not_found")
    assert caller.get("/api/basket/").json()["items"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "did", "value": "escape:NO_SCOPE:x"}, 404),
        ({"kind": "nothing", "value": "1"}, 404),
        ({"kind": "did:escape", "value": "KM3NET_ECAP_SP:x"}, 422),
        ({"kind": "DID", "value": "1"}, 422),
        ({"kind": "did\n", "value": "1"}, 422),
        ({"kind": "did", "value": "a\0b"}, 404),
        ({"kind": "did"}, 422),
        ({"kind": "d" * 21, "value": "1"}, 422),
        ({"kind": "did", "value": "x" * 881}, 422),
        ({"kind": "did", "value": "escape:KM3NET_ECAP_SP:x", "note": "n" * 501}, 422),
        ({"kind": "did", "value": "escape:KM3NET_ECAP_SP:x", "note": "a\u202eb\0"}, 422),
        ({"kind": ["did"], "value": {}}, 422),
    ],
)
def test_what_cannot_be_added_is_refused_with_the_reason(caller: Client, body: dict[str, Any], status: int) -> None:
    reply = post(caller, "/api/basket/items/", **body)
    assert reply.status_code == status
    assert reply.json()["error"]["next"]


@pytest.mark.parametrize("body", ["", "[", "[]", "null", '{"kind": "did", "value": "\\ud800"}', "[" * 100_000])
def test_a_body_that_is_none_is_refused(caller: Client, body: str) -> None:
    reply = caller.post("/api/basket/items/", body, content_type="application/json")
    assert reply.status_code in (400, 404, 422)
    assert reply.json()["error"]["code"] in ("invalid", "not_found")


def test_a_full_basket_says_so(caller: Client, people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    filled(people["lead"], PUBLIC)
    monkeypatch.setattr(services, "MAX_ITEMS", 1)
    assert code_of(post(caller, "/api/basket/items/", kind="did", value="escape:KM3NET_ECAP_SP:x")) == (409, "full")


def test_nobody_reaches_the_basket_of_another(people: dict[str, User]) -> None:
    basket = filled(people["lead"], PUBLIC)
    item = basket.items.get().pk
    stranger = program(people["member"])
    replies = [stranger.get(f"/api/basket/{basket.pk}/"), stranger.get(f"/api/basket/?id={basket.pk}")]
    replies += [stranger.delete(f"/api/basket/{basket.pk}/items/{item}/")]
    replies += [post(stranger, f"/api/basket/{basket.pk}/items/", kind="did", value="escape:KM3NET_ECAP_SP:x")]
    replies += [stranger.get(f"/api/basket/{2**70}/")]
    assert [code_of(reply) for reply in replies] == [(404, "not_found")] * 5
    assert basket.items.present().count() == 1


def test_a_token_does_no_more_than_it_allows(people: dict[str, User]) -> None:
    reader, data = program(people["lead"], Scope.BASKET_READ), program(people["lead"], Scope.DATA_READ)
    assert reader.get("/api/basket/").status_code == 200
    assert code_of(post(reader, "/api/basket/items/", kind="did", value="x")) == (403, "insufficient_scope")
    assert code_of(data.get("/api/basket/")) == (403, "insufficient_scope")
    assert code_of(data.get("/esap-api/accounts/user-profiles/")) == (403, "insufficient_scope")


def test_esap_s_shape(caller: Client, people: dict[str, User]) -> None:
    filled(people["lead"], PUBLIC, f"software:{software().pk}")
    found = caller.get("/esap-api/accounts/user-profiles/").json()
    assert {name: found[name] for name in ("count", "next", "previous")} == {"count": 1, "next": None, "previous": None}
    cart = [json.loads(item["item_data"]) for item in found["results"][0]["shopping_cart"]]
    assert [item["archive"] for item in cart] == ["rucio", "software"]
    assert (cart[0]["record"]["scope"], cart[0]["record"]["name"]) == ("KM3NET_ECAP_SP", "aeff.fits")
    assert found["results"][0]["full_name"] == str(people["lead"])


def of_many(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> Basket:
    """A basket of three pages."""
    monkeypatch.setitem(item_facts.read_page.__kwdefaults__, "size", 2)
    return filled(people["lead"], *(f"did:escape:KM3NET_ECAP_SP:{number}.fits" for number in range(5)))


def names_at_esap(reply: Any) -> list[str]:
    return [json.loads(item["item_data"])["record"]["name"] for item in reply.json()["results"][0]["shopping_cart"]]


def test_a_large_basket_in_esap_s_shape_counts_as_an_export(
    caller: Client, people: dict[str, User], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "export": "1/60"}
    basket = of_many(people, monkeypatch)
    first, second = (caller.get("/esap-api/accounts/user-profiles/") for _ in range(2))
    assert len(names_at_esap(first)) == 5
    assert code_of(second) == (429, "too_many_requests")
    basket.items.filter(position__gt=basket.items.order_by("position")[1].position).delete()
    assert len(names_at_esap(caller.get("/esap-api/accounts/user-profiles/"))) == 2


def test_an_item_that_goes_between_esap_s_pages_is_no_error(
    caller: Client, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    of_many(people, monkeypatch)
    read = item_facts.read_page

    def then_gone(basket: Basket, *args: Any, **options: Any) -> Any:
        page = read(basket, *args, **options)
        basket.items.filter(pk=page.after).delete()
        return page

    monkeypatch.setattr(item_facts, "read_page", then_gone)
    assert names_at_esap(caller.get("/esap-api/accounts/user-profiles/")) == ["0.fits", "1.fits"]


def test_esap_s_shape_says_how_many_are_left_out(caller: Client, people: dict[str, User]) -> None:
    project = make_project(slug="own", title="Hidden plan", lead=people["lead"])
    filled(people["lead"], f"project:{project.pk}", PUBLIC)
    project.memberships.all().delete()
    profile = caller.get("/esap-api/accounts/user-profiles/").json()["results"][0]
    assert (profile["left_out"], len(profile["shopping_cart"])) == (1, 1)


def test_esap_s_address_only_reads(caller: Client) -> None:
    assert code_of(caller.post("/esap-api/accounts/user-profiles/")) == (405, "method_not_allowed")
    assert code_of(caller.patch("/esap-api/accounts/user-profiles/")) == (405, "method_not_allowed")


def test_queries_do_not_grow_with_the_basket(caller: Client, people: dict[str, User], django_assert_max_num_queries: Any) -> None:
    basket = filled(people["lead"], *(f"did:escape:KM3NET_ECAP_SP:{number}.fits" for number in range(200)))
    with django_assert_max_num_queries(16):
        assert len(caller.get(f"/api/basket/{basket.pk}/").json()["items"]) == 200
