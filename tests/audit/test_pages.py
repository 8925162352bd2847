"""Staff find entries by action, person, time and outcome, page by page and as CSV; nobody else finds the page."""

import csv
import io
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from vre_portal.audit import record
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.iam.sessions import step_up
from vre_portal.iam.sessions.session_tracking import PROVEN_AT

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def shown(browser: Client, query: str = "") -> list[str]:
    reply = browser.get(f"/audit/?format=json{query}")
    assert reply.status_code == 200
    return [item["subject"] for item in reply.json()["items"]]


@pytest.fixture
def staff(signed_in: SignIn, people: dict[str, User]) -> Client:
    record("run.launch", by=people["member"], subject="run/a/1")
    record("sign-in", by=people["lead"], subject="", outcome="refused")
    record("role.set", by=people["lead"], subject=f"person/{people['member'].handle}")
    return signed_in("admin")


@pytest.mark.parametrize("visitor", ["newcomer", "outsider", "member", "lead"])
def test_for_all_others_there_is_no_such_page(signed_in: SignIn, visitor: str) -> None:
    for query in ("", "?format=csv", "?format=json", "?before=x"):
        assert signed_in(visitor).get(f"/audit/{query}").status_code == 404


def test_it_opens_for_staff_only_after_a_recent_sign_in(staff: Client) -> None:
    session = staff.session
    session[PROVEN_AT] = time.time() - step_up.RECENT_SECONDS
    session.save()
    for query in ("", "?format=csv", "?format=json&action=token"):
        assert staff.get(f"/audit/{query}")["Location"] == step_up.address(f"/audit/{query}")


def test_filters_narrow_by_action_person_outcome_and_time(staff: Client, people: dict[str, User]) -> None:
    member = f"person/{people['member'].handle}"
    assert shown(staff) == [member, "", "run/a/1"]
    assert shown(staff, "&action=run.") == ["run/a/1"]
    assert shown(staff, "&outcome=refused") == [""]
    assert shown(staff, "&subject=person/") == [member]
    for word in (people["member"].email, str(people["member"].handle), people["member"].subject, people["member"].name):
        assert shown(staff, f"&person={word}") == [member, "run/a/1"]  # by them, and about them
    today = timezone.now().date()
    assert len(shown(staff, f"&since={today}&until={today}")) == 3
    assert shown(staff, "&until=2020-01-01") == []
    assert shown(staff, "&person=nobody-of-that-name") == []


def test_pages_follow_each_other_without_gap_while_the_record_grows(staff: Client) -> None:
    for turn in range(120):
        record("test.done", by=None, subject=str(turn))
    address, found = "/audit/?format=json&action=test.", []
    while address:
        reply = staff.get(address).json()
        found += [item["number"] for item in reply["items"]]
        record("test.done", by=None, subject="later")
        address = reply["next"]
    assert found == list(range(123, 3, -1))


def test_a_page_costs_the_same_in_a_long_record(staff: Client, django_assert_max_num_queries: Any) -> None:
    for _ in range(60):
        record("test.done", by=User.objects.first())
    staff.get("/audit/")
    with django_assert_max_num_queries(6):
        page = staff.get("/audit/").content.decode()
    assert page.count("<tr>") == 51


@pytest.mark.parametrize("query", ["before=0", "before=x", "since=yesterday", "before=99999999999999999999", "action=" + "x" * 61])
def test_odd_filters_are_refused_and_not_an_error(staff: Client, query: str) -> None:
    assert staff.get(f"/audit/?{query}").status_code == 400
    assert staff.get(f"/audit/?{query}&format=json").status_code == 400


def test_csv_holds_everything_found_and_no_formula(staff: Client) -> None:
    record("test.done", by=None, subject='=cmd|"/c calc"!A1', note="a\nb\r\n=1")
    record("test.wide", by=None, subject="\uff1d1+1")
    reply = staff.get("/audit/?format=csv")
    text = b"".join(reply.streaming_content).decode()  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 6  # with the export itself
    assert next(row for row in rows if row["action"] == "test.done")["subject"].startswith("'=cmd")
    assert next(row for row in rows if row["action"] == "test.wide")["subject"] == "'\uff1d1+1"
    assert text.count("\n") == 7
    assert AuditEntry.objects.filter(action="audit.export").exists()


def test_what_entries_hold_is_never_active_on_the_page(staff: Client) -> None:
    record("test.<script>alert(1)</script>", by=None, subject="<img src=x onerror=alert(1)>", bad="\u202e<b>")
    page = staff.get("/audit/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "\u202e" not in page
