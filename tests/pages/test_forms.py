"""Forms of public pages: taken from the portal's own pages by what the browser says, and from nowhere else without a token."""

import re

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
OWN, EVIL = "http://testserver", "https://evil.example"
FORMS = {"/theme/": {"theme": "dark", "next": "/projects/"}, "/accounts/login/": {"iam": "none", "next": "/projects/"}}
TAKEN = {"/theme/": 302, "/accounts/login/": 200}
FROM_OWN = [{"Origin": OWN}, {"Origin": OWN, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "same-origin"}]
FROM_ELSEWHERE = [
    {},
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Origin": f"{OWN}.evil.example"},
    {"Origin": OWN, "Sec-Fetch-Site": "cross-site"},
    {"Origin": EVIL, "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "none"},
    {"Referer": f"{OWN}/projects/"},
]


@pytest.mark.parametrize("headers", FROM_OWN)
@pytest.mark.parametrize("address", FORMS)
def test_a_form_of_an_own_page_needs_no_token(address: str, headers: dict[str, str]) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(address, FORMS[address], headers=headers).status_code == TAKEN[address]


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
@pytest.mark.parametrize("address", FORMS)
def test_a_form_from_elsewhere_is_refused(address: str, headers: dict[str, str]) -> None:
    client = Client(enforce_csrf_checks=True)
    reply = client.post(address, FORMS[address], headers=headers)
    assert reply.status_code == 403
    assert "theme" not in reply.cookies


def test_with_a_token_it_is_taken_where_the_browser_says_nothing() -> None:
    client = Client(enforce_csrf_checks=True)
    found = re.search(r'csrfmiddlewaretoken"\s+value="([^"]+)', client.get("/accounts/login/").content.decode())
    assert found
    data = {**FORMS["/theme/"], "csrfmiddlewaretoken": found[1]}
    assert client.post("/theme/", data).status_code == 302
    assert client.post("/theme/", data, headers={"Origin": EVIL}).status_code == 403


def test_other_forms_need_their_token_wherever_they_come_from() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/accounts/logout/", headers={"Origin": OWN, "Sec-Fetch-Site": "same-origin"}).status_code == 403


def test_a_visitors_page_has_both_forms_and_no_token() -> None:
    page = Client().get("/projects/").content.decode()
    assert 'action="/theme/"' in page
    assert 'action="/accounts/login/"' in page
    assert "csrf" not in page.lower()
