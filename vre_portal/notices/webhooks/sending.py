"""Sending one message, and what came of it."""

import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal.address_guard import AddressRefused
from vre_portal.encryption import CannotDecrypt
from vre_portal.http.posting import NoAnswer, PostAnswer, post
from vre_portal.http.retry_after import seconds_until_retry
from vre_portal.notices.webhooks import signing
from vre_portal.notices.webhooks.models import Delivery, Webhook
from vre_portal.services import ServiceKind, services
from vre_portal.text import plain, storable

MAX_KEPT = 2_000  # characters of an answer
MAX_RETRY_AFTER = 3_600
GONE = 410


class SecretUnreadable(Exception):
    """The key with which the secret was encrypted is gone."""


@dataclass(frozen=True)
class Attempt:
    """One attempt, as it is kept with the delivery."""

    at: str = field(default_factory=lambda: timezone.now().isoformat(timespec="seconds"))
    status: int | None = None
    seconds: float = 0.0
    answer: str = ""
    error: str = ""  # why it does not count as delivered; empty where it does
    retry_after: float = field(default=0, compare=False)

    @property
    def is_delivered(self) -> bool:
        return not self.error

    def as_row(self) -> dict[str, Any]:
        """What is stored."""
        return {"at": self.at, "status": self.status, "seconds": self.seconds, "answer": self.answer, "error": self.error}


def named_hosts() -> list[str]:
    """Hosts, with their ports, that services.toml names as receivers: also private ones, without TLS or at another port."""
    return [urlsplit(item.url).netloc for item in services(ServiceKind.WEBHOOK)]


def attempt(webhook: Webhook, delivery: Delivery, body: bytes) -> Attempt:
    """Send a delivery once; nothing that the receiver does raises an error. Raises SecretUnreadable."""
    try:
        keys = webhook.secrets()
    except CannotDecrypt:
        raise SecretUnreadable from None
    signed = signing.headers(keys, delivery.message_id, int(time.time()), body)
    begin = time.monotonic()
    try:
        answer = post(webhook.url, body, {"Content-Type": "application/json", **signed}, named=named_hosts())
    except (AddressRefused, NoAnswer) as failure:
        return Attempt(seconds=round(time.monotonic() - begin, 3), error=str(failure))
    retry_after = (seconds_until_retry(answer.retry_after) or 0) if answer.status in (429, 503) else 0
    return Attempt(
        status=answer.status,
        seconds=round(time.monotonic() - begin, 3),
        answer=storable(answer.body.decode("utf-8", errors="replace"))[:MAX_KEPT],
        error=error_of(answer),
        retry_after=min(retry_after, MAX_RETRY_AFTER),
    )


def error_of(answer: PostAnswer) -> str:
    """Why an answer does not count as delivered; empty for any 2xx."""
    if 200 <= answer.status < 300:
        return ""
    if 300 <= answer.status < 400:
        place = plain(answer.location)[:200] or _("another address")
        return _("The receiver redirects to %(place)s. Redirects are not followed: enter the final address.") % {"place": place}
    if answer.status == GONE:
        return _("The receiver says that it is gone (status 410).")
    return _("The receiver answered with status %(status)s.") % {"status": answer.status}
