"""Webhooks of a project that is closed or ends."""

from django.utils import timezone

from projects.deletion import Feature, delete_rows
from projects.models import Project
from projects.webhooks.owner import TOPIC
from vre_portal.iam.models import User
from vre_portal.notices.services import topic
from vre_portal.notices.webhooks.models import Webhook, WebhookQuerySet
from vre_portal.notices.webhooks.switching import end_waiting


def of(project: Project) -> WebhookQuerySet:
    """All webhooks of a project, deleted ones too."""
    return Webhook.objects.filter(owner=topic(TOPIC, project.pk))


def switch_off(project: Project, by: User | None, words: str) -> None:
    """Nothing is sent for a closed project; a lead switches them on again after it was restored."""
    for webhook in of(project).filter(is_on=True):
        Webhook.objects.filter(pk=webhook.pk).update(is_on=False, off_reason=Webhook.OffReason.CLOSED, off_at=timezone.now())
        end_waiting(webhook)


feature = Feature(at_work=lambda project: [], stop=lambda by, project: None, clear=lambda project: delete_rows(of(project)))
