"""What the page of services says of a lake's index: that it fails, since when, and for what. Scopes are named there only if they are public."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils import timezone

from datalake import service_account
from datalake.index.freshness import LATE
from datalake.index.models import Problem, Run
from datalake.scopes import is_public
from vre_portal.health import Trouble
from vre_portal.services import Service

MAX_NAMED = 3


def trouble_of(lake: Service) -> Trouble | None:
    """What is wrong with the index of a lake, or None."""
    if not service_account.is_configured(lake):
        return None
    told, silent_since, found = [], outage(lake), problems_by_scope(lake)
    if failing := [item.scope for item in found if item.fails]:
        told.append(f"{scopes_in_words(lake, failing)} cannot be read")
    if names := sum(item.names for item in found):
        scopes = scopes_in_words(lake, [item.scope for item in found if item.names])
        told.append(f"{names:,} name{'' if names == 1 else 's'} of {scopes} cannot be indexed")
    if silent_since and not failing:
        last = Run.objects.filter(lake=lake.name).exclude(state=Run.State.RUNNING).first()
        told.append((last and last.error) or "it has not been renewed")
    if not told:
        return None
    detail = f"The search index is incomplete: {'; '.join(item.rstrip('.') for item in told)}."
    since = min([item.since for item in found] + ([silent_since] if silent_since else []))
    return Trouble(detail, since, reverse("lake_index:problems", args=[lake.name]))


def scopes_in_words(lake: Service, names: Iterable[str]) -> str:
    """How many scopes, and the names of a few public ones."""
    found = sorted(names)
    public = [name for name in found if is_public(lake, name)][:MAX_NAMED]
    count = f"{len(found):,} scope{'' if len(found) == 1 else 's'}"
    return f"{count} ({', '.join(public)}{'' if len(public) == len(found) else ', …'})" if public else count


def outage(lake: Service) -> datetime | None:
    """Since when no run has come to its end, where that is longer than it ought to be."""
    done = Run.objects.filter(lake=lake.name, state=Run.State.DONE).first()
    later = Run.objects.filter(lake=lake.name).exclude(state=Run.State.RUNNING)
    if done is not None:
        later = later.filter(began_at__gt=done.began_at)
    first = later.order_by("began_at").first()
    if first is not None:
        return first.began_at
    return done.began_at if done is not None and timezone.now() - done.began_at > LATE else None


class ScopeProblems(NamedTuple):
    """What the index could not take of one scope."""

    scope: str
    names: int
    fails: bool
    since: datetime


def problems_by_scope(lake: Service) -> list[ScopeProblems]:
    """All of them by one query: pages that everybody opens show the state of services."""
    of_scope = Q(part=Problem.Part.SCOPE)
    rows = Problem.objects.filter(lake=lake.name).order_by().values_list("scope")
    found = rows.annotate(names=Count("name", distinct=True, filter=~of_scope), fails=Count("pk", filter=of_scope), first=Min("since"))
    return [ScopeProblems(scope, names, bool(fails), first) for scope, names, fails, first in found]
