"""What of plans a person gets in the export of their data: of projects that they belong to, and only what they may know of now."""

from typing import Any

from django.db.models import QuerySet

from projects.models import Project
from projects.onboarding.models import Plan, PlanItem
from projects.onboarding.permissions import visible_items
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export


def readable_plans(user: User, plans: QuerySet[Any]) -> QuerySet[Any]:
    """Those of projects that the person belongs to."""
    return plans.filter(project__in=Project.objects.mine(user).values("pk"))


def readable_items(user: User, items: QuerySet[Any]) -> QuerySet[Any]:
    """Those of such plans that name nothing that the person may not know of."""
    return visible_items(user, items.filter(plan__project__in=Project.objects.mine(user).values("pk")))


data_export.register_limit(Plan, readable_plans, always=("id", "created_at", "shared_at"))
data_export.register_limit(
    PlanItem, readable_items, always=("id", "state", "added_at", "ticked_at"), own={"added_by": ("source", "position")}
)
