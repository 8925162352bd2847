"""Data of a restricted scope stay with those who may read them, wherever a project that holds them speaks of them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from datalake.index import visitors
from datalake.reads import read_cache
from projects.models import Project, Resource, Role
from tests.factories import make_public, make_resource
from tests.wall import VISITORS
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.services import Service

SignIn = Callable[..., Client]
LakeOptions = Callable[..., None]
pytestmark = pytest.mark.django_db
CLOSED, HIDDEN, INTERNAL, OPEN = "KM3NET_EMBARGO_SP", "UNHEARD_SP", "ATLAS_LAPP_SP", "KM3NET_ECAP_SP"
EVERYWHERE = ("/", "/projects/", "/search/?q=km3net", "/dashboard/", "/projects/choose/", "/status/")
PARTS = (
    "",
    "people/",
    "data/",
    "software/",
    "results/",
    "activity/",
    "activity/feed.atom",
    "workflows/",
    "workflows/latest/",
    "notebooks/",
)
MORE = ("?format=json", "?format=csv", "?before=999999999", "?after=a&format=json", "?before=2999-01-01T00:00&format=json")
# What each visitor may see of data in a restricted scope that is announced, in one that is not, and in one for accounts of the lake.
SEEN = {
    "anonymous": set[str](),
    "newcomer": set[str](),
    "outsider": {INTERNAL},  # no member of the project, but the lake knows them
    "member": {INTERNAL},
    "lead": {CLOSED, INTERNAL},
    "admin": set[str](),
}


@pytest.fixture
def project(people: dict[str, User], lake_options: LakeOptions) -> Iterator[Project]:
    """A public project with data and results of each sort of scope, and results kept in a scope of which nobody is told."""
    groups = {CLOSED: ["escape/leads"], HIDDEN: ["escape/nobody"]}
    lake_options(restricted_scopes=groups)
    cache.clear()
    for name, person in people.items():
        read_cache.store(f"datalake:account:{person.pk}:escape", name in ("outsider", "member", "lead"))
    project = make_public(slug="km3net", title="KM3NeT", lead=people["lead"], groups={"escape/km3net": Role.MEMBER}, scope=HIDDEN)
    for scope in (CLOSED, HIDDEN, INTERNAL, OPEN):
        for kind in Resource.IN_LAKES:
            facts = {"type": f"TYPE_{scope}", "parameters": {"source": f"fact-{scope}"}}
            make_resource(
                project, kind=kind, identifier=f"{scope}:{kind}.name", title=f"{kind} title-{scope}", facts=facts, added_by=people["lead"]
            )
    yield project
    cache.clear()


def traces(scope: str) -> tuple[bytes, ...]:
    """Words by which a reader would know of data of a scope."""
    return tuple(
        word.encode() for word in (f"{scope}:", f"title-{scope}", f"fact-{scope}", f"TYPE_{scope}", f"/did/{scope}/", f'"{scope}"')
    )


def addresses() -> Iterator[str]:
    """All that a visitor may look at of the project and of what lists it, in every form."""
    for where in [*EVERYWHERE, *(f"/projects/km3net/{part}" for part in PARTS)]:
        yield where
        yield from (where + (more if "?" not in where else f"&{more[1:]}") for more in MORE)


def leaks(browser: Client, scopes: set[str], **headers: str) -> list[tuple[str, bytes]]:
    """Where a visitor meets words of these scopes."""
    replies = ((where, browser.get(where, headers=headers)) for where in addresses())
    return [(where, word) for where, reply in replies for scope in scopes for word in traces(scope) if word in reply.getvalue()]


@pytest.mark.parametrize("name", VISITORS)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_no_page_names_what_the_visitor_may_not_see(signed_in: SignIn, project: Project, name: str, headers: dict[str, str]) -> None:
    browser = signed_in(name)
    assert leaks(browser, {CLOSED, HIDDEN, INTERNAL} - SEEN[name], **headers) == []


@pytest.mark.parametrize("name", VISITORS)
def test_what_the_visitor_may_see_is_on_every_page(signed_in: SignIn, project: Project, name: str) -> None:
    browser = signed_in(name)
    for where in (
        "",
        "data/",
        "results/",
        "data/?format=json",
        "data/?format=csv",
        "results/?of=kept&format=json",
        "activity/",
        "activity/?format=json",
    ):
        body = browser.get(f"/projects/km3net/{where}").content.decode()
        assert {scope for scope in (CLOSED, HIDDEN, INTERNAL, OPEN) if f"title-{scope}" in body} == SEEN[name] | {OPEN}, where
    listed = browser.get("/projects/km3net/?format=json").json()["data"]
    assert {item["scope"] for item in listed} == SEEN[name] | {OPEN}
    every = browser.get("/projects/?format=json").json()["items"]
    assert [item["data"] for item in every] == [listed]


def test_the_feed_is_the_same_for_everybody_and_names_public_data_only(signed_in: SignIn, project: Project) -> None:
    feeds = {name: signed_in(name).get("/projects/km3net/activity/feed.atom").content.decode() for name in VISITORS}
    for name, feed in feeds.items():
        assert {scope for scope in (CLOSED, HIDDEN, INTERNAL, OPEN) if f"title-{scope}" in feed} == {OPEN}, name


@pytest.mark.parametrize("name", VISITORS)
def test_no_count_gives_closed_data_away(signed_in: SignIn, project: Project, name: str) -> None:
    """Removing what a stranger may not see changes not one byte of what they see."""
    if name in ("member", "lead"):
        return  # they are told that there is more
    browser = signed_in(name)
    before = {where: shown(browser, where) for where in addresses()}
    closed = {CLOSED, HIDDEN, INTERNAL} - SEEN[name]
    for scope in closed:
        Resource.objects.filter(identifier__startswith=f"{scope}:").delete()
    after = {where: shown(browser, where) for where in addresses()}
    assert [where for where in before if before[where] != after[where]] == []


def shown(browser: Client, where: str) -> tuple[Any, ...]:
    """What a reply says, without what differs between any two."""
    from tests.projects.test_embargo_wall import told

    return told(browser.get(where), "km3net")


def test_pages_go_on_over_what_is_left_out(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    for number in range(120):
        make_resource(project, identifier=f"{CLOSED}:n{number}", title=f"title-{CLOSED}")
    items = signed_in("anonymous").get("/projects/km3net/data/?format=json").json()
    assert [item["identifier"] for item in items["items"]] == [f"{OPEN}:did.name"]
    assert items["next"] is None
    for number in range(240):
        make_resource(project, kind=Resource.Kind.DID, identifier=f"{CLOSED}:m{number}")
    overview = signed_in("anonymous").get("/projects/km3net/").content.decode()
    assert f"title-{OPEN}" in overview


def test_access_that_ends_takes_the_names_away_at_once(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    browser = signed_in("lead")
    assert f"title-{CLOSED}" in browser.get("/projects/km3net/data/").content.decode()
    people["lead"].groups = ["escape", "escape/km3net"]
    people["lead"].save()
    assert leaks(browser, {CLOSED}) == []
    exported = data_export.export_person(people["lead"])["projects.resource"]
    assert [item.get("left out") for item in exported].count(data_export.NO_LONGER_READABLE) == 4  # of the two closed scopes
    assert not [word for word in (*traces(CLOSED), *traces(HIDDEN)) if word in str(exported).encode()]
    assert f"title-{OPEN}" in str(exported)


def test_a_scope_that_becomes_restricted_later_is_closed_from_then_on(
    signed_in: SignIn, project: Project, lake_options: LakeOptions
) -> None:
    assert f"title-{OPEN}" in signed_in("anonymous").get("/projects/km3net/data/").content.decode()
    lake_options(restricted_scopes={f"{OPEN[:6]}*": ["escape/nobody"]})
    for name in VISITORS:
        assert leaks(signed_in(name), {OPEN}) == []
    lake_options(restricted_scopes={})
    assert f"title-{OPEN}" in signed_in("anonymous").get("/projects/km3net/data/").content.decode()


def test_data_of_a_lake_that_is_not_configured_are_named_to_nobody(signed_in: SignIn, project: Project) -> None:
    Resource.objects.filter(identifier__startswith=OPEN).update(service="gone")
    for name in VISITORS:
        assert leaks(signed_in(name), {OPEN}) == []


def test_the_scope_for_results_is_named_to_those_who_may_see_it(signed_in: SignIn, project: Project, lake_options: LakeOptions) -> None:
    for name in VISITORS:
        assert HIDDEN not in signed_in(name).get("/projects/km3net/").content.decode(), name
    Project.objects.update(scope=CLOSED)
    assert f">{CLOSED}<" in signed_in("lead").get("/projects/km3net/").content.decode()
    assert f">{CLOSED}<" not in signed_in("member").get("/projects/km3net/").content.decode()


def test_pages_ask_a_silent_lake_once_about_a_stranger_and_never_about_others(
    signed_in: SignIn, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def account(user: User, lake: Service) -> tuple[bool, RemoteUnavailable]:
        asked.append((user.preferred_username, lake.name))
        return False, RemoteUnavailable("It does not answer.", service=lake)

    monkeypatch.setattr(visitors, "account", account)
    cache.clear()
    for number in range(3):
        make_resource(project, identifier=f"INTERNAL_{number}_SP:x")
    pages = ("/projects/?format=json", *(f"/projects/km3net/{part}" for part in ("", "data/", "results/", "activity/", "people/")))
    for name, expected in (("anonymous", []), ("member", []), ("lead", []), ("outsider", [("outsider", "escape")])):
        browser = signed_in(name)
        assert {browser.get(page).status_code for page in pages} == {200}
        assert asked == expected, name


def test_what_is_bound_meanwhile_is_not_shown_unasked(project: Project) -> None:
    visible = project.resources.visible_to(AnonymousUser())
    make_resource(project, identifier="BOUND_MEANWHILE_SP:x")
    assert not visible.filter(identifier__startswith="BOUND_MEANWHILE_SP").exists()


def test_a_scope_is_not_taken_for_another_that_begins_like_it(people: dict[str, User], lake_options: LakeOptions) -> None:
    lake_options(public_scopes=["OPEN"], restricted_scopes={"OPEN_SECRET": ["escape/leads"]})
    project = make_public(lead=people["lead"])
    for scope in ("OPEN", "OPEN_SECRET", "OPENED"):
        make_resource(project, identifier=f"{scope}:x")
    assert [str(item) for item in project.resources.visible_to(AnonymousUser())] == ["OPEN:x"]
    assert [str(item) for item in project.resources.visible_to(people["lead"]).filter(identifier__startswith="OPEN_")] == ["OPEN_SECRET:x"]


@pytest.mark.parametrize("name", ["anonymous", "outsider", "lead"])
def test_pages_cost_the_same_for_many_data(signed_in: SignIn, project: Project, name: str) -> None:
    browser = signed_in(name)
    pages = ("/projects/?format=json", *(f"/projects/km3net/{part}" for part in ("", "?format=json", "data/", "results/", "activity/")))

    def cost() -> dict[str, int]:
        counts = {}
        for page in pages:
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(page).status_code == 200
            counts[page] = len(queries)
        return counts

    cost()
    make_resource(project, identifier=f"{OPEN}:one")  # what was kept of the pages is old by that
    few = cost()
    for number in range(8):
        for scope in (CLOSED, INTERNAL, OPEN, f"INTERNAL_{number}_SP"):
            make_resource(project, identifier=f"{scope}:more.{number}")
    assert cost() == few
