"""No password opens the portal: whoever is in the database with one cannot sign in by it, at any address."""

import uuid
from itertools import product
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse

from tests.factories import make_person
from tests.wall import routes
from vre_portal.iam.backends import Known
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
SECRET = "correct horse battery staple"  # the password that must not work
KNOWN: dict[str, object] = {"provider_id": "iam", "app_label": "iam"}
WORTHS: tuple[object, ...] = ("x", 1, uuid.UUID(int=0))  # what the other parts of an address may be


def address(name: str, keys: tuple[str, ...]) -> str:
    """An address of the route, with the first values that it takes."""
    for values in product(WORTHS, repeat=len(keys)):
        try:
            return reverse(name, kwargs={key: KNOWN.get(key, value) for key, value in zip(keys, values, strict=True)})
        except NoReverseMatch:
            continue
    raise AssertionError(f"no address of {name} is known")


@pytest.fixture
def staff() -> User:
    user = make_person("admin")
    user.set_password(SECRET)
    user.save()
    return user


def forms(user: User) -> dict[str, str]:
    """Under all names by which a form of a sign-in could ask."""
    names = ("login", "username", "user", "email", "handle", "name")
    return dict.fromkeys(names, user.email or str(user.handle)) | {"password": SECRET, "password1": SECRET, "next": "/me/"}


def test_no_address_takes_it(staff: User) -> None:
    visitor = Client(raise_request_exception=False)
    tried = 0
    for name, keys in routes():
        where = address(name, keys)
        for given in (staff.email, str(staff.handle), staff.preferred_username):
            visitor.post(where, {**forms(staff), "username": given, "login": given})
            visitor.get(where, headers={"Authorization": "Basic YWRtaW46YWRtaW4="})
            assert visitor.get("/me/").status_code == 302, name
            tried += 1
    assert tried > 100


@pytest.mark.parametrize("name", ["username", "email", "handle", "login"])
def test_nothing_that_could_ask_for_one_takes_it(name: str, staff: User, rf: Any) -> None:
    for value in (staff.email, str(staff.handle), staff.preferred_username, str(staff.pk)):
        given: dict[str, Any] = {name: value, "password": SECRET}
        assert authenticate(rf.post("/"), **given) is None


@pytest.mark.parametrize(
    "where", ["/accounts/signup/", "/accounts/password/reset/", "/accounts/reauthenticate/", "/accounts/email/", "/admin/login/"]
)
def test_the_library_s_own_pages_are_not_there(where: str) -> None:
    assert Client().get(where).status_code == 404


def test_a_session_finds_its_person_until_they_are_switched_off(staff: User) -> None:
    assert Known().get_user(staff.pk) == staff
    User.objects.update(is_active=False)
    assert Known().get_user(staff.pk) is None
    assert resolve("/accounts/login/").func.__module__ == "vre_portal.iam.sign_in.views"
