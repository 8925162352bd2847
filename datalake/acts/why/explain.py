"""From facts to words. A pure function: no lake, no clock, no database."""

from dataclasses import replace
from datetime import datetime, timedelta

from datalake.acts.why import causes
from datalake.acts.why.facts import SITE, Cause, Explanation, Facts
from datalake.rucio.types import Rule
from vre_portal.text import distance

SEVERE = ("source-lost", "no-source", "checksum", "no-copy", "quota", "nothing-matches", "too-few-places", "write-off")
CONTACTS = ("contact", "email", "mail", "support")  # attributes of storage elements that say how their site is reached
SLOW = timedelta(hours=6)


def explain(facts: Facts) -> Explanation:
    """What holds it up, since when, who can mend it, what can be done now."""
    found = _rule(facts, facts.rule) if facts.rule is not None else _file(facts)
    return replace(found, causes=tuple(replace(cause, contact=_contact(facts, cause)) for cause in found.causes))


def _contact(facts: Facts, cause: Cause) -> str:
    """How the site is reached, where its storage element says so."""
    site = facts.rses.get(cause.rse) if cause.who == SITE else None
    return next((str(site.attributes[name]) for name in CONTACTS if site.attributes.get(name)), "") if site else ""


def _file(facts: Facts) -> Explanation:
    """A file without a rule of interest: can it be read at all?"""
    found = tuple(causes.of_copies(facts))
    if facts.replicas is None:
        return Explanation("ok", "Nothing is known that holds it up; where its copies are could not be asked.")
    if not found:
        return Explanation("ok", "Nothing holds it up: its copies are there and can be read.")
    away = {*facts.absent, *facts.silent}
    readable = any(copy.state == "AVAILABLE" and copy.rse not in away and causes.readable(facts, copy.rse) for copy in facts.replicas)
    return Explanation(
        "warn" if readable else "bad", "It can be read, but not all is well." if readable else "It cannot be read now.", found
    )


def _rule(facts: Facts, rule: Rule) -> Explanation:
    found = [*causes.of_ending(facts), *causes.of_state(facts)]
    if rule.state == "OK":
        return Explanation("warn" if found else "ok", "All its copies are there." + (" It is about to end." if found else ""), tuple(found))
    if rule.state == "WAITING_APPROVAL":
        return Explanation("warn", "It waits for somebody's approval; nothing is copied before.", tuple(found))
    if rule.state == "SUSPENDED":
        return Explanation("bad", "It is suspended: nothing happens until it is taken up again.", tuple(found))
    if rule.state == "INJECT":
        return Explanation("busy", "The lake is working out which files go where.", tuple(found))
    found += [*causes.of_error(facts), *causes.of_places(facts), *causes.of_requests(facts), *causes.of_copies(facts)]
    unique = _once(found)
    if rule.state == "STUCK":
        return Explanation("bad", _stuck(facts, rule), unique or (causes.unknown(facts),))
    return _replicating(facts, rule, unique)


def _once(found: list[Cause]) -> tuple[Cause, ...]:
    """Each cause once per place, the serious ones first."""
    by_key: dict[tuple[str, str], Cause] = {}
    for cause in found:
        by_key.setdefault((cause.code, cause.rse), cause)
    return tuple(sorted(by_key.values(), key=lambda item: SEVERE.index(item.code) if item.code in SEVERE else len(SEVERE)))


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _stuck(facts: Facts, rule: Rule) -> str:
    total = rule.locks_ok + rule.locks_replicating + rule.locks_stuck
    if not rule.locks_stuck:
        return "It is stuck before any file was sent on its way." if not total else "It is stuck, though no single file is."
    since = since_when(facts)
    ago = f", for {distance(since, facts.now).removesuffix(' ago')}" if since and facts.now - since > timedelta(minutes=1) else ""
    return f"{_counted(rule.locks_stuck, 'copy' if rule.locks_stuck == 1 else 'copie')} of {total:,} stuck{ago}."


def _replicating(facts: Facts, rule: Rule, found: tuple[Cause, ...]) -> Explanation:
    left, total = rule.locks_replicating + rule.locks_stuck, rule.locks_ok + rule.locks_replicating + rule.locks_stuck
    headline = f"On its way: {rule.locks_ok:,} of {total:,} copies are there."
    if found:
        return Explanation("warn", f"{headline} But something holds it up.", found)
    slow = rule.created is not None and facts.now - rule.created > SLOW and left
    return Explanation("warn", f"{headline} It takes long.", (causes.slow(facts, rule),)) if slow else Explanation("busy", headline)


def since_when(facts: Facts) -> datetime | None:
    """The last thing that was tried and failed, or when Rucio marked it."""
    rule = facts.rule
    tried = [item.last_time for item in facts.trials or () if item.last_time]
    return min(tried) if tried else (rule.stuck if rule else None)
