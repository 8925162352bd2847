"""The people of a project: what leads see before they change something, and what others see of it."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from projects.models import Membership, Project, Role
from projects.people import services
from tests.factories import make_person, make_project, make_public
from vre_portal.iam.models import Identity, User

SignIn = Callable[..., Client]
People = dict[str, User]
pytestmark = pytest.mark.django_db
LIST = "/projects/km3net/people/"


@pytest.fixture
def project(people: People) -> Project:
    return make_public(slug="km3net", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})


def roles(project: Project) -> dict[str, str]:
    return {str(item.user or item.group): item.role for item in project.memberships.all()}


def line(project: Project, name: str) -> str:
    """The address of a line of the list."""
    return next(f"{LIST}{item.pk}/" for item in project.memberships.all() if str(item.user or item.group) == name)


def flat(reply: HttpResponse) -> str:
    """A page with its lines joined: where they are broken says nothing to a reader."""
    return " ".join(reply.content.decode().split())


def test_a_rule_is_shown_with_its_effect_before_it_is_saved(signed_in: SignIn, project: Project, people: People) -> None:
    lead = signed_in("lead")
    body = flat(lead.get(f"{LIST}rule/", {"group": "/escape", "role": "viewer"}))
    assert "<strong>5</strong> people with an account here are in" in body
    assert "Gains access" in body
    assert str(people["outsider"]) in body
    assert "no role → Viewer" in body
    assert "still Member" in body
    assert "still Lead" in body
    assert "escape" not in roles(project)
    lead.post(f"{LIST}rule/", {"group": "escape", "role": "viewer"})
    assert roles(project)["escape"] == Role.VIEWER


def test_what_a_changed_rule_gives_and_takes_is_said(signed_in: SignIn, project: Project, people: People) -> None:
    where, lead = line(project, "escape/km3net"), signed_in("lead")
    weaker = flat(lead.get(where, {"role": "viewer"}))
    assert "Loses permissions" in weaker
    assert "Member → Viewer" in weaker
    assert "still Lead" in weaker
    gone = flat(lead.get(where))
    assert "Loses access" in gone
    assert "Member → no role" in gone
    assert roles(project)["escape/km3net"] == Role.MEMBER
    lead.post(where, {"role": "viewer"})
    assert roles(project)["escape/km3net"] == Role.VIEWER


def test_a_rule_is_no_way_to_list_a_foreign_group(signed_in: SignIn, project: Project, people: People) -> None:
    body = flat(signed_in("lead").get(f"{LIST}rule/", {"group": "escape/admins", "role": "viewer"}))
    assert "<strong>1</strong> person with an account here is in" in body
    assert str(people["admin"]) not in body
    assert "1 person (name hidden)" in body


def test_the_list_names_its_members_to_those_who_belong_and_only_leads_to_others(
    signed_in: SignIn, project: Project, people: People
) -> None:
    Membership.objects.create(project=project, user=people["newcomer"], role=Role.VIEWER)
    for name in ("anonymous", "outsider", "admin"):
        for where in (LIST, "/projects/km3net/"):
            body = signed_in(name).get(where).content.decode()
            assert people["lead"].name in body
            assert "escape/km3net" in body
            assert people["newcomer"].name not in body
            assert people["lead"].email not in body
    for name in ("member", "newcomer"):
        body = signed_in(name).get(LIST).content.decode()
        assert people["lead"].name in body
        assert people["newcomer"].name in body
        assert people["lead"].email not in body
        assert "Add a person" not in body
    assert people["newcomer"].email in signed_in("lead").get(LIST).content.decode()


@pytest.mark.parametrize("by", ["preferred_username", "email", "subject"])
def test_somebody_is_added_by_exactly_what_they_are_called_and_shown_before(
    signed_in: SignIn, project: Project, people: People, by: str
) -> None:
    lead, person = signed_in("lead"), people["outsider"]
    shown = lead.post(f"{LIST}person/", {"who": getattr(person, by), "role": "viewer"}).content.decode()
    assert person.name in shown
    assert person.subject in shown
    assert person.name not in roles(project)
    lead.post(f"{LIST}person/", {"person": str(person.handle), "role": "viewer"})
    assert roles(project)[person.name] == Role.VIEWER


def test_somebody_is_found_by_any_identity_of_theirs_and_never_by_one_of_an_iam_that_is_gone(
    signed_in: SignIn, project: Project, people: People
) -> None:
    lead, person = signed_in("lead"), people["outsider"]
    first = person.subject
    Identity.objects.create(user=person, issuer="https://gone.example/", subject="gone-subject")
    assert lead.post(f"{LIST}person/", {"who": "gone-subject", "role": "viewer"}).status_code == 400
    User.objects.filter(pk=person.pk).update(subject="in-use-now")
    Identity.objects.create(user=people["newcomer"], issuer="https://gone.example/", subject=first)  # of another IAM: somebody else's
    shown = lead.post(f"{LIST}person/", {"who": first, "role": "viewer"}).content.decode()
    assert person.name in shown
    assert first in shown
    assert "in-use-now" not in shown


@pytest.mark.parametrize("who", ["outside", "OUTSIDER", "outsider@", "%", "nobody", "\u202e", "' OR 1=1"])
def test_who_is_not_exactly_called_that_is_not_told_from_nobody(signed_in: SignIn, project: Project, who: str) -> None:
    reply = signed_in("lead").post(f"{LIST}person/", {"who": who, "role": "viewer"})
    assert reply.status_code == 400
    assert "Person not found." in reply.content.decode()


def test_two_accounts_of_one_name_and_those_switched_off_are_not_taken(signed_in: SignIn, project: Project, people: People) -> None:
    User.objects.create(issuer=people["lead"].issuer, subject="another", preferred_username="outsider", name="Impostor")
    reply = signed_in("lead").post(f"{LIST}person/", {"who": "outsider", "role": "viewer"})
    assert "More than one account" in reply.content.decode()
    assert "Impostor" not in reply.content.decode()
    User.objects.filter(pk=people["newcomer"].pk).update(is_active=False)
    for sent in ({"who": "newcomer"}, {"person": str(people["newcomer"].handle)}):
        assert signed_in("lead").post(f"{LIST}person/", {**sent, "role": "viewer"}).status_code == 400
    assert len(roles(project)) == 2


def test_a_removal_can_be_undone_by_who_made_it(signed_in: SignIn, project: Project, people: People) -> None:
    lead = signed_in("lead")
    body = lead.post(line(project, "escape/km3net"), follow=True).content.decode()
    assert "Undo" in body
    assert "escape/km3net" not in roles(project)
    assert signed_in("member").post(f"{LIST}undo/").status_code == 403
    lead.post(f"{LIST}undo/")
    assert roles(project)["escape/km3net"] == Role.MEMBER
    assert "Nothing to undo." in lead.post(f"{LIST}undo/", follow=True).content.decode()


def test_the_last_lead_stays_and_is_told_why(signed_in: SignIn, project: Project, people: People) -> None:
    Membership.objects.create(project=project, group="escape/leads", role=Role.LEAD)
    lead, where = signed_in("lead"), line(project, people["lead"].name)
    for sent in ({}, {"role": "member"}):
        assert "at least one lead" in lead.post(where, sent, follow=True).content.decode()
    assert roles(project)[people["lead"].name] == Role.LEAD
    Membership.objects.create(project=project, user=people["outsider"], role=Role.LEAD)
    assert "This changes your own role." not in lead.get(where).content.decode()  # the group keeps them a lead
    lead.post(where)
    assert people["lead"].name not in roles(project)


def test_a_line_of_another_project_is_not_here(signed_in: SignIn, project: Project) -> None:
    other = make_project(groups={"escape": Role.VIEWER}).memberships.get()
    assert signed_in("lead").get(f"{LIST}{other.pk}/").status_code == 404
    assert signed_in("lead").post(f"{LIST}{other.pk}/").status_code == 404
    assert Membership.objects.filter(pk=other.pk).exists()


@pytest.mark.parametrize(
    "sent", [{"group": ""}, {"group": "a\nb"}, {"group": "a\0"}, {"group": "x" * 201}, {"group": "///"}, {"role": "owner"}]
)
def test_a_rule_that_cannot_be_is_refused(signed_in: SignIn, project: Project, sent: dict[str, str]) -> None:
    lead, whole = signed_in("lead"), {"group": "escape", "role": "viewer", **sent}
    assert lead.get(f"{LIST}rule/", whole).status_code == lead.post(f"{LIST}rule/", whole).status_code == 400
    assert len(roles(project)) == 2


@pytest.mark.parametrize(("typed", "kept"), [("KM3NeT members", "KM3NeT members"), ("re\u0301s", "rés"), ("/a b/c d/", "a b/c d")])
def test_a_rule_takes_any_name_that_an_iam_gives_a_group(signed_in: SignIn, project: Project, typed: str, kept: str) -> None:
    lead, people = signed_in("lead"), User.objects
    assert lead.post(f"{LIST}rule/", {"group": typed, "role": "viewer"}).status_code == 302
    assert project.memberships.filter(group=kept).exists()
    person = people.for_identity("https://other.example/", "x", name="X", groups=[kept])
    assert Membership.objects.of(person).filter(project=project).exists()


def test_the_pages_cost_the_same_for_few_and_many(signed_in: SignIn, project: Project) -> None:
    lead, costs = signed_in("lead"), []
    lead.get(LIST)
    for many in (1, 40):
        for number in range(many):
            user = User.objects.create(issuer=f"i{many}", subject=str(number), name=f"N{number}", groups=["escape/km3net"])
            Membership.objects.create(project=project, user=user, role=Role.VIEWER)
        for where in (LIST, line(project, "escape/km3net"), f"{LIST}rule/?group=escape&role=viewer"):
            with CaptureQueriesContext(connection) as asked:
                assert lead.get(where).status_code == 200
            costs.append(len(asked))
    assert costs[:3] == costs[3:]
    assert max(costs) <= 9


def test_who_lost_the_lead_meanwhile_changes_nothing(project: Project, people: People) -> None:
    make_person("lead", groups=[])
    project.memberships.filter(user=people["lead"]).update(role=Role.MEMBER)
    with pytest.raises(services.PeopleChangeRefused, match="no longer a lead"):
        services.add_rule(by=people["lead"], project=project, group="escape", role=Role.LEAD)
    assert "escape" not in roles(project)
