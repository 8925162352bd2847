"""The data in a project's scope on its data tab: what the index holds, searched within, for those who may see it."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from datalake.index import store
from datalake.index.models import IndexedScope
from datalake.reads import read_cache
from projects.models import Project, Role
from tests.datalake.index.entries import fact
from tests.factories import make_public
from tests.page_text import text_of
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
HERE, OPEN, INTERNAL = "/projects/km3net/data/scope/", "KM3NET_ECAP_SP", "ATLAS_SP"


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    cache.clear()
    for name, person in people.items():
        read_cache.store(f"datalake:account:{person.pk}:escape", name in ("member", "lead"))
    for name, lake in ((OPEN, "escape"), (INTERNAL, "escape"), (OPEN, "other")):
        scope = IndexedScope.objects.create(lake=lake, name=name, walked_at=timezone.now(), read_at=timezone.now())
        rows = [fact(f"{lake}.{name}.{number:02}.fits", bytes=1000, metadata={"experiment": "KM3NeT"}) for number in range(25)]
        store.save_facts(scope, [*rows, fact("Psf.root", metadata={"title": "Point spread"}), fact("set", type="DATASET", bytes=None)])
        store.count(scope)
    return make_public(slug="km3net", title="KM3NeT", lead=people["lead"], groups={"escape/km3net": Role.MEMBER}, scope=OPEN)


def found(client: Client, query: str = "") -> list[str]:
    return [item["name"] for item in client.get(f"{HERE}?format=json{query}").json()["items"]]


def test_the_data_tab_leads_to_what_the_scope_holds(project: Project, signed_in: SignIn) -> None:
    client = signed_in("anonymous")
    assert f'hx-get="{HERE}"' in client.get("/projects/km3net/data/").content.decode()
    text = text_of(client.get(HERE).content)
    for words in (
        "Data in the project's scope",
        OPEN,
        "Types",
        "Experiments",
        "KM3NeT",
        "File formats",
        ".fits",
        "Psf.root",
        "Point spread",
    ):
        assert words in text, words
    part = client.get(HERE, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<section")


def test_each_sum_leads_to_a_search_that_finds_as_many(project: Project, signed_in: SignIn) -> None:
    client = signed_in("anonymous")
    links = re.findall(
        r'<a href="(/datalake/[^"]*)"><bdi>([^<]*)</bdi></a>\s*<span class="small soft num">\s*(\d+) ·', client.get(HERE).content.decode()
    )
    assert {label for _, label, _ in links} == {"Files", "Datasets", "KM3NeT", ".fits", ".root"}
    for address, label, count in links:
        assert len(client.get(unescape(address) + "&format=json").json()["items"]) == int(count), label


def test_a_search_stays_in_the_scope_and_in_its_lake(project: Project, signed_in: SignIn) -> None:
    client = signed_in("lead")
    assert found(client, "&pattern=PSF") == found(client, "&pattern=point") == ["Psf.root"]
    assert found(client, "&pattern=*set&type=dataset") == ["set"]
    assert found(client, f"&pattern={INTERNAL}:") == found(client, f"&pattern={INTERNAL}:*") == found(client, "&pattern=nothing") == []
    assert found(client, f"&scope={INTERNAL}&pattern=.fits") == found(client, "&pattern=.fits")
    assert all(name.startswith(f"escape.{OPEN}") for name in found(client, "&pattern=.fits"))
    assert found(client, f"&pattern={OPEN}:Psf.root") == ["Psf.root"]


def test_the_pages_leave_nothing_out(project: Project, signed_in: SignIn) -> None:
    client, names, following = signed_in("anonymous"), [], f"{HERE}?format=json"
    while following:
        page = client.get(following).json()
        names += [item["name"] for item in page["items"]]
        following = page["next"]
    assert len(names) == len(set(names)) == 27
    assert "Next page" in client.get(HERE).content.decode()
    assert client.get(f"{HERE}?format=csv").content.decode().count("\n") == 28


@pytest.mark.parametrize(
    ("name", "sees"), [("anonymous", False), ("newcomer", False), ("outsider", False), ("member", True), ("lead", True)]
)
def test_a_scope_that_is_not_public_is_for_members_and_accounts(project: Project, signed_in: SignIn, name: str, sees: bool) -> None:
    Project.objects.update(scope=INTERNAL)
    page = signed_in(name).get(HERE).content.decode()
    assert (INTERNAL in page) is sees
    assert bool(found(signed_in(name))) is sees
    assert ("has no data for this project that you can see" in page) is not sees


def test_a_restricted_scope_is_for_its_readers(project: Project, signed_in: SignIn, lake_options: Callable[..., None]) -> None:
    lake_options(restricted_scopes={OPEN: ["escape/leads"]})
    assert found(signed_in("anonymous")) == found(signed_in("member")) == []
    assert len(found(signed_in("lead"))) == 20


def test_who_may_add_data_goes_on_with_this_project(project: Project, signed_in: SignIn) -> None:
    lead, member = signed_in("lead").get(HERE).content.decode(), signed_in("member").get(HERE).content.decode()
    assert f"/datalake/escape/did/{OPEN}/Psf.root?project=km3net" in lead
    assert "project=km3net" not in member
    assert 'href="/datalake/?project=km3net"' in signed_in("lead").get("/projects/km3net/data/").content.decode()


def test_a_project_without_a_scope_says_so(project: Project, signed_in: SignIn) -> None:
    Project.objects.update(scope="")
    assert "has no data for this project that you can see" in text_of(signed_in("lead").get(HERE).content)
    assert HERE not in signed_in("lead").get("/projects/km3net/data/").content.decode()
