"""Every route with what PostgreSQL, HTTP headers and addresses cannot carry, in each part of the path, each parameter and each field."""

import uuid
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import request_started
from django.db import DataError, close_old_connections
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from tests.test_wall import ASKED, Addresses, SignIn, addresses  # noqa: F401 -- a fixture
from tests.wall import routes
from vre_portal import request_guard
from vre_portal.wsgi import application

pytestmark = pytest.mark.django_db
# As they stand in an address. The bytes of "half a character" and "broken" are no UTF-8.
HOSTILE = {
    "nul": "%00", "line ends": "a%0D%0Ab", "right to left": "%E2%80%AEa", "half a character": "%ED%A0%80", "broken": "%FF%FE",
    "control": "%1B[31m%7F", "slash": "a%2Fb", "dots": "..%2F..", "long": "a" * 10_000,
}  # fmt: skip
SOUND = [
    *list(HOSTILE.values())[1:],
    "%25",
    "%2500",
    "%E2%80%A8",
    "%22%27%3C%3E",
    "%F0%9F%98%80",
    "a%0Ab",
    "%09",
    "%EF%BF%BF",
]  # can be carried
MARKS: tuple[object, ...] = ("PLACEHOLDER", 424242, uuid.UUID(int=424242))  # a part of a path may have to be a number or a key
FIELDS = (
    "name", "text", "title", "reason", "note", "value", "metadata", "query", "q", "id", "handle", "person", "group", "role", "kind", "identifier",
    "service", "project", "next", "theme", "iam", "scope", "rse", "rses", "expression", "dataset", "lifetime", "days", "copies", "did", "dids",
    "specification", "key", "version", "slug", "visibility", "until", "comment", "secret", "confirmation", "kept", "logout_token", "files", "paths",
)  # fmt: skip
PARAMETERS = ("rse", "near", "kept", "image", "bytes", "rows", "dataset", "pick", "expression", "account", "format")
FORM = "application/x-www-form-urlencoded"
visitors = pytest.mark.parametrize("visitor", ["anonymous", "member"])


def fetch(browser: Client, where: str, method: str = "GET", data: bytes = b"") -> int:
    """The status of a request whose address is taken as it stands, as a server hands it on."""
    path, _, query = where.partition("?")
    options: dict[str, Any] = {"PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "QUERY_STRING": query}
    return int(browser.generic(method, "/", data, content_type=FORM if method == "POST" else "", **options).status_code)


def failed(statuses: dict[str, int]) -> dict[str, int]:
    """Those that are the portal's own errors; 502 and 503 are words about a service."""
    return {name: status for name, status in statuses.items() if status >= 500 and status not in (502, 503)}


def marked(name: str, kwargs: dict[str, object], mark: object, hostile: str) -> str:
    """The address with the hostile text where it has the mark; empty where the route takes no such part."""
    try:
        return reverse(name, kwargs=kwargs).replace(str(mark), hostile)
    except NoReverseMatch:
        return ""


def addresses_with(hostile: str) -> dict[str, str]:
    """An address of every route that takes arguments, once for each of them."""
    sound = {
        "slug": "walled",
        "lake": "escape",
        "number": 1,
        "pk": 1,
        "file": 1,
        "job": 1,
        "item": 1,
        "link": 1,
        "upload": uuid.UUID(int=0),
        "provider_id": "iam",
        "key": uuid.UUID(int=0),
    }
    found = {}
    for name, keys in routes():
        for key in keys:
            kwargs: dict[str, object] = {other: sound.get(other, "x") for other in keys}
            found[f"{name} {key}"] = next(filter(None, (marked(name, kwargs | {key: mark}, mark, hostile) for mark in MARKS)))
    return found


def spread(names: tuple[str, ...], turn: int) -> str:
    """A question or a form in which neighbours have different values; in four turns each name has had four of them."""
    return "&".join(f"{name}={SOUND[(place * 5 + turn * 4) % len(SOUND)]}" for place, name in enumerate(names))


STRANGERS = ("nul", "half a character", "broken", "slash")  # of a visitor most addresses ask for a sign-in, whatever is in them


@pytest.mark.parametrize(("what", "visitor"), [*((what, "member") for what in HOSTILE), *((what, "anonymous") for what in STRANGERS)])
def test_no_part_of_a_path_is_an_error(signed_in: SignIn, addresses: Addresses, visitor: str, what: str) -> None:  # noqa: F811
    browser = signed_in(visitor, raise_request_exception=False)
    method = "POST" if what in ("line ends", "long") and visitor == "member" else "GET"
    found = addresses_with(HOSTILE[what])
    assert all(HOSTILE[what] in where for where in found.values())
    statuses = {name: fetch(browser, where, method) for name, where in found.items()}
    assert failed(statuses) == {}
    assert what != "nul" or set(statuses.values()) == {400}


@pytest.mark.parametrize(("turn", "visitor"), [*((turn, "member") for turn in range(4)), (0, "anonymous"), (2, "anonymous")])
def test_no_parameter_is_an_error(signed_in: SignIn, addresses: Addresses, visitor: str, turn: int) -> None:  # noqa: F811
    browser = signed_in(visitor, raise_request_exception=False)
    query = spread((*ASKED, *PARAMETERS), turn)
    statuses = {name: fetch(browser, f"{where.partition('?')[0]}?{query}") for name, where in addresses.items()}
    assert failed(statuses) == {}


@pytest.mark.parametrize("turn", range(4))
def test_no_field_of_a_form_is_an_error(signed_in: SignIn, addresses: Addresses, turn: int) -> None:  # noqa: F811
    browser = signed_in("member", raise_request_exception=False)
    left = ("account_logout", "iam:erase", "iam:sessions")  # they end what the rest needs
    body = spread(FIELDS, turn).encode()
    statuses = {name: fetch(browser, where, "POST", body) for name, where in addresses.items() if name not in left}
    assert failed(statuses) == {}


@visitors
def test_nul_is_refused_in_each_parameter_and_each_field(signed_in: SignIn, addresses: Addresses, visitor: str) -> None:  # noqa: F811
    browser = signed_in(visitor, raise_request_exception=False)
    asked = {name: fetch(browser, f"{where.partition('?')[0]}?x=a%00b") for name, where in addresses.items()}
    assert set(asked.values()) == {400}
    left = ("account_logout", "iam:erase", "iam:sessions")  # they end what the rest needs
    body = "&".join(f"{field}=a%00b" for field in FIELDS).encode()
    sent = {name: fetch(browser, where, "POST", body) for name, where in addresses.items() if name not in left}
    assert failed(sent) == {}  # a form says it beside the field


def served(content_type: str, method: str = "GET", data: bytes = b"") -> tuple[int, str]:
    """Status and page as a server gets them: the test client makes its requests in another way."""
    environ = RequestFactory().generic(method, "/search/?q=%5Cud800", data, content_type="text/plain").environ | {
        "CONTENT_TYPE": content_type
    }
    seen: list[str] = []
    request_started.disconnect(close_old_connections)  # as the test client does: the test's transaction goes on
    try:
        pieces = application(environ, lambda status, _headers: seen.append(status))  # type: ignore[arg-type]
    finally:
        request_started.connect(close_old_connections)
    return int(seen[0][:3]), b"".join(pieces).decode()


CODINGS = (
    "utf-16", "unicode_escape", "raw_unicode_escape", "utf-7", "punycode", "latin-1", "hex", "rot13", "idna", "base64", "zlib", "bz2", "uu",
    "quopri", "undefined", "utf-8-sig",
)  # fmt: skip


@pytest.mark.parametrize("coding", CODINGS)
def test_another_coding_is_refused_in_words(coding: str) -> None:
    for kind in ("text/plain", "multipart/form-data; boundary=x", FORM):
        for method in ("GET", "POST"):
            status, page = served(f"{kind}; charset={coding}", method, b"x=1")
            assert (status, str(request_guard.IN_CODING) in page) == (400, True), (kind, method)


@pytest.mark.parametrize("coding", ["utf-8", "UTF8", "us-ascii", "nonsense", "", "a\x80", "x" * 500, "\t"])
def test_utf_8_and_what_nobody_knows_is_read(coding: str) -> None:
    assert served(f"text/plain; charset={coding}")[0] == 200


UNREADABLE = ("text/plain; charset*=nonsense''x", "text/plain; a*=nonsense''x", f"text/plain; a={'x' * 20_000}")


@pytest.mark.parametrize("content_type", UNREADABLE)
def test_a_content_type_that_cannot_be_read_is_refused_in_words(content_type: str) -> None:
    status, page = served(content_type)
    assert (status, str(request_guard.IN_TYPE) in page) == (400, True)


ODD_TYPES = (
    ";", "; charset=hex", "a;;=;", ";;;;", "a/b; charset", "\x80\xff; \xff=\xff", "a/b; charset*0=h; charset*1=ex", "a/b; charset*=punycode''%ff",
    "a/b; a*=idna''..", "a/b; charset*=hex''61",
)  # fmt: skip


@pytest.mark.parametrize("content_type", ODD_TYPES)
def test_an_odd_content_type_is_a_page(content_type: str) -> None:
    assert served(content_type)[0] in (200, 400)


ODD_COOKIES = ('"\\000aaaaaaaaaaaa"', "x" * 10_000, "a\x01b", '"\\012"', "%00", "ä", '"\\377"', "=", ";", '"', '"a\\"b"')


@pytest.mark.parametrize("name", ["vre_session", "vre_csrf", "theme", "near", "messages", "vre_last"])
def test_an_odd_cookie_is_passed_over(name: str) -> None:
    browser, statuses = Client(raise_request_exception=False), {}
    for value in ODD_COOKIES:
        for where, method in (("/", browser.get), ("/me/", browser.get), ("/datalake/escape/", browser.get), ("/theme/", browser.post)):
            statuses[f"{where} {value[:30]!r}"] = method(where, headers={"cookie": f"{name}={value}"}).status_code
    assert failed(statuses) == {}
    assert browser.get("/", headers={"cookie": f'{name}="\\000aaaaaaaaaa"'}).status_code == 200


HEADERS = (
    "User-Agent", "Referer", "HX-Current-URL", "X-Forwarded-For", "X-Request-ID", "If-None-Match", "If-Range", "Range", "Accept", "Accept-Language",
    "Origin", "Sec-Fetch-Site", "HX-Request", "If-Modified-Since", "Tus-Resumable", "Upload-Length",
)  # fmt: skip
VALUES = ("a\x00b", "\x80\xff", "x" * 10_000, "http://[", "bytes=0-" + "9" * 5000, "=,")


@pytest.mark.parametrize("header", HEADERS)
def test_no_header_is_an_error(signed_in: SignIn, addresses: Addresses, header: str) -> None:  # noqa: F811
    browser = signed_in("member", raise_request_exception=False)
    statuses = {}
    for value in VALUES:
        for where in ("/me/", "/theme/", addresses["workflows:launch"], addresses["lake_uploads:files"]):
            statuses[f"{where} {value[:20]!r}"] = browser.get(where, headers={header: value}).status_code
        for where in ("/theme/", addresses["lake_uploads:files"]):
            statuses[f"POST {where} {value[:20]!r}"] = browser.post(where, {"name": "x"}, headers={header: value}).status_code
    assert failed(statuses) == {}


def test_a_refusal_is_a_page_with_words_and_for_programs_json(client: Client) -> None:
    page = client.get("/search/?q=%00")
    assert page.status_code == 400
    assert str(request_guard.IN_ADDRESS) in page.content.decode()
    assert "Content-Security-Policy" in page.headers
    assert client.get("/search/?q=%00&format=json").json()["error"] == str(request_guard.IN_ADDRESS)


@pytest.mark.parametrize("error", [ValueError("NUL"), DataError("NUL")])
def test_what_a_view_stored_as_it_came_is_refused_in_words(error: Exception) -> None:
    guard, factory = request_guard.RequestGuard(lambda _request: HttpResponse()), RequestFactory()
    reply = guard.process_exception(factory.post("/theme/", {"theme": "a\0"}, headers={"accept": "application/json"}), error)
    assert reply is not None
    assert (reply.status_code, str(request_guard.IN_FORM) in reply.content.decode()) == (400, True)
    assert guard.process_exception(factory.post("/theme/", {"theme": "a"}), error) is None


def test_a_file_may_hold_anything(signed_in: SignIn) -> None:
    answer = signed_in("member").post("/me/services/", {"file": SimpleUploadedFile("a", b"\0\xff")})
    assert str(request_guard.IN_FORM) not in answer.content.decode()
