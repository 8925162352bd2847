"""Every route with what PostgreSQL, HTTP headers and addresses cannot carry, in each part of the path, each parameter and each field."""

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from tests.test_wall import ASKED, Addresses, SignIn, addresses  # noqa: F401 -- a fixture
from tests.wall import routes
from vre_portal import request_guard

pytestmark = pytest.mark.django_db
# As they stand in an address: NUL, line ends, a right-to-left mark, half a character, a broken one, a path, very much.
HOSTILE = {
    "nul": "%00", "nul inside": "a%00b", "line feed": "a%0Ab", "carriage return": "a%0D%0Ab", "tab": "%09", "escape": "%1B[31m", "delete": "%7F",
    "right to left": "%E2%80%AEa", "half a character": "%ED%A0%80", "broken": "%FF%FE", "cut": "%E2%80", "line separator": "%E2%80%A8",
    "slash": "a%2Fb", "dots": "..%2F..", "percent": "%25", "percent zero": "%2500", "long": "a" * 10_000, "quotes": "%22%27%3C%3E",
    "beyond the plane": "%F0%9F%98%80", "not a character": "%EF%BF%BF",
}  # fmt: skip
OPEN = "PLACEHOLDER"
FIELDS = (
    "name", "text", "title", "reason", "note", "value", "metadata", "query", "q", "id", "handle", "person", "group", "role", "kind", "identifier",
    "service", "project", "next", "theme", "iam", "scope", "rse", "rses", "expression", "dataset", "lifetime", "days", "copies", "did", "dids",
    "specification", "key", "version", "slug", "visibility", "until", "comment", "secret", "confirmation", "kept", "logout_token", "files", "paths",
)  # fmt: skip
visitors = pytest.mark.parametrize("visitor", ["anonymous", "member"])


def fetch(browser: Client, where: str, method: str = "GET", data: bytes = b"") -> int:
    """The status of a request whose address is taken as it stands, as a server hands it on."""
    path, _, query = where.partition("?")
    raw = path.encode("ascii")
    from urllib.parse import unquote_to_bytes

    options: dict[str, Any] = {"PATH_INFO": unquote_to_bytes(raw).decode("latin-1"), "QUERY_STRING": query}
    form = "application/x-www-form-urlencoded"
    return int(browser.generic(method, "/", data, content_type=form if method == "POST" else "", **options).status_code)


def failed(statuses: dict[str, int]) -> dict[str, int]:
    """Those that are the portal's own errors; 502 and 503 are words about a service."""
    return {name: status for name, status in statuses.items() if status >= 500 and status not in (502, 503)}


def addresses_with(hostile: str) -> dict[str, str]:
    """An address of every route that takes text, once for each of its parts."""
    sound = {
        "slug": "walled",
        "lake": "escape",
        "number": 1,
        "pk": 1,
        "upload": uuid.UUID(int=0),
        "provider_id": "iam",
        "key": uuid.UUID(int=0),
    }
    found = {}
    for name, keys in routes():
        for key in keys:
            kwargs: dict[str, object] = {other: sound.get(other, "x") for other in keys}
            if key in ("slug", "lake", "number", "pk", "upload", "key", "provider_id", "concept"):
                odd = str(kwargs[key]) if key in kwargs else ""
                found[f"{name} {key}"] = reverse(name, kwargs=kwargs).replace(quote(odd), hostile, 1)
            else:
                found[f"{name} {key}"] = reverse(name, kwargs={**kwargs, key: OPEN}).replace(OPEN, hostile)
    return found


@visitors
@pytest.mark.parametrize("what", HOSTILE)
def test_no_part_of_a_path_is_an_error(signed_in: SignIn, addresses: Addresses, visitor: str, what: str) -> None:  # noqa: F811
    browser = signed_in(visitor, raise_request_exception=False)
    statuses = {}
    for name, where in addresses_with(HOSTILE[what]).items():
        for method in ("GET", "POST"):
            statuses[f"{name} {method}"] = fetch(browser, where, method)
    assert failed(statuses) == {}
    if what.startswith("nul"):
        assert set(statuses.values()) == {400}


@visitors
@pytest.mark.parametrize("what", HOSTILE)
def test_no_parameter_is_an_error(signed_in: SignIn, addresses: Addresses, visitor: str, what: str) -> None:  # noqa: F811
    browser = signed_in(visitor, raise_request_exception=False)
    query = "&".join(
        f"{name}={HOSTILE[what]}" for name in (*ASKED, "iss", "error", "code", "state", "near", "name", "after", "kept", "next", "image")
    )
    statuses = {name: fetch(browser, f"{where.partition('?')[0]}?{query}") for name, where in addresses.items()}
    assert failed(statuses) == {}
    assert {fetch(browser, f"{where}?{HOSTILE[what]}={HOSTILE[what]}") for where in ("/", "/status/")} <= {200, 400}


@visitors
@pytest.mark.parametrize("what", HOSTILE)
def test_no_field_of_a_form_is_an_error(signed_in: SignIn, addresses: Addresses, visitor: str, what: str) -> None:  # noqa: F811
    browser = signed_in(visitor, raise_request_exception=False)
    body = "&".join(f"{name}={HOSTILE[what]}" for name in FIELDS).encode()
    statuses = {}
    for name, where in addresses.items():
        if not name.startswith(("account_logout", "iam:erase", "iam:sessions")):
            statuses[name] = fetch(browser, where, "POST", body)
    assert failed(statuses) == {}


@pytest.mark.parametrize(
    "coding", ["hex", "rot13", "utf-16", "unicode_escape", "raw_unicode_escape", "utf-7", "idna", "punycode", "base64", "zlib"]
)
def test_another_coding_is_refused_in_words(client: Client, coding: str) -> None:
    client.raise_request_exception = False
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
        for method in ("get", "post"):
            answer = getattr(client, method)(
                "/search/?q=%5Cud800", content_type=f"{kind}; charset={coding}", **({} if method == "get" else {"data": b"x"})
            )
            assert answer.status_code == 400, (kind, method)
    assert request_guard.IN_CODING in client.get("/search/", content_type=f"text/plain; charset={coding}").content.decode()
    assert client.get("/search/", content_type="text/plain; charset=UTF8").status_code == 200
    assert client.get("/search/", content_type="text/plain; charset=nonsense").status_code == 200


ODD_COOKIES = ['"\\000aaaaaaaaaaaa"', "x" * 10_000, "a\x01b", '"\\012"', "%00", "ä", '"\\377"', "=", ";", '"', "\\", '"a\\"b"']


@pytest.mark.parametrize("name", ["vre_session", "vre_csrf", "theme", "near", "messages", "vre_last"])
def test_an_odd_cookie_is_passed_over(name: str, addresses: Addresses) -> None:  # noqa: F811
    browser = Client(raise_request_exception=False)
    for value in ODD_COOKIES:
        for where in ("/", "/projects/", "/me/", "/datalake/escape/", "/accounts/login/", "/theme/"):
            for method in (browser.get, browser.post):
                status = method(where, headers={"cookie": f"{name}={value}"}).status_code
                assert status < 500 or status in (502, 503), (value, where)
    assert browser.get("/", headers={"cookie": f'{name}="\\000aaaaaaaaaa"'}).status_code == 200


HEADERS = ("User-Agent", "Referer", "HX-Current-URL", "X-Forwarded-For", "X-Request-ID", "If-None-Match", "If-Range", "Range", "Accept", "Accept-Language",
           "Origin", "Sec-Fetch-Site", "HX-Request", "If-Modified-Since", "Content-Type", "Content-Length", "Tus-Resumable")  # fmt: skip
VALUES = (
    "\x00",
    "a\x00b",
    "\x80\xff",
    "x" * 10_000,
    "http://[",
    "bytes=0-" + "9" * 5000,
    "bytes=a",
    "=",
    ",,,",
    "\x0b",
    "true",
    "multipart/form-data",
)


@visitors
@pytest.mark.parametrize("header", HEADERS)
def test_no_header_is_an_error(signed_in: SignIn, addresses: Addresses, visitor: str, header: str) -> None:  # noqa: F811
    browser = signed_in(visitor, raise_request_exception=False)
    statuses = {}
    for value in VALUES:
        for where in (
            "/",
            "/me/",
            "/theme/",
            addresses["projects:settings"],
            addresses["workflows:launch"],
            addresses["lake_uploads:files"],
        ):
            statuses[f"{where} {value[:20]!r}"] = browser.get(where, headers={header: value}).status_code
            statuses[f"POST {where} {value[:20]!r}"] = browser.post(where, {"name": "x"}, headers={header: value}).status_code
    assert failed(statuses) == {}


def test_a_refusal_is_a_page_with_words_and_for_programs_json(client: Client) -> None:
    page = client.get("/search/?q=%00")
    assert page.status_code == 400
    assert request_guard.IN_ADDRESS in page.content.decode()
    assert "Content-Security-Policy" in page.headers
    assert client.get("/search/?q=%00&format=json").json()["error"] == request_guard.IN_ADDRESS
    page = client.post("/accounts/login/", {"iam": "a\0"})
    assert (page.status_code, request_guard.IN_FORM in page.content.decode()) == (400, True)


def test_a_file_may_hold_anything(signed_in: Callable[..., Client]) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    browser = signed_in("member")
    answer = browser.post("/me/services/", {"file": SimpleUploadedFile("a", b"\0\xff")})
    assert answer.status_code != 400
