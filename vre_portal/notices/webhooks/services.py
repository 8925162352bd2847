"""What people do with webhooks: each press is one act, and recorded."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal.audit import record
from vre_portal.encryption import CannotDecrypt, decrypt, encrypt
from vre_portal.iam.models import User
from vre_portal.jobs.lease import freed
from vre_portal.notices.webhooks import channel, personal, signing
from vre_portal.notices.webhooks.models import OLD_SECRET_VALID, TEST_KIND, Delivery, Webhook
from vre_portal.notices.webhooks.owners import Owner
from vre_portal.notices.webhooks.switching import end_waiting

MAX_WEBHOOKS = 10  # of one owner
SHOWN_AGAIN = timedelta(minutes=10)  # the secret, to who sends the form a second time


class WebhookRefused(Exception):
    """It is not done; the text says why and what to do."""


class ChangedMeanwhile(Exception):
    """Somebody else saved the webhook since the form was opened; `webhook` is how it is now."""

    def __init__(self, webhook: Webhook) -> None:
        super().__init__(str(webhook.pk))
        self.webhook = webhook


def create(
    *, by: User, owner: Owner, key: uuid.UUID, title: str, url: str, kinds: Sequence[str], message_format: str = Webhook.Format.EVENT
) -> Webhook:
    """A webhook that is on; the same form sent again gives the same one. Raises OwnerClosed, WebhookRefused."""
    with transaction.atomic():
        owner.lock()
        existing = Webhook.objects.filter(key=key).first()
        if existing is not None:
            if existing.owner != owner.topic or existing.created_by_id != by.pk or existing.deleted_at:
                raise WebhookRefused(_("This form was used already. Open a new form."))
            return existing
        if Webhook.objects.present().filter(owner=owner.topic).count() >= MAX_WEBHOOKS:
            raise WebhookRefused(_("There are %(limit)s webhooks already, which is the limit. Delete one first.") % {"limit": MAX_WEBHOOKS})
        webhook = Webhook(
            owner=owner.topic, user=by if owner.topic == f"{personal.TOPIC}:{by.pk}" else None, key=key, title=title, url=url,
            host=urlsplit(url).netloc, kinds=list(kinds), message_format=message_format, created_by=by,
        )  # fmt: skip
        webhook.secret = encrypt(signing.new_secret(), owner=webhook.secret_owner)
        webhook.save()
        _note("create", by, owner, webhook)
    return webhook


def shown_secret(webhook: Webhook) -> str:
    """The secret while it may be shown: soon after it was made; empty afterwards."""
    if timezone.now() - webhook.secret_at > SHOWN_AGAIN:
        return ""
    try:
        return decrypt(webhook.secret, owner=webhook.secret_owner)
    except CannotDecrypt:
        return ""


def edit(
    *, by: User, owner: Owner, webhook: Webhook, seen: int | None, title: str, url: str, kinds: Sequence[str], message_format: str
) -> None:
    """Change where to and what it sends; what waits goes to the new address. Raises OwnerClosed, and ChangedMeanwhile unless
    its version is the one that was seen.
    """
    facts: dict[str, Any] = {
        "title": title,
        "url": url,
        "host": urlsplit(url).netloc,
        "kinds": list(kinds),
        "message_format": message_format,
    }
    with transaction.atomic():
        now = _locked(owner, webhook)
        changed = [name for name, value in facts.items() if getattr(now, name) != value]
        if not changed:
            return
        if now.version != seen:
            raise ChangedMeanwhile(now)
        _update(now, **facts, version=now.version + 1)
        if "url" in changed or "message_format" in changed:
            _start_anew(now)
        _note("edit", by, owner, webhook, fields=changed)
    webhook.refresh_from_db()


def renew_secret(*, by: User, owner: Owner, webhook: Webhook, seen: int) -> bool:
    """A new secret; messages are signed with the previous one, too, for a day. False where it was renewed since the page was opened."""
    with transaction.atomic():
        now = _locked(owner, webhook)
        if now.secret_version != seen:
            return False
        moment = timezone.now()
        _update(
            now,
            secret=encrypt(signing.new_secret(), owner=now.secret_owner), previous_secret=now.secret,
            previous_until=moment + OLD_SECRET_VALID, secret_version=now.secret_version + 1, secret_at=moment,
        )  # fmt: skip
        _note("renew-secret", by, owner, webhook)
    webhook.refresh_from_db()
    return True


def switch(*, by: User, owner: Owner, webhook: Webhook, on: bool) -> bool:
    """On, as if nothing had failed, or off; False where it is so already."""
    with transaction.atomic():
        now = _locked(owner, webhook)
        if now.is_on == on:
            return False
        if on:
            _update(now, is_on=True, off_reason="", off_at=None)
            _start_anew(now)
        else:
            _update(now, is_on=False, off_reason=Webhook.OffReason.BY_HAND, off_at=timezone.now(), paused_until=None)
            end_waiting(now)
        _note("on" if on else "off", by, owner, webhook)
    webhook.refresh_from_db()
    return True


def send_test(*, by: User, owner: Owner, webhook: Webhook, key: uuid.UUID) -> Delivery:
    """A delivery of a test event, at once; the same press again gives the same one. Raises WebhookRefused where it is off."""
    with transaction.atomic():
        now = _locked(owner, webhook)
        _require_on(now)
        delivery, is_new = Delivery.objects.get_or_create(message=key, defaults={"webhook": now, "kind": TEST_KIND})
        if delivery.webhook_id != now.pk:
            raise WebhookRefused(_("This form was used already. Open a new form."))
        if is_new:
            _end_pause(now)
    return delivery


def send_again(*, by: User, owner: Owner, webhook: Webhook, delivery: Delivery, seen: int) -> bool:
    """Send a delivery that has ended once more, with the same webhook-id; False where that was done since the page was opened."""
    with transaction.atomic():
        now = _locked(owner, webhook)
        _require_on(now)
        ended = Delivery.objects.filter(pk=delivery.pk, webhook=now, attempts=seen).exclude(state=Delivery.State.WAITING)
        if not ended.update(**_wanted()):
            return False
        _end_pause(now)
        _note("send-again", by, owner, webhook, deliveries=1)
    return True


def send_failed_again(*, by: User, owner: Owner, webhook: Webhook) -> int:
    """Send all that failed once more; how many that are."""
    with transaction.atomic():
        now = _locked(owner, webhook)
        _require_on(now)
        count = Delivery.objects.filter(webhook=now, state=Delivery.State.FAILED).update(**_wanted())
        if count:
            _end_pause(now)
            _note("send-again", by, owner, webhook, deliveries=count)
    return count


def delete(*, by: User, owner: Owner, webhook: Webhook) -> bool:
    """Send nothing more and show it nowhere; it can be restored for a while. False where it is deleted already."""
    with transaction.atomic():
        now = _locked(owner, webhook)
        if now.deleted_at is not None:
            return False
        _update(now, deleted_at=timezone.now())
        _note("delete", by, owner, webhook)
    return True


def restore(*, by: User, owner: Owner, webhook: Webhook) -> None:
    """Undo a deletion. Raises WebhookRefused where others took its place."""
    with transaction.atomic():
        now = _locked(owner, webhook)
        if now.deleted_at is None:
            return
        if Webhook.objects.present().filter(owner=owner.topic).count() >= MAX_WEBHOOKS:
            raise WebhookRefused(_("There are %(limit)s webhooks already, which is the limit. Delete one first.") % {"limit": MAX_WEBHOOKS})
        _update(now, deleted_at=None)
        _note("restore", by, owner, webhook)


def _locked(owner: Owner, webhook: Webhook) -> Webhook:
    """The webhook as it is now, which no other person changes until the transaction ends; a worker may send meanwhile."""
    owner.lock()
    return Webhook.objects.select_for_update(of=("self",)).get(pk=webhook.pk, owner=owner.topic)


def _update(webhook: Webhook, **values: Any) -> None:
    """A person's wish, which is not fenced: a worker that sends meanwhile reads it before its next message."""
    Webhook.objects.filter(pk=webhook.pk).update(**values)


def _require_on(webhook: Webhook) -> None:
    if not webhook.is_on or webhook.deleted_at is not None:
        raise WebhookRefused(_("The webhook is off. Switch it on first."))


def _wanted() -> dict[str, Any]:
    now = timezone.now()
    return {"state": Delivery.State.WAITING, "reason": "", "tries": 0, "wanted_at": now, "next_attempt_at": now, "ended_at": None}


def _end_pause(webhook: Webhook) -> None:
    """Somebody wants to see it work now; what failed before goes on counting."""
    _update(webhook, lease_until=freed(), paused_until=None)
    channel.wake(webhook)


def _start_anew(webhook: Webhook) -> None:
    """With another address or format, or once it is on again, earlier failures say nothing."""
    _update(webhook, failures=0, failing_since=None, last_seconds=0)
    Delivery.objects.filter(webhook=webhook, state=Delivery.State.WAITING).update(next_attempt_at=timezone.now())
    _end_pause(webhook)


def _note(verb: str, by: User, owner: Owner, webhook: Webhook, **facts: Any) -> None:
    """Into the audit log: its number, never its address."""
    record(f"webhook.{verb}", by=by, subject=owner.subject, webhook=webhook.pk, **facts)
