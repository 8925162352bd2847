"""Ask a lake for the facts behind an explanation, all at once and within the page's time."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from datalake import rucio
from datalake.acts.models import Act
from datalake.acts.why.explain import explain
from datalake.acts.why.facts import Explanation, Facts
from datalake.reading import Reading
from vre_portal.http import RemoteUnavailable

LOCKS = 200  # of a rule with more, the first are looked at
LOOKED_AT = 3  # transfers that are asked for one by one
RULES = 20  # of a file


@dataclass(frozen=True)
class Explained:
    """A rule with what is said about it."""

    rule: rucio.Rule
    why: Explanation


def of_rule(look: Reading, rule: rucio.Rule, did: tuple[str, str] | None = None) -> Facts:
    """The facts about one rule; with `did`, about what it does for that one file."""
    account = look.ask(rucio.whoami)
    rses = look.ask(rucio.list_rses)
    targets = look.ask(rucio.matching, rule.rse_expression)
    unfinished = rule.state != "OK"
    small = not rucio.is_large(rule)
    locks = look.ask(rucio.list_locks, rule.id, limit=LOCKS) if unfinished and small else None
    trials = look.ask(rucio.examine, rule.id) if rule.state == "STUCK" and small else None
    size = look.ask(rucio.get_did, rule.scope, rule.name)
    who = account.answer.value or ""
    usage = look.ask(rucio.list_usage) if who == rule.account and unfinished else None
    held = [item for item in (locks.answer.value or ()) if did in (None, (item.scope, item.name))] if locks else None
    waiting = [item for item in held or () if item.state != "OK"]
    requests = [look.ask(rucio.get_request, item.scope, item.name, item.rse) for item in waiting[:LOOKED_AT]]
    one = waiting[0] if waiting else None
    copies = look.ask(rucio.list_replicas, one.scope, one.name, type="FILE") if one else None
    known = {item.name: item for item in rses.answer.value or ()}
    found = targets.answer
    return Facts(
        now=timezone.now(),
        account=who,
        rule=rule,
        size=size.answer.value.bytes if size.answer.value else None,
        locks=tuple(held) if held is not None else None,
        trials=_of(trials.answer.value or (), did) if trials else None,
        requests=tuple(item.answer.value for item in requests if item.answer.value is not None),
        replicas=tuple(copies.answer.value) if copies and copies.answer.value is not None else None,
        rses=known,
        targets=tuple(found.value) if found.value is not None else None,
        usage={item.rse: item for item in usage.answer.value or ()} if usage else None,
        approvers=approvers(known, found.value or ()),
        deleted=deleted(look.lake.name, rule.id),
    )


def _of(trials: Iterable[rucio.Trial], did: tuple[str, str] | None) -> tuple[rucio.Trial, ...]:
    return tuple(item for item in trials if did in (None, (item.scope, item.name)))


def approvers(rses: dict[str, rucio.Rse], targets: Iterable[str]) -> tuple[str, ...]:
    """Who may say yes at all the places: Rucio writes it on the storage elements."""
    named = [set(str(rses[name].attributes.get("rule_approvers") or "").split(",")) for name in targets if name in rses]
    return tuple(sorted(set.intersection(*named) - {""})) if named else ()


def deleted(lake: str, rule: str) -> bool:
    """Whether the last that was done to its end through the portal was deleting it."""
    last = Act.objects.about(lake, rule).filter(kind__in=("delete-rule", "restore-rule", "prolong-rule"), state=Act.State.DONE).first()
    return last is not None and last.kind == "delete-rule"


def of_file(look: Reading, scope: str, name: str) -> tuple[Explanation, list[Explained]]:
    """What is wrong with a file's copies, and each rule on it that is not done."""
    copies = look.ask(rucio.list_replicas, scope, name, type="FILE")
    rules = look.ask(rucio.list_holding_rules, scope, name, limit=RULES)
    rses = look.ask(rucio.list_rses)
    account = look.ask(rucio.whoami)
    doubts = look.quietly(rucio.suspicious_at, scope, name)
    found = copies.answer
    probes = [
        (item.rse, look.quietly(rucio.is_there, item.pfns[0])) for item in found.value or () if item.state == "AVAILABLE" and item.pfns
    ]
    asked = [(rse, probe.answer) for rse, probe in probes[:LOOKED_AT]]
    facts = Facts(
        now=timezone.now(),
        account=account.answer.value or "",
        silent=tuple(rse for rse, answer in asked if isinstance(answer.error, RemoteUnavailable)),
        suspicious=tuple(doubts.answer.value or ()),
        absent=tuple(rse for rse, answer in asked if answer.error is None and answer.value is False),
        replicas=tuple(found.value) if found.value is not None else None,
        rses={item.name: item for item in rses.answer.value or ()},
    )
    open_rules = [item for item in rules.answer.value or () if item.state != "OK"]
    return explain(facts), [Explained(item, explain(of_rule(look, item, (scope, name)))) for item in open_rules[:LOOKED_AT]]
