"""Adding references by pasting: each line is answered for itself, with what it was taken for or why it was not."""

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from catalog.software.models import Entry
from datalake.index import store, visitors
from datalake.index.models import IndexedScope
from datalake.reads import read_cache
from projects.models import Project, Resource, Role
from tests.datalake.index.entries import fact
from tests.factories import make_project, make_public, make_resource
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
WHERE = "/projects/km3net/references/add/"
SCOPE = "KM3NET_ECAP_SP"


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    cache.clear()
    for name, person in people.items():
        read_cache.store(f"datalake:account:{person.pk}:escape", name == "lead")
    return make_public(slug="km3net", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})


def index(name: str, *facts: Any) -> IndexedScope:
    """A scope of the index with these entries."""
    scope = IndexedScope.objects.create(lake="escape", name=name, walked_at=timezone.now(), read_at=timezone.now())
    store.save_facts(scope, list(facts))
    return scope


def paste(browser: Client, *lines: str) -> Any:
    return browser.post(WHERE, {"lines": "\n".join(lines)})


def words(reply: Any) -> str:
    return html.unescape(reply.content.decode())


def test_every_kind_is_added_as_what_it_is(signed_in: SignIn, project: Project) -> None:
    lines = {
        f"{SCOPE}:aeff.fits": ("did", "escape", f"{SCOPE}:aeff.fits"),
        f"escape:{SCOPE}:psf.fits": ("did", "escape", f"{SCOPE}:psf.fits"),
        f"/datalake/escape/did/{SCOPE}/dir/edisp.fits": ("did", "escape", f"{SCOPE}:dir/edisp.fits"),
        f"http://testserver/datalake/escape/download/{SCOPE}/bkg.fits?x=1": ("did", "escape", f"{SCOPE}:bkg.fits"),
        f"https://testserver/datalake/escape/did/{SCOPE}/-?name=..%2Fodd": ("did", "escape", f"{SCOPE}:../odd"),
        "user.jdoe:set": ("did", "escape", "user.jdoe:set"),
        "https://doi.org/10.1051/0004-6361/201936010": ("paper", "", "10.1051/0004-6361/201936010"),
        "arXiv:2101.01234v2": ("arxiv", "", "2101.01234v2"),
        "https://orcid.org/0000-0002-1825-0097": ("person", "", "0000-0002-1825-0097"),
        "git@github.com:gammapy/gammapy.git": ("git", "", "https://github.com/gammapy/gammapy"),
        "ghcr.io/gammapy/gammapy:1.2": ("environment", "", "ghcr.io/gammapy/gammapy:1.2"),
        "ivo://CDS.VizieR/I/239": ("ivo", "", "ivo://cds.vizier/i/239"),
        "https://www.km3net.org/": ("link", "", "https://www.km3net.org/"),
    }
    reply = paste(signed_in("lead"), *lines)
    assert reply.status_code == 200
    assert list(project.resources.values_list("kind", "service", "identifier")) == list(lines.values())
    assert [item.position for item in project.resources.all()] == list(range(1, len(lines) + 1))
    assert AuditEntry.objects.filter(action="resource.add").count() == len(lines)
    shown = words(signed_in("lead").get("/projects/km3net/references/"))
    for address in (
        "https://doi.org/10.1051/0004-6361/201936010",
        "https://arxiv.org/abs/2101.01234v2",
        "https://orcid.org/0000-0002-1825-0097",
    ):
        assert f'href="{address}"' in shown
    assert f'href="/datalake/escape/did/{SCOPE}/-?name=..%2Fodd"' in shown


def test_a_line_that_cannot_be_taken_costs_nothing_but_itself(signed_in: SignIn, project: Project) -> None:
    reply = paste(
        signed_in("lead"), "gammapy", "", f"{SCOPE}:a", "0000-0002-1825-0098", "javascript:alert(1)", "python:3.12", "arXiv:2101.01234"
    )
    assert reply.status_code == 200
    assert [item.identifier for item in project.resources.all()] == [f"{SCOPE}:a", "2101.01234"]
    body = words(reply)
    for part in ("Line 1 not added", "Line 4 not added", "check digit", "docker://python:3.12", "no scope javascript"):
        assert part in body
    assert "docker://javascript" not in body
    box = body.split("<textarea")[1].split("</textarea>")[0]
    assert [line for line in ("gammapy", "0000-0002-1825-0098", "python:3.12") if line not in box] == []
    assert "2101.01234" not in box


def test_an_address_with_a_secret_is_not_added_and_the_page_says_why(signed_in: SignIn, project: Project) -> None:
    reply = paste(signed_in("lead"), "https://example.org/a?X-Amz-Signature=abc", "https://example.org/b")
    assert "This address contains a secret" in words(reply)
    assert [item.identifier for item in project.resources.all()] == ["https://example.org/b"]


def test_nothing_taken_is_a_refusal_and_what_was_typed_is_kept(signed_in: SignIn, project: Project) -> None:
    reply = paste(signed_in("lead"), "<script>alert(1)</script>")
    assert reply.status_code == 400
    assert b"<script>alert" not in reply.content
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in reply.content.decode()
    assert not project.resources.exists()
    assert signed_in("lead").post(WHERE, {"lines": " \n "}).status_code == 400


def test_200_lines_are_taken_and_201_are_counted_and_kept(signed_in: SignIn, project: Project) -> None:
    lines = [f"{SCOPE}:file.{number}" for number in range(201)]
    reply = paste(signed_in("lead"), *lines)
    assert reply.status_code == 400
    assert "at most 200 lines at once; this text has 201" in words(reply)
    assert lines[200] in words(reply)
    assert project.resources.count() == 0
    assert paste(signed_in("lead"), *lines[:200]).status_code == 200
    assert project.resources.count() == 200


def test_what_is_there_keeps_its_words_and_its_place(signed_in: SignIn, project: Project) -> None:
    for place, name in enumerate(("a", "b", "c"), 1):
        make_resource(project, identifier=f"{SCOPE}:{name}", title=f"Title {name}", note="Ours", position=place)
    reply = paste(signed_in("lead"), f"{SCOPE}:a", f"{SCOPE}:a")
    assert words(reply).count("Already in this project as data") == 2
    assert [(item.title, item.note) for item in project.resources.all()] == [(f"Title {name}", "Ours") for name in "abc"]


def test_titles_come_from_the_index_and_the_catalogue_at_once(signed_in: SignIn, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "account", lambda *_: pytest.fail("a lake was asked"))
    scope = index(SCOPE, fact("aeff.fits", bytes=9))
    scope.entries.update(meta={"title": "Effective area"})
    Entry.objects.create(service="ossr", concept="7", record="8", title="Gammapy", concept_doi="10.5281/Zenodo.7", doi="10.5281/zenodo.8")
    paste(signed_in("lead"), f"{SCOPE}:aeff.fits", "https://zenodo.org/records/8", "http://testserver/catalog/software/7/")
    data, software = project.resources.all()
    assert data.title == "Effective area"
    assert (software.kind, software.title, software.facts, software.identifier) == (
        "software",
        "Gammapy",
        {"entry": "7"},
        "10.5281/Zenodo.7",
    )


def test_a_lead_without_an_account_at_the_lake_learns_nothing_of_its_data(signed_in: SignIn, people: dict[str, User]) -> None:
    cache.clear()
    read_cache.store(f"datalake:account:{people['member'].pk}:escape", False)
    project = make_project(slug="km3net", lead=people["member"])
    index("ATLAS_LAPP_SP", fact("x", bytes=987_654_321)).entries.update(meta={"title": "Inner title"})
    member = signed_in("member")
    assert "Inner title" not in words(paste(member, "ATLAS_LAPP_SP:x"))
    assert project.resources.get().title == ""
    for page in ("references/", "data/", "references/?format=json", "references/?format=csv", "?format=json"):
        body = words(member.get(f"/projects/km3net/{page}"))
        assert not [word for word in ("Inner title", "987", "988 MB") if word in body], page
    read_cache.store(f"datalake:account:{people['member'].pk}:escape", True)
    assert member.get("/projects/km3net/references/?format=json").json()["items"][0]["bytes"] == 987_654_321


def test_restricted_data_are_refused_as_on_their_own_page(
    signed_in: SignIn, people: dict[str, User], lake_options: Callable[..., None]
) -> None:
    lake_options(restricted_scopes={"UNHEARD_SP": ["escape/nobody"], "KM3NET_EMBARGO_SP": ["escape/leads"]})
    index("UNHEARD_SP", fact("x"))
    project = make_project(slug="km3net", lead=people["member"])
    reply = paste(signed_in("member"), "UNHEARD_SP:x", "NO_SP:x", "KM3NET_EMBARGO_SP:x")
    body = words(reply)
    assert body.count("Data not found. Check the DID.") == 1
    assert '<a href="/requests/new/restricted-data/?lake=escape&scope=KM3NET_EMBARGO_SP">Request access</a>' in body
    assert [item.identifier for item in project.resources.all()] == ["NO_SP:x"]


@pytest.mark.parametrize(("name", "status"), [("anonymous", 302), ("newcomer", 403), ("outsider", 403), ("member", 403), ("admin", 403)])
def test_only_those_who_edit_the_project_paste(signed_in: SignIn, project: Project, name: str, status: int) -> None:
    assert paste(signed_in(name), f"{SCOPE}:a").status_code == status
    assert not Resource.objects.exists()
    if name != "anonymous":
        assert 'id="paste"' not in words(signed_in(name).get("/projects/km3net/references/"))


def test_an_address_of_another_host_is_no_page_of_the_portal(signed_in: SignIn, project: Project) -> None:
    paste(signed_in("lead"), f"https://elsewhere.example/datalake/escape/did/{SCOPE}/x")
    assert project.resources.get().kind == "link"


def test_pasting_twice_at_once_adds_once(signed_in: SignIn, project: Project) -> None:
    lead = signed_in("lead")
    assert [paste(lead, "arXiv:2101.01234").status_code for _ in range(2)] == [200, 200]
    assert project.resources.count() == 1
