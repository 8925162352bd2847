"""Switching a webhook off by the portal itself, of which its owner is told."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vre_portal.audit import record
from vre_portal.notices.kinds import Delivery as Choice
from vre_portal.notices.kinds import NoticeKind, register
from vre_portal.notices.services import notify
from vre_portal.notices.webhooks.models import Delivery, Webhook
from vre_portal.notices.webhooks.owners import owner_of
from vre_portal.search import audiences

OFF = register(
    NoticeKind("webhooks.paused", gettext_lazy("A webhook was switched off"), gettext_lazy("Webhooks"), Choice.INBOX, "triangle-alert")
)


def end_waiting(webhook: Webhook) -> None:
    """What still waits has failed; it can be sent again when the webhook is on."""
    Delivery.objects.filter(webhook=webhook, state=Delivery.State.WAITING).update(
        state=Delivery.State.FAILED, reason=_("The webhook was switched off before this was delivered."), ended_at=timezone.now()
    )


def switch_off(webhook: Webhook, reason: Webhook.OffReason, text: str) -> None:
    """Switch off a webhook that the caller's worker holds, in the caller's transaction, and tell its owner why."""
    now = timezone.now()
    webhook.write(is_on=False, off_reason=reason, off_at=now, paused_until=None)
    end_waiting(webhook)
    owner = owner_of(webhook.owner)
    if owner is None:
        return
    people = list(owner.people())
    if people:
        notify(
            OFF.key,
            f"webhook:{webhook.pk}:{now.isoformat()}",
            title=_("The webhook “%(title)s” was switched off") % {"title": webhook.title},
            text=text,
            url=f"{owner.url}{webhook.pk}/",
            audience=audiences.rule(*(audiences.person(pk) for pk in people)),
            to=people,
        )
    record("webhook.off", by=None, subject=owner.subject, webhook=webhook.pk, reason=str(reason.value))
