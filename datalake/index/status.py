"""What the status page shows about a lake's index: what fails, and since when. Scopes are named only if they are public."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake.index.freshness import LATE_AFTER
from datalake.index.models import Problem, SyncRun
from datalake.reads import service_account
from datalake.reads.scopes import is_public
from vre_portal.health import Trouble
from vre_portal.portable_gettext import grouped
from vre_portal.services import Service

MAX_NAMED = 3


def trouble_of(lake: Service) -> Trouble | None:
    """What is wrong with the index of a lake, or None."""
    if not service_account.is_configured(lake):
        return None
    sentences, silent_since, scope_problems = [], outage(lake), problems_by_scope(lake)
    if failing := [item.scope for item in scope_problems if item.fails]:
        text = ngettext("%(scopes)s cannot be read.", "%(scopes)s cannot be read.", len(failing))
        sentences.append(text % {"scopes": scopes_in_words(lake, failing)})
    if names := sum(item.names for item in scope_problems):
        scopes = scopes_in_words(lake, [item.scope for item in scope_problems if item.names])
        text = ngettext("%(count)s name in %(scopes)s cannot be indexed.", "%(count)s names in %(scopes)s cannot be indexed.", names)
        sentences.append(text % {"count": grouped(names), "scopes": scopes})
    if silent_since and not failing:
        last = SyncRun.objects.filter(lake=lake.name).exclude(state=SyncRun.State.RUNNING).first()
        sentences.append((last and last.error) or _("It has not been updated."))
    if not sentences:
        return None
    detail = " ".join([_("The search index is incomplete."), *sentences])
    since = min([item.since for item in scope_problems] + ([silent_since] if silent_since else []))
    return Trouble(detail, since, reverse("lake_index:problems", args=[lake.name]))


def scopes_in_words(lake: Service, names: Iterable[str]) -> str:
    """How many scopes, and the names of a few public ones."""
    sorted_names = sorted(names)
    public = [name for name in sorted_names if is_public(lake, name)][:MAX_NAMED]
    count = ngettext("%(count)s scope", "%(count)s scopes", len(sorted_names)) % {"count": grouped(len(sorted_names))}
    return f"{count} ({', '.join(public)}{'' if len(public) == len(sorted_names) else ', …'})" if public else count


def outage(lake: Service) -> datetime | None:
    """Since when no run has come to its end, where that is longer than it ought to be."""
    done = SyncRun.objects.filter(lake=lake.name, state=SyncRun.State.DONE).first()
    later = SyncRun.objects.filter(lake=lake.name).exclude(state=SyncRun.State.RUNNING)
    if done is not None:
        later = later.filter(began_at__gt=done.began_at)
    first = later.order_by("began_at").first()
    if first is not None:
        return first.began_at
    return done.began_at if done is not None and timezone.now() - done.began_at > LATE_AFTER else None


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
    counts = rows.annotate(names=Count("name", distinct=True, filter=~of_scope), fails=Count("pk", filter=of_scope), first=Min("since"))
    return [ScopeProblems(scope, names, bool(fails), first) for scope, names, fails, first in counts]
