"""What one person may see never comes out of the page cache for another: all public addresses, walked as people and as a visitor in turn."""

import re
from collections.abc import Callable
from datetime import timedelta
from difflib import unified_diff
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.models import Project, Role
from tests.factories import make_project, make_public, make_resource
from tests.public_addresses import make_examples
from tests.test_wall import make_run
from vre_portal.fragments import fragments
from vre_portal.iam.models import User
from vre_portal.pages import middleware
from vre_portal.pages.triggers import _watched

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
CANARY = "Canary7b1f"
# Rows of the index's own look at itself, which pages of services say within seconds: health.CHECK_SECONDS.
BOUNDED = {"lake_index_run", "lake_index_problem"}
# Views that ask an IAM or a lake, or sign people in: none of them is a `public_page`.
ELSEWHERE = ("/datalake/", "/accounts/")
TABLE = re.compile(r'(?:FROM|JOIN) "(\w+)"')


@pytest.fixture
def addresses(people: dict[str, User], settings: Any, tmp_path: Any) -> list[str]:
    """Each public address without a query; beside what is public, a private project, one under embargo, one's own run, all named alike."""
    settings.MEDIA_ROOT = str(tmp_path)
    found = [address for group in make_examples(people).values() for address in group if "?" not in address]
    found = [address for address in found if not address.startswith(ELSEWHERE)]
    lead = people["lead"]
    private = make_project(lead=lead, slug="canary-private", title=f"{CANARY} private", groups={"escape/km3net": Role.MEMBER})
    make_resource(private, title=f"{CANARY} data")
    make_project(lead=lead, slug="canary-embargo", title=f"{CANARY} embargo", embargo_until=timezone.now() + timedelta(days=1))
    run = make_run(private, people["member"])
    type(run).objects.filter(pk=run.pk).update(published_at=None, error=f"{CANARY} error")
    people["member"].email = "canary7b1f@vre.example"
    people["member"].save()
    return [*found, "/projects/canary-private/", "/projects/canary-embargo/", run.get_absolute_url()]


def kept() -> dict[str, middleware.CachedPage]:
    """What the cache holds, by path."""
    return {key[2]: page for key, page in middleware.pages._pages.items()}


def uncached(address: str) -> bytes:
    """What a visitor gets from a portal that keeps nothing."""
    fragments.clear()  # parts of them may be a minute old
    usual, middleware.pages.max_bytes = middleware.pages.max_bytes, 0
    try:
        return b"".join(Client().get(address))
    finally:
        middleware.pages.max_bytes = usual


def test_nothing_of_a_person_comes_out_for_another(addresses: list[str], signed_in: SignIn) -> None:
    visitor, readers = Client(), [signed_in("lead"), signed_in("member"), signed_in("admin")]
    for order in (readers, [visitor, *readers], readers[::-1]):
        for reader in order:
            for address in addresses:
                reader.get(address)
    own = b"".join(readers[0].get(address).content for address in ("/dashboard/", "/projects/", "/projects/canary-private/"))
    assert own.count(CANARY.encode()) >= 3, "the canary sings for whom it may"
    assert len(kept()) >= 10, "nothing was kept, and nothing looked at"
    for address in addresses:
        fresh, reply = uncached(address), visitor.get(address)
        body = b"".join(reply)
        assert CANARY.encode() not in body, address
        assert b"vre.example" not in body.replace(b"lead@vre.example", b""), address  # addresses of people
        if address in kept():
            lines = unified_diff(fresh.decode().splitlines(), body.decode().splitlines(), lineterm="")
            assert "\n".join(lines) == "", address
            assert "Set-Cookie" not in reply.headers
            assert b"csrf" not in body.lower(), address
    assert all(CANARY.encode() not in page.body for page in kept().values())


ODD = [
    *({"HX-Request": value, "HX-Request-URI-AutoEncoded": "true"} for value in ("1", "%74rue")),
    {
        "HX-Boosted": "true", "HX-Target": "main", "HX-Current-URL": "/x/", "Accept": "application/json", "Accept-Language": "de",
        "Referer": "http://other.example/", "Origin": "http://other.example", "X-Requested-With": "XMLHttpRequest",
        "X-Forwarded-For": "192.0.2.1", "User-Agent": "canary", "Authorization": "Bearer canary", "X-Request-ID": "canary",
    },
]  # fmt: skip


def test_what_one_visitor_sends_changes_no_page_of_the_others(addresses: list[str]) -> None:
    visitor = Client()
    for address in addresses:
        visitor.get(address)
    usual = {address: page.body for address, page in kept().items()}
    assert len(usual) >= 10
    for odd in ODD:
        middleware.pages.clear()
        for address in usual:
            visitor.get(address, headers=odd)
        for address, body in usual.items():
            assert visitor.get(address).content == body, (address, odd)


def test_no_page_that_asks_a_service_is_kept() -> None:
    for address in ("/datalake/", "/datalake/escape/", "/datalake/escape/rses/", "/accounts/login/", "/search/"):
        Client().get(address)
        assert address not in kept()


def test_what_a_visitor_may_not_see_is_not_kept(addresses: list[str]) -> None:
    for address in addresses[-3:]:
        assert Client().get(address).status_code == 404
        assert address not in kept()


def test_a_person_gets_their_own_page_where_a_visitors_is_kept(people: dict[str, User], signed_in: SignIn) -> None:
    project = make_public(lead=people["lead"], title="Open thing")
    where = project.get_absolute_url()
    Client().get(where)
    assert where in kept()
    reply = signed_in("lead").get(where)
    assert b"Lena Lead" in reply.content
    assert b"Your role: Lead" in reply.content
    assert "ETag" not in reply.headers
    assert "no-store" in reply["Cache-Control"]
    assert b"Your role: Lead" not in Client().get(where).content


def test_every_table_that_a_kept_page_reads_makes_new_versions_of_it(
    addresses: list[str], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    looked_at = 0
    for address in addresses:
        with django_assert_max_num_queries(100) as queries:
            Client().get(address)
        page = kept().get(address)
        if page is None:
            continue
        looked_at += 1
        topics = {topic.decode() for topic, _ in page.versions}
        watched = {table for topic, table in _watched if topic in topics}
        read = {table for query in queries.captured_queries for table in TABLE.findall(query["sql"])}
        bounded = BOUNDED if "services" in topics else set()
        assert read <= watched | bounded, f"{address} reads {read - watched} and does not notice when they change"
    assert looked_at >= 10


def test_projects_that_are_public_are_what_the_lists_hold(addresses: list[str]) -> None:
    for address in ("/", "/projects/"):
        page = Client().get(address).content.decode()
        assert address in kept()
        for project in Project.objects.all():
            assert (project.title in page) == project.is_public
