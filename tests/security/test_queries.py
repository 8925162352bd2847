"""Who is here and what they may do costs a page three queries at most, however many groups, rules, people and sessions there are."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.models import Membership, Role
from tests.factories import make_project, make_resource
from vre_portal.iam.models import Identity, Token, User
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.policies.models import Acceptance
from vre_portal.policies.texts import policies

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
OF_IDENTITY = ("django_session", "iam_user", "iam_identity", "iam_usersession", "projects_membership", "policies_acceptance")
MAIN_TABLE = re.compile(r'^(?:SELECT .*? FROM|UPDATE|INSERT INTO|DELETE FROM) "(\w+)"(.{0,40})', re.DOTALL)
THEIR_PEOPLE = (
    ' LEFT OUTER JOIN "iam_user"',
    ' INNER JOIN "iam_user"',
)  # the people that a project's page lists: what it shows, not who looks at it
PAGES = ("/projects/counted/", "/projects/counted/people/", "/projects/counted/data/", "/projects/counted/workflows/",
         "/projects/counted/notebooks/", "/dashboard/", "/projects/", "/projects/?format=json", "/", "/datalake/escape/", "/me/", "/catalog/software/")  # fmt: skip


def of_identity(queries: list[dict[str, str]]) -> list[str]:
    """The queries that ask who looks and what they may do."""
    found = []
    for query in queries:
        match = MAIN_TABLE.match(query["sql"])
        if match and match[1] in OF_IDENTITY and not (match[1] == "projects_membership" and match[2].startswith(THEIR_PEOPLE)):
            found.append(query["sql"])
    return found


def give_token(user: User) -> None:
    """One for the lake, so that its pages have something to show or to fail with."""
    token = Token(user=user, service="rucio/escape", issuer=user.issuer)
    token.fill(Tokens(access="none", refresh="", identity="", scope="", expires_at=timezone.now() + timedelta(hours=1)), purpose="test")
    token.save()


@pytest.fixture
def crowded(people: dict[str, User], settings: Any) -> None:
    """Much of everything, so that a query for each would be seen; and policies that are asked for and accepted."""
    settings.POLICIES_REQUIRED = True
    lead, member = people["lead"], people["member"]
    for number in range(12):
        project = make_project(slug=f"other-{number}", lead=lead, groups={"escape": Role.VIEWER, "escape/km3net": Role.MEMBER})
        make_resource(project)
        Identity.objects.create(user=member, issuer=f"https://iam{number}.example/", subject="x")
    project = make_project(slug="counted", lead=lead, groups={f"escape/group{number}": Role.VIEWER for number in range(12)})
    Membership.objects.create(project=project, group="escape/km3net", role=Role.MEMBER)
    Membership.objects.create(project=project, user=member, role=Role.VIEWER)
    for user in (lead, member):
        give_token(user)
        Acceptance.objects.bulk_create(Acceptance(user=user, policy=item.name, version=item.version) for item in policies())


@pytest.mark.usefixtures("crowded")
@pytest.mark.parametrize("name", ["lead", "member"])
def test_session_person_and_roles_cost_three_queries(signed_in: SignIn, name: str) -> None:
    for _ in range(4):
        signed_in(name).get("/me/")  # other sessions of the same person
    browser, costly = signed_in(name), {}
    for where in PAGES:
        browser.get(where)  # the first page of a session notes it, and that the policies are accepted
        with CaptureQueriesContext(connection) as context:
            assert browser.get(where).status_code in (200, 403, 502, 503), where  # the lake may not be there
        found = of_identity(context.captured_queries)
        if not 2 <= len(found) <= 3:  # the count itself sees session and person
            costly[where] = found
    assert costly == {}


@pytest.mark.usefixtures("crowded")
def test_a_visitor_costs_none() -> None:
    for where in ("/", "/projects/", "/projects/counted/", "/catalog/software/", "/status/"):
        with CaptureQueriesContext(connection) as context:
            Client().get(where)
        assert of_identity(context.captured_queries) == [], where
