"""What a form does not ask for is not taken: fields that nobody may set are sent along to every address that takes a form."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from projects.editing.services import version
from projects.models import Membership, Project, Resource
from projects.notebooks.models import Session
from projects.workflows.models import Run
from tests.factories import make_project
from tests.test_wall import addresses
from vre_portal.iam.models import Identity, Token, User

__all__ = ["addresses"]
SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
# What honest people send: enough for each form to be taken.
HONEST = {
    "kind": "did", "service": "escape", "identifier": "SCOPE:new", "project": "walled", "specification": "analysis", "p-years": "10",
    "role": "viewer", "group": "escape/new", "who": "outsider", "title": "A new title", "summary": "New", "visibility": "members",
    "theme": "dark", "end": "others", "name": "kept-1", "server": "reana",
}  # fmt: skip


def hostile(people: dict[str, User], other: Project) -> dict[str, str]:
    """What would be worth having: by the names of columns, of relations, and of what other frameworks call them."""
    victim, whole = (
        people["admin"],
        {"is_staff": "on", "is_superuser": "on", "is_active": "", "password": "x", "groups": '["escape/admins"]'},
    )
    ids = dict.fromkeys(("by", "by_id", "user", "user_id", "owner", "owner_id", "added_by", "added_by_id", "person_id"), str(victim.pk))
    of_user = {"issuer": "https://evil.example/", "subject": victim.subject, "email": victim.email, "handle": str(victim.handle)}
    of_things = {
        "pk": "1",
        "id": "1",
        "slug": "stolen",
        "scope": "STOLEN_SP",
        "project_id": str(other.pk),
        "status": "finished",
        "state": "ready",
    }
    more = {
        "number": "1",
        "server": "evil",
        "hub": "evil",
        "created_at": "2000-01-01",
        "facts": '{"evil": 1}',
        "picture": "../../x",
        "lease": "x",
    }
    return {**whole, **ids, **of_user, **of_things, **more, "signed_in_at": "9999999999", "expires_at": "2099-01-01"}


def rows(model: Any, *without: str) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in without} for row in model.objects.order_by("pk").values()]


def kept(other: Project) -> dict[str, Any]:
    """What no form may change, whoever sends it: people, identities, tokens, another project, and what a project is."""
    runs = Run.objects.filter(project=other).count()
    return {
        "people": rows(User, "last_login"),
        "identities": rows(Identity),
        "tokens": rows(Token),
        "another project": [
            Project.objects.filter(pk=other.pk).values()[0],
            list(other.memberships.values()),
            other.resources.count(),
            runs,
        ],
        "what a project is": list(Project.objects.filter(pk__lte=other.pk).order_by("pk").values_list("pk", "slug", "scope", "created_at")),
    }


def begun(other: Project) -> list[tuple[Any, ...]]:
    """Projects that came to be: everybody may begin one, and it has what its form asks for and nothing else."""
    new = Project.objects.filter(pk__gt=other.pk, created_at__gt=other.created_at)
    return [
        (*row, *Membership.objects.filter(project=row[0]).values_list("user", "role"))
        for row in new.values_list("pk", "scope", "visibility")
    ]


def not_their_own(sender: User) -> list[object]:
    """What came to be and is not the sender's own, in the project of the address, as new as it says."""
    runs = Run.objects.exclude(number=1).values_list("by", "server", "status", "project__slug")
    resources = Resource.objects.filter(identifier="SCOPE:new").values_list("added_by", "facts", "project__slug")
    sessions = Session.objects.exclude(state="stopped").values_list("by", "hub", "project__slug")
    named = [(sender.pk, "reana", "queued", "walled"), (sender.pk, {}, "walled"), (sender.pk, "hub", "walled")]
    return [row for row in (*runs, *resources, *sessions) if row not in named]


def send_everywhere(signed_in: SignIn, name: str, addresses: dict[str, str], bag: dict[str, str]) -> list[str]:
    """POST to every address, each time in a browser of its own, for some of them sign out; the routes that failed."""
    failed = []
    for route, where in addresses.items():
        sent = {**bag, **HONEST, "key": str(uuid.uuid4()), "version": version(Project.objects.get(slug="walled"))}
        if route == "workflows:launch":
            del sent["version"]  # there it is that of the workflow, which another route may have changed meanwhile
        if signed_in(name, raise_request_exception=False).post(where, sent).status_code == 500:
            failed.append(route)
    return failed


@pytest.mark.parametrize("name", ["outsider", "member"])
@pytest.mark.parametrize("addresses", ["public"], indirect=True)
def test_who_may_not_edit_changes_nothing_by_extra_fields(
    signed_in: SignIn, people: dict[str, User], addresses: dict[str, str], name: str
) -> None:
    other = make_project(slug="zz-other", lead=people["admin"])
    before, memberships, projects = kept(other), rows(Membership), rows(Project, "changed_at")
    assert send_everywhere(signed_in, name, addresses, hostile(people, other)) == []
    assert kept(other) == before
    assert [row for row in rows(Membership) if row["project_id"] <= other.pk] == memberships
    assert [row for row in rows(Project, "changed_at") if row["id"] <= other.pk] == projects
    assert not_their_own(people[name]) == []


@pytest.mark.parametrize("addresses", ["public"], indirect=True)
def test_a_lead_changes_what_the_forms_ask_for_and_nothing_else(
    signed_in: SignIn, people: dict[str, User], addresses: dict[str, str]
) -> None:
    other = make_project(slug="zz-other", lead=people["admin"])
    before = kept(other)
    assert send_everywhere(signed_in, "lead", addresses, hostile(people, other)) == []
    assert kept(other) == before
    assert [line[1:] for line in begun(other)] == [("", "draft", (people["lead"].pk, "lead"))]
    assert not_their_own(people["lead"]) == []
    project = Project.objects.get(slug="walled")
    # The forms themselves were taken, so that it was they who left the rest.
    assert project.title == "A new title"
    assert project.memberships.filter(group="escape/new", role="viewer").exists()
    assert project.resources.filter(identifier="SCOPE:new").exists()
    assert Run.objects.filter(by=people["lead"]).exists()
    assert Session.objects.filter(by=people["lead"]).exists()
