"""Webhooks and events for tests."""

import uuid
from typing import Any

from django.utils import timezone

from projects.models import Project
from projects.webhooks import owner as project_owner
from vre_portal.iam.models import User
from vre_portal.notices import kinds, services
from vre_portal.notices.kinds import Delivery as Choice
from vre_portal.notices.kinds import NoticeKind
from vre_portal.notices.models import Event, Preference
from vre_portal.notices.webhooks import personal, worker
from vre_portal.notices.webhooks import services as webhooks
from vre_portal.notices.webhooks.models import Delivery, Webhook
from vre_portal.search import audiences

HAPPENED = kinds.register(NoticeKind("webhook-tests.happened", "Something happened", "Tests", is_of_project=True))
OTHER = kinds.register(NoticeKind("webhook-tests.other", "Something else happened", "Tests", is_of_project=True))


def project_webhook(project: Project, by: User, url: str, *, chosen: tuple[str, ...] = (HAPPENED.key,), **facts: Any) -> Webhook:
    """A webhook of a project."""
    return webhooks.create(by=by, owner=project_owner.owner(project), key=uuid.uuid4(), title="Chat", url=url, kinds=chosen, **facts)


def personal_webhook(user: User, url: str) -> Webhook:
    """A webhook of a person who wants all that happens by it."""
    Preference.objects.get_or_create(user=user, kind=HAPPENED.key, defaults={"delivery": Choice.WEBHOOK})
    return webhooks.create(by=user, owner=personal.owner(user), key=uuid.uuid4(), title="Script", url=url, kinds=())


def happened(project: Project | None = None, key: str = "", *, audience: str = "", kind: str = HAPPENED.key, **facts: Any) -> Event:
    """An event, of a project that its members may know unless something else is said."""
    rule = audience or (audiences.rule(audiences.condition("project", project.pk)) if project else audiences.PUBLIC)
    known: dict[str, Any] = {"title": "Run 3 finished", "text": "All went well.", "url": "/projects/x/workflows/3/"}
    known |= {"topics": [f"project:{project.pk}"]} if project else {}
    event = services.notify(kind, key or uuid.uuid4().hex, audience=rule, **{**known, **facts})
    assert event is not None
    return event


def send(webhook: Webhook) -> Webhook:
    """Give it its turn, as if its pause were over; the webhook afterwards."""
    Webhook.objects.filter(pk=webhook.pk).update(lease_until=None)
    worker.send(webhook.pk)
    return Webhook.objects.get(pk=webhook.pk)


def only_delivery(webhook: Webhook) -> Delivery:
    """The one delivery that there is."""
    return Delivery.objects.get(webhook=webhook)


def make_due(webhook: Webhook) -> None:
    """Let all that waits be tried now."""
    Delivery.objects.filter(webhook=webhook, state="waiting").update(next_attempt_at=timezone.now())
