"""Receivers that fail: when what failed is tried again, and when the portal gives up."""

from datetime import timedelta
from email.utils import format_datetime

import pytest
from django.utils import timezone

from projects.models import Project
from tests.notices import webhook_rows as rows
from tests.notices.webhook_receivers import Receiver
from vre_portal.iam.models import User
from vre_portal.notices.models import Notice
from vre_portal.notices.webhooks import worker
from vre_portal.notices.webhooks.models import Delivery, Webhook

pytestmark = pytest.mark.django_db


def test_one_that_always_fails_does_not_hold_up_the_others(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    receiver.mode_of = lambda message: "500" if b"poison" in message.body else "200"
    rows.happened(project, title="poison")
    rows.happened(project, title="good")
    rows.send(webhook)
    assert not Delivery.objects.filter(state="delivered").exists()
    rows.make_due(webhook)  # the pause is over for all of them
    rows.send(webhook)
    assert Delivery.objects.get(event__title="good").state == "delivered"
    assert Delivery.objects.get(event__title="poison").state == "waiting"


def test_after_a_failure_the_whole_webhook_rests_and_is_not_asked_for_each(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    receiver.mode = "500"
    for _ in range(50):
        rows.happened(project)
    rows.send(webhook)
    worker.send(webhook.pk)
    assert len(receiver.got) == 1
    assert worker.runner.waiting() == []


def test_the_pauses_grow_up_to_half_an_hour(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    receiver.mode, pauses = "503", []
    rows.happened(project)
    for _ in range(5):
        rows.make_due(webhook)
        after = rows.send(webhook)
        assert after.paused_until
        pauses.append((after.paused_until - timezone.now()).total_seconds())
    for pause, longest in zip(pauses, [5, 60, 300, 1800, 1800], strict=True):
        assert 0.9 * longest - 1 < pause <= longest
    assert pauses[-1] != pauses[-2]  # at random, so that what failed together is not tried again together


@pytest.mark.parametrize("wanted", [3000, 10_000])
@pytest.mark.parametrize("is_date", [False, True])
def test_the_receiver_can_ask_for_a_longer_pause_in_seconds_or_with_a_date(
    project: Project, webhook: Webhook, receiver: Receiver, wanted: int, is_date: bool
) -> None:
    receiver.mode = "503"
    receiver.retry_after = format_datetime(timezone.now() + timedelta(seconds=wanted), usegmt=True) if is_date else str(wanted)
    rows.happened(project)
    after = rows.send(webhook)
    assert after.paused_until
    due = rows.only_delivery(webhook).next_attempt_at
    for moment in (after.paused_until, due):
        assert min(wanted, 3600) - 5 < (moment - timezone.now()).total_seconds() <= min(wanted, 3600)


@pytest.mark.parametrize("odd", ["Mon, 99 Foo 2026", "-5", "soon", "Thu, 01 Jan 1970 00:00:00 GMT", "\u00b2", "9" * 400])
def test_an_odd_wish_for_a_pause_is_an_ordinary_failure(project: Project, webhook: Webhook, receiver: Receiver, odd: str) -> None:
    receiver.mode, receiver.retry_after = "503", odd
    rows.happened(project)
    after = rows.send(webhook)
    assert after.paused_until
    assert (after.paused_until - timezone.now()).total_seconds() <= 3600
    assert rows.only_delivery(webhook).last["status"] == 503


def test_after_ten_attempts_a_delivery_has_failed(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    receiver.mode = "500"
    rows.happened(project)
    for _ in range(10):
        rows.make_due(webhook)
        rows.send(webhook)
    delivery = rows.only_delivery(webhook)
    assert (delivery.state, delivery.attempts, len(receiver.got)) == ("failed", 10, 10)
    assert Webhook.objects.get().is_on


def test_after_five_days_of_failures_the_webhook_is_off_and_its_leads_are_told(
    project: Project, webhook: Webhook, receiver: Receiver, people: dict[str, User]
) -> None:
    receiver.mode = "500"
    now = timezone.now()
    for _ in range(2):
        rows.happened(project)
    Webhook.objects.update(failures=30, failing_since=now - timedelta(days=5, minutes=1), failed_at=now - timedelta(hours=1))
    after = rows.send(webhook)
    assert (after.is_on, after.off_reason) == (False, "failing")
    assert set(Delivery.objects.values_list("state", flat=True)) == {"failed"}
    notice = Notice.objects.get(event__kind="webhooks.paused")
    assert notice.user == people["lead"]
    assert notice.event.url == f"/projects/told/settings/webhooks/{webhook.pk}/"
    rows.happened(project)
    assert Delivery.objects.count() == 2


def test_one_failure_long_after_another_is_no_outage_of_five_days(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    receiver.mode, now = "500", timezone.now()
    rows.happened(project)
    Webhook.objects.update(failures=10, failing_since=now - timedelta(days=20), failed_at=now - timedelta(days=16))
    assert rows.send(webhook).is_on


def test_a_receiver_that_says_gone_gets_nothing_more(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    receiver.mode = "410"
    rows.happened(project)
    after = rows.send(webhook)
    assert (after.is_on, after.off_reason) == (False, "gone")
    assert Notice.objects.filter(event__kind="webhooks.paused").count() == 1


def test_what_waited_as_long_as_all_retries_take_has_failed(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    receiver.mode = "500"
    old, new = rows.happened(project), rows.happened(project)
    Delivery.objects.filter(event=old).update(wanted_at=timezone.now() - timedelta(days=4), tries=1)
    rows.send(webhook)
    assert Delivery.objects.get(event=old).state == "failed"
    assert Delivery.objects.get(event=new).state == "waiting"
