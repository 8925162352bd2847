"""Events become deliveries, in the transaction of the event: for the projects that they are about, and for people who chose so."""

from collections.abc import Sequence

from django.core.cache import cache
from django.db.models import Q

from vre_portal.celery import enqueue
from vre_portal.notices.kinds import Delivery as Choice
from vre_portal.notices.models import Event, Notice
from vre_portal.notices.webhooks import personal, tasks
from vre_portal.notices.webhooks.models import Delivery, Webhook
from vre_portal.notices.webhooks.owners import Owner, can_own, owner_of

WAKE_SECONDS = 2  # the sweep looks as often: more messages would only fill the queue


def store_deliveries(event: Event, notices: Sequence[Notice]) -> None:
    """A delivery for each webhook that gets the event."""
    people = {f"{personal.TOPIC}:{notice.user_id}" for notice in notices if notice.delivery == Choice.WEBHOOK}
    topics = {item for item in event.topics if can_own(item) and not item.startswith(f"{personal.TOPIC}:")}
    if not people and not topics:
        return
    wanted = Q(owner__in=people) | Q(owner__in=topics, kinds__contains=[event.kind])
    owners: dict[str, Owner | None] = {}
    rows = []
    for webhook in Webhook.objects.sending().filter(wanted):
        if webhook.owner in topics and webhook.owner not in owners:
            owners[webhook.owner] = owner_of(webhook.owner)
        if webhook.owner in people or may_have(owners[webhook.owner], event):
            rows.append(Delivery(webhook=webhook, event=event, kind=event.kind))
    for row in Delivery.objects.bulk_create(rows, ignore_conflicts=True):
        wake(row.webhook)


def may_have(owner: Owner | None, event: Event) -> bool:
    """Whether an event may leave the portal for an owner at this moment."""
    return owner is not None and owner.is_open and owner.may_know(event.audience.rule)


def wake(webhook: Webhook) -> None:
    """Have its deliveries sent soon: one message for many events."""
    if cache.add(f"webhook-woken:{webhook.pk}", True, WAKE_SECONDS):
        enqueue(tasks.send, webhook.pk)
