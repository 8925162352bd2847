"""What a page costs its database: at most ten questions whatever it holds, and the same number for three things and for thirty-three."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import full_portal
from tests.search_index import index_all
from tests.security.test_queries import give_token
from tests.wall import RULES
from vre_portal.fragments import fragments
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
MOST, FEW, MANY = 10, 3, 33
ONE_A_FEATURE = {"projects:dashboard-attention": 12}  # a fragment that asks each feature what waits for the person
# No page: the file of all that the portal keeps of a person, which somebody asks for once. It asks more for more runs.
NO_PAGES = {"iam:export"}
# Of a test's own transaction; outside of it these are the transaction, which asks nothing.
NOT_ASKED = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]


def asked_by(browser: Client, where: str) -> list[str]:
    """What a page asks the database when it is opened for the second time: the first notes things that are asked for once in minutes."""
    browser.get(where)
    fragments.clear()
    with CaptureQueriesContext(connection) as asked:
        answer = browser.get(where)
        if answer.streaming:
            b"".join(answer.streaming_content)  # type: ignore[arg-type]
    return [query["sql"] for query in asked.captured_queries if not query["sql"].startswith(NOT_ASKED)]


def asked_by_all(signed_in: SignIn, person: User) -> dict[str, list[str]]:
    """The same of each page: the staff's as the admin, all others as the lead."""
    cache.clear()
    full_portal.note_account(person)
    browsers, found = {False: signed_in("lead"), True: signed_in("admin")}, {}
    for browser in browsers.values():
        browser.raise_request_exception = False
    for route, where in full_portal.addresses(person).items():
        if route in NO_PAGES:
            continue
        found[route] = asked_by(browsers[RULES[route].staff], where)
    return found


def test_no_page_asks_more_for_more_things_nor_more_than_ten(
    signed_in: SignIn, people: dict[str, User], settings: Any, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL")
    settings.MEDIA_ROOT = str(tmp_path)
    settings.NOTICE_COUNT_SECONDS = 3600  # the number on the bell is counted now and then, on whatever page
    give_token(people["lead"])
    full_portal.fill(people, range(FEW))
    index_all()
    few = asked_by_all(signed_in, people["lead"])
    full_portal.fill(people, range(FEW, MANY))
    index_all()
    many = asked_by_all(signed_in, people["lead"])
    growing = {route: (len(few[route]), len(asked)) for route, asked in many.items() if len(asked) > len(few[route])}
    costly = {route: len(asked) for route, asked in many.items() if len(asked) > ONE_A_FEATURE.get(route, MOST)}
    assert (growing, costly) == ({}, {})
