"""Two IAMs side by side: each with its own people, groups and keys."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.iam.conftest import forget
from tests.iam.issuer import Issuer
from vre_portal.iam import checks
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db


def go(visitor: Client, name: str, issuer: Issuer, sub: str) -> dict[str, str]:
    """Choose an IAM and come back with its answer."""
    return issuer.authorize(visitor.post("/accounts/login/", {"iam": name})["Location"], sub)


def back(visitor: Client, name: str, answer: dict[str, str]) -> Any:
    return visitor.get(f"/accounts/oidc/{name}/login/callback/", answer)


def enter(visitor: Client, name: str, issuer: Issuer, sub: str = "ada", /, **claims: Any) -> User:
    answer = back(visitor, name, go(visitor, name, issuer, issuer.person(sub, **claims)))
    assert answer["Location"] == "/me/welcome/"
    return User.objects.get(issuer=issuer.url, subject=sub)


def test_the_page_lists_all_in_the_order_of_the_file(two: tuple[Issuer, Issuer], visitor: Client) -> None:
    text = visitor.get("/accounts/login/").content.decode()
    assert 0 < text.index("Sign in with Our IAM") < text.index("Sign in with Their proxy")


def test_with_several_one_has_to_choose(two: tuple[Issuer, Issuer], visitor: Client) -> None:
    assert visitor.post("/accounts/login/").status_code == 200


def test_the_same_subject_name_and_address_at_two_iams_are_two_people(two: tuple[Issuer, Issuer]) -> None:
    same = {"name": "Ada", "email": "ada@x.example", "email_verified": True, "preferred_username": "ada"}
    one, other = enter(Client(), "iam", two[0], **same), enter(Client(), "egi", two[1], **same)
    assert one.pk != other.pk
    assert User.objects.count() == 2


def test_groups_of_the_second_carry_its_name_so_that_equal_names_are_not_the_same_group(two: tuple[Issuer, Issuer]) -> None:
    assert enter(Client(), "iam", two[0], groups=["escape"]).groups == ["escape"]
    entitled = ["urn:x:y:group:escape:role=member#egi", "urn:x:y:group:escape:admins#egi"]
    theirs = enter(Client(), "egi", two[1], groups=["escape"], eduperson_entitlement=entitled)
    assert theirs.groups == ["egi:escape", "egi:escape/admins"]
    assert theirs.is_staff
    assert not [group for group in theirs.groups if group.partition("/")[0] == "escape"]


def test_each_person_is_renewed_at_their_own_iam(two: tuple[Issuer, Issuer]) -> None:
    visitor = Client()
    enter(visitor, "egi", two[1], eduperson_entitlement=["urn:x:y:group:a#egi"])
    User.objects.update(groups_seen_at="2026-01-01T00:00Z")
    two[1].people["ada"]["eduperson_entitlement"] = []
    assert visitor.get("/me/", {"format": "json"}).json()["groups"] == []
    assert two[0].asked["userinfo"] == 0


def test_the_answer_of_one_is_no_answer_of_the_other(two: tuple[Issuer, Issuer], visitor: Client) -> None:
    one, other = two
    for issuer in two:
        issuer.person("ada")
    assert back(visitor, "egi", go(visitor, "iam", one, "ada"))["Location"] == "/accounts/failed/"
    mixed = go(visitor, "egi", other, "ada") | {"iss": one.url}
    assert back(visitor, "egi", mixed)["Location"] == "/accounts/failed/"
    assert not User.objects.exists()
    assert one.asked["authorization_code"] == other.asked["authorization_code"] == 0


def test_a_token_of_one_signed_by_itself_is_nothing_at_the_other(two: tuple[Issuer, Issuer], visitor: Client) -> None:
    one, other = two
    other.person("ada")
    other.identity_changes = {"iss": one.url}
    assert back(visitor, "egi", go(visitor, "egi", other, "ada"))["Location"] == "/accounts/failed/"
    assert not User.objects.exists()


def test_one_that_is_down_does_not_keep_people_from_the_other(two: tuple[Issuer, Issuer]) -> None:
    two[0].down = True
    assert Client().post("/accounts/login/", {"iam": "iam"}).status_code == 503
    enter(Client(), "egi", two[1])


def test_signing_in_by_the_other_in_the_same_browser_is_another_person(two: tuple[Issuer, Issuer], visitor: Client) -> None:
    enter(visitor, "iam", two[0])
    before = visitor.session.session_key
    enter(visitor, "egi", two[1])
    assert visitor.session.session_key != before
    assert visitor.get("/me/", {"format": "json"}).json()["issuer"] == two[1].url


def test_the_same_issuer_twice_is_told_before_anyone_signs_in(two: tuple[Issuer, Issuer], settings: Any) -> None:
    assert checks.iams_are_sound() == []
    path = Path(settings.SERVICES_FILE)
    path.write_text(path.read_text().replace(two[1].url, two[0].url))
    forget()
    assert [error.id for error in checks.iams_are_sound()] == ["iam.E003"]
