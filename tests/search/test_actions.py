"""What quick search offers to do, by the words that people type for it."""

from collections.abc import Callable

import pytest
from django.test import Client

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("new request", "/requests/new/"),
        ("requests", "/requests/"),
        ("environment", "/requests/new/environment/"),
        ("higher limit", "/requests/new/limit/"),
        ("notice settings", "/notices/settings/"),
        ("webhook", "/notices/settings/"),
        ("what i may use", "/me/allowances/"),
        ("quota", "/me/allowances/"),
        ("plan my project", "/onboarding/"),
        ("onboarding", "/onboarding/"),
    ],
)
def test_a_page_is_found_by_its_name_and_by_what_it_is_for(signed_in: SignIn, typed: str, address: str) -> None:
    page = signed_in("member").get("/search/complete/", {"q": typed}).content.decode()
    assert f'href="{address}"' in page


def test_a_visitor_is_offered_nothing_that_needs_a_sign_in(signed_in: SignIn) -> None:
    page = signed_in("anonymous").get("/search/complete/", {"q": "request"}).content.decode()
    assert 'href="/requests/' not in page
