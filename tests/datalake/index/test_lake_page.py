"""The lake's page over the index: who sees what, what stands on it, and that what is hidden leaves no trace."""

import csv
import io
import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from datalake.index.models import IndexedScope, SavedSearch
from datalake.reads import read_cache
from tests.datalake.index.entries import Fill, fact
from tests.page_text import text_of
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
LAKE = "/datalake/escape/"
SignIn = Callable[..., Client]
WORDS = {"experiment": "KM3NeT", "title": "A title"}


@pytest.fixture
def filled(fill: Fill, known_at_lake: Callable[..., None]) -> None:
    """A public scope, one for those with an account, and one that is restricted where the options say so."""
    known_at_lake("member", "outsider")
    fill("KM3NET_ECAP_SP", [fact("open.fits", metadata=WORDS), fact("open.ds", type="DATASET", bytes=None, open=True)])
    fill("user.lead", [fact("mine.fits", metadata={"experiment": "private", "mood": "good"})])
    fill("SECRET_SP", [fact("secret.fits", metadata={"codename": "x", "experiment": "hush"})])


def seen(client: Client, query: str = "pattern=fits") -> set[str]:
    return {item["name"] for item in client.get(f"{LAKE}?{query}&format=json").json()["items"]}


def test_everybody_sees_what_is_public_and_those_with_an_account_all(filled: None, signed_in: SignIn) -> None:
    assert seen(signed_in("anonymous")) == {"open.fits"}
    assert seen(signed_in("newcomer")) == {"open.fits"}
    assert seen(signed_in("member")) == {"open.fits", "mine.fits", "secret.fits"}
    scopes = {item["name"] for item in signed_in("anonymous").get(f"{LAKE}?format=json").json()["items"]}
    assert scopes == {"KM3NET_ECAP_SP"}


@pytest.mark.parametrize(("who", "owner"), [("anonymous", ""), ("newcomer", ""), ("member", "lead")])
def test_accounts_of_people_are_shown_to_those_with_an_account_only(filled: None, signed_in: SignIn, who: str, owner: str) -> None:
    IndexedScope.objects.update(account="lead")
    client = signed_in(who)
    for query in ("", "pattern=open"):
        assert {item["account"] for item in client.get(f"{LAKE}?{query}&format=json").json()["items"]} == {owner}, query
        rows = csv.DictReader(io.StringIO(client.get(f"{LAKE}?{query}&format=csv").content.decode()))
        assert {row["account"] for row in rows} == {owner}, query
    assert (">Owner<" in client.get(LAKE).content.decode()) == bool(owner)


def test_who_has_no_account_is_told_so_also_when_it_is_known_already(filled: None, signed_in: SignIn, people: dict[str, User]) -> None:
    read_cache.store(f"datalake:account:{people['newcomer'].pk}:escape", False)
    text = text_of(signed_in("newcomer").get(LAKE).content)
    assert "Showing public data only. You don't have a Data Lake account yet." in text


def test_a_restricted_scope_is_for_its_groups_alone(filled: None, signed_in: SignIn, lake_options: Callable[..., None]) -> None:
    lake_options(restricted_scopes={"SECRET_*": ["escape/km3net"]})
    assert "secret.fits" in seen(signed_in("member"))
    assert "secret.fits" not in seen(signed_in("outsider"))


@pytest.mark.parametrize("visitor", ["anonymous", "outsider"])
@pytest.mark.parametrize(
    "query",
    [
        "",
        "?pattern=fits",
        "?pattern=secret.fits",
        "?scope=SECRET_SP",
        "?key=codename&op=any",
        "?key=experiment&op=eq&value=hush",
        "?pattern=SECRET_SP:secret.fits",
        "?type=file&sort=-size",
        "?pattern=sec&format=json",
        "?scope=SECRET_SP&format=csv",
        "complete/?pattern=sec",
        "complete/?pattern=SECRET_SP:",
    ],
)
def test_what_is_hidden_leaves_no_trace(
    filled: None, fill: Fill, signed_in: SignIn, lake_options: Callable[..., None], visitor: str, query: str
) -> None:
    lake_options(restricted_scopes=["SECRET_*"])
    client = signed_in(visitor)
    with_it = normal(client.get(LAKE + query).content)
    from datalake.index.models import IndexedScope

    IndexedScope.objects.filter(name="SECRET_SP").delete()
    without = normal(client.get(LAKE + query).content)
    assert [pair for pair in zip(with_it.splitlines(), without.splitlines(), strict=True) if pair[0] != pair[1]] == []


def normal(page: bytes) -> str:
    """A page without what differs each time."""
    return re.sub(r"\b[A-Za-z0-9]{64}\b|Index updated [^<]*|data-bell=\"[^\"]*\"", "", page.decode())


def test_the_page_says_what_was_chosen_and_leads_back_step_by_step(filled: None, signed_in: SignIn) -> None:
    page = signed_in("member").get(f"{LAKE}?pattern=fits&key=experiment&op=eq&value=KM3NeT")
    text = text_of(page.content)
    assert "1 result" in text
    assert "experiment is KM3NeT" in text
    assert "A title" in text
    without = re.findall(r'class="chip"\s+href="([^"]*)"', page.content.decode())
    assert seen(signed_in("member"), unescape(without[0]).split("?")[1]) == {"open.fits"}
    assert seen(signed_in("member"), unescape(without[1]).split("?")[1]) == {"open.fits", "mine.fits", "secret.fits"}


def test_facets_count_what_the_search_finds_and_lead_to_it(filled: None, signed_in: SignIn) -> None:
    client = signed_in("member")
    page = client.get(f"{LAKE}?pattern=fits").content.decode()
    facets = dict(re.findall(r'<a href="([^"]*)"[^>]*><span><bdi>[^<]*</bdi></span>\s+<span class="count">(\d+)</span>', page))
    assert len(facets) >= 8
    for address, count in facets.items():
        found = client.get(unescape(address) + "&format=json").json()["items"]
        assert len(found) == int(count), address


def test_a_form_that_was_sent_half_empty_becomes_a_short_address(filled: None, signed_in: SignIn) -> None:
    reply = signed_in("member").get(f"{LAKE}?pattern=fits&type=all&size_min=&since=&join=or&key=&op=eq&value=")
    assert (reply.status_code, reply["Location"]) == (302, f"{LAKE}?pattern=fits")
    assert signed_in("member").get(f"{LAKE}?pattern=&type=all")["Location"] == LAKE


def test_a_mistake_is_said_and_an_unknown_key_too(filled: None, signed_in: SignIn) -> None:
    assert "“lots” is not a size and was ignored. Enter a size such as 2.5 GB." in text_of(
        signed_in("anonymous").get(f"{LAKE}?size_min=lots").content
    )
    assert "No data that you can see have the metadata key codename" in text_of(
        signed_in("anonymous").get(f"{LAKE}?key=codename&op=any").content
    )


def test_rows_come_as_csv_and_scripts_follow_the_pages(fill: Fill, signed_in: SignIn, known_at_lake: Callable[..., None]) -> None:
    known_at_lake()
    fill("KM3NET_ECAP_SP", [fact(f"f{number}") for number in range(120)])
    client, found = signed_in("anonymous"), []
    following = f"{LAKE}?scope=KM3NET_ECAP_SP"
    while following:
        page = client.get(f"{following}&format=json").json()
        found += [item["name"] for item in page["items"]]
        following = page["next"]
    assert found == sorted(f"f{number}" for number in range(120))
    rows = list(csv.DictReader(io.StringIO(client.get(f"{LAKE}?scope=KM3NET_ECAP_SP&format=csv").content.decode())))
    assert [item["name"] for item in rows] == found


def test_a_page_is_in_natural_order(fill: Fill, signed_in: SignIn, known_at_lake: Callable[..., None]) -> None:
    known_at_lake()
    fill("KM3NET_ECAP_SP", [fact("run10"), fact("run9"), fact("run2")])
    text = text_of(signed_in("anonymous").get(f"{LAKE}?scope=KM3NET_ECAP_SP").content)
    assert text.index("run2 ") < text.index("run9 ") < text.index("run10 ")


def test_names_are_completed(filled: None, signed_in: SignIn) -> None:
    found = signed_in("member").get(f"{LAKE}complete/?pattern=open&format=json").json()["items"]
    assert found == ["KM3NET_ECAP_SP:open.ds", "KM3NET_ECAP_SP:open.fits"]
    assert signed_in("member").get(f"{LAKE}complete/?pattern=km3&format=json").json()["items"] == ["KM3NET_ECAP_SP:"]
    assert 'role="option"' in signed_in("anonymous").get(f"{LAKE}complete/?pattern=open").content.decode()


def test_a_search_is_kept_for_oneself_and_deleted_with_an_undo(filled: None, signed_in: SignIn) -> None:
    member, outsider = signed_in("member"), signed_in("outsider")
    offered = re.search(r'name="query"\s+value="([^"]*)"', member.get(f"{LAKE}?pattern=fits&type=file").content.decode())
    assert offered
    member.post(f"{LAKE}searches/", {"name": "My fits", "query": unescape(offered[1])})
    assert 'href="/datalake/escape/?pattern=fits&amp;type=file"' in member.get(LAKE).content.decode()
    assert "My fits" not in outsider.get(LAKE).content.decode()
    kept = SavedSearch.objects.get()
    assert outsider.post(f"{LAKE}searches/{kept.pk}/delete/").status_code == 404
    after = member.post(f"{LAKE}searches/{kept.pk}/delete/", follow=True).content.decode()
    assert f"{LAKE}searches/{kept.pk}/undo/" in after
    assert "My fits" not in after
    assert outsider.post(f"{LAKE}searches/{kept.pk}/undo/").status_code == 404
    assert member.post(f"{LAKE}searches/{kept.pk}/undo/")["Location"] == f"{LAKE}?pattern=fits&type=file"
    assert "My fits" in member.get(LAKE).content.decode()


def test_what_is_kept_is_a_search_and_nothing_else(filled: None, signed_in: SignIn) -> None:
    signed_in("member").post(f"{LAKE}searches/", {"name": "x", "query": "javascript:alert(1)&pattern=a&next=//evil.example"})
    assert SavedSearch.objects.get().query == "pattern=a"


def test_an_index_that_does_not_exist_yet_says_so(db: None, signed_in: SignIn, known_at_lake: Callable[..., None]) -> None:
    known_at_lake("member")
    assert "The index has not been built yet." in text_of(signed_in("member").get(LAKE).content)


def test_a_page_that_is_kept_is_the_same_page_until_the_index_changes(filled: None, fill: Fill, signed_in: SignIn) -> None:
    from datalake.index.models import SyncRun

    client = signed_in("member")
    first = normal(client.get(f"{LAKE}?pattern=fits").content)
    assert normal(client.get(f"{LAKE}?pattern=fits").content) == first
    assert "mine.fits" not in signed_in("anonymous").get(f"{LAKE}?pattern=fits").content.decode()
    fill("KM3NET_ECAP_SP", [fact("later.fits")])
    SyncRun.objects.update(changed=1)
    assert "later.fits" in client.get(f"{LAKE}?pattern=fits").content.decode()
