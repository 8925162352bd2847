"""Requests for restricted data that an earlier version kept in the Data Lake become requests and grants, with their answers and numbers."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from datalake.access.models import AccessGrant
from projects.requests.lake_kinds.redirects import former_key
from projects.requests.models import Request
from vre_portal.iam.models import User

pytestmark = pytest.mark.rare(group="migrations")

EARLIER = [("lake_access", "0003_words"), ("requests", "0001_initial")]
THEN = datetime(2026, 11, 1, 12, tzinfo=UTC)
STATES = ("asked", "granting", "granted", "declined", "withdrawn", "ending", "ended")
ISSUER = "https://iam.example.org/"


@pytest.fixture(scope="module")
def earlier_requests(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, int]]:
    """A database of its own with one request in each state, migrated as an upgrade does it; the old numbers by state."""
    shared = connection.settings_dict["NAME"]
    own = connection.ops.quote_name(f"{shared}_access")
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {own}")
            cursor.execute(f"CREATE DATABASE {own}")
        connection.close()
        connection.settings_dict["NAME"] = f"{shared}_access"
        try:
            executor = MigrationExecutor(connection)
            executor.migrate(EARLIER)
            numbers = fill(executor.loader.project_state(EARLIER).apps)
            call_command("migrate", verbosity=0)
            yield numbers
        finally:
            connection.close()
            connection.settings_dict["NAME"] = shared
            with connection.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {own} WITH (FORCE)")


def fill(old: Any) -> dict[str, int]:
    """One request of each state, in scopes of their own; those that were answered have an answer."""
    people = old.get_model("iam", "User").objects
    asker, owner = (people.create(issuer=ISSUER, subject=name, name=name, groups=[]) for name in ("asker", "owner"))
    numbers = {}
    for place, state in enumerate(STATES):
        answered: dict[str, Any] = (
            {"decided_by": owner, "decided_at": THEN, "answer": f"Answer {state}"} if state not in ("asked", "withdrawn") else {}
        )
        facts = {"reason": f"Reason {state}", "subject": "asker", "created_at": THEN, "changed_at": THEN, "until": None}
        if state == "granted":
            facts["until"] = THEN + timedelta(days=400)
        row = old.get_model("lake_access", "AccessRequest").objects.create(
            lake="escape", scope=f"S{place}", by=asker, state=state, entered=state == "granted", **facts, **answered
        )
        numbers[state] = row.pk
    return numbers


def request_of(number: int) -> Request:
    return Request.objects.get(key=former_key(number))


def test_each_request_is_there_with_its_state_and_words(earlier_requests: dict[str, int]) -> None:
    rows = {state: request_of(number) for state, number in earlier_requests.items()}
    assert {state: row.state for state, row in rows.items()} == {
        "asked": "open", "granting": "granted", "granted": "granted", "declined": "declined", "withdrawn": "withdrawn",
        "ending": "granted", "ended": "granted",
    }  # fmt: skip
    asked = rows["asked"]
    assert (asked.kind, asked.values, asked.subject) == ("restricted-data", {"lake": "escape", "scope": "S0"}, "escape/S0")
    assert (asked.text, asked.by.name, asked.created_at) == ("Reason asked", "asker", THEN)
    assert list(asked.comments.all()) == []
    declined = rows["declined"]
    assert declined.decided_by == User.objects.get(subject="owner")
    assert [(line.text, line.is_answer, line.created_at) for line in declined.comments.all()] == [("Answer declined", True, THEN)]
    assert rows["granted"].decision == {"until": (THEN + timedelta(days=400)).date().isoformat()}
    assert not Request.objects.with_news_for(asked.by).exists()  # what was read long ago is no news


def test_access_that_was_given_goes_on_under_its_number(earlier_requests: dict[str, int]) -> None:
    grants = {grant.pk: grant for grant in AccessGrant.objects.all()}
    assert {grant.state: number for number, grant in grants.items()} == {
        state: earlier_requests[state] for state in ("granting", "granted", "ending", "ended")
    }
    granted = grants[earlier_requests["granted"]]
    assert (granted.user.name, granted.entered, granted.until) == ("asker", True, THEN + timedelta(days=400))
    assert granted.granted_by is not None
    assert granted.granted_by.name == "owner"


def test_new_grants_come_after_all_old_numbers(earlier_requests: dict[str, int]) -> None:
    new = AccessGrant.objects.create(
        lake="escape", scope=f"new-{uuid.uuid4().hex[:6]}", user=User.objects.get(subject="asker"), subject="s"
    )
    assert new.pk > max(earlier_requests.values())


def test_there_is_nothing_left_to_migrate(earlier_requests: dict[str, int]) -> None:
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    assert "lake_access_accessrequest" not in connection.introspection.table_names()
