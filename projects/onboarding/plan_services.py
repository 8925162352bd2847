"""Changing a plan: ticking items in both directions, their words, their order, and the link for people outside of the project."""

import base64
import uuid
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from projects.locking import open_project_locked
from projects.models import Project
from projects.onboarding.models import FOLLOWED, Plan, PlanItem
from projects.onboarding.plan_making import MAX_ITEMS
from projects.permissions import Permission, can
from projects.requests.models import Request
from vre_portal.audit import record
from vre_portal.iam.models import User

State = PlanItem.State
ENDED = [state for state in Request.State if state not in FOLLOWED]  # requests whose items people mark by hand
WORDS = ("title", "person", "due", "note")


class PlanRefused(Exception):
    """It cannot be done; the text says why, for the person who tried."""


class ItemChanged(PlanRefused):
    """Somebody else changed the item since it was opened; `item` is as it is now."""

    def __init__(self, item: PlanItem) -> None:
        super().__init__(_("Somebody changed this item since you opened it. Nothing was saved."))
        self.item = item


def _locked(by: User, project: Project) -> Plan:
    """The plan of a project that the person may change now; the project's row is locked until the transaction ends."""
    now = open_project_locked(project)
    if not can(by, now, Permission.EDIT):
        raise PlanRefused(_("You can no longer change this plan."))
    plan = Plan.objects.filter(project=now).first()
    if plan is None:
        raise PlanRefused(_("This project has no plan."))
    return plan


def _item(plan: Plan, pk: int) -> PlanItem:
    item = plan.items.select_related("request").filter(pk=pk).first()
    if item is None:
        raise PlanRefused(_("This item was removed in the meantime."))
    return item


@transaction.atomic
def create(*, by: User, project: Project) -> Plan:
    """An empty plan; creating it again gives the same one."""
    now = open_project_locked(project)
    if not can(by, now, Permission.EDIT):
        raise PlanRefused(_("You can no longer change this project."))
    plan, is_new = Plan.objects.get_or_create(project=now, defaults={"created_by": by})
    if is_new:
        record("plan.created", by=by, subject=f"project/{now.slug}")
    return plan


@transaction.atomic
def tick(*, by: User, project: Project, pk: int, state: str) -> bool:
    """Give an item a state; False where it has it already."""
    item = _item(_locked(by, project), pk)
    if item.follows_request:
        raise PlanRefused(_("This item has the state of its request. You can mark it when the request ends without being granted."))
    if item.state == state:
        return False
    item.state, item.ticked_by, item.ticked_at = state, by, timezone.now()
    item.version += 1
    item.save(update_fields=["state", "ticked_by", "ticked_at", "version"])
    record("plan.item", by=by, subject=f"project/{project.slug}", item=pk, state=state)
    return True


@transaction.atomic
def add(*, by: User, project: Project, key: uuid.UUID, values: dict[str, Any]) -> PlanItem:
    """Add an item at the end; the same form sent again adds it once."""
    plan = _locked(by, project)
    if existing := plan.items.filter(key=key).first():
        return existing
    last = plan.items.order_by("-position").first()
    if plan.items.count() >= MAX_ITEMS:
        raise PlanRefused(_("A plan can have %(limit)s items. Remove one first.") % {"limit": MAX_ITEMS})
    words = {name: values[name] for name in WORDS}
    return PlanItem.objects.create(plan=plan, key=key, added_by=by, position=last.position + 1 if last else 1, **words)


@transaction.atomic
def edit(*, by: User, project: Project, pk: int, seen: int, values: dict[str, Any]) -> PlanItem:
    """Save words over the version that the writer saw. Raises ItemChanged; the same words again change nothing."""
    item = _item(_locked(by, project), pk)
    names = [name for name in WORDS if getattr(item, name) != values[name]]
    if not names:
        return item
    if item.version != seen:
        raise ItemChanged(item)
    for name in names:
        setattr(item, name, values[name])
    item.version += 1
    item.save(update_fields=[*names, "version"])
    return item


@transaction.atomic
def move(*, by: User, project: Project, pk: int, is_up: bool) -> bool:
    """Put an item one place further up or down; False at the end of the list."""
    plan = _locked(by, project)
    order = list(plan.items.values_list("pk", flat=True))
    if pk not in order:
        raise PlanRefused(_("This item was removed in the meantime."))
    place = order.index(pk)
    other = place - 1 if is_up else place + 1
    if not 0 <= other < len(order):
        return False
    order[place], order[other] = order[other], order[place]
    items = plan.items.in_bulk(order)
    for position, number in enumerate(order, 1):
        items[number].position = position
    PlanItem.objects.bulk_update(items.values(), ["position"])
    return True


@transaction.atomic
def remove(*, by: User, project: Project, pk: int) -> None:
    """Remove an item that people added; what the onboarding found is marked as not needed instead."""
    plan = _locked(by, project)
    item = plan.items.filter(pk=pk).first()
    if item is None:
        return
    if item.source != PlanItem.Source.OWN:
        raise PlanRefused(_("Mark this item as not needed instead. Only items that people added can be removed."))
    item.delete()
    record("plan.item", by=by, subject=f"project/{project.slug}", item=pk, state="removed")


def secret_for(plan: Plan, by: User, key: uuid.UUID) -> str:
    """The secret of the link that this form makes: the same for a form that is sent twice."""
    made = salted_hmac("projects.onboarding.plan", f"{plan.pk}/{by.pk}/{key}", algorithm="sha256").digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


@transaction.atomic
def share(*, by: User, project: Project, key: uuid.UUID, seen: str) -> str:
    """Make the link for people outside of the project and return its address; a link that there was works no more.

    `seen` is the plan's `sharing_mark` as the form had it. Raises PlanRefused where the link was changed since: a page that is loaded again
    must not bring a revoked link back.
    """
    plan = _locked_for_sharing(by, project)
    secret = secret_for(plan, by, key)
    digest = Plan.digest(secret)
    if plan.secret_digest != digest:
        if seen != plan.sharing_mark:
            raise PlanRefused(_("The link was changed in another window. Nothing was changed. Press the button again."))
        plan.secret_digest, plan.shared_by, plan.shared_at = digest, by, timezone.now()
        plan.save(update_fields=["secret_digest", "shared_by", "shared_at"])
        record("plan.shared", by=by, subject=f"project/{project.slug}")
    return f"{settings.PORTAL_URL}{reverse('plan-shared', args=[secret])}"


@transaction.atomic
def unshare(*, by: User, project: Project) -> bool:
    """Revoke the link; False where there is none."""
    plan = _locked_for_sharing(by, project)
    if not plan.secret_digest:
        return False
    plan.secret_digest = ""
    plan.save(update_fields=["secret_digest"])
    record("plan.unshared", by=by, subject=f"project/{project.slug}")
    return True


def _locked_for_sharing(by: User, project: Project) -> Plan:
    """Who sees a project from outside is for its leads to say."""
    plan = _locked(by, project)
    if not can(by, plan.project, Permission.PEOPLE):
        raise PlanRefused(_("Only leads of the project can share its plan."))
    return plan


def shared_plan(secret: str) -> Plan | None:
    """The plan that a link opens; None for a link that was revoked, and where the project was archived or deleted."""
    plans = Plan.objects.select_related("project").filter(secret_digest=Plan.digest(secret)).exclude(secret_digest="")
    return plans.filter(project__deleted_at=None, project__archived_at=None).first()


def progress(projects: list[Project]) -> dict[int, tuple[int, int]]:
    """For each project with a plan: how many items are done, and how many are needed; see `PlanItem.current_state`."""
    followed = Q(items__request__state__in=FOLLOWED)
    by_hand = Q(items__request=None) | Q(items__request__state__in=ENDED)
    rows = Plan.objects.filter(project__in=projects).annotate(
        needed=Count("items", filter=followed | (by_hand & Q(items__state__in=(State.OPEN, State.DONE)))),
        done=Count("items", filter=Q(items__request__state=Request.State.GRANTED) | (by_hand & Q(items__state=State.DONE))),
    )
    return {project: (done, all_items) for project, done, all_items in rows.values_list("project", "done", "needed")}
