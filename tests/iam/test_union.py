"""Groups of several identities count together, each as long as its IAM confirmed them; what does not count is said."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devstack import address
from projects import authorization
from projects.notebooks.grants import why_not_notebook
from projects.permissions import Permission
from tests.factories import make_project
from tests.iam.issuer import Issuer
from tests.iam.test_linking import PAGE, back, begin, enter, link, listed, me
from vre_portal.iam import people, vault
from vre_portal.iam.groups import union
from vre_portal.iam.models import Identity, User
from vre_portal.services import ServiceKind, services

pytestmark = pytest.mark.django_db
Two = tuple[Issuer, Issuer]
THEIRS = {"eduperson_entitlement": ["urn:x:y:group:a#egi"]}


@pytest.fixture
def ada(two: Two, visitor: Client) -> User:
    """Signed in at the first IAM, with an identity at the second."""
    enter(visitor, "iam", two[0], groups=["escape", "escape/km3net"])
    link(visitor, two[1])
    return User.objects.get()


def by_the_second(two: Two, **claims: Any) -> Client:
    browser = Client()
    enter(browser, "egi", two[1], "bea", **(claims or THEIRS))
    return browser


def groups() -> list[str]:
    return list(User.objects.get().groups)


def aged(issuer: str, **ago: float) -> None:
    Identity.objects.filter(issuer=issuer).update(groups_seen_at=timezone.now() - timedelta(**ago))


def test_groups_are_those_of_all_identities_whichever_one_signs_in_by(two: Two, ada: User) -> None:
    by_the_second(two)
    assert groups() == ["egi:a", "escape", "escape/km3net"]
    enter(Client(), "iam", two[0], groups=["escape"])
    assert groups() == ["egi:a", "escape"]
    assert [(item["groups"], bool(item["groups_seen_at"])) for item in listed(by_the_second(two))] == [
        (["escape"], True),
        (["egi:a"], True),
    ]


def test_linking_adds_the_groups_at_once(two: Two, visitor: Client) -> None:
    enter(visitor, "iam", two[0], groups=["escape"])
    answer = begin(visitor, two[1], "bea")
    two[1].people["bea"].update(THEIRS)
    back(visitor, "egi", answer)
    assert groups() == ["egi:a", "escape"]


def test_what_the_iam_in_use_takes_away_is_gone_and_the_others_stay(two: Two, ada: User) -> None:
    browser = by_the_second(two)
    two[1].people["bea"]["eduperson_entitlement"] = []
    User.objects.update(groups_seen_at=timezone.now() - timedelta(hours=1))
    assert me(browser)["groups"] == ["escape", "escape/km3net"]


def test_groups_that_were_not_confirmed_for_long_count_no_more_and_the_page_says_so(two: Two, ada: User, settings: Any) -> None:
    aged(two[0].url, seconds=settings.LINKED_GROUPS_SECONDS + 1)
    browser = by_the_second(two)
    assert groups() == ["egi:a"]
    for page in ("/me/", PAGE):
        assert "do not count" in browser.get(page).content.decode()
    aged(two[0].url, seconds=settings.LINKED_GROUPS_SECONDS - 60)
    User.objects.get().unite_groups()
    assert groups() == ["egi:a", "escape", "escape/km3net"]


def test_the_one_in_use_counts_however_long_its_iam_is_away(two: Two, ada: User, settings: Any) -> None:
    aged(two[0].url, seconds=settings.LINKED_GROUPS_SECONDS + 1)
    User.objects.get().unite_groups()
    assert "escape/km3net" in groups()


def test_groups_of_an_identity_whose_sign_in_the_iam_ended_count_no_more(two: Two, ada: User) -> None:
    vault.forget_sign_in(ada, services(ServiceKind.IAM)[0])
    by_the_second(two)
    assert groups() == ["egi:a"]


def test_taking_an_identity_away_takes_its_groups_and_the_page_says_which_before(two: Two, ada: User) -> None:
    browser = by_the_second(two)
    assert "You lose 2 groups" in " ".join(browser.get(PAGE).content.decode().split())
    first = Identity.objects.get(issuer=two[0].url)
    browser.post(PAGE, {"unlink": str(first.handle)})
    assert groups() == ["egi:a"]
    assert User.objects.get().groups_seen_at is not None


def test_it_is_said_that_services_see_one_identity_alone(two: Two, ada: User) -> None:
    browser = by_the_second(two)
    words = union.at_services(User.objects.get())
    assert words.startswith("You signed in with Their proxy. Your groups from Our IAM count in this portal")
    assert words in browser.get(PAGE).content.decode()
    assert words in browser.get("/me/").content.decode()
    enter(Client(), "iam", two[0], groups=["escape"])
    assert "You signed in with Our IAM" in union.at_services(User.objects.get())


def test_staff_rights_stay_with_the_identity_that_has_them(two: Two, visitor: Client) -> None:
    enter(visitor, "iam", two[0], groups=["escape/admins"])
    link(visitor, two[1])
    assert User.objects.get().is_staff
    by_the_second(two)
    assert not User.objects.get().is_staff


def test_who_erases_themselves_leaves_no_group_of_any_identity(two: Two, ada: User, visitor: Client) -> None:
    told = visitor.get("/me/export/").json()
    assert [item["groups"] for item in told["iam.identity"]] == [["escape", "escape/km3net"], []]
    visitor.post("/me/erase/", {"confirmation": "delete my account"})
    assert (groups(), Identity.objects.count()) == ([], 0)


@pytest.mark.integration("iam")
def test_groups_of_an_identity_not_in_use_are_asked_for_where_its_iam_lets_the_portal(db: None, settings: Any) -> None:
    user = User.objects.for_identity("https://other.example/", "x", name="X", groups=["o"], groups_seen_at=timezone.now())
    long_ago = timezone.now() - timedelta(seconds=settings.GROUPS_SECONDS + 1)
    linked = Identity.objects.create(
        user=user, issuer=address.IAM_ISSUER, subject=address.subject("member"), groups=["gone"], groups_seen_at=long_ago
    )
    people.ask_for_linked(user)
    user.unite_groups()
    linked.refresh_from_db()
    assert linked.groups == ["escape", "escape/km3net"]
    assert user.groups == ["escape", "escape/km3net", "o"]
    Identity.objects.filter(pk=linked.pk).update(subject="nobody-of-that-name", groups_seen_at=long_ago)
    people.ask_for_linked(user)
    user.unite_groups()
    assert user.groups == ["o"]


def test_which_identities_a_person_has_is_told_to_nobody_else(people: dict[str, User]) -> None:
    member, project = people["member"], make_project()
    seen = timezone.now() - timedelta(days=2)
    Identity.objects.create(user=member, issuer="https://egi.example", subject="x", groups=["egi:a"], groups_seen_at=seen)
    words = union.not_counted(member)
    assert "egi.example" in words
    assert "egi.example" not in authorization.denial_reason(member, project, Permission.LAUNCH)  # the error of a run, which others read
    assert why_not_notebook(member, project).endswith(words)
