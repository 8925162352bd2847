"""Where one lands after signing in: on the page one came from, on a first page that fits, and never elsewhere."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from tests.iam.browsing import come_back, sign_in_as, start
from tests.iam.issuer import Issuer
from tests.page_text import text_of

pytestmark = pytest.mark.django_db
HOSTILE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "////evil.example",
    "/\\evil.example/",
    "\\\\evil.example\\",
    "\\/evil.example",
    "/\t/evil.example/",
    "/\n/evil.example/",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "http:evil.example",
    "http:///evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://evil.example/",
    "http://testserver.evil.example/",
    "http://testserver@evil.example/",
    "http://evil.example#@testserver/",
    "http://[::1]/",
    "//[evil",
    "/\x85/evil.example",
    "%2f%2fevil.example",
    "evil.example",
    "?next=//evil.example",
    "#//evil.example",
    "/%09//evil.example/\r\nLocation: //evil.example",
    "https:\\\\evil.example",
    "blob:http://testserver/x",
    "\ufeff//evil.example",
    "http://127.0.0.1:1@evil.example/",
    "mailto:x@evil.example",
    "",
]


@pytest.fixture(autouse=True)
def _person(issuer: Issuer) -> None:
    issuer.person("ada")


@pytest.mark.parametrize("wanted", HOSTILE)
def test_a_hostile_next_leads_nowhere_else(wanted: str, visitor: Client, issuer: Issuer) -> None:
    answer = come_back(visitor, issuer, started=start(visitor, next=wanted))
    assert answer.status_code == 302
    assert answer["Location"] in ("/me/welcome/", "/%C2%85/evil.example")  # the second is a path of ours, of a strange name
    assert urlsplit(answer["Location"]).netloc == ""


@pytest.mark.parametrize("wanted", ["/\u0000/evil.example", "\u0000//evil.example", "/\u3000//evil.example\u0000"])
def test_a_next_with_a_nul_is_refused(wanted: str, visitor: Client) -> None:
    assert visitor.get("/accounts/login/", {"next": wanted}).status_code == 400


@pytest.mark.parametrize("wanted", ["/projects/?q=a&page=2", "/datalake/escape/did/a/b%2Fc", "/projects/km3net/#results"])
def test_a_page_of_ours_is_where_one_lands(wanted: str, visitor: Client, issuer: Issuer) -> None:
    page = visitor.get("/accounts/login/", {"next": wanted})
    assert page.context["next"] == wanted
    assert come_back(visitor, issuer, started=start(visitor, next=wanted))["Location"] == wanted


@pytest.mark.parametrize("wanted", ["/", "/accounts/login/", "/accounts/logout/"])
def test_the_front_page_and_the_sign_in_pages_are_no_aim(wanted: str, visitor: Client, issuer: Issuer) -> None:
    assert come_back(visitor, issuer, started=start(visitor, next=wanted))["Location"] == "/me/welcome/"


def test_a_newcomer_learns_what_to_do_next(visitor: Client, issuer: Issuer) -> None:
    sign_in_as(visitor, issuer, "nils", groups=[])
    dashboard = visitor.get("/me/welcome/")["Location"]
    assert dashboard == "/dashboard/"
    for path, words in ((dashboard, "your account belongs to no group"), ("/me/", "You are not a member of a group yet")):
        page = visitor.get(path).content.decode()
        assert words in text_of(page.encode())
        assert issuer.url in page


def test_a_member_of_a_group_is_led_to_work(visitor: Client, issuer: Issuer, settings: Any) -> None:
    sign_in_as(visitor, issuer)
    assert "/me/" not in visitor.get("/me/welcome/")["Location"]
