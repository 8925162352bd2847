"""What the page of a plan shows, and what of it is exported."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from projects.models import Membership, Project
from projects.onboarding.forms.review import PlanItemForm
from projects.onboarding.models import PlanItem
from projects.onboarding.permissions import ReadablePlan, plan_of, readable_plan
from projects.page_context import render_project_page
from projects.permissions import Permission, can
from projects.requests.models import Request
from projects.requests.permissions import readable_by
from vre_portal.iam.current_user import current_user
from vre_portal.tables import listing

CHANGE = Permission.EDIT
TAB = "plan"
MAX_PRINTED = 30  # people of the project, on paper


def show(request: HttpRequest, project: Project, status: int = 200, **more: Any) -> HttpResponse:
    """The page of a plan with its items in order."""
    found = plan_of(project)
    readable = readable_plan(found, request.user) if found else ReadablePlan([], 0)
    rows = readable.items
    if found and status == 200:
        made = listing(request, [as_row(row) for row in rows], following=None, filename=f"{project.slug}-plan")
        if made is not None:
            return made
    requests = Request.objects.filter(readable_by(current_user(request)), pk__in=[row.request_id for row in rows if row.request_id])
    context = {
        "plan": found,
        "rows": rows,
        "hidden": readable.hidden,
        "readable": set(requests.values_list("pk", flat=True)),
        "printed_at": timezone.now(),
        "people": Membership.objects.filter(project=project).exclude(user=None).select_related("user").in_order()[:MAX_PRINTED],
        "may_change": can(request.user, project, CHANGE),
        "may_share": can(request.user, project, Permission.PEOPLE),
        "form": PlanItemForm(auto_id="item_%s", initial={"key": uuid.uuid4()}),
        "share_key": uuid.uuid4(),
        **counts(rows),
        **more,
    }
    return render_project_page(request, project, "onboarding/plan.html", TAB, status=status, **context)


def counts(rows: list[PlanItem]) -> dict[str, int | bool]:
    """How far the plan is, of what the reader sees, and whether something that existed stands in it."""
    needed = [row for row in rows if row.current_state != PlanItem.State.NOT_NEEDED]
    done = sum(row.current_state == PlanItem.State.DONE for row in needed)
    return {"needed": len(needed), "done": done, "was_compared": any(row.shown_matches for row in rows)}


def as_row(row: PlanItem) -> dict[str, Any]:
    """An item as a row of a table."""
    return {
        "number": row.pk,
        "title": row.title,
        "need": row.need,
        "why": row.why,
        "source": row.source,
        "state": row.current_state,
        "matches": [match.title for match in row.shown_matches],
        "request": row.request.state if row.request else None,
        "who": row.person,
        "due": row.due,
        "note": row.note,
        "url": row.url,
        "ticked_at": row.ticked_at,
    }
