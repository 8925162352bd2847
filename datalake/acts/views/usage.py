"""What somebody has where, how much they may have, and which of their rules take the space."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from datalake import rucio
from datalake.acts.views.common import shown
from datalake.views.shared import lake_page, reading
from vre_portal.services import Service
from vre_portal.tables import listing, row

LARGEST = 20
SUMMED = 12  # open collections whose size has to be asked for
WARN, FULL = 80, 98


@dataclass(frozen=True)
class Bar:
    """One storage element with how full one's share is."""

    usage: rucio.Usage
    site: str

    @property
    def percent(self) -> float | None:
        """Of the limit; None without one."""
        if self.usage.limit is None:
            return None
        return min(100.0 * self.usage.used / self.usage.limit, 100.0) if self.usage.limit else (100.0 if self.usage.used else 0.0)

    @property
    def width(self) -> str:
        """For the drawing: what is there at all is seen."""
        percent = self.percent or 0.0
        return f"{max(percent, 0.6) if self.usage.used else 0:.1f}"

    @property
    def tone(self) -> str:
        percent = self.percent or 0.0
        return "bad" if percent >= FULL else "warn" if percent >= WARN else ""


@dataclass(frozen=True)
class Taker:
    """A rule with the bytes that it holds."""

    rule: rucio.Rule
    page: str
    bytes: int | None


@lake_page
def usage(request: HttpRequest, lake: Service) -> HttpResponse:
    """My space, site by site."""
    look = reading(request, lake, "show what I use")
    asked, rses = look.ask(rucio.list_usage), look.quietly(rucio.list_rses)
    account = look.ask(rucio.whoami)
    found = asked.answer.required()
    sites = {item.name: item.site for item in rses.answer.value or ()}
    bars = [Bar(item, sites.get(item.rse, "")) for item in found]
    rows = [row(bar.usage, left=bar.usage.left, percent=bar.percent) for bar in bars]
    made = listing(request, rows, following=None, filename="usage")
    if made is not None:
        return made
    rules = look.quietly(rucio.list_all_rules, rucio.Filter(account=account.answer.required()), limit=1000).answer
    opened = [item for item in rules.value or () if item.bytes is None and item.locks_ok + item.locks_replicating]
    sums = {item.id: look.quietly(rucio.get_did, item.scope, item.name) for item in opened[:SUMMED]}
    takers = [
        Taker(
            item, reverse("datalake:rule", args=[lake.name, item.id]), _held(item, sums[item.id].answer.value if item.id in sums else None)
        )
        for item in rules.value or ()
    ]
    largest = sorted((item for item in takers if item.bytes), key=lambda item: -(item.bytes or 0))[:LARGEST]
    context = {
        "bars": bars,
        "account": account.answer.value,
        "takers": largest,
        "rules": len(takers),
        "unknown": max(len(opened) - SUMMED, 0),
        "rules_known": rules.known,
        "here": request.path,
        "support": lake.options.get("support", ""),
    }
    return shown(request, "usage.html", look, context)


def _held(rule: rucio.Rule, did: rucio.Did | None) -> int | None:
    """The size of the data, once for each copy."""
    one = rule.bytes if rule.bytes is not None else did.bytes if did is not None else None
    return None if one is None else one * rule.copies


@lake_page
def subscriptions(request: HttpRequest, lake: Service) -> HttpResponse:
    """Rules that the lake makes by itself for new data."""
    look = reading(request, lake, "list subscriptions")
    found = look.ask(rucio.list_subscriptions).answer.required()
    made = listing(request, [row(item) for item in found], following=None, filename="subscriptions")
    return made or shown(request, "subscriptions.html", look, {"subscriptions": found})
