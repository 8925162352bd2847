"""Who may see an onboarding, a plan, and what an item of a plan names."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils.translation import gettext

from projects.models import Project
from projects.onboarding.models import Onboarding, Plan, PlanItem, PlanMatch
from projects.permissions import Permission, project_for, role_of
from projects.requests.models import Request
from vre_portal.iam.models import User
from vre_portal.search.audiences import Reader, rules_that_hold


def onboarding_for(user: User, pk: int) -> Onboarding:
    """One's own onboarding; raises Http404 for everybody else."""
    # With the number of the person's open requests, which the review says: a page asks the database at most ten questions.
    waiting = Request.objects.unfinished().filter(by=OuterRef("by")).order_by().values("by").annotate(number=Count("pk")).values("number")
    rows = Onboarding.objects.select_related("project").annotate(waiting=Coalesce(Subquery(waiting), 0))
    row = rows.filter(pk=pk, by=user).first()
    if row is None:
        raise Http404(gettext("Onboarding not found."))
    row.open_requests = row.waiting  # type: ignore[attr-defined]  # annotated
    return row


def project_of_plan(user: Reader, slug: str, permission: Permission = Permission.VIEW) -> Project:
    """The project, for its own people alone: of a public project, too, a plan is nobody else's. Raises Http404, NotAllowed."""
    project = project_for(user, slug, permission)
    if role_of(user, project) is None:
        raise Http404(gettext("Plan not found."))
    return project


def plan_of(project: Project) -> Plan | None:
    """The plan of a project, if it has one."""
    return Plan.objects.filter(project=project).first()


def item_of(project: Project, pk: int, reader: Reader) -> PlanItem:
    """An item of the project's plan that the reader may know of; raises Http404."""
    item = visible_items(reader, PlanItem.objects.filter(plan__project=project, pk=pk)).first()
    if item is None:
        raise Http404(gettext("This item is not in the plan."))
    return item


def visible_items(reader: Reader, items: "QuerySet[PlanItem]") -> "QuerySet[PlanItem]":
    """Those that name nothing that the reader may not know of at this moment."""
    rules = set(items.order_by().exclude(audience="").values_list("audience", flat=True).distinct())
    return items.filter(audience__in=["", *rules_that_hold(reader, rules)]) if rules else items


@dataclass(frozen=True)
class ReadablePlan:
    """The items of a plan that a reader may know of, each with its matches, and how much of both there is besides."""

    items: list[PlanItem]
    hidden: int


def readable_plan(plan: Plan, reader: Reader) -> ReadablePlan:
    """What the reader may know of at this moment: `shown_matches` of each item has its matches."""
    items = list(plan.items.select_related("request", "ticked_by"))
    matches = list(PlanMatch.objects.filter(item__plan=plan))
    holding = {"", *rules_that_hold(reader, {*(item.audience for item in items), *(match.audience for match in matches)} - {""})}
    shown = [item for item in items if item.audience in holding]
    by_item: dict[int, list[PlanMatch]] = {}
    for match in matches:
        if match.audience in holding:
            by_item.setdefault(match.item_id, []).append(match)
    for item in shown:
        item.shown_matches = by_item.get(item.pk, [])
    unseen = Counter(match.item_id for match in matches if match.audience not in holding)
    return ReadablePlan(shown, len(items) - len(shown) + sum(unseen[item.pk] for item in shown))
