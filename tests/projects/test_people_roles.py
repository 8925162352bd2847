"""The role editor, leaving a project, and lists of many rules."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from projects.models import Membership, Project, Role
from projects.people import services
from projects.people.services import PeopleChangeRefused
from projects.permissions import role_of
from tests.factories import make_project, make_public
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
People = dict[str, User]
pytestmark = pytest.mark.django_db
LIST = "/projects/km3net/people/"


@pytest.fixture
def project(people: People) -> Project:
    return make_public(slug="km3net", lead=people["lead"])


def test_an_editor_edits_text_and_nothing_of_people_or_visibility(signed_in: SignIn, people: People, project: Project) -> None:
    Membership.objects.create(project=project, user=people["outsider"], role=Role.EDITOR)
    editor = signed_in("outsider")
    page = editor.get("/projects/km3net/settings/").content.decode()
    assert "settings-form" in page
    assert "Make project members only" not in page
    forbidden = ("settings/visibility/", "settings/visibility/undo/", "settings/embargo/", "people/rule/", "people/invitations/")
    for where in forbidden:
        assert editor.post(f"/projects/km3net/{where}", {"visibility": "members"}).status_code == 403, where
    assert editor.get("/projects/km3net/settings/visibility/?visibility=members").status_code == 403
    assert Project.objects.get().is_public


def test_a_member_leaves_and_has_no_role_any_more(signed_in: SignIn, people: People, project: Project) -> None:
    Membership.objects.create(project=project, user=people["outsider"], role=Role.MEMBER)
    outsider = signed_in("outsider")
    assert "Leave project" in outsider.get(LIST).content.decode()
    outsider.post(f"{LIST}leave/")
    assert role_of(User.objects.get(pk=people["outsider"].pk), project) is None
    assert "Leave project" not in outsider.get(LIST).content.decode()


def test_the_last_lead_cannot_leave_and_learns_why(signed_in: SignIn, people: People, project: Project) -> None:
    Membership.objects.create(project=project, group="escape/leads", role=Role.LEAD)
    reply = signed_in("lead").post(f"{LIST}leave/", follow=True)
    assert "You are the only lead" in reply.content.decode()
    assert Membership.objects.filter(project=project, user=people["lead"], role=Role.LEAD).exists()


def test_a_role_by_group_cannot_be_given_up_here(people: People) -> None:
    project = make_project(lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    with pytest.raises(PeopleChangeRefused, match="IAM group"):
        services.leave(by=people["member"], project=project)
    with pytest.raises(PeopleChangeRefused):
        services.leave(by=people["outsider"], project=project)


@pytest.mark.parametrize("lowered", [Role.EDITOR, Role.MEMBER, Role.VIEWER])
def test_the_last_lead_of_a_project_is_not_lowered(people: People, lowered: Role) -> None:
    project = make_project()
    rule = Membership.objects.create(project=project, group="escape/leads", role=Role.LEAD)
    with pytest.raises(PeopleChangeRefused, match="at least one lead"):
        services.change_role(by=people["lead"], project=project, pk=rule.pk, role=lowered)
    with pytest.raises(PeopleChangeRefused, match="at least one lead"):
        services.remove(by=people["lead"], project=project, pk=rule.pk)
    assert Membership.objects.get().role == Role.LEAD


def test_five_hundred_rules_are_paged_and_cost_no_more_questions(
    signed_in: SignIn, people: People, project: Project, settings: Any
) -> None:
    settings.NOTICE_COUNT_SECONDS = 3600  # the number on the bell is counted now and then, on whatever page

    def asked(where: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert signed_in("lead").get(where).status_code == 200
        return len(queries)

    asked(LIST)  # the first page of a person counts their unread notices
    before = asked(LIST), asked(f"{LIST}rule/?group=escape&role=viewer")
    rules = [Membership(project=project, group=f"escape/group-{number:03}", role=Role.VIEWER) for number in range(500)]
    Membership.objects.bulk_create(rules)
    assert (asked(LIST), asked(f"{LIST}rule/?group=escape&role=viewer")) == before
    names, following = [], f"{LIST}?format=json"
    while following:
        part = signed_in("lead").get(following).json()
        assert len(part["items"]) <= 100
        names += [row["who"] for row in part["items"]]
        following = part["next"]
    assert len(names) == len(set(names)) == 501
    assert names[0] == people["lead"].name
    assert "escape/group-150" in signed_in("lead").get(f"{LIST}?from=100").content.decode()
    for odd in ("x", "-1", "9" * 30, "%00", "²"):
        assert signed_in("lead").get(f"{LIST}?from={odd}").status_code in (200, 400)


@pytest.mark.parametrize("others", ["none", "a lead", "a closed account", "a group"])
def test_what_would_leave_a_project_without_a_lead_is_not_offered(signed_in: SignIn, people: People, project: Project, others: str) -> None:
    mine = Membership.objects.get(project=project, user=people["lead"])
    if others == "a group":
        Membership.objects.create(project=project, group="escape", role=Role.LEAD)
    elif others != "none":
        Membership.objects.create(project=project, user=people["member"], role=Role.LEAD)
        User.objects.filter(pk=people["member"].pk).update(is_active=others == "a lead")
    page = signed_in("lead").get(f"/projects/{project.slug}/people/").content.decode()
    is_offered = others == "a lead"
    assert ("Leave project" in page) == is_offered
    assert (f'action="/projects/{project.slug}/people/{mine.pk}/"' in page) == is_offered
    assert ("The only lead." in page) != is_offered
    assert ("You are the only lead" in page) != is_offered


@pytest.mark.parametrize(
    "roles", [[("lead", True)], [("lead", True), ("lead", False)], [("lead", True), ("lead", True)], [("lead", True), ("", True)]]
)
def test_the_lines_that_are_kept_are_those_whose_removal_is_refused(people: People, roles: list[tuple[str, bool]]) -> None:
    project = make_project()
    names = iter(("lead", "member"))
    for kind, is_active in roles:
        if kind:
            user = people[next(names)]
            User.objects.filter(pk=user.pk).update(is_active=is_active)
            Membership.objects.create(project=project, user=user, role=Role.LEAD)
        else:
            Membership.objects.create(project=project, group="escape", role=Role.LEAD)
    refused = set()
    for line in project.memberships.all():
        try:
            with transaction.atomic():
                services.remove(by=people["lead"], project=project, pk=line.pk)
                transaction.set_rollback(True)
        except services.PeopleChangeRefused:
            refused.add(line.pk)
    assert services.kept_leads(project) == refused


def test_a_closed_account_does_not_count_as_a_lead(people: People) -> None:
    project = make_project(lead=people["lead"])
    Membership.objects.create(project=project, user=people["member"], role=Role.LEAD)
    User.objects.filter(pk=people["member"].pk).update(is_active=False)
    mine = Membership.objects.get(project=project, user=people["lead"])
    for act in (
        lambda: services.leave(by=people["lead"], project=project),
        lambda: services.remove(by=people["lead"], project=project, pk=mine.pk),
        lambda: services.change_role(by=people["lead"], project=project, pk=mine.pk, role=Role.EDITOR),
    ):
        with pytest.raises(services.PeopleChangeRefused):
            act()
    assert Membership.objects.get(pk=mine.pk).role == Role.LEAD
