"""The single causes of a diagnosis, each from some of the facts; those that Rucio names itself are in reported_errors.py."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake.operations.diagnosis.advice import RETRY, lost_file_advice, own_acts, owned, restore_advice, yours
from datalake.operations.diagnosis.facts import LAKE, OWNER, SITE, YOU, Cause, DiagnosisFacts
from datalake.operations.diagnosis.reported_errors import unmatched_expression
from datalake.rucio.types import Rule

HOUR = timedelta(hours=1)
SOON = timedelta(days=3)


def readable(facts: DiagnosisFacts, rse: str) -> bool:
    element = facts.rses.get(rse)
    return element is None or element.readable


def of_ending(facts: DiagnosisFacts) -> Iterator[Cause]:
    """A rule that expires soon, has expired, or was deleted."""
    rule = facts.rule
    if rule is None or rule.expires is None:
        return
    if rule.expires <= facts.now:
        yield Cause(
            "over",
            _("The rule has expired. Rucio removes it in its next cycle."),
            yours(facts),
            since=rule.expires,
            acts=own_acts(facts, "prolong-rule"),
        )
    elif facts.deleted and rule.expires <= facts.now + HOUR:
        acts = own_acts(facts, "restore-rule")
        sentence = _("The rule was deleted. It can be restored within an hour of the deletion.")
        yield Cause("deleted", sentence, yours(facts), acts=acts)
    elif rule.expires <= facts.now + SOON:
        time = format_date(rule.expires, "j M Y, H:i")
        sentence = _("The rule expires on %(time)s UTC. Copies that no other rule protects may then be removed.") % {"time": time}
        todo = _("Extend the lifetime if the data are still needed.")
        yield Cause("ends-soon", sentence, yours(facts), todo=todo, acts=own_acts(facts, "prolong-rule"))


def of_state(facts: DiagnosisFacts) -> Iterator[Cause]:
    """States that are causes by themselves."""
    rule = facts.rule
    if rule is None:
        return
    if rule.state == "WAITING_APPROVAL":
        may = facts.account in facts.approvers and not owned(facts)
        names = ", ".join(facts.approvers)
        if may:
            todo = _("Approve or deny the rule.")
        elif names:
            todo = _("If approval takes too long, ask %(names)s.") % {"names": names}
        else:
            todo = _("If approval takes too long, ask the Data Lake operators.")
        acts = ("approve-rule", "deny-rule") if may else own_acts(facts, "delete-rule")
        yield Cause(
            "approval",
            _("The rule needs approval before copying starts."),
            YOU if may else LAKE,
            todo=todo,
            since=rule.created,
            acts=acts,
        )
    if rule.state == "SUSPENDED":
        yield Cause(
            "suspended",
            _("An administrator suspended the rule."),
            LAKE,
            todo=_("Ask the operators for the reason; only they can resume it."),
            since=rule.updated,
            evidence=rule.error or "",
        )


def of_places(facts: DiagnosisFacts) -> Iterator[Cause]:
    """Storage elements that are disabled or do not match any more, and sources that cannot be read."""
    rule = facts.rule
    if rule is None:
        return
    if facts.targets == () and rule.state == "STUCK":
        yield unmatched_expression(facts, rule, "nothing-matches", rule.error or "")
    waiting = {lock.rse for lock in facts.locks or () if lock.state != "OK"}
    for name in sorted(waiting or set(facts.targets or ())):
        element = facts.rses.get(name)
        if element is not None and not element.writable:
            todo = _("Wait, or replicate the data to another storage element in the meantime.")
            yield Cause("write-off", _("Writing to %(rse)s is disabled.") % {"rse": name}, SITE, rse=name, todo=todo)
    sources = {rse: can for trial in facts.trials or () for rse, can in trial.sources}
    if sources and not any(sources.values()):
        names = ", ".join(sorted(sources))
        yield Cause(
            "read-off",
            _("The only copies are at %(names)s, where reading is disabled.") % {"names": names},
            SITE,
            rse=sorted(sources)[0],
            todo=_("Wait until reading is enabled again."),
        )
    if facts.trials and any(trial.attempts and not trial.sources for trial in facts.trials):
        yield Cause(
            "no-source",
            _("There is no good copy left to copy from."),
            OWNER,
            todo=restore_advice(),
        )


def of_requests(facts: DiagnosisFacts) -> Iterator[Cause]:
    """Transfers that are waiting."""
    for state, sentence in (
        ("NO_SOURCES", _("The transfer found no readable copy.")),
        ("LOST", _("The transfer service lost the transfer. Rucio submits it again.")),
        ("WAITING", _("The transfers are queued, because the number of parallel transfers is limited.")),
    ):
        some = [item for item in facts.requests if item.state == state]
        if some:
            since = min((item.created for item in some if item.created), default=None)
            yield Cause(f"request-{state.lower()}", sentence, LAKE, since=since, evidence=f"{len(some)} × {state}")


def of_copies(facts: DiagnosisFacts) -> Iterator[Cause]:
    """The copies of one file that are bad, missing, unreadable or under suspicion."""
    if facts.replicas is None:
        return
    good = [copy.rse for copy in facts.replicas if copy.state == "AVAILABLE" and copy.rse not in facts.absent]
    for copy in facts.replicas:
        if copy.state == "BAD":
            yield Cause(
                "bad-copy",
                _("The copy at %(rse)s was declared bad.") % {"rse": copy.rse},
                LAKE,
                rse=copy.rse,
                todo=_("Rucio replaces it from a good copy, if there is one."),
            )
    for name in facts.absent:
        yield Cause(
            "source-lost",
            _("The file is registered at %(rse)s, but a check just now shows that the storage does not have it.") % {"rse": name},
            SITE,
            rse=name,
            todo=lost_file_advice(),
        )
    for name in facts.silent:
        sentence = _("The storage at %(rse)s does not respond or fails (checked just now).") % {"rse": name}
        todo = _("This is often temporary. Retry in a while, or use another copy.")
        yield Cause("silent", sentence, SITE, rse=name, todo=todo)
    for name in facts.suspicious:
        sentence = _("The copy at %(rse)s was reported as corrupt.") % {"rse": name}
        todo = _("The operators will check it. Use another copy in the meantime.")
        yield Cause("suspicious", sentence, LAKE, rse=name, todo=todo)
    if not good:
        coming = any(copy.state in ("COPYING", "UNAVAILABLE") for copy in facts.replicas)
        sentence = (
            _("There is no complete copy: the registered ones are still being copied, or were lost.")
            if coming
            else _("No copy of the file is registered.")
        )
        yield Cause("no-copy", sentence, OWNER, todo=restore_advice())
    elif not any(readable(facts, rse) for rse in good):
        yield Cause(
            "read-off",
            _("The copies are at %(names)s, where reading is disabled.") % {"names": ", ".join(good)},
            SITE,
            rse=good[0],
            todo=_("Wait until reading is enabled again."),
        )


def unknown(facts: DiagnosisFacts) -> Cause:
    """The cause of a stuck rule for which Rucio gives no reason."""
    rule: Rule | None = facts.rule
    tried = sum(item.attempts for item in facts.trials or ())
    sentence = _("Rucio gives no reason.")
    if tried:
        sentence = ngettext("Rucio gives no reason after %(n)s attempt.", "Rucio gives no reason after %(n)s attempts.", tried) % {
            "n": tried
        }
    return Cause(
        "unknown",
        sentence,
        LAKE,
        todo=_("Retry the transfers. If the rule gets stuck again, show this page to the Data Lake operators."),
        since=rule.stuck if rule else None,
        acts=own_acts(facts, RETRY),
    )


def slow(facts: DiagnosisFacts, rule: Rule) -> Cause:
    """The cause of a slow rule without a known problem."""
    return Cause(
        "slow",
        _("Rucio reports no problem; the transfers are queued."),
        LAKE,
        since=rule.created,
        todo=_("A higher priority moves the transfers forward."),
        acts=own_acts(facts, "hurry-rule"),
    )
