"""How a kept page is answered, and what is never kept."""

import gzip
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import make_public
from vre_portal import text
from vre_portal.pages import expires_in, lifetime, middleware, public_page, triggers
from vre_portal.pages.store import CachedPage, Store

Queries = Callable[..., Any]
ADDRESS = "/projects/"


def kept() -> list[CachedPage]:
    return list(middleware.pages._pages.values())


@pytest.mark.django_db
def test_a_browser_that_has_the_page_is_told_so() -> None:
    first = Client().get(ADDRESS)
    assert first["ETag"].startswith('W/"')
    assert {name.strip() for name in first["Vary"].split(",")} >= {"Cookie", "Accept-Encoding", "HX-Request"}
    assert first["Cache-Control"] == "no-cache"
    again = Client().get(ADDRESS, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert (again["ETag"], again["Vary"], again["Cache-Control"]) == (first["ETag"], first["Vary"], "no-cache")
    assert Client().get(ADDRESS, headers={"If-None-Match": 'W/"other"'}).status_code == 200
    make_public(title="Another")
    assert Client().get(ADDRESS, headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.django_db
def test_it_comes_compressed_to_those_who_can_read_that() -> None:
    plain, packed = Client().get(ADDRESS), Client().get(ADDRESS, headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert int(packed["Content-Length"]) == len(packed.content) < len(plain.content)
    assert packed["ETag"] == plain["ETag"]


@pytest.mark.django_db
@pytest.mark.parametrize("accepted", ["gzip;q=0", "gzip ; q=0.0, br", "x-gzip", "identity", "*"])
def test_it_comes_plain_to_those_who_refuse_it_compressed(accepted: str) -> None:
    for address in (ADDRESS, f"{ADDRESS}?q=x"):
        reply = Client().get(address, headers={"Accept-Encoding": accepted})
        assert "Content-Encoding" not in reply
        assert "Accept-Encoding" in reply["Vary"]
        assert reply.content.startswith(b"<!doctype html>")


@pytest.mark.django_db
@pytest.mark.parametrize("accepted", ["GZIP", "deflate, gzip;q=0.5, *;q=0.1", "gzip;q=1"])
def test_a_weight_is_no_refusal(accepted: str) -> None:
    assert Client().get(ADDRESS, headers={"Accept-Encoding": accepted})["Content-Encoding"] == "gzip"


@pytest.mark.django_db
def test_a_kept_page_has_the_same_headers_as_one_that_is_rendered(django_assert_num_queries: Queries) -> None:
    def headers() -> dict[str, str]:
        return {name: value for name, value in Client().get(ADDRESS).headers.items() if name != "X-Request-ID"}

    first = headers()
    with django_assert_num_queries(0):
        assert headers() == first
    assert {"Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "Cross-Origin-Opener-Policy"} <= first.keys()


@pytest.mark.django_db
def test_each_colour_scheme_and_each_host_has_a_page_of_its_own(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    dark, visitor = Client(), Client()
    dark.cookies["theme"] = "dark"
    for _ in range(2):
        assert 'data-theme="dark"' in dark.get(ADDRESS).content.decode()
        assert 'data-theme="auto"' in visitor.get(ADDRESS).content.decode()
    visitor.get(ADDRESS, headers={"Host": "other.example"})
    assert len(kept()) == 3
    assert visitor.get(ADDRESS, headers={"Host": "evil.example"}).status_code == 400
    odd = Client()
    odd.cookies["theme"] = '"><script>'
    assert b"<script>&" not in odd.get(ADDRESS).content
    assert len(kept()) == 3  # as if it were not there


@pytest.mark.django_db
def test_a_fragment_and_the_page_at_the_same_address_are_kept_apart() -> None:
    view = public_page()(lambda request: HttpResponse("part" if request.headers.get("HX-Request") else "whole"))
    cached = middleware.PageCache(view)
    for _ in range(2):
        for headers, content in (({}, b"whole"), ({"HX-Request": "true"}, b"part")):
            response = cached(RequestFactory().get("/x/", headers=headers))
            assert isinstance(response, HttpResponse)
            assert response.content == content


@pytest.mark.django_db
@pytest.mark.parametrize("cookie", ["session", "messages"])
def test_whoever_may_be_somebody_is_asked_who_they_are(settings: Any, cookie: str) -> None:
    Client().get(ADDRESS)
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME if cookie == "session" else "messages"] = "something"
    reply = client.get(ADDRESS)
    assert reply.status_code == 200
    assert "ETag" not in reply


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/projects/?q=x", "/projects/?utm=1", "/nothing/", "/projects/none/", "/accounts/login/", "/healthz"])
def test_what_is_computed_or_missing_or_has_a_token_is_not_kept(address: str) -> None:
    for _ in range(2):
        assert "ETag" not in Client().get(address)
    assert kept() == []


@pytest.mark.django_db
def test_head_is_answered_like_get() -> None:
    whole = Client().get(ADDRESS)
    head = Client().head(ADDRESS)
    assert (head.status_code, head["ETag"], head.content) == (200, whole["ETag"], b"")


def answer(view: Callable[[HttpRequest], HttpResponse], path: str = "/x/") -> tuple[HttpResponse, list[CachedPage]]:
    """What a view's page is after the middleware, and what was kept of it."""
    request = RequestFactory().get(path)
    request.user = AnonymousUser()
    response = middleware.PageCache(view)(request)
    assert isinstance(response, HttpResponse)
    return response, kept()


def with_cookie(_: HttpRequest) -> HttpResponse:
    response = HttpResponse("x")
    response.set_cookie("a", "b")
    return response


def with_token(request: HttpRequest) -> HttpResponse:
    return HttpResponse(get_token(request))


def with_nonce(request: HttpRequest) -> HttpResponse:
    request._csp_nonce = "abc"  # type: ignore[attr-defined]
    return HttpResponse("x")


VIEWS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "a cookie": with_cookie,
    "the token of a form": with_token,
    "a nonce": with_nonce,
    "a private header": lambda _: HttpResponse("x", headers={"Cache-Control": "private, no-store"}),
    "a header that nobody thought of": lambda _: HttpResponse("x", headers={"X-Own": "1"}),
    "an error": lambda _: HttpResponse("x", status=500),
    "a redirect": lambda _: HttpResponse(status=302, headers={"Location": "/"}),
}


@pytest.mark.django_db
@pytest.mark.parametrize("what", VIEWS)
def test_an_answer_with_something_of_its_own_is_not_kept(what: str) -> None:
    response, pages = answer(public_page()(VIEWS[what]))
    assert pages == []
    assert "ETag" not in response


@pytest.mark.django_db
def test_only_a_view_that_says_so_is_kept() -> None:
    assert answer(lambda _: HttpResponse("x"))[1] == []
    assert len(answer(public_page()(lambda _: HttpResponse("x")))[1]) == 1


@pytest.mark.django_db
def test_a_page_is_kept_for_as_long_as_it_is_true() -> None:
    def short(_: HttpRequest) -> HttpResponse:
        expires_in(0.3)
        expires_in(60)
        return HttpResponse(str(time.time()))

    cached = public_page()(short)
    first = answer(cached)[0].content
    assert answer(cached)[0].content == first
    time.sleep(0.35)
    assert answer(cached)[0].content != first


@pytest.mark.django_db
def test_what_changes_while_a_page_is_rendered_makes_it_old() -> None:
    def slow(_: HttpRequest) -> HttpResponse:
        made = HttpResponse(str(time.time()))
        make_public()
        return made

    cached = public_page("projects")(slow)
    assert answer(cached)[0].content != answer(cached)[0].content


@pytest.mark.django_db
def test_without_its_triggers_nothing_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    name = sorted(triggers.declared())[0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = %s", [name])
        table = cursor.fetchone()[0]
        cursor.execute(f"DROP TRIGGER {name} ON {table}")
    assert triggers.missing() == {name}
    response, pages = answer(public_page()(lambda _: HttpResponse("x")))
    assert (response.content, pages) == (b"x", [])
    assert name in caplog.text
    triggers.install()
    assert triggers.missing() == set()
    assert len(answer(public_page()(lambda _: HttpResponse("x")))[1]) == 1


def test_the_store_throws_out_what_was_not_asked_for_for_longest() -> None:
    def page(size: int) -> CachedPage:
        return CachedPage(b"x" * size, b"", (), "", (), float("inf"))

    store = Store(130)
    for name in "abcd":
        store.put((name,), page(30))
    store.get(("a",))
    store.put(("e",), page(30))
    assert [name for name in "abcde" if store.get((name,))] == ["a", "c", "d", "e"]


def test_one_very_large_page_drives_nothing_else_out() -> None:
    store, small = Store(400), CachedPage(b"x" * 90, b"", (), "", (), float("inf"))
    store.put(("a",), small)
    store.put(("b",), small)
    store.put(("large",), CachedPage(b"x" * 101, b"", (), "", (), float("inf")))
    assert store.get(("large",)) is None
    store.put(("a",), CachedPage(b"x" * 500, b"", (), "", (), float("inf")))
    assert store.get(("a",)) is None, "the earlier version is not the page any more"
    assert store.get(("b",))


NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@given(st.floats(-5e8, 5e8, allow_nan=False))
def test_an_age_is_kept_for_exactly_as_long_as_it_says_the_same(ago: float) -> None:
    moment = NOW - timedelta(seconds=ago)
    lasts = text.distance_lasts(moment, NOW)
    assert lasts >= 0
    said = text.distance(moment, NOW)
    assert text.distance(moment, NOW + timedelta(seconds=max(lasts - 0.01, 0))) == said
    assert text.distance(moment, NOW + timedelta(seconds=lasts + 1.51)) != said or lasts > 3e7


@pytest.mark.django_db
def test_a_page_with_an_age_expires_with_it() -> None:
    make_public(slug="young")
    Client().get("/projects/young/")
    (page,) = kept()
    assert 0 < page.until - time.time() <= 60


def test_a_part_that_ends_sooner_ends_the_page() -> None:
    with lifetime.measured() as page:
        with lifetime.measured() as part:
            expires_in(5)
        expires_in(50)
    assert page.until == part.until
