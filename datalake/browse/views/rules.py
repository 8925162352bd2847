"""The list of rules, and the page of one rule: its state, why it is stuck, and the locks of its files."""

import uuid
from collections import Counter
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.operations.diagnosis.diagnose import diagnose
from datalake.operations.diagnosis.gather import of_rule
from datalake.operations.forms import GROUPINGS
from datalake.operations.models import Operation
from datalake.operations.presenting import OperationDisplay, buttons
from datalake.pages.addresses import did_address
from datalake.pages.decorators import lake_page
from datalake.pages.readers import reader_for
from datalake.pages.rendering import offset_of, render_page
from datalake.reads.pending import ReadResult
from datalake.reads.reader import LakeReader
from vre_portal.http import RemoteRefused
from vre_portal.services import Service
from vre_portal.tables import listing, row

PAGE = 50
STATES = ("OK", "REPLICATING", "STUCK", "SUSPENDED", "WAITING_APPROVAL", "INJECT")
MOVING = ("REPLICATING", "INJECT", "WAITING_APPROVAL")


def place(text: str) -> tuple[datetime, str] | None:
    """Time and id after which a page of rules begins, from its address; None for the beginning, and where it is not valid."""
    stamp, _, rule = text.partition("_")
    try:
        return datetime.fromisoformat(stamp), rule
    except ValueError:
        return None


@lake_page
def rules(request: HttpRequest, lake: Service) -> HttpResponse:
    """The person's rules, or everybody's, the newest first."""
    reader = reader_for(request, lake, _("list rules"))
    account = reader.fetch(rucio.whoami).result.required()
    choices = {name: request.GET.get(name, "").strip()[:255] for name in ("account", "state", "scope", "rse", "of")}
    everybody = choices["of"] == "all"
    whose = choices["account"] if everybody else account
    rule_filter = rucio.RuleFilter(whose, choices["state"] if choices["state"] in STATES else "", choices["scope"], choices["rse"])
    after = place(request.GET.get("before", ""))
    page_rules = reader.fetch(rucio.list_all_rules, rule_filter, before=after, limit=PAGE + 1).result.required()
    here = reverse("datalake:rules", args=[lake.name])
    query = {name: value for name, value in choices.items() if value}
    last = page_rules[PAGE - 1] if len(page_rules) > PAGE else None
    at = f"{last.created.isoformat() if last.created else ''}_{last.id}" if last else ""
    following = f"{here}?{urlencode({**query, 'before': at})}" if last else None
    rows_with_pages = [(item, reverse("datalake:rule", args=[lake.name, item.id])) for item in page_rules[:PAGE]]
    rows = [row(item, page=address) for item, address in rows_with_pages]
    context = {
        "rules": [(item, address, item.locks_ok + item.locks_replicating + item.locks_stuck) for item, address in rows_with_pages],
        "following": following,
        "given": choices,
        "everybody": everybody,
        "filtered": any(query.get(name) for name in ("account", "state", "scope", "rse")),
        "states": STATES,
        "here": here,
        "first": f"{here}?{urlencode(query)}" if after else None,
        "scripts": urlencode(query),
    }
    return listing(request, rows, following=following, filename="rules") or render_page(request, "rules_list.html", reader, context)


@lake_page
def rule(request: HttpRequest, lake: Service, rule: str) -> HttpResponse:
    """The rule's page; while copies are being made, its state refreshes itself."""
    reader = reader_for(request, lake, _("show rule %(rule)s") % {"rule": rule})
    begin = offset_of(request)
    # Before Rucio is asked: an operation that ends meanwhile makes the page ask once more, and not show for good what was before.
    operations = [OperationDisplay(item) for item in Operation.objects.about(lake.name, rule).filter(by=request.user)[:5]]  # type: ignore[misc]
    shown_rule = reader.fetch(rucio.get_rule, rule).result.required()
    here = reverse("datalake:rule", args=[lake.name, rule])
    if request.htmx:  # type: ignore[attr-defined]  # the state alone, which comes again and again
        return render_page(request, "rule.html#state", reader, {"rule": shown_rule, **state_of(reader, shown_rule, here, operations)})
    large = rucio.is_large(shown_rule)
    locks = ReadResult[rucio.ListingPage[rucio.Lock]]() if large else reader.fetch(rucio.list_locks_page, rule, begin, PAGE).result
    locks_page = locks.value or rucio.ListingPage[rucio.Lock]()
    rows = list(locks_page.rows)
    following = f"{here}?from={begin + PAGE}" if locks_page.more else None
    if request.GET.get("format") == "json":
        lock_rows = None if locks.value is None else [row(item) for item in rows]  # what is not known is not empty
        return JsonResponse({**row(shown_rule), "locks": lock_rows, "next": following and f"{following}&format=json"})
    if request.GET.get("format") == "csv":
        locks.required()
        if large:
            text = _("%(service)s cannot list so many files of one rule in time.")
            raise RemoteRefused(text % {"service": lake.title}, service=lake)
    document = listing(request, [row(item) for item in rows], following=following, filename="locks")
    if document is not None:
        return document
    context = {
        "rule": shown_rule,
        "locks": [(item, did_address("did", lake.name, item.scope, item.name)) for item in rows],
        "by_site": by_site(rows) if not following and not begin else [],
        "locks_known": locks.is_known,
        "large": large,
        "begin": begin,
        "following": following,
        "previous": f"{here}?from={max(begin - PAGE, 0)}" if begin else None,
        "grouping": dict(GROUPINGS).get(shown_rule.grouping, shown_rule.grouping),
        **state_of(reader, shown_rule, here, operations),
    }
    return render_page(request, "rule.html", reader, context)


def by_site(locks: list[rucio.Lock]) -> list[tuple[str, list[tuple[str, int]]]]:
    """How many locks each site has in which state."""
    counts = Counter((item.rse, item.state) for item in locks)
    return [
        (rse, [(state, n) for (where, state), n in sorted(counts.items()) if where == rse]) for rse in sorted({item.rse for item in locks})
    ]


def administrator(reader: LakeReader, account: str) -> bool:
    """Whether Rucio lets this account change rules of others."""
    return bool(account and reader.fetch_optional(rucio.is_administrator, account).result.value)


def state_of(reader: LakeReader, rule: rucio.Rule, here: str, operations: list[OperationDisplay]) -> dict[str, Any]:
    """The context of the rule's state: progress, causes, possible changes, and the person's requests."""
    lake = reader.lake
    changes = reader.fetch_optional(rucio.list_rule_snapshots, rule.id, rule.scope, rule.name)
    facts = of_rule(reader, rule)
    why = diagnose(facts)
    return {
        "done": rule.locks_ok,
        "total": rule.locks_ok + rule.locks_replicating + rule.locks_stuck,
        "size": facts.size,
        "did_page": did_address("did", lake.name, rule.scope, rule.name),
        "did_text": f"{rule.scope}:{rule.name}",
        "page": here,
        "why": why,
        "causes": [(cause, buttons(lake.name, rule, cause)) for cause in why.causes],
        "mine": rule.account == facts.account,
        "changeable": rule.account == facts.account or administrator(reader, facts.account),
        "approver": facts.account in facts.approvers and rule.account != facts.account,
        "deleted": facts.deleted,
        "acts": operations,
        "changes": changes.result.value or [],
        "moving": rule.state in MOVING or any(not item.operation.ended for item in operations),
        "key": uuid.uuid4(),
        "today": timezone.now(),
        "support": lake.options.get("support", ""),
    }
