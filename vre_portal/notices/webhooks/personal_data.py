"""What a person's export has of webhooks: their own whole with what was sent, and that they set up some of projects."""

from typing import Any

from django.db.models import QuerySet

from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.notices.webhooks.models import Delivery, Webhook


def readable(user: User, rows: QuerySet[Webhook]) -> QuerySet[Webhook]:
    """A project's address can hold a secret of the project, so it is no longer the person's who entered it."""
    return rows.filter(user=user)


def deliveries_of(user: User) -> list[Any]:
    """All attempts to send something to the person's own webhooks; what was sent is among the notices of the export."""
    names = ("webhook", "kind", "state", "reason", "attempts", "log", "created_at", "ended_at")
    return list(Delivery.objects.filter(webhook__user=user).order_by("pk").values("message", *names))


data_export.register_exporter("webhook deliveries", deliveries_of)
data_export.register_limit(Webhook, readable, always=("id", "created_at"))
