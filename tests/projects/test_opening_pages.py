"""Making a project public lists what it opens and what stays closed and why, is confirmed once, and is recorded with the numbers."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from projects.content import load_project
from projects.editing import access
from projects.models import Membership, Project, Resource, Role
from tests.factories import make_project, make_resource
from tests.page_text import text_of
from tests.projects.confirming import confirm
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
LakeOptions = Callable[..., None]
pytestmark = pytest.mark.django_db
HERE = "/projects/km3net/settings/"
VISIBILITY, EMBARGO, UNDO = f"{HERE}visibility/", f"{HERE}embargo/", f"{HERE}visibility/undo/"
PUBLIC, DATE = {"visibility": "public"}, {"date": "2097-03-03", "time": ""}
CLOSED, HIDDEN, INTERNAL, OPEN = "KM3NET_EMBARGO_SP", "UNHEARD_SP", "ATLAS_LAPP_SP", "KM3NET_ECAP_SP"
OPENING = [(VISIBILITY, PUBLIC), (EMBARGO, DATE)]


@pytest.fixture
def project(people: dict[str, User], lake_options: LakeOptions) -> Iterator[Project]:
    """A project for members, led by somebody who may read the announced restricted scope and not the other one."""
    lake_options(restricted_scopes={CLOSED: ["escape/leads"], HIDDEN: ["escape/nobody"]})
    cache.clear()
    project = make_project(slug="km3net", title="KM3NeT", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    Membership.objects.create(project=project, user=people["newcomer"], role=Role.VIEWER)
    for number, scope in enumerate((OPEN, CLOSED, HIDDEN, HIDDEN, INTERNAL, INTERNAL, INTERNAL)):
        make_resource(project, identifier=f"{scope}:did{number}", title=f"title-{scope}")
    make_resource(project, kind=Resource.Kind.RESULT, identifier=f"{OPEN}:result", title="Sky map")
    make_resource(project, kind=Resource.Kind.RESULT, identifier=f"{CLOSED}:result", title="Closed map")
    make_resource(project, kind=Resource.Kind.LINK, service="", identifier="https://example.org/", title="A link")
    yield project
    cache.clear()


@pytest.mark.parametrize(("path", "sent"), OPENING)
def test_it_lists_what_opens_and_what_stays_closed_and_why(signed_in: SignIn, project: Project, path: str, sent: dict[str, str]) -> None:
    shown = text_of(signed_in("lead").get(path, sent).content)
    assert f"Datasets Becomes public: 1 : title-{OPEN}" in shown
    assert "3 in ATLAS_LAPP_SP: only for people with an account at Demonstration Data Lake." in shown
    assert f"1 in {CLOSED} (Candidate neutrinos before publication (simulated)): restricted" in shown
    assert "Kept results Becomes public: 1 : Sky map" in shown
    assert "Web addresses Becomes public: 1 : A link" in shown
    assert "Lena Lead , everyone in escape/km3net" in shown
    assert "The name of 1 other person, and all e-mail addresses." in shown
    assert HIDDEN not in shown  # nobody is told of it
    assert f"title-{CLOSED}" not in shown


@pytest.mark.parametrize(("path", "sent"), OPENING)
def test_nothing_opens_before_the_list_was_confirmed(signed_in: SignIn, project: Project, path: str, sent: dict[str, str]) -> None:
    lead = signed_in("lead")
    reply = lead.post(path, sent)
    assert (reply.status_code, "Becomes public" in reply.content.decode()) == (200, True)
    project.refresh_from_db()
    assert (project.is_public, project.embargo_until) == (False, None)
    assert confirm(lead, path, sent).status_code == 302
    project.refresh_from_db()
    assert project.is_public == (path == VISIBILITY)
    assert bool(project.embargo_until) == (path == EMBARGO)


@pytest.mark.parametrize(("path", "sent"), OPENING)
def test_what_came_since_the_list_was_shown_is_listed_again_first(
    signed_in: SignIn, project: Project, people: dict[str, User], path: str, sent: dict[str, str]
) -> None:
    lead, seen = signed_in("lead"), access.confirmation(people["lead"], project)
    make_resource(project, title="Just added")
    reply = lead.post(path, {**sent, "version": seen})
    assert reply.status_code == 409
    assert "Just added" in reply.content.decode()
    assert "Review what becomes public, then confirm again." in reply.content.decode()
    project.refresh_from_db()
    assert (project.is_public, project.embargo_until) == (False, None)


@pytest.mark.parametrize(("path", "sent", "action"), [(*OPENING[0], "project.visibility"), (*OPENING[1], "project.embargo")])
def test_it_is_recorded_with_the_numbers(signed_in: SignIn, project: Project, path: str, sent: dict[str, str], action: str) -> None:
    confirm(signed_in("lead"), path, sent)
    facts = AuditEntry.objects.get(action=action).facts
    assert {name: facts["opens"][name] for name in ("people", "datasets", "kept results", "links")} == {
        "people": 2, "datasets": 1, "kept results": 1, "links": 1,
    }  # fmt: skip
    assert {name: facts["stays_closed"][name] for name in ("people", "datasets", "kept results")} == {
        "people": 1, "datasets": 6, "kept results": 1,
    }  # fmt: skip
    assert not any(scope in str(facts) for scope in (CLOSED, HIDDEN, INTERNAL))


def test_an_undo_that_opens_it_again_is_confirmed_too(signed_in: SignIn, project: Project) -> None:
    lead = signed_in("lead")
    confirm(lead, VISIBILITY, PUBLIC)
    lead.post(VISIBILITY, {"visibility": "members"})
    make_resource(project, title="Added while closed")
    reply = lead.post(UNDO)
    assert "Added while closed" in reply.content.decode()
    project.refresh_from_db()
    assert not project.is_public
    confirm(lead, UNDO)
    project.refresh_from_db()
    assert project.is_public
    assert AuditEntry.objects.get(action="project.visibility-undo").facts["opens"]["datasets"] == 2


def test_an_undo_that_brings_a_date_back_lists_what_opens_then(signed_in: SignIn, project: Project) -> None:
    Project.objects.update(embargo_until=timezone.now() + timedelta(days=9))
    lead = signed_in("lead")
    lead.post(EMBARGO, {"do": "lift"})
    assert "Becomes public" in lead.post(UNDO).content.decode()
    project.refresh_from_db()
    assert project.embargo_until is None
    confirm(lead, UNDO)
    project.refresh_from_db()
    assert project.embargo_until is not None


def test_closing_it_needs_no_list_and_an_undo_of_opening_neither(signed_in: SignIn, project: Project) -> None:
    lead = signed_in("lead")
    confirm(lead, VISIBILITY, PUBLIC)
    assert lead.post(UNDO).status_code == 302
    project.refresh_from_db()
    assert not project.is_public
    Project.objects.update(visibility="public")
    assert lead.post(VISIBILITY, {"visibility": "members"}).status_code == 302
    project.refresh_from_db()
    assert not project.is_public


def test_a_later_date_needs_no_list_and_an_earlier_one_does(signed_in: SignIn, project: Project) -> None:
    Project.objects.update(embargo_until=timezone.now() + timedelta(days=900))
    lead = signed_in("lead")
    assert lead.post(EMBARGO, DATE).status_code == 302
    reply = lead.post(EMBARGO, {"date": "2090-01-01"})
    assert "Becomes public" in reply.content.decode()


def test_while_an_embargo_lasts_the_settings_lead_to_the_list(signed_in: SignIn, project: Project) -> None:
    Project.objects.update(embargo_until=timezone.now() + timedelta(days=9))
    lead = signed_in("lead")
    link = re.search(r'href="([^"]+)">See what becomes public', lead.get(VISIBILITY).content.decode())
    assert link is not None
    assert f"title-{OPEN}" in lead.get(link[1].replace("&amp;", "&")).content.decode()


@pytest.mark.parametrize("facts", [{"visibility": "public"}, {"embargo_until": "2097-03-03T00:00:00Z"}])
def test_a_content_file_says_what_a_new_project_opens(people: dict[str, User], lake_options: LakeOptions, facts: dict[str, Any]) -> None:
    lake_options(restricted_scopes={CLOSED: ["escape/leads"], HIDDEN: ["escape/nobody"]})
    data = [{"service": "escape", "did": f"{scope}:x"} for scope in (OPEN, CLOSED, HIDDEN)]
    notes: list[str] = []
    project, problems = load_project({"slug": "loaded", "title": "Loaded", **facts, "data": data}, Path(), {}, notes.append)
    assert problems == []
    when = "now" if project.is_public else "from 3 Mar 2097, 00:00 UTC on"
    assert any(note.startswith(f"public {when}: 1 datasets; 2 not shown: 1 in {CLOSED}") for note in notes), notes
    assert not any(HIDDEN in note for note in notes)
    assert AuditEntry.objects.get(action="project.create").facts["stays_closed"] == {"datasets": 2}
    again: list[str] = []
    load_project({"slug": "loaded", "title": "Loaded", **facts, "data": data}, Path(), {}, again.append)
    assert again == []


def test_a_content_file_for_members_opens_nothing_and_says_nothing(db: None) -> None:
    notes: list[str] = []
    load_project({"slug": "loaded", "title": "Loaded"}, Path(), {}, notes.append)
    assert notes == []
    assert "opens" not in AuditEntry.objects.get(action="project.create").facts
