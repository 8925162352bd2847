"""Sends what waits for a webhook; may be interrupted anywhere and run again, so that a message may arrive twice with the same webhook-id."""

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal.jobs import lease
from vre_portal.jobs.fates import INTERNAL_ERROR_MESSAGE
from vre_portal.jobs.runner import Runner
from vre_portal.notices.webhooks import lanes, payload, sending
from vre_portal.notices.webhooks.models import SLOW_SECONDS, Delivery, Webhook, has_due_deliveries
from vre_portal.notices.webhooks.owners import owner_of
from vre_portal.notices.webhooks.personal import TOPIC as PERSON
from vre_portal.notices.webhooks.sending import Attempt
from vre_portal.notices.webhooks.switching import switch_off
from vre_portal.slots import NoSlot

logger = logging.getLogger(__name__)
# Seconds from each failed attempt of a delivery to its next one, as Standard Webhooks proposes; after the last it has failed.
RETRIES = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
# Seconds for which the whole webhook rests after so many failures in a row: short, so that what is new soon finds a receiver that is back.
PAUSES = (5, 60, 300, 1_800)
GIVEN_UP_AFTER = timedelta(days=5)  # of nothing but failures
SILENCE = timedelta(hours=25)  # between two failures, after which they are not one outage: longer than the longest of RETRIES
TURN_SECONDS, LOOK_SECONDS = 20.0, 1.0
SPREAD = 0.1  # of each of these pauses, by which it is shorter at random, so that what failed together is not tried again together
MAX_LOG = 20  # attempts that are kept with a delivery


class Sending(Runner[Webhook]):
    """Webhooks that have something to send. A delivery that fails pauses its webhook, and others of that webhook go first afterwards."""

    model = Webhook

    def ready(self) -> Q:
        return Q(is_on=True, deleted_at=None) & has_due_deliveries()

    def waiting(self, limit: int = 100) -> list[int]:
        """A few of each host, those that neither fail nor are slow first: a thousand webhooks of one dead host leave room for all others."""
        is_slow = Case(When(last_seconds__gt=SLOW_SECONDS, then=Value(1)), default=Value(0), output_field=IntegerField())
        place = Window(RowNumber(), partition_by=F("host"), order_by=[F("failures").asc(), is_slow.asc(), F("attempt").asc()])
        rows = Webhook.objects.filter(self.ready(), lease.free()).annotate(place=place).filter(place__lte=lanes.PER_HOST)
        return list(rows.order_by("claims", "failures", is_slow, "attempt").values_list("pk", flat=True)[:limit])

    def work(self, job: Webhook) -> float:
        try:
            with lanes.lane(job):
                return send_waiting(job)
        except NoSlot:
            return LOOK_SECONDS

    def refused(self, job: Webhook, error: Exception) -> float:
        return 0

    def delayed(self, job: Webhook, words: str) -> None:
        """Nobody is told: it is the portal's own fault, and the log has it."""

    def given_up(self, job: Webhook, words: str) -> None:
        with transaction.atomic():
            switch_off(job, Webhook.OffReason.FAULT, words)


runner = Sending()


def send(pk: int) -> bool:
    """Give a webhook its turn; whether more waits for it now."""
    runner.perform(pk)
    return Webhook.objects.filter(runner.ready(), lease.free(), pk=pk).exists()


def send_waiting(job: Webhook) -> float:
    """Send one delivery after another until one fails, the turn is over, or none is left; the seconds for which the webhook rests.

    The first answer that is slow ends the turn of one that was quick: it has a place that is kept for others.
    """
    end, held_up = time.monotonic() + TURN_SECONDS, job.holds_others_up
    while time.monotonic() < end:
        job.refresh_from_db()
        delivery = _next(job) if job.is_on and job.deleted_at is None else None
        if delivery is None:
            return 0
        job.hold()
        try:
            pause = send_one(job, delivery)
        except sending.SecretUnreadable:
            with transaction.atomic():
                switch_off(job, Webhook.OffReason.SECRET, _("Its secret can't be read any more. Renew the secret, then switch it on."))
            return 0
        if pause or job.holds_others_up > held_up:
            return pause
    return 0


def _next(job: Webhook) -> Delivery | None:
    """The oldest that was not tried yet, else the oldest: one that always fails does not stand before all others."""
    was_tried = Case(When(tries=0, then=Value(0)), default=Value(1), output_field=IntegerField())
    return job.deliveries.due().select_related("event__audience").order_by(was_tried, "pk").first()


def send_one(job: Webhook, delivery: Delivery) -> float:
    """One attempt, or the decision that it is not sent; the seconds for which the webhook rests."""
    owner = owner_of(job.owner)
    if owner is None or not owner.is_open or (reason := _withheld(job, delivery, owner.may_know)):
        reason = _("The owner of the webhook is closed.") if owner is None or not owner.is_open else reason
        _end(job, delivery, Delivery.State.WITHHELD, reason)
        return 0
    try:
        body = payload.body_of(delivery, owner)
    except (TypeError, ValueError):  # this one alone cannot be written as JSON
        logger.exception("delivery %s has no message", delivery.pk)
        _end(job, delivery, Delivery.State.FAILED, str(INTERNAL_ERROR_MESSAGE))
        return 0
    outcome = sending.attempt(job, delivery, body)
    return _note_success(job, delivery, outcome) if outcome.is_delivered else _note_failure(job, delivery, outcome)


def _withheld(job: Webhook, delivery: Delivery, may_know: Callable[[str], bool]) -> str:
    """Why a delivery is not sent at this moment; empty where it is."""
    event = delivery.event
    if event is None:
        return ""
    if not job.owner.startswith(f"{PERSON}:") and event.kind not in job.kinds:
        return _("Events of this kind are no longer selected.")
    if not may_know(event.audience.rule):
        return _("The owner of the webhook may no longer see this.")
    return ""


def _end(job: Webhook, delivery: Delivery, state: Delivery.State, reason: str) -> None:
    with transaction.atomic():
        job.hold()
        _own(delivery).update(state=state, reason=reason[:300], ended_at=timezone.now())


def _own(delivery: Delivery) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk=delivery.pk)


def _log(delivery: Delivery, outcome: Attempt) -> dict[str, object]:
    """What each attempt changes."""
    return {"attempts": F("attempts") + 1, "tries": F("tries") + 1, "log": [*delivery.log, outcome.as_row()][-MAX_LOG:]}


def _note_success(job: Webhook, delivery: Delivery, outcome: Attempt) -> float:
    now = timezone.now()
    with transaction.atomic():
        job.write(failures=0, failing_since=None, succeeded_at=now, paused_until=None, last_seconds=outcome.seconds)
        _own(delivery).update(state=Delivery.State.DELIVERED, reason="", ended_at=now, **_log(delivery, outcome))
    return 0


def _note_failure(job: Webhook, delivery: Delivery, outcome: Attempt) -> float:
    """The delivery is tried again later or has failed, and the webhook rests, or is switched off."""
    now = timezone.now()
    since = _failing_since(job, now)
    failures = job.failures + 1
    pause = max(_spread(PAUSES[min(failures, len(PAUSES)) - 1]), outcome.retry_after)
    facts = _log(delivery, outcome)
    if delivery.tries >= len(RETRIES):
        facts |= {"state": Delivery.State.FAILED, "reason": outcome.error[:300], "ended_at": now}
    else:
        facts |= {
            "next_attempt_at": now + timedelta(seconds=max(_spread(RETRIES[delivery.tries]), outcome.retry_after)),
            "reason": outcome.error[:300],
        }
    with transaction.atomic():
        job.write(
            failures=failures, failing_since=since, failed_at=now, paused_until=now + timedelta(seconds=pause), last_seconds=outcome.seconds
        )
        _own(delivery).update(**facts)
        _expire(job, now, outcome.error)
        if outcome.status == sending.GONE:
            switch_off(job, Webhook.OffReason.GONE, outcome.error)
            return 0
        if now - since >= GIVEN_UP_AFTER:
            days = GIVEN_UP_AFTER.days
            text = _("Nothing was delivered for %(days)s days. The last error: %(error)s") % {"days": days, "error": outcome.error}
            switch_off(job, Webhook.OffReason.FAILING, text)
            return 0
    return pause


def _spread(seconds: float) -> float:
    return seconds * random.uniform(1 - SPREAD, 1)  # noqa: S311 -- no secret


def _failing_since(job: Webhook, now: datetime) -> datetime:
    """When the outage began: failures with a long silence between them are several."""
    if job.failing_since and job.failed_at and now - job.failed_at < SILENCE:
        return job.failing_since
    return now


def _expire(job: Webhook, now: datetime, error: str) -> None:
    """What waited as long as all retries take has failed, also where others were tried in its place."""
    oldest = now - timedelta(seconds=sum(RETRIES))
    job.deliveries.filter(state=Delivery.State.WAITING, wanted_at__lt=oldest).update(
        state=Delivery.State.FAILED, reason=error[:300], ended_at=now
    )
