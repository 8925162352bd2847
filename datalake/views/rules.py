"""Rules: whose there are, and one of them: what it asks for, how far it is, what holds it up, and every file's lock."""

import uuid
from collections import Counter
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone

from datalake import rucio
from datalake.acts.models import Act
from datalake.acts.presenting import Shown, buttons
from datalake.acts.why.explain import explain
from datalake.acts.why.gather import of_rule
from datalake.addresses import did_address
from datalake.reading import Answer, Reading
from datalake.views.shared import lake_page, page, reading
from datalake.views.shared import place as from_place
from vre_portal.http import RemoteRefused
from vre_portal.services import Service
from vre_portal.tables import listing, row

PAGE = 50
STATES = ("OK", "REPLICATING", "STUCK", "SUSPENDED", "WAITING_APPROVAL", "INJECT")
MOVING = ("REPLICATING", "INJECT", "WAITING_APPROVAL")


def place(text: str) -> tuple[datetime, str] | None:
    """Where a page of rules goes on, as its address says it; nonsense is the beginning."""
    stamp, _, rule = text.partition("_")
    try:
        return datetime.fromisoformat(stamp), rule
    except ValueError:
        return None


@lake_page
def rules(request: HttpRequest, lake: Service) -> HttpResponse:
    """Mine, or everybody's, the newest first."""
    look = reading(request, lake, "list rules")
    account = look.ask(rucio.whoami).answer.required()
    given = {name: request.GET.get(name, "").strip()[:255] for name in ("account", "state", "scope", "rse", "of")}
    everybody = given["of"] == "all"
    whose = given["account"] if everybody else account
    wanted = rucio.Filter(whose, given["state"] if given["state"] in STATES else "", given["scope"], given["rse"])
    after = place(request.GET.get("before", ""))
    found = look.ask(rucio.list_all_rules, wanted, before=after, limit=PAGE + 1).answer.required()
    here = reverse("datalake:rules", args=[lake.name])
    kept = {name: value for name, value in given.items() if value}
    last = found[PAGE - 1] if len(found) > PAGE else None
    at = f"{last.created.isoformat() if last.created else ''}_{last.id}" if last else ""
    following = f"{here}?{urlencode({**kept, 'before': at})}" if last else None
    shown = [(item, reverse("datalake:rule", args=[lake.name, item.id])) for item in found[:PAGE]]
    rows = [row(item, page=address) for item, address in shown]
    context = {
        "rules": [(item, address, item.locks_ok + item.locks_replicating + item.locks_stuck) for item, address in shown],
        "following": following,
        "given": given,
        "everybody": everybody,
        "filtered": any(kept.get(name) for name in ("account", "state", "scope", "rse")),
        "states": STATES,
        "here": here,
        "first": f"{here}?{urlencode(kept)}" if after else None,
        "scripts": urlencode(kept),
    }
    return listing(request, rows, following=following, filename="rules") or page(request, "rules_list.html", look, context)


@lake_page
def rule(request: HttpRequest, lake: Service, rule: str) -> HttpResponse:
    """The rule's page; while copies are being made, its state renews itself."""
    look = reading(request, lake, f"show rule {rule}")
    begin = from_place(request)
    # Before Rucio is asked: an act that ends meanwhile makes the page ask once more, and not show for good what was before.
    acts = [Shown(item) for item in Act.objects.about(lake.name, rule).filter(by=request.user)[:5]]  # type: ignore[misc]
    found = look.ask(rucio.get_rule, rule).answer.required()
    here = reverse("datalake:rule", args=[lake.name, rule])
    if request.htmx:  # type: ignore[attr-defined]  # the state alone, which comes again and again
        return page(request, "rule.html#state", look, {"rule": found, **state_of(look, found, here, acts)})
    large = rucio.is_large(found)
    locks = Answer[rucio.Stretch[rucio.Lock]]() if large else look.ask(rucio.locks_from, rule, begin, PAGE).answer
    held = locks.value or rucio.Stretch[rucio.Lock]()
    rows = list(held.rows)
    following = f"{here}?from={begin + PAGE}" if held.more else None
    if request.GET.get("format") == "json":
        told = None if locks.value is None else [row(item) for item in rows]  # what is not known is not empty
        return JsonResponse({**row(found), "locks": told, "next": following and f"{following}&format=json"})
    if request.GET.get("format") == "csv":
        locks.required()
        if large:
            raise RemoteRefused(f"{lake.title} cannot list so many files of one rule in time.", service=lake)
    made = listing(request, [row(item) for item in rows], following=following, filename="locks")
    if made is not None:
        return made
    context = {
        "rule": found,
        "locks": [(item, did_address("did", lake.name, item.scope, item.name)) for item in rows],
        "by_site": by_site(rows) if not following and not begin else [],
        "locks_known": locks.known,
        "large": large,
        "begin": begin,
        "following": following,
        "previous": f"{here}?from={max(begin - PAGE, 0)}" if begin else None,
        **state_of(look, found, here, acts),
    }
    return page(request, "rule.html", look, context)


def by_site(locks: list[rucio.Lock]) -> list[tuple[str, list[tuple[str, int]]]]:
    """How many locks each site has in which state."""
    counts = Counter((item.rse, item.state) for item in locks)
    return [
        (rse, [(state, n) for (where, state), n in sorted(counts.items()) if where == rse]) for rse in sorted({item.rse for item in locks})
    ]


def administrator(look: Reading, account: str) -> bool:
    """Whether Rucio lets this account change what is others'."""
    return bool(account and look.quietly(rucio.is_administrator, account).answer.value)


def state_of(look: Reading, found: rucio.Rule, here: str, acts: list[Shown]) -> dict[str, Any]:
    """How far it is, what holds it up, what may be done, and what was asked for."""
    lake = look.lake
    changes = look.quietly(rucio.list_changes, found.id, found.scope, found.name)
    facts = of_rule(look, found)
    why = explain(facts)
    return {
        "done": found.locks_ok,
        "total": found.locks_ok + found.locks_replicating + found.locks_stuck,
        "size": facts.size,
        "did_page": did_address("did", lake.name, found.scope, found.name),
        "did_text": f"{found.scope}:{found.name}",
        "page": here,
        "why": why,
        "causes": [(cause, buttons(lake.name, found, cause)) for cause in why.causes],
        "mine": found.account == facts.account,
        "changeable": found.account == facts.account or administrator(look, facts.account),
        "approver": facts.account in facts.approvers and found.account != facts.account,
        "deleted": facts.deleted,
        "acts": acts,
        "changes": changes.answer.value or [],
        "moving": found.state in MOVING or any(not item.act.ended for item in acts),
        "key": uuid.uuid4(),
        "today": timezone.now(),
        "support": lake.options.get("support", ""),
    }
