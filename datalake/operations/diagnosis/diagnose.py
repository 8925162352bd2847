"""From facts to a diagnosis in words: a pure function without lake, clock and database."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake.operations.diagnosis import causes, reported_errors
from datalake.operations.diagnosis.facts import SITE, Cause, Diagnosis, DiagnosisFacts
from datalake.rucio.types import Rule
from vre_portal.portable_gettext import grouped

SEVERE = ("source-lost", "no-source", "checksum", "no-copy", "quota", "nothing-matches", "too-few-places", "write-off")
CONTACTS = ("contact", "email", "mail", "support")  # attributes of storage elements that say how their site is reached
SLOW = timedelta(hours=6)


def diagnose(facts: DiagnosisFacts) -> Diagnosis:
    """The state in one sentence, and its causes: since when, who can fix them, what can be done now."""
    diagnosis = _rule(facts, facts.rule) if facts.rule is not None else _file(facts)
    return replace(diagnosis, causes=tuple(replace(cause, contact=_contact(facts, cause)) for cause in diagnosis.causes))


def _contact(facts: DiagnosisFacts, cause: Cause) -> str:
    """The contact of the site; empty where its storage element names none."""
    site = facts.rses.get(cause.rse) if cause.who == SITE else None
    return next((str(site.attributes[name]) for name in CONTACTS if site.attributes.get(name)), "") if site else ""


def _file(facts: DiagnosisFacts) -> Diagnosis:
    """The state of a file's copies, without its rules."""
    found_causes = tuple(causes.of_copies(facts))
    if facts.replicas is None:
        return Diagnosis("ok", _("No problem found, but the list of copies could not be loaded."))
    if not found_causes:
        return Diagnosis("ok", _("No problem found: the copies can be read."))
    away = {*facts.absent, *facts.silent}
    readable = any(copy.state == "AVAILABLE" and copy.rse not in away and causes.readable(facts, copy.rse) for copy in facts.replicas)
    if readable:
        return Diagnosis("warn", _("The file can be read, but not all of its copies are in order."), found_causes)
    return Diagnosis("bad", _("The file cannot be read at the moment."), found_causes)


def _rule(facts: DiagnosisFacts, rule: Rule) -> Diagnosis:
    found_causes = [*causes.of_ending(facts), *causes.of_state(facts)]
    if rule.state == "OK":
        if found_causes:
            return Diagnosis("warn", _("All copies are complete, but the rule is about to end."), tuple(found_causes))
        return Diagnosis("ok", _("All copies are complete."))
    if rule.state == "WAITING_APPROVAL":
        return Diagnosis("warn", _("Waiting for approval; copying starts once the rule is approved."), tuple(found_causes))
    if rule.state == "SUSPENDED":
        return Diagnosis("bad", _("The rule is suspended: nothing is copied until it is resumed."), tuple(found_causes))
    if rule.state == "INJECT":
        return Diagnosis("busy", _("Rucio is choosing a storage element for each file."), tuple(found_causes))
    found_causes += [*reported_errors.of_error(facts), *causes.of_places(facts), *causes.of_requests(facts), *causes.of_copies(facts)]
    unique = _once(found_causes)
    if rule.state == "STUCK":
        return Diagnosis("bad", _stuck(facts, rule), unique or (causes.unknown(facts),))
    return _replicating(facts, rule, unique)


def _once(found_causes: list[Cause]) -> tuple[Cause, ...]:
    """Each cause once per storage element, the serious ones first."""
    by_key: dict[tuple[str, str], Cause] = {}
    for cause in found_causes:
        by_key.setdefault((cause.code, cause.rse), cause)
    return tuple(sorted(by_key.values(), key=lambda item: SEVERE.index(item.code) if item.code in SEVERE else len(SEVERE)))


def _stuck(facts: DiagnosisFacts, rule: Rule) -> str:
    total = rule.locks_ok + rule.locks_replicating + rule.locks_stuck
    if not total:
        return _("Stuck before any transfer started.")
    if not rule.locks_stuck:
        return _("The rule is stuck, although none of its copies is.")
    numbers = {"n": grouped(rule.locks_stuck), "total": grouped(total)}
    since = since_when(facts)
    if since is None or facts.now - since <= timedelta(minutes=1):
        return ngettext("%(n)s copy of %(total)s stuck.", "%(n)s copies of %(total)s stuck.", rule.locks_stuck) % numbers
    text = ngettext("%(n)s copy of %(total)s stuck for %(time)s.", "%(n)s copies of %(total)s stuck for %(time)s.", rule.locks_stuck)
    return text % {**numbers, "time": timesince(since, facts.now, depth=1)}


def _replicating(facts: DiagnosisFacts, rule: Rule, found_causes: tuple[Cause, ...]) -> Diagnosis:
    left, total = rule.locks_replicating + rule.locks_stuck, rule.locks_ok + rule.locks_replicating + rule.locks_stuck
    numbers = {"done": grouped(rule.locks_ok), "total": grouped(total)}
    if found_causes:
        text = ngettext(
            "Copying: %(done)s of %(total)s copy complete, but there is a problem.",
            "Copying: %(done)s of %(total)s copies complete, but there is a problem.",
            total,
        )
        return Diagnosis("warn", text % numbers, found_causes)
    if rule.created is not None and facts.now - rule.created > SLOW and left:
        text = ngettext(
            "Copying: %(done)s of %(total)s copy complete. This is taking a long time.",
            "Copying: %(done)s of %(total)s copies complete. This is taking a long time.",
            total,
        )
        return Diagnosis("warn", text % numbers, (causes.slow(facts, rule),))
    text = ngettext("Copying: %(done)s of %(total)s copy complete.", "Copying: %(done)s of %(total)s copies complete.", total)
    return Diagnosis("busy", text % numbers)


def since_when(facts: DiagnosisFacts) -> datetime | None:
    """The time of the earliest failed transfer, or when Rucio marked the rule as stuck; None where neither is known."""
    rule = facts.rule
    tried = [item.last_time for item in facts.trials or () if item.last_time]
    return min(tried) if tried else (rule.stuck if rule else None)
