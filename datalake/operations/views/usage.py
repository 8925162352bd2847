"""A person's usage and quota at each storage element, their largest rules, and the lake's subscriptions."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from datalake import rucio
from datalake.operations.views.common import render_operation_page
from datalake.pages.decorators import lake_page
from datalake.pages.readers import reader_for
from vre_portal.services import Service
from vre_portal.tables import listing, row

MAX_TAKERS = 20
MAX_SUMMED = 12  # open collections whose size has to be asked for
WARN, FULL = 80, 98


@dataclass(frozen=True)
class Bar:
    """The usage at one storage element and the part of the quota that it is."""

    usage: rucio.AccountUsage
    site: str

    @property
    def percent(self) -> float | None:
        """The used part of the quota; None without a limit."""
        if self.usage.limit is None:
            return None
        return min(100.0 * self.usage.used / self.usage.limit, 100.0) if self.usage.limit else (100.0 if self.usage.used else 0.0)

    @property
    def width(self) -> str:
        """The width of the bar; small usage is still visible."""
        percent = self.percent or 0.0
        return f"{max(percent, 0.6) if self.usage.used else 0:.1f}"

    @property
    def tone(self) -> str:
        percent = self.percent or 0.0
        return "bad" if percent >= FULL else "warn" if percent >= WARN else ""


@dataclass(frozen=True)
class Taker:
    """A rule with its bytes; None where they are unknown."""

    rule: rucio.Rule
    page: str
    bytes: int | None


@lake_page
def usage(request: HttpRequest, lake: Service) -> HttpResponse:
    """The reader's own usage and quota."""
    reader = reader_for(request, lake, "show quota")
    usage_read, rses = reader.fetch(rucio.list_usage), reader.fetch_optional(rucio.list_rses)
    account = reader.fetch(rucio.whoami)
    usages = usage_read.result.required()
    sites = {item.name: item.site for item in rses.result.value or ()}
    bars = [Bar(item, sites.get(item.rse, "")) for item in usages]
    rows = [row(bar.usage, left=bar.usage.left, percent=bar.percent) for bar in bars]
    document = listing(request, rows, following=None, filename="usage")
    if document is not None:
        return document
    rules = reader.fetch_optional(rucio.list_all_rules, rucio.RuleFilter(account=account.result.required()), limit=1000).result
    opened = [item for item in rules.value or () if item.bytes is None and item.locks_ok + item.locks_replicating]
    sums = {item.id: reader.fetch_optional(rucio.get_did, item.scope, item.name) for item in opened[:MAX_SUMMED]}
    takers = [
        Taker(
            item, reverse("datalake:rule", args=[lake.name, item.id]), _held(item, sums[item.id].result.value if item.id in sums else None)
        )
        for item in rules.value or ()
    ]
    largest = sorted((item for item in takers if item.bytes), key=lambda item: -(item.bytes or 0))[:MAX_TAKERS]
    context = {
        "bars": bars,
        "account": account.result.value,
        "takers": largest,
        "rules": len(takers),
        "unknown": max(len(opened) - MAX_SUMMED, 0),
        "rules_known": rules.is_known,
        "here": request.path,
        "support": lake.options.get("support", ""),
    }
    return render_operation_page(request, "usage.html", reader, context)


def _held(rule: rucio.Rule, did: rucio.Did | None) -> int | None:
    """The size of the data, once for each copy."""
    one = rule.bytes if rule.bytes is not None else did.bytes if did is not None else None
    return None if one is None else one * rule.copies


@lake_page
def subscriptions(request: HttpRequest, lake: Service) -> HttpResponse:
    """The lake's subscriptions."""
    reader = reader_for(request, lake, "list subscriptions")
    all_subscriptions = reader.fetch(rucio.list_subscriptions).result.required()
    document = listing(request, [row(item) for item in all_subscriptions], following=None, filename="subscriptions")
    return document or render_operation_page(request, "subscriptions.html", reader, {"subscriptions": all_subscriptions})
