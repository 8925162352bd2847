"""Every list answers ?format=json and ?format=csv at its own address, whole, and with what its pages show to the same person."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.software.models import Entry
from projects.models import Membership, Project, Resource, Role
from tests.factories import make_environment, make_project, make_public
from tests.search_index import index_all
from tests.wall import RULES, VISITORS
from vre_portal import tables
from vre_portal.audit.models import Use
from vre_portal.iam.models import User

SLUG = "listed"
LISTS = {
    "projects:index": "/projects/",
    "projects:dashboard": "/dashboard/",
    "search:index": "/search/?q=type:project",
    "news:index": "/news/",
    "project-news:index": f"/projects/{SLUG}/news/",
    "recent:index": "/me/recent/",
    "baskets:detail": "/basket/",
    "requests:index": "/requests/",
    "notices:index": "/notices/",
    "webhooks:index": "/notices/webhooks/",
    "project-webhooks:index": f"/projects/{SLUG}/settings/webhooks/",
    "banners:index": "/banners/",
    "stop-switches:index": "/stop-switches/",
    "projects:people": f"/projects/{SLUG}/people/",
    "projects:data": f"/projects/{SLUG}/data/",
    "projects:software": f"/projects/{SLUG}/software/",
    "projects:results": f"/projects/{SLUG}/results/?of=kept",
    "notebook-pages:index": f"/projects/{SLUG}/notebook-pages/",
    "workflows:index": f"/projects/{SLUG}/workflows/",
    "activity:index": f"/projects/{SLUG}/activity/",
    "notebooks-all": "/notebooks/all/",
    "notebooks:index": f"/projects/{SLUG}/notebooks/",
    "iam:activity": "/me/activity/",
    "iam:sessions": "/me/sessions/",
    "iam:identities": "/me/identities/",
    "stored:tokens": "/me/services/",
    "environments:index": "/catalog/environments/",
    "software:index": "/catalog/software/",
    "audit:entries": "/audit/",
}


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    """A public project with more of everything than a page holds, and a hidden one beside it."""
    made = make_public(slug=SLUG, title="Listed project")
    Membership.objects.create(project=made, user=people["lead"], role=Role.LEAD)
    Membership.objects.create(project=made, user=people["member"], role=Role.MEMBER)
    Resource.objects.bulk_create(
        Resource(project=made, kind=kind, service="escape", identifier=f"A_B_C:{kind}-{number:03}")
        for kind in ("did", "software", "result")
        for number in range(120)
    )
    Entry.objects.bulk_create(
        Entry(service="records", concept=str(number), record=str(number), title=f"Tool {number:03}") for number in range(60)
    )
    for number in range(30):
        make_environment(slug=f"listed-{number:03}", name=f"Listed environment {number:03}")
    for number in range(110):
        make_public(slug=f"listed-{number:03}", title=f"Listed {number:03}")
    make_project(lead=people["lead"], slug="listed-hidden", title="Listed hidden")
    index_all()
    moments = dict.fromkeys(("slot", "first_at", "last_at"), timezone.now())
    Use.objects.bulk_create(
        Use(person=people["lead"].handle, service="rucio/escape", purpose=f"purpose {number:03}", outcome="given", **moments)
        for number in range(120)
    )
    return made


def pages(client: Client, address: str) -> list[dict[str, Any]]:
    """All items, page by page as a script reads them."""
    found: list[dict[str, Any]] = []
    following: str | None = f"{address}{'&' if '?' in address else '?'}format=json"
    while following:
        reply = client.get(following)
        assert reply.status_code == 200, following
        body = reply.json()
        assert set(body) == {"items", "next"}, address
        found += body["items"]
        following = body["next"]
    return found


def rows(client: Client, address: str) -> list[dict[str, str]]:
    reply = client.get(f"{address}{'&' if '?' in address else '?'}format=csv")
    assert reply.status_code == 200
    assert reply["Content-Type"].startswith("text/csv"), address
    assert "attachment" in reply["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(b"".join(reply).decode())))


@pytest.mark.parametrize("visitor", VISITORS)
def test_json_and_csv_hold_the_same_rows_for_each_person(project: Project, signed_in: Callable[[str], Client], visitor: str) -> None:
    for name, address in LISTS.items():
        compare(signed_in(visitor), name, address)


def compare(client: Client, name: str, address: str) -> None:
    """Page, JSON and CSV of one list agree for one person."""
    page = client.get(address)
    if page.status_code != 200:  # who may not see the page gets its data in no form
        for wanted in ("json", "csv"):
            assert client.get(address, {"format": wanted}).status_code == page.status_code
        return
    items = pages(client, address)
    if name == "audit:entries":  # exporting writes an entry of its own
        assert len(rows(client, address)) >= len(items)
        return
    assert len(rows(client, address)) == len(items)
    text = page.content.decode()
    for item in items[:20]:
        shown = [str(item[key]) for key in ("title", "identifier", "who", "name", "purpose") if item.get(key)]
        assert not shown or any(word in text for word in shown) or "&#x27;" in text, item


def test_a_csv_is_whole(project: Project, signed_in: Callable[[str], Client]) -> None:
    lead = signed_in("lead")
    assert {item["identifier"] for item in rows(lead, LISTS["projects:data"])} == {f"A_B_C:did-{number:03}" for number in range(120)}
    assert {item["title"] for item in rows(lead, LISTS["software:index"])} >= {f"Tool {number:03}" for number in range(60)}
    assert len(rows(lead, LISTS["projects:index"])) == 112
    assert len(rows(lead, LISTS["search:index"])) == 112
    own = [item for item in rows(lead, LISTS["iam:activity"]) if item["place"] != "GET /search/"]  # the search above asked for a token, too
    assert len(own) == 120


def test_a_hidden_project_is_in_no_list_of_a_stranger(project: Project, signed_in: Callable[[str], Client]) -> None:
    for address in (LISTS["projects:index"], LISTS["search:index"]):
        for visitor in ("anonymous", "outsider"):
            assert "listed-hidden" not in json.dumps(pages(signed_in(visitor), address))
            assert "listed-hidden" not in str(rows(signed_in(visitor), address))
        assert "listed-hidden" in str(rows(signed_in("lead"), address))


def test_a_csv_that_is_cut_says_so(project: Project, signed_in: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_CSV_ROWS", 50)
    monkeypatch.setattr(tables, "EXPORT_PAGE", 50)
    reply = signed_in("lead").get(LISTS["projects:data"], {"format": "csv"})
    last = reply.content.decode().splitlines()[-1]
    assert last.strip('"').startswith("# Incomplete after 50 rows")
    assert "data-incomplete.csv" in reply["Content-Disposition"]
    assert 'rel="next"' in reply["Link"]


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@SUM(A1)", "\t=x", "\r=x", "\n=x", "＝x"])
def test_no_text_is_run_as_a_formula(text: str) -> None:
    reply = tables.csv_response([{text: text}], "x").content.decode()
    header, cells = csv.reader(io.StringIO(reply))
    assert header == cells == [f"'{text}"]


def test_what_is_nested_loses_nothing() -> None:
    reply = tables.csv_response([{"a": {"level": 2, "cuts": [1, {"pt": 2}]}}, {"b": -5}], "x").content.decode()
    header, first, second = csv.reader(io.StringIO(reply))
    assert header == ["a", "b"]
    assert json.loads(first[0]) == {"level": 2, "cuts": [1, {"pt": 2}]}
    assert second == ["", "-5"]


def test_every_route_that_is_named_like_a_list_is_in_the_table() -> None:
    """A new page called index, or a list by its name, belongs in LISTS (lists of a lake are tried against the real one)."""
    # Its first page; the texts that staff can edit, each on its own page; figures by part; one's own drafts, each with a page of its own.
    no_lists = {"documentation:index", "site-texts:index", "allowances:index", "onboarding:index"}
    known = set(LISTS) | no_lists | {"admin:index", "datalake:index", "lake_access:index"}
    named = {name for name in RULES if name.endswith((":index", ":entries"))}
    assert named <= known
