"""The list of references: its order, pages and filter, what its marks say, and to whom."""

import csv
import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.dateformat import format as date_format

from datalake.index import store, visitors
from datalake.index.models import IndexedScope
from datalake.reads import read_cache
from projects.models import Project, Resource, Role
from projects.references.publicity import hidden_from_visitors
from tests.datalake.index.entries import fact
from tests.factories import make_project, make_public, make_resource
from tests.wall import VISITORS
from vre_portal.fragments import fragments
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
SCOPE, CLOSED, INTERNAL = "KM3NET_ECAP_SP", "KM3NET_EMBARGO_SP", "ATLAS_LAPP_SP"
WHERE = "/projects/km3net/references/"


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    cache.clear()
    for name, person in people.items():
        read_cache.store(f"datalake:account:{person.pk}:escape", name in ("outsider", "member", "lead"))
    return make_public(slug="km3net", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})


def index(name: str, *facts: Any, **more: Any) -> IndexedScope:
    scope = IndexedScope.objects.create(lake="escape", name=name, **{"walked_at": timezone.now(), "read_at": timezone.now(), **more})
    store.save_facts(scope, list(facts))
    return scope


def body(browser: Client, where: str = WHERE) -> str:
    return html.unescape(browser.get(where).content.decode())


def long_ago() -> Any:
    return timezone.now() - timedelta(days=3)


def test_500_references_cost_ten_questions_and_one_page_and_no_lake(
    signed_in: SignIn, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "account", lambda *_: pytest.fail("a lake was asked"))
    index(SCOPE, *(fact(f"n{number}", bytes=number) for number in range(0, 500, 2)))
    index(CLOSED, fact("x"))
    make_resource(project, identifier=f"{CLOSED}:x")
    Resource.objects.bulk_create(
        Resource(project=project, kind="did", service="escape", identifier=f"{SCOPE}:n{number}", position=number, added_at=long_ago())
        for number in range(500)
    )
    for name in ("lead", "member", "outsider", "anonymous"):
        browser = signed_in(name)
        for where in ("", "references/", "references/?kind=did", "data/", "references/?format=json", "?format=json"):
            browser.get(f"/projects/km3net/{where}")
            fragments.clear()
            with CaptureQueriesContext(connection) as queries:
                reply = browser.get(f"/projects/km3net/{where}")
            assert reply.status_code == 200
            assert len(queries) <= (11 if where == "?format=json" else 10), (name, where, [query["sql"][:90] for query in queries])
            assert reply.content.count(b'data-pk="') <= 50


def test_pages_follow_each_other_in_order_without_a_gap(signed_in: SignIn, project: Project) -> None:
    for number in range(120):
        make_resource(project, identifier=f"{SCOPE}:n{number:03}", position=200 - number)
    browser, where, names = signed_in("anonymous"), f"{WHERE}?format=json", []
    while where:
        page = browser.get(where).json()
        names += [item["identifier"] for item in page["items"]]
        where = page["next"]
    assert names == [f"{SCOPE}:n{number:03}" for number in reversed(range(120))]
    rows = list(csv.DictReader(browser.get(f"{WHERE}?format=csv").content.decode().splitlines()))
    assert [row["identifier"] for row in rows] == names


def test_the_filter_shows_one_kind_and_counts_what_the_reader_sees(signed_in: SignIn, project: Project) -> None:
    for scope in (SCOPE, INTERNAL, CLOSED):
        make_resource(project, identifier=f"{scope}:x")
    make_resource(project, kind="paper", service="", identifier="10.1000/1")
    for name, count in (("anonymous", 1), ("outsider", 2), ("member", 2), ("lead", 3)):
        page = " ".join(body(signed_in(name)).split())
        assert f"data {count}</a>" in page, name
        assert f"All {count + 1}</a>" in page, name
    papers = body(signed_in("lead"), f"{WHERE}?kind=paper")
    assert "10.1000/1" in papers
    assert f"{SCOPE}:x" not in papers
    assert "10.1000/1" in body(signed_in("lead"), f"{WHERE}?kind=nothing")


def test_a_page_after_something_hidden_is_the_first_page(signed_in: SignIn, project: Project) -> None:
    """Or numbers could be tried until one is there."""
    hidden = make_resource(project, identifier=f"{CLOSED}:x", position=1)
    make_resource(project, identifier=f"{SCOPE}:seen", position=0)
    visitor = signed_in("anonymous")
    for after in (hidden.pk, hidden.pk + 1000, "x", "9" * 30, "٣"):
        assert len(visitor.get(WHERE, {"after": after, "format": "json"}).json()["items"]) == 1


@pytest.mark.parametrize("name", VISITORS)
def test_nobody_sees_more_than_the_scope_allows(signed_in: SignIn, project: Project, name: str) -> None:
    seen = {"lead": {SCOPE, INTERNAL, CLOSED}, "member": {SCOPE, INTERNAL}, "outsider": {SCOPE, INTERNAL}}.get(name, {SCOPE})
    for scope in (SCOPE, INTERNAL, CLOSED):
        make_resource(project, identifier=f"{scope}:file", title=f"title-{scope}", description=f"text-{scope}", note=f"note-{scope}")
    for where in ("", "references/", "references/?format=json", "references/?format=csv", "?format=json", "data/", "data/?format=csv"):
        page = body(signed_in(name), f"/projects/km3net/{where}")
        for part in ("title", "text", "note"):
            assert {scope for scope in (SCOPE, INTERNAL, CLOSED) if f"{part}-{scope}" in page} == seen, where


def test_sizes_files_and_their_age_come_from_the_index(signed_in: SignIn, project: Project) -> None:
    read_at = timezone.now() - timedelta(minutes=5)
    index(SCOPE, fact("set", type="DATASET", bytes=3_000_000, length=7), read_at=read_at)
    make_resource(project, identifier=f"{SCOPE}:set")
    page = " ".join(body(signed_in("anonymous")).split())
    assert "7 files" in page
    assert "3.0 MB" in page
    assert f'title="as of {date_format(timezone.localtime(read_at), "j M Y, H:i")}"' in page
    assert "min ago" not in page.split("<main", 1)[1]  # the date is there for who asks; a line that changes by itself is not
    row = signed_in("anonymous").get(f"{WHERE}?format=json").json()["items"][0]
    assert (row["bytes"], row["files"], row["type"], row["status"]) == (3_000_000, 7, "DATASET", "present")


def test_a_vanished_did_is_marked_after_a_full_comparison_only(signed_in: SignIn, project: Project) -> None:
    scope = index(SCOPE, fact("there"))
    for kind in Resource.IN_LAKES:  # one that is referred to twice is there twice
        make_resource(project, kind=kind, identifier=f"{SCOPE}:there", added_at=long_ago())
    make_resource(project, identifier=f"{SCOPE}:gone", added_at=long_ago(), title="Vanished")
    make_resource(project, identifier=f"{SCOPE}:new", added_at=timezone.now() + timedelta(minutes=1), title="Just added")
    lead = signed_in("lead")
    assert body(lead).count("not found in the Data Lake, checked") == 1
    rows = {row["identifier"]: row["status"] for row in lead.get(f"{WHERE}?format=json").json()["items"]}
    assert rows == {f"{SCOPE}:there": "present", f"{SCOPE}:gone": "missing", f"{SCOPE}:new": ""}
    IndexedScope.objects.filter(pk=scope.pk).update(walked_at=None)
    fragments.clear()
    assert "not found in the Data Lake" not in body(lead)


def test_a_public_page_with_sizes_is_kept_for_a_minute_at_most(
    signed_in: SignIn, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(SCOPE, fact("a", bytes=1000))
    make_resource(project, identifier=f"{SCOPE}:a")
    visitor = signed_in("anonymous")
    assert "1.0 kB" in body(visitor)
    store.save_facts(IndexedScope.objects.get(), [fact("a", bytes=2000)])
    later = timezone.now().timestamp() + 61
    monkeypatch.setattr("vre_portal.pages.store.time.time", lambda: later)
    assert "2.0 kB" in body(visitor)


def test_leads_of_a_public_project_are_told_by_name_what_visitors_do_not_see(
    signed_in: SignIn, project: Project, people: dict[str, User]
) -> None:
    make_resource(project, identifier=f"{SCOPE}:open", title="Open")
    make_resource(project, identifier=f"{CLOSED}:x", title="Closed one")
    make_resource(project, identifier=f"{INTERNAL}:x", title="Inner one")
    for where in ("", "references/", "data/"):
        page = " ".join(body(signed_in("lead"), f"/projects/km3net/{where}").split())
        assert "Visitors don't see 2 references, because their data are not public." in page
        assert "Visitors don't see" not in body(signed_in("member"), f"/projects/km3net/{where}")
    hidden = hidden_from_visitors(people["lead"], project)
    assert hidden is not None
    assert {item.title for item in hidden.named} == {"Closed one", "Inner one"}
    assert hidden_from_visitors(people["lead"], make_project(lead=people["lead"])) is None
    Project.objects.update(visibility=Project.Visibility.MEMBERS)
    assert "Visitors don't see" not in body(signed_in("lead"))


def test_a_lead_is_not_told_the_names_of_what_they_may_not_see(people: dict[str, User]) -> None:
    project = make_public(lead=people["member"])
    make_resource(project, identifier=f"{CLOSED}:x", title="Closed one")
    assert hidden_from_visitors(people["member"], project) is None


def test_hostile_words_are_text_everywhere(signed_in: SignIn, project: Project) -> None:
    evil = '"><script>alert(1)</script>{{ 7*7 }}\u202e'
    make_resource(project, identifier=f"{SCOPE}:{evil[:20]}", title=evil, description=evil, note=evil)
    make_resource(project, kind="link", service="", identifier="javascript:alert(1)", title="Link")
    for where in ("", "references/", "data/"):
        raw = signed_in("lead").get(f"/projects/km3net/{where}").content.decode()
        assert "<script>alert" not in raw
        assert "\u202e" not in raw.replace(f'data-copy="{SCOPE}', "")
        assert 'href="javascript:' not in raw


def test_people_of_the_project_read_who_added_something(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    make_resource(project, identifier=f"{SCOPE}:a", added_by=people["lead"])
    assert signed_in("member").get(f"{WHERE}?format=json").json()["items"][0]["added_by"] == str(people["lead"])
    for name in ("anonymous", "outsider"):
        assert "added_by" not in signed_in(name).get(f"{WHERE}?format=json").json()["items"][0]


def test_the_json_of_a_project_has_its_references_and_where_the_rest_is(signed_in: SignIn, project: Project) -> None:
    for number in range(60):
        make_resource(project, kind="link", service="", identifier=f"https://example.org/{number}", position=number)
    visitor = signed_in("anonymous")
    answer = visitor.get("/projects/km3net/?format=json").json()
    assert [item["identifier"] for item in answer["references"]] == [f"https://example.org/{number}" for number in range(50)]
    assert len(visitor.get(answer["references_next"]).json()["items"]) == 10
