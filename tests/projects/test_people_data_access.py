"""A role in a project opens no data of the lake: who is added without a group that does is named there, with whoever can mend it."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from projects.models import Membership, Project, Role
from tests.factories import make_project, make_resource
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
LakeOptions = Callable[..., None]
People = dict[str, User]
pytestmark = pytest.mark.django_db
LIST = "/projects/km3net/people/"
ACCOUNT = "No access to non-public data at Demonstration Data Lake"
RESTRICTED = "No access to KM3NET_EMBARGO_SP (Candidate neutrinos before publication (simulated))"


@pytest.fixture
def project(people: People) -> Project:
    project = make_project(slug="km3net", lead=people["lead"])
    make_resource(project, identifier="KM3NET_ECAP_SP:open")
    make_resource(project, identifier="ATLAS_LAPP_SP:internal")
    make_resource(project, identifier="KM3NET_EMBARGO_SP:closed")
    return project


def text_of(body: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body.decode()))


def adding(client: Client, who: str, role: str = "viewer") -> str:
    return text_of(client.post(f"{LIST}person/", {"who": who, "role": role}).content)


def test_a_viewer_without_a_group_of_the_lake_is_named_before_being_added(signed_in: SignIn, project: Project) -> None:
    shown = adding(signed_in("lead"), "newcomer")
    assert f"{ACCOUNT}: Nils Newcomer." in shown
    assert "Members of this IAM group have access: escape. The administrators of the IAM can add people to a group." in shown
    assert "hidden)" not in shown  # the lead has just named this person
    assert f"{RESTRICTED}: Nils Newcomer." in shown
    assert "Members of this IAM group have access: escape/km3net-embargo. They can request access. Contact: lead@vre.example" in shown


def test_who_has_the_groups_is_not_named(signed_in: SignIn, project: Project, people: People) -> None:
    assert ACCOUNT not in adding(signed_in("lead"), "outsider")
    people["outsider"].groups = ["escape/km3net-embargo"]
    people["outsider"].save()
    shown = adding(signed_in("lead"), "outsider")
    assert "No access to" not in shown


def test_public_data_need_an_account_only_of_those_who_use_them(signed_in: SignIn, project: Project) -> None:
    project.resources.exclude(identifier__startswith="KM3NET_ECAP_SP").delete()
    assert "No access to" not in adding(signed_in("lead"), "newcomer")
    assert "No access to runs and notebooks with data at Demonstration Data Lake: Nils Newcomer." in adding(
        signed_in("lead"), "newcomer", "member"
    )


def test_a_project_without_data_says_nothing(signed_in: SignIn, project: Project) -> None:
    project.resources.all().delete()
    assert "No access to" not in adding(signed_in("lead"), "newcomer", "member")


def test_a_rule_for_a_group_tells_it_of_those_who_are_known(signed_in: SignIn, project: Project, people: People) -> None:
    people["newcomer"].groups = ["elsewhere"]
    people["newcomer"].save()
    shown = text_of(signed_in("lead").get(f"{LIST}rule/", {"group": "elsewhere", "role": "viewer"}).content)
    assert f"{ACCOUNT}: 1 person (name hidden)." in shown  # a rule is no way to list a foreign group
    assert "Nils Newcomer" not in shown
    shown = text_of(signed_in("lead").get(f"{LIST}rule/", {"group": "escape", "role": "viewer"}).content)
    assert ACCOUNT not in shown
    assert f"{RESTRICTED}: Milo Member" in shown


def test_the_list_tells_leads_of_those_who_were_added(signed_in: SignIn, project: Project, people: People) -> None:
    for name in ("newcomer", "member"):
        Membership.objects.create(project=project, user=people[name], role=Role.VIEWER)
    assert f"{ACCOUNT}: Nils Newcomer." in text_of(signed_in("lead").get(LIST).content)
    assert "No access to" not in text_of(signed_in("member").get(LIST).content)


def test_who_is_removed_is_not_named(signed_in: SignIn, project: Project, people: People) -> None:
    line = Membership.objects.create(project=project, user=people["newcomer"], role=Role.VIEWER)
    assert "No access to" not in text_of(signed_in("lead").get(f"{LIST}{line.pk}/").content)


def test_a_lead_learns_nothing_of_data_that_they_may_not_see(
    signed_in: SignIn, project: Project, people: People, lake_options: LakeOptions
) -> None:
    lake_options(restricted_scopes={"KM3NET_EMBARGO_SP": ["escape/nobody"]})
    assert "KM3NET_EMBARGO_SP" not in adding(signed_in("lead"), "newcomer")


def test_without_the_option_nothing_is_said_of_accounts(signed_in: SignIn, project: Project, lake_options: LakeOptions) -> None:
    lake_options(account_groups=[])
    shown = adding(signed_in("lead"), "newcomer")
    assert ACCOUNT not in shown
    assert RESTRICTED in shown


def test_the_contact_of_the_lake_is_its_support(signed_in: SignIn, project: Project, lake_options: LakeOptions) -> None:
    lake_options(support="lake@vre.example")
    assert "Members of this IAM group have access: escape. Contact: lake@vre.example" in adding(signed_in("lead"), "newcomer")
