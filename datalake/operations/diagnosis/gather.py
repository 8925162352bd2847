"""Load the facts for a diagnosis from a lake, all at once and within the page's time."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from datalake import rucio
from datalake.operations.diagnosis.diagnose import diagnose
from datalake.operations.diagnosis.facts import Diagnosis, DiagnosisFacts
from datalake.operations.models import Operation
from datalake.reads.reader import LakeReader
from vre_portal.http import RemoteUnavailable

MAX_LOCKS = 200  # of a rule with more, the first are looked at
MAX_CHECKED = 3  # transfers that are asked for one by one
MAX_RULES = 20  # of a file


@dataclass(frozen=True)
class DiagnosedRule:
    """A rule with its diagnosis."""

    rule: rucio.Rule
    why: Diagnosis


def of_rule(reader: LakeReader, rule: rucio.Rule, did: tuple[str, str] | None = None) -> DiagnosisFacts:
    """The facts about one rule; with `did`, about what it does for that one file."""
    account = reader.fetch(rucio.whoami)
    rses = reader.fetch(rucio.list_rses)
    targets = reader.fetch(rucio.list_matching_rses, rule.rse_expression)
    unfinished = rule.state != "OK"
    small = not rucio.is_large(rule)
    locks = reader.fetch(rucio.list_locks, rule.id, limit=MAX_LOCKS) if unfinished and small else None
    trials = reader.fetch(rucio.examine_rule, rule.id) if rule.state == "STUCK" and small else None
    size = reader.fetch(rucio.get_did, rule.scope, rule.name)
    who = account.result.value or ""
    usage = reader.fetch(rucio.list_usage) if who == rule.account and unfinished else None
    held = [item for item in (locks.result.value or ()) if did in (None, (item.scope, item.name))] if locks else None
    waiting = [item for item in held or () if item.state != "OK"]
    requests = [reader.fetch(rucio.get_transfer_request, item.scope, item.name, item.rse) for item in waiting[:MAX_CHECKED]]
    one = waiting[0] if waiting else None
    copies = reader.fetch(rucio.list_replicas, one.scope, one.name, type="FILE") if one else None
    rse_by_name = {item.name: item for item in rses.result.value or ()}
    matching = targets.result
    return DiagnosisFacts(
        now=timezone.now(),
        account=who,
        rule=rule,
        size=size.result.value.bytes if size.result.value else None,
        locks=tuple(held) if held is not None else None,
        trials=_of(trials.result.value or (), did) if trials else None,
        requests=tuple(item.result.value for item in requests if item.result.value is not None),
        replicas=tuple(copies.result.value) if copies and copies.result.value is not None else None,
        rses=rse_by_name,
        targets=tuple(matching.value) if matching.value is not None else None,
        usage={item.rse: item for item in usage.result.value or ()} if usage else None,
        approvers=approvers(rse_by_name, matching.value or ()),
        deleted=deleted(reader.lake.name, rule.id),
    )


def _of(trials: Iterable[rucio.TransferAttempts], did: tuple[str, str] | None) -> tuple[rucio.TransferAttempts, ...]:
    return tuple(item for item in trials if did in (None, (item.scope, item.name)))


def approvers(rses: dict[str, rucio.Rse], targets: Iterable[str]) -> tuple[str, ...]:
    """The accounts that may approve at all the storage elements, by their attribute `rule_approvers`."""
    named = [set(str(rses[name].attributes.get("rule_approvers") or "").split(",")) for name in targets if name in rses]
    return tuple(sorted(set.intersection(*named) - {""})) if named else ()


def deleted(lake: str, rule: str) -> bool:
    """Whether the last finished operation of the portal on the rule's end was its deletion."""
    last = (
        Operation.objects.about(lake, rule)
        .filter(kind__in=("delete-rule", "restore-rule", "prolong-rule"), state=Operation.State.DONE)
        .first()
    )
    return last is not None and last.kind == "delete-rule"


def of_file(reader: LakeReader, scope: str, name: str) -> tuple[Diagnosis, list[DiagnosedRule]]:
    """The diagnosis of a file's copies, and of each of its unfinished rules."""
    copies = reader.fetch(rucio.list_replicas, scope, name, type="FILE")
    rules = reader.fetch(rucio.list_holding_rules, scope, name, limit=MAX_RULES)
    rses = reader.fetch(rucio.list_rses)
    account = reader.fetch(rucio.whoami)
    doubts = reader.fetch_optional(rucio.list_suspicious_rses, scope, name)
    replicas_result = copies.result
    probes = [
        (item.rse, reader.fetch_optional(rucio.replica_exists, item.pfns[0]))
        for item in replicas_result.value or ()
        if item.state == "AVAILABLE" and item.pfns
    ]
    probe_results = [(rse, probe.result) for rse, probe in probes[:MAX_CHECKED]]
    facts = DiagnosisFacts(
        now=timezone.now(),
        account=account.result.value or "",
        silent=tuple(rse for rse, result in probe_results if isinstance(result.error, RemoteUnavailable)),
        suspicious=tuple(doubts.result.value or ()),
        absent=tuple(rse for rse, result in probe_results if result.error is None and result.value is False),
        replicas=tuple(replicas_result.value) if replicas_result.value is not None else None,
        rses={item.name: item for item in rses.result.value or ()},
    )
    open_rules = [item for item in rules.result.value or () if item.state != "OK"]
    return diagnose(facts), [DiagnosedRule(item, diagnose(of_rule(reader, item, (scope, name)))) for item in open_rules[:MAX_CHECKED]]
