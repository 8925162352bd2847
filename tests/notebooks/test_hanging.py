"""A hub that takes connections and says nothing holds no page: its own says so in time, others do not notice."""

import socket
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.notebooks.conftest import MakeSession, UseHub
from tests.vre_portal.servers import hanging, silent, trickling_body, trickling_head

pytestmark = [pytest.mark.django_db, pytest.mark.timed]


@pytest.mark.parametrize("speak", [silent, trickling_head, trickling_body])
def test_the_page_of_a_session_comes_in_time_with_what_was_known(
    make_session: MakeSession, use_hub: UseHub, signed_in: Callable[[str], Client], speak: Callable[[socket.socket], None]
) -> None:
    session = make_session(state="ready", path="/user/x/", checked_at=timezone.now() - timedelta(hours=1))
    browser = signed_in("member")
    browser.get(session.project.get_absolute_url())  # what a process reads once, such as templates, is not waiting
    with hanging(speak) as url:
        use_hub(url)
        begin = time.monotonic()
        page = browser.get(session.get_absolute_url())
        seconds = time.monotonic() - begin
        begin = time.monotonic()
        other = browser.get(session.project.get_absolute_url())
        unrelated = time.monotonic() - begin
    assert page.status_code == other.status_code == 200
    assert b"in time" in page.content
    assert 1 < seconds < 3
    assert unrelated < 1
    session.refresh_from_db()
    assert session.state == "ready"
