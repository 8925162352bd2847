"""The lake's first page: by project, experiment and type, for each reader as they may see it."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from datalake.reads import accounts
from projects.models import Role
from tests.datalake.index.entries import Fill, fact
from tests.factories import make_project, make_public
from tests.page_text import text_of
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, service

pytestmark = pytest.mark.django_db
LAKE = "/datalake/escape/"
SignIn = Callable[..., Client]
OPEN, INTERNAL = "KM3NET_ECAP_SP", "ATLAS_SP"


@pytest.fixture
def filled(fill: Fill, known_at_lake: Callable[..., None]) -> None:
    """A public scope and one for accounts, each with a project; one that nobody owns; people's own."""
    known_at_lake("member", "outsider")
    fill(
        OPEN,
        [
            fact("a.fits", bytes=1_000_000, metadata={"experiment": "KM3NeT"}),
            fact("b.root", bytes=2_000_000, metadata={"experiment": "KM3NeT"}),
            fact("set", type="DATASET", bytes=3_000_000, length=2, metadata={"experiment": "KM3NeT", "title": "Events"}),
        ],
    )
    fill(INTERNAL, [fact("c.fits", bytes=5_000_000, metadata={"experiment": "ATLAS"})])
    fill("LONELY_SP", [fact("d.txt")])
    fill("user.member", [fact("mine.txt", bytes=7_000)])
    fill("user.outsider")
    make_public(slug="open", title="Open project", scope=OPEN, experiments=["KM3NeT"])
    make_project(slug="closed", title="Closed project", scope=OPEN, groups={"escape/km3net": Role.VIEWER})
    make_project(slug="internal", title="Internal project", scope=INTERNAL, groups={"escape/km3net": Role.VIEWER})


def cards(client: Client) -> list[str]:
    page = client.get(LAKE).content.decode()
    return [text_of(card.encode()) for card in re.findall(r'<article class="card card-link stripe project-card".*?</article>', page, re.S)]


def test_visitors_see_public_projects_with_what_is_public(filled: None, signed_in: SignIn) -> None:
    client = signed_in("anonymous")
    (card,) = cards(client)
    assert all(words in card for words in ("Open project", "3.0 MB", "2 files", "1 dataset", OPEN, "About the project"))
    page = client.get(LAKE).content.decode()
    for words in ("Closed project", "Internal project", INTERNAL, "ATLAS", "LONELY_SP", "user.member"):
        assert words not in page, words


def test_a_members_only_project_is_named_to_its_members_alone(filled: None, signed_in: SignIn) -> None:
    for _again in range(2):  # whoever came first leaves nothing behind for others
        assert [card.partition(" project")[0].split()[-1] for card in cards(signed_in("member"))] == ["Closed", "Internal", "Open"]
        assert [card.partition(" project")[0].split()[-1] for card in cards(signed_in("outsider"))] == ["Open"]
    titles = {
        name: {project["title"] for item in signed_in(name).get(f"{LAKE}?format=json").json()["items"] for project in item["projects"]}
        for name in ("anonymous", "outsider", "member")
    }
    everything = {"Open project", "Closed project", "Internal project"}
    assert titles == {"anonymous": {"Open project"}, "outsider": {"Open project"}, "member": everything}


def test_a_scope_whose_project_the_reader_may_not_see_stands_among_the_others(filled: None, signed_in: SignIn) -> None:
    text = text_of(signed_in("outsider").get(LAKE).content.partition(b"<main")[2])  # the frame around it has the word People, too
    assert text.index("Data of projects") < text.index("Other scopes") < text.index(INTERNAL)
    assert text.index("Other scopes") < text.index("LONELY_SP") < text.index("People") < text.index("user.member")


def test_ones_own_scope_comes_first_and_only_if_it_holds_something(filled: None, signed_in: SignIn, people: dict[str, User]) -> None:
    for name in ("member", "outsider"):
        accounts.store(people[name], service(ServiceKind.RUCIO), has_account=True, name=name)
    member, outsider = text_of(signed_in("member").get(LAKE).content), text_of(signed_in("outsider").get(LAKE).content)
    assert member.index("Your data") < member.index("user.member") < member.index("Data of projects")
    assert member.count("user.member") == 1
    assert "Your data" not in outsider
    assert "user.outsider" not in outsider
    assert "Your data" not in text_of(signed_in("anonymous").get(LAKE).content)


def test_what_is_counted_by_experiment_type_and_format_is_what_the_link_finds(filled: None, signed_in: SignIn) -> None:
    for name, labels in (("anonymous", {"KM3NeT", ".fits", ".root", "Files", "Datasets"}), ("member", {"ATLAS", ".txt", ".fits"})):
        client = signed_in(name)
        page = client.get(LAKE).content.decode()
        found = re.findall(r'<a href="([^"]*)"><bdi>([^<]*)</bdi></a>\s*<span class="small soft num">(\d+) ·', page)
        assert labels <= {label for _, label, _ in found}
        for address, label, count in found:
            assert len(client.get(unescape(address) + "&format=json").json()["items"]) == int(count), label


def test_a_project_that_data_are_added_to_goes_along_with_every_link(filled: None, signed_in: SignIn) -> None:
    client = signed_in("member")
    assert client.get("/datalake/?project=open")["Location"] == f"{LAKE}?project=open"
    page = unescape(client.get(f"{LAKE}?project=open").content.decode())
    assert "Back to the project's data" in page
    assert f'href="{LAKE}?scope={OPEN}&project=open"' in page
    results = unescape(client.get(f"{LAKE}?scope={OPEN}&project=open").content.decode())
    assert f"/datalake/escape/did/{OPEN}/a.fits?project=open" in results
    assert "project=" not in unescape(client.get(f"{LAKE}?scope={OPEN}").content.decode())
    assert client.get(f"{LAKE}?pattern=&type=all&project=open")["Location"] == f"{LAKE}?project=open"


@pytest.mark.parametrize("slug", ["<script>", "a/b", "x" * 61, "a b", ""])
def test_what_is_no_slug_is_no_project(filled: None, signed_in: SignIn, slug: str) -> None:
    page = signed_in("anonymous").get(LAKE, {"project": slug, "pattern": "fits"}, follow=True)
    text = page.content.decode()
    assert "Back to the project" not in text
    assert "a.fits?project" not in text
    assert f'did/{OPEN}/a.fits"' in text


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "{{ 7|add:7 }}", "a\u202eb"])
def test_hostile_titles_are_text(filled: None, signed_in: SignIn, words: str) -> None:
    make_public(slug="hostile", title=words, scope=OPEN, experiments=[words])
    page = signed_in("anonymous").get(LAKE).content.decode()
    assert "<script>alert(1)" not in page
    assert "14" not in re.findall(r"<h3>.*?</h3>", page)
    assert "\u202e" not in page


def test_the_results_say_what_was_searched(filled: None, signed_in: SignIn) -> None:
    client = signed_in("anonymous")
    assert "Searched in names, titles and metadata. Case and accents are ignored." in text_of(client.get(f"{LAKE}?pattern=EVENTS").content)
    assert "Names and titles that match the whole pattern." in text_of(client.get(f"{LAKE}?pattern=*EV*").content)
    assert {item["name"] for item in client.get(f"{LAKE}?pattern=KM3NET_*:*EVENTS*&format=json").json()["items"]} == {"set"}


@pytest.mark.parametrize("query", ["pattern=*_SP:*fits*", "scope=ATLAS*", "pattern=atlas", "scope=atlas_sp"])
def test_a_star_or_another_case_opens_no_other_scope(filled: None, signed_in: SignIn, query: str) -> None:
    items = signed_in("anonymous").get(f"{LAKE}?{query}&format=json").json()["items"]
    assert {item["scope"] for item in items} <= {OPEN}
    assert "c.fits" in {item["name"] for item in signed_in("member").get(f"{LAKE}?{query}&format=json").json()["items"]}


def test_facets_lead_on_from_a_pattern_of_scopes(filled: None, signed_in: SignIn) -> None:
    client = signed_in("member")
    page = client.get(f"{LAKE}?pattern=*_SP:*fits*").content.decode()
    facets = re.findall(r'<a href="([^"]*)"[^>]*><span><bdi>([^<]*)</bdi></span>\s+<span class="count">(\d+)</span>', page)
    assert {INTERNAL, OPEN} <= {label for _, label, _ in facets}
    for address, label, count in facets:
        assert len(client.get(unescape(address) + "&format=json").json()["items"]) == int(count), label
