"""Writing to the record and checking it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from django.db import connection, transaction
from django.utils import timezone

from vre_portal import request_id
from vre_portal.audit.models import FIRST, AuditEntry
from vre_portal.iam.models import User
from vre_portal.text import storable

logger = logging.getLogger(__name__)
LOCK = 0x76726541  # any number that nothing else locks
LONGEST = 300
MOST = 100  # items of a list or an object
DEEPEST = 4
SAFE_INTEGER = 2**53
# Of what is refused to nobody in particular, such as bogus ways back from an IAM: so many in an hour, lest a stranger fill the table.
NOT_DONE = ("refused", "failed")
STRANGERS, AN_HOUR = 100, timedelta(hours=1)


def append(action: str, *, by: User | None, subject: str, outcome: str, facts: Mapping[str, object]) -> AuditEntry | None:
    """Bind one entry to the last; one writer at a time, across all processes, until its transaction ends.

    None where strangers were refused too much within the hour: that is in the log alone, and the last entry says so.
    """
    if by is None and outcome in NOT_DONE:
        before = refused_to_strangers()
        if before >= STRANGERS:
            logger.warning("audit left out: %s %s %s", storable(action)[:60], storable(subject)[:LONGEST], plain_fact(facts))
            return None
        if before == STRANGERS - 1:
            facts = {**facts, "more": "in the log alone, until an hour has gone by"}
    with transaction.atomic(savepoint=False):  # an act whose entry fails is undone with it
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])  # untranslated: SQL
        last = AuditEntry.objects.order_by("-number").values_list("number", "digest").first() or (0, FIRST)
        entry = AuditEntry(
            number=last[0] + 1,
            at=timezone.now(),
            action=storable(action)[:60],
            outcome=storable(outcome)[:20],
            actor=by.handle if by else None,
            subject=storable(subject)[:LONGEST],
            facts={storable(name)[:60]: plain_fact(value) for name, value in facts.items()},
            request_id=request_id.current()[:64],
            previous=last[1],
        )
        entry.digest = entry.computed()
        entry.save(force_insert=True)
    # Also to the log, which is kept elsewhere: who cuts off the end of the table would have to change that, too.
    logger.info("audit %s %s %s", entry.number, entry.digest, entry.action)
    return entry


def refused_to_strangers() -> int:
    """How often within the last hour; counted up to STRANGERS."""
    rows = AuditEntry.objects.filter(actor=None, outcome__in=NOT_DONE).order_by("-number")
    since = timezone.now() - AN_HOUR
    return sum(at > since for at in rows.values_list("at", flat=True)[:STRANGERS])


def plain_fact(value: object, depth: int = 0) -> object:
    """The value as JSON that comes back from the database as it went in; people become handles."""
    if isinstance(value, User):
        return str(value.handle)
    if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < SAFE_INTEGER and not isinstance(value, Enum)):
        return value
    if isinstance(value, Mapping) and depth < DEEPEST:
        return {storable(name)[:60]: plain_fact(item, depth + 1) for name, item in list(value.items())[:MOST]}
    if isinstance(value, list | tuple | set | frozenset) and depth < DEEPEST:
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [plain_fact(item, depth + 1) for item in list(items)[:MOST]]
    return storable(value)[:LONGEST]


@dataclass(frozen=True)
class Verdict:
    """What a look at the whole chain found."""

    entries: int
    head: str
    broken: int | None = None  # the number of the first entry that is not as it was written
    why: str = ""


def verify() -> Verdict:
    """Walk the chain from its first entry and stop at the first that is wrong."""
    number, digest = 0, FIRST
    for entry in AuditEntry.objects.order_by("number").iterator(chunk_size=2000):
        if why := _fault(entry, number, digest):
            return Verdict(number, digest, entry.number, why)
        number, digest = entry.number, entry.digest
    return Verdict(number, digest)


def _fault(entry: AuditEntry, number: int, digest: str) -> str:
    if entry.number != number + 1:
        return f"entries {number + 1} to {entry.number - 1} are missing before it"
    if entry.previous != digest:
        return "it is not bound to the entry before it"
    return "" if entry.computed() == entry.digest else "its content is not what was written"
