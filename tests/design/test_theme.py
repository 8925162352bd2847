"""The colour scheme is a choice kept in a cookie, and the way back never leaves the portal."""

import pytest
from django.test import RequestFactory

from vre_portal import context_processors, theme


@pytest.fixture
def requests() -> RequestFactory:
    return RequestFactory(SERVER_NAME="127.0.0.1", headers={"sec-fetch-site": "same-origin"})


@pytest.mark.parametrize("scheme", ["auto", "light", "dark"])
def test_a_choice_is_kept_and_the_person_comes_back(requests: RequestFactory, scheme: str) -> None:
    response = theme.choose(requests.post("/theme/", {"theme": scheme, "next": "/projects/?q=x"}))
    assert response.status_code == 302
    assert response["Location"] == "/projects/?q=x"
    assert response.cookies["theme"].value == scheme


@pytest.mark.parametrize("away", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "\\\\elsewhere.example", ""])
def test_the_way_back_stays_here(requests: RequestFactory, away: str) -> None:
    assert theme.choose(requests.post("/theme/", {"theme": "dark", "next": away}))["Location"] == "/"


def test_an_unknown_scheme_is_not_kept(requests: RequestFactory) -> None:
    assert "theme" not in theme.choose(requests.post("/theme/", {"theme": "<x>"})).cookies


def test_reading_changes_nothing(requests: RequestFactory) -> None:
    assert theme.choose(requests.get("/theme/")).status_code == 405


def test_a_forged_cookie_is_the_automatic_scheme(requests: RequestFactory) -> None:
    request = requests.get("/")
    request.COOKIES["theme"] = '"><script>'
    assert context_processors.theme(request)["theme"] == "auto"
