"""No other site acts in somebody's name, whatever it calls its content; and no address of ours leads to another site."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from tests.iam.test_landing import HOSTILE
from tests.test_wall import addresses
from tests.wall import RULES
from vre_portal.iam.models import User
from vre_portal.policies.services import accept
from vre_portal.policies.texts import policies

__all__ = ["addresses"]
SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
BODY = {"csrfmiddlewaretoken": "x" * 64, "key": "x"}
# Bodies that a foreign page can send without being asked, and some that it cannot but might be let through.
TRICKS: dict[str, tuple[str, dict[str, str]]] = {
    "json": ("application/json", {}),
    "json called text": ("text/plain", {}),
    "json with a charset": ("application/json; charset=utf-8", {}),
    "nothing called": ("", {}),
    "another method named": (FORM, {"X-HTTP-Method-Override": "GET", "X-Method-Override": "GET"}),
    "asked by a script's header alone": (FORM, {"X-Requested-With": "XMLHttpRequest", "HX-Request": "true"}),
    "a token that is none": (FORM, {"X-CSRFToken": "a" * 32}),
    "an origin that is none": (FORM, {"Origin": "null"}),
    "from another site": (FORM, {"Origin": "https://evil.example", "Referer": "https://evil.example/"}),
    "from a site that begins like ours": (FORM, {"Origin": "http://testserver.evil.example"}),
}


@pytest.mark.parametrize("trick", list(TRICKS))
def test_no_route_takes_a_request_that_only_pretends_to_be_ours(signed_in: SignIn, addresses: dict[str, str], trick: str) -> None:
    kind, headers = TRICKS[trick]
    browser = signed_in("lead", enforce_csrf_checks=True)
    browser.get("/me/")  # gives the cookie that belongs to the token
    taken = {}
    for name, where in addresses.items():
        if RULES[name].signed:  # by an IAM; what it takes without a form is in tests/iam/test_backchannel.py
            continue
        refused = 404 if RULES[name].signed_link else 403  # by a mail program, to an address that is signed for one person
        body: Any = json.dumps(BODY) if "json" in trick or not kind else "&".join(f"{key}={value}" for key, value in BODY.items())
        address = where if "json" in trick else f"{where}?csrfmiddlewaretoken={BODY['csrfmiddlewaretoken']}&_method=GET"
        status = browser.generic("POST", address, body, content_type=kind, headers=headers).status_code
        if status != refused:
            taken[name] = status
    assert taken == {}


def test_a_true_token_is_of_no_use_to_another_origin_or_in_another_browser(signed_in: SignIn, people: dict[str, User]) -> None:
    def token_of(browser: Client) -> str:
        found = re.search(r'name="csrfmiddlewaretoken"\s+value="([^"]+)"', browser.get("/me/").content.decode())
        assert found
        return found[1]

    mine, thiefs = signed_in("lead", enforce_csrf_checks=True), signed_in("outsider", enforce_csrf_checks=True)
    form = {"csrfmiddlewaretoken": token_of(mine), "theme": "dark"}
    assert mine.post("/theme/", form, headers={"Origin": "https://evil.example"}).status_code == 403
    assert mine.post("/theme/", {**form, "csrfmiddlewaretoken": token_of(thiefs)}).status_code == 403
    assert mine.post("/theme/", form).status_code == 302


# --- where one is led -----------------------------------------------------------------------------------------------------


def lands(place: str) -> str:
    """The host at which a browser arrives that follows this address: it drops control characters and takes \\ for /."""
    seen = re.sub(r"[\t\r\n]", "", place).strip("".join(chr(code) for code in range(33))).replace("\\", "/")
    try:
        parts = urlsplit(urljoin("http://testserver/here/", seen))
    except ValueError:
        return "nowhere"
    return parts.netloc if parts.scheme in ("http", "https") else parts.scheme


def test_the_measure_itself_sees_where_hostile_addresses_lead() -> None:
    assert lands("/projects/") == "testserver"
    assert sum(lands(wanted) != "testserver" for wanted in HOSTILE) > 20


def test_no_place_that_redirects_leads_to_another_site(signed_in: SignIn, people: dict[str, User]) -> None:
    accept(people["member"], policies())  # who has accepted is led on at once
    browser, places = signed_in("member"), {}
    for wanted in HOSTILE:
        for name, address in {"theme": "/theme/", "policies": reverse("policies:accept")}.items():
            for way, send in {"form": browser.post, "address": browser.get}.items():
                places[f"{name} by {way}: {wanted!r}"] = send(address, {"next": wanted, "theme": "dark"}).headers.get("Location", "/")
        page = browser.get("/accounts/login/", {"next": wanted}).context
        places[f"link back: {wanted!r}"], places[f"hidden field: {wanted!r}"] = page["back"], page["next"] or "/"
    assert {name: place for name, place in places.items() if lands(place) != "testserver"} == {}


def test_no_header_that_names_a_page_leads_to_another_site(signed_in: SignIn, settings: Any) -> None:
    settings.POLICIES_REQUIRED = True
    member, stranger, places = signed_in("member"), Client(), {}
    for wanted in (wanted for wanted in HOSTILE if wanted.isascii() and wanted.isprintable() and wanted):
        for fragment in ({}, {"HX-Request": "true"}):
            named = {"Referer": wanted, "HX-Current-URL": wanted, **fragment}
            for name, reply in {
                "policies": member.post("/projects/resources/", {}, headers=named),
                "sign-in": stranger.get("/dashboard/", headers=named),
            }.items():
                place = reply.headers.get("HX-Redirect") or reply.headers.get("Location", "/")
                query = parse_qs(urlsplit(place).query)
                places |= {f"{name}: {wanted!r}": place, f"{name}, from there: {wanted!r}": query.get("next", ["/"])[0]}
    assert {name: place for name, place in places.items() if lands(place) != "testserver"} == {}


@pytest.mark.parametrize(
    "path",
    ["//evil.example/projects", "/\\evil.example/projects", "//evil.example/%2f..", "///evil.example/me", "/%2f%2fevil.example/dashboard"],
)
def test_a_slash_that_is_added_leads_to_no_other_site(signed_in: SignIn, path: str) -> None:
    for browser in (Client(), signed_in("member")):
        assert lands(browser.generic("GET", path).headers.get("Location", "/")) == "testserver"


# --- what stands between the browser and us -------------------------------------------------------------------------------

FORWARDED = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "444", "X-Forwarded-Prefix": "/evil",
             "X-Original-URL": "/control/", "X-Rewrite-URL": "/control/", "Forwarded": "host=evil.example;proto=https", "X-Host": "evil.example"}  # fmt: skip


@pytest.mark.parametrize("visitor", ["anonymous", "member"])
def test_what_a_proxy_might_say_changes_no_answer(signed_in: SignIn, addresses: dict[str, str], visitor: str) -> None:
    browser, changed = signed_in(visitor), {}
    for name, where in addresses.items():
        plain, forged = browser.get(where), browser.get(where, headers=FORWARDED)
        told = b"".join(forged) if forged.streaming else forged.content
        if forged.status_code != plain.status_code or b"evil" in told or "evil" in str(forged.headers):
            changed[name] = forged.status_code
        if (private := forged.headers.get("Cache-Control", "")) and visitor == "member" and "public" in private:
            changed[name] = private  # type: ignore[assignment]
    assert changed == {}


@pytest.mark.parametrize("suffix", ["/x.css", ";x.js", "/..%2fstatic/x.css"])
def test_a_suffix_that_caches_like_gets_nothing_of_a_person(
    signed_in: SignIn, addresses: dict[str, str], people: dict[str, User], suffix: str
) -> None:
    browser, told = signed_in("member", raise_request_exception=False), {}
    for name, where in addresses.items():
        reply = browser.get(where.rstrip("/") + suffix)
        cache = reply.headers.get("Cache-Control", "")
        if "no-store" not in cache and "private" not in cache and reply.status_code != 400:
            told[name] = f"{reply.status_code} {cache}"
    assert told == {}
