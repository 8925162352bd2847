"""Who may do what in a project: the table, and the one door through which every view gets its project."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from projects.models import Membership, Project, Role
from projects.permissions import ROLES, Permission, can, know_roles, permissions, project_for, role_of
from tests.factories import make_person, make_project, make_public
from vre_portal.iam.models import User

People = dict[str, User]
pytestmark = pytest.mark.django_db
ALL = {"view", "launch", "notebook", "keep", "publish", "edit", "people", "manage"}
WORK = {"view", "launch", "notebook", "keep"}
TABLE = {Role.LEAD: ALL, Role.EDITOR: WORK | {"edit"}, Role.MEMBER: WORK, Role.VIEWER: {"view"}}


def test_the_table_is_the_one_that_was_agreed_on() -> None:
    assert {role: {str(item) for item in granted} for role, granted in ROLES.items()} == TABLE


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", list(Permission))
def test_a_role_gives_what_the_table_says_and_nothing_else(people: People, role: Role, permission: Permission) -> None:
    project = make_project()
    Membership.objects.create(project=project, user=people["outsider"], role=role)
    assert can(people["outsider"], project, permission) == (permission in TABLE[role])


@pytest.mark.parametrize("permission", list(Permission))
def test_a_public_project_lets_everybody_view_and_nothing_more(people: People, permission: Permission) -> None:
    project = make_public()
    for user in (AnonymousUser(), people["newcomer"], people["outsider"], people["admin"]):
        assert can(user, project, permission) == (permission is Permission.VIEW)


def test_staff_of_the_portal_have_no_role_in_a_project(people: People) -> None:
    assert permissions(people["admin"], make_project()) == frozenset()


def test_a_group_rule_makes_members_of_people_without_a_row(people: People) -> None:
    project = make_project(groups={"escape/km3net": Role.MEMBER})
    assert role_of(people["member"], project) == Role.MEMBER
    assert role_of(people["outsider"], project) is None
    assert role_of(people["newcomer"], project) is None


def test_a_group_counts_by_its_whole_name(people: People) -> None:
    project = make_project(groups={"escape/km3": Role.LEAD, "km3net": Role.LEAD})
    assert role_of(people["member"], project) is None


def test_the_strongest_role_holds(people: People) -> None:
    project = make_project(lead=people["member"], groups={"escape/km3net": Role.VIEWER, "escape": Role.MEMBER})
    assert role_of(people["member"], project) == Role.LEAD


def test_a_group_that_the_iam_took_away_gives_nothing(people: People) -> None:
    project = make_project(groups={"escape/km3net": Role.MEMBER})
    again = make_person("member", groups=["escape"])
    assert role_of(again, project) is None
    assert project not in Project.objects.visible_to(again)


def test_somebody_who_was_switched_off_sees_what_a_visitor_sees(people: People) -> None:
    project = make_project(lead=people["lead"])
    people["lead"].is_active = False
    assert project not in Project.objects.visible_to(people["lead"])
    assert permissions(people["lead"], project) == frozenset()


def test_where_it_may_not_be_seen_it_does_not_exist(people: People) -> None:
    project = make_project(groups={"escape/km3net": Role.MEMBER})
    for user in (AnonymousUser(), people["newcomer"], people["outsider"], people["admin"]):
        for permission in Permission:
            with pytest.raises(Http404) as hidden:
                project_for(user, project.slug, permission)
            with pytest.raises(Http404) as absent:
                project_for(user, "no-such-project", permission)
            assert str(hidden.value) == str(absent.value)


def test_where_it_may_be_seen_but_not_for_this_it_is_forbidden(people: People) -> None:
    project = make_project(groups={"escape/km3net": Role.MEMBER})
    assert project_for(people["member"], project.slug, Permission.LAUNCH) == project
    with pytest.raises(PermissionDenied):
        project_for(people["member"], project.slug, Permission.EDIT)
    public = make_public()
    with pytest.raises(PermissionDenied):
        project_for(AnonymousUser(), public.slug, Permission.LAUNCH)


def test_visible_are_the_public_ones_and_ones_own(people: People) -> None:
    public, own, ours, other = (
        make_public(),
        make_project(lead=people["member"]),
        make_project(groups={"escape": Role.VIEWER}),
        make_project(),
    )
    assert set(Project.objects.visible_to(AnonymousUser())) == {public}
    assert set(Project.objects.visible_to(people["member"])) == {public, own, ours}
    assert set(Project.objects.mine(people["member"])) == {own, ours}
    assert other not in Project.objects.visible_to(people["admin"])


def test_roles_in_many_projects_cost_one_query(people: People, django_assert_num_queries: object) -> None:
    lead, nothing = make_project(lead=people["member"], groups={"escape": Role.VIEWER}), make_public()
    with django_assert_num_queries(1):  # type: ignore[operator]
        know_roles(people["member"], [lead, nothing])
        assert role_of(people["member"], lead) == Role.LEAD
        assert role_of(people["member"], nothing) is None
