"""What the page of services says of a lake's index: that it fails, since when, and for what. Scopes are named there only if they are public."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Min
from django.urls import reverse
from django.utils import timezone

from datalake import service_account
from datalake.index.freshness import LATE, failing_scopes, left_out
from datalake.index.models import Problem, Run
from datalake.scopes import is_public
from vre_portal.health import Trouble
from vre_portal.services import Service

MAX_NAMED = 3


def trouble_of(lake: Service) -> Trouble | None:
    """What is wrong with the index of a lake, or None."""
    if not service_account.is_configured(lake):
        return None
    told, since = [], [found for found in (outage(lake), first_problem(lake)) if found]
    if failing := failing_scopes(lake, {}, lambda _: True):
        told.append(f"{scopes_in_words(lake, [item.name for item in failing])} cannot be read")
    if counts := left_out(lake):
        names = sum(counts.values())
        told.append(f"{names:,} name{'' if names == 1 else 's'} of {scopes_in_words(lake, counts)} cannot be indexed")
    last = Run.objects.filter(lake=lake.name).exclude(state=Run.State.RUNNING).first()
    if outage(lake) and last is not None and not failing:
        told.append(last.error or "it has not been renewed")
    if not told:
        return None
    detail = f"The search index is incomplete: {'; '.join(item.rstrip('.') for item in told)}."
    return Trouble(detail, min(since), reverse("lake_index:problems", args=[lake.name]))


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


def first_problem(lake: Service) -> datetime | None:
    """Since when there has been something that the index could not take."""
    found: datetime | None = Problem.objects.filter(lake=lake.name).aggregate(first=Min("since"))["first"]
    return found
