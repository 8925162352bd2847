"""The record takes entries in one chain, refuses every change, and shows which entry was changed in spite of that."""

import json
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from tests.factories import make_person
from vre_portal.audit import record, services
from vre_portal.audit.models import FIRST, AuditEntry
from vre_portal.audit.services import verify
from vre_portal.iam.models import User
from vre_portal.request_id import JsonFormatter

pytestmark = pytest.mark.django_db
threads = pytest.mark.django_db(transaction=True)
HOSTILE = [
    "a\nlevel: error",
    "\r\nSet-Cookie: x",
    "\x00\x1b[31mred",
    '"},{"action":"forged"',
    "\u202egnp.exe",
    "\ud800",
    "=cmd()",
    "9" * 5000,
]


@pytest.fixture
def unguarded(db: None) -> Iterator[Any]:
    """A cursor of somebody who owns the table and has switched its guard off."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER audit_append_only")
        yield cursor
        cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER audit_append_only")


def some(number: int) -> list[AuditEntry]:
    for turn in range(number):
        record("test.done", by=None, subject=f"thing/{turn}", turn=turn)
    return list(AuditEntry.objects.order_by("number"))


def test_each_entry_is_bound_to_the_one_before() -> None:
    first, second, third = some(3)
    assert (first.previous, second.previous, third.previous) == (FIRST, first.digest, second.digest)
    assert verify().entries == 3


@pytest.mark.parametrize(
    "change",
    ["UPDATE audit_entry SET outcome = 'ok'", "DELETE FROM audit_entry", "UPDATE audit_entry SET facts = '{}' WHERE number = 1"],
)
def test_the_database_refuses_to_change_an_entry(change: str) -> None:
    some(2)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert verify().entries == 2


def test_the_database_refuses_to_empty_the_record() -> None:
    some(1)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER audit_no_truncate")  # switched off for tests; undone with the transaction
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute("TRUNCATE audit_entry")
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        "outcome = 'refused'", "action = 'test.other'", "subject = 'thing/9'", "facts = '{\"turn\": 7}'", "at = at + interval '1 second'",
        "request_id = 'other'", "actor = gen_random_uuid()", "digest = repeat('0', 64)", "previous = repeat('0', 64)",
    ],
)  # fmt: skip
def test_the_check_names_the_entry_that_was_changed(unguarded: Any, change: str) -> None:
    some(5)
    unguarded.execute(f"UPDATE audit_entry SET {change} WHERE number = 3")
    with pytest.raises(CommandError, match="BROKEN at entry 3"):
        call_command("verify_audit")


def test_the_check_finds_an_entry_that_was_taken_out(unguarded: Any) -> None:
    some(5)
    unguarded.execute("DELETE FROM audit_entry WHERE number = 3")
    assert verify().broken == 4


def test_an_entry_rewritten_with_a_right_digest_breaks_the_next(unguarded: Any) -> None:
    third = some(5)[2]
    third.subject = "thing/forged"
    unguarded.execute("UPDATE audit_entry SET subject = %s, digest = %s WHERE number = 3", [third.subject, third.computed()])
    assert verify().broken == 4


def test_the_digest_of_an_entry_covers_what_it_is_bound_to(unguarded: Any) -> None:
    third = some(5)[2]
    third.subject = "thing/forged"
    unguarded.execute("UPDATE audit_entry SET subject = %s, digest = %s WHERE number = 3", [third.subject, third.computed()])
    unguarded.execute("UPDATE audit_entry SET previous = %s WHERE number = 4", [third.computed()])
    assert (verify().broken, verify().why) == (4, "its content is not what was written")


def test_an_end_cut_off_is_seen_with_what_was_noted_before(unguarded: Any) -> None:
    last = some(5)[4]
    call_command("verify_audit", expect=f"5:{last.digest}")
    unguarded.execute("DELETE FROM audit_entry WHERE number = 5")
    call_command("verify_audit")
    with pytest.raises(CommandError, match="BROKEN"):
        call_command("verify_audit", expect=f"5:{last.digest}")


def test_an_act_that_is_rolled_back_leaves_no_entry() -> None:
    some(1)
    with transaction.atomic():
        record("test.done", by=None)
        transaction.set_rollback(True)
    some(1)
    assert verify().entries == 2


@threads
def test_writers_at_the_same_time_make_one_chain() -> None:
    def write(turn: int) -> None:
        try:
            for _ in range(10):
                record("test.parallel", by=None, turn=turn)
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(write, range(12)))
    found = verify()
    assert (found.entries, found.broken) == (120, None)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_is_written_can_forge_a_line(text: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        record(text, by=None, subject=text, outcome=text, **{text: text, "nested": {"deep": [text]}})
    for line in caplog.records:
        shown = JsonFormatter().format(line)
        assert "\n" not in shown
        assert json.loads(shown)["logger"] == line.name
    assert verify().broken is None
    assert AuditEntry.objects.count() == 1


def test_people_are_written_as_handles_and_never_by_name() -> None:
    lead, member = make_person("lead"), make_person("member")
    record("role.set", by=lead, subject=f"person/{member.handle}", whom=member, all={"of": [lead, member]})
    text = json.dumps(AuditEntry.objects.get().payload)
    assert str(member.handle) in text
    for person in (lead, member):
        assert not any(fact in text for fact in (person.name, person.email, person.subject))


def test_the_chain_is_whole_when_the_person_is_gone() -> None:
    person = make_person("member")
    record("sign-in", by=person)
    handle = person.handle
    User.objects.filter(pk=person.pk).delete()
    assert verify().broken is None
    assert AuditEntry.objects.get().actor == handle


@pytest.mark.parametrize("value", [1.5, float("nan"), 10**400, -0.0, True, None, {1, 2}, b"x", {"a": {"b": {"c": {"d": {"e": 1}}}}}])
def test_any_value_comes_back_as_it_was_hashed(value: object) -> None:
    record("test.value", by=None, value=value)
    assert verify().broken is None


def test_a_stranger_cannot_fill_the_record(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(services, "STRANGERS", 5)
    for turn in range(9):
        record("sign-in", by=None, subject="iam/x", outcome="refused", check=f"state {turn}\nforged")
    ada = make_person("lead")
    record("sign-in", by=ada, outcome="refused")
    record("sign-in", by=ada)
    entries = list(AuditEntry.objects.order_by("number"))
    assert [entry.actor for entry in entries] == [None] * 5 + [ada.handle] * 2
    assert "more" not in entries[3].facts
    assert "in the log alone" in entries[4].facts["more"]
    left_out = [line.getMessage() for line in caplog.records if "left out" in line.getMessage()]
    assert len(left_out) == 4
    assert "state 8" in left_out[-1]
    assert verify().broken is None


def test_after_an_hour_strangers_are_recorded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "STRANGERS", 2)
    monkeypatch.setattr(services, "AN_HOUR", timedelta(seconds=3))
    for _ in range(4):
        record("sign-in", by=None, outcome="refused")
    time.sleep(3.1)
    record("sign-in", by=None, outcome="refused")
    assert AuditEntry.objects.count() == 3
