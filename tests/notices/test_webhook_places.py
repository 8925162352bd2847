"""How many messages are on their way at once, so that webhooks that fail or are slow delay nobody else's."""

from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

import pytest

from projects.models import Project
from tests.notices import webhook_rows as rows
from tests.notices.webhook_receivers import Receiver, allow, receiving
from vre_portal.iam.models import User
from vre_portal.notices.webhooks import lanes, personal, services, worker
from vre_portal.notices.webhooks.models import SLOW_SECONDS, Delivery, Webhook
from vre_portal.slots import NoSlot, Slot

pytestmark = pytest.mark.django_db


def test_failing_webhooks_of_a_host_leave_a_place_for_others(project: Project, people: dict[str, User], webhook: Webhook) -> None:
    failing = rows.project_webhook(project, people["lead"], webhook.url)
    failing.failures = 3
    with lanes.lane(failing):
        with pytest.raises(NoSlot), lanes.lane(failing):
            pass
        with lanes.lane(webhook):
            pass
    with Slot("webhooks-failing", 2), Slot("webhooks-failing", 2), lanes.lane(webhook):
        pass


def test_a_thousand_webhooks_of_one_host_do_not_fill_the_sweep(people: dict[str, User], receiver: Receiver) -> None:
    dead = [
        Webhook(
            owner=f"person:{people['lead'].pk}",
            user=people["lead"],
            title="x",
            url="https://dead.example.org/",
            host="dead.example.org",
            secret="x",
        )
        for _ in range(1000)
    ]
    Webhook.objects.bulk_create(dead)
    Delivery.objects.bulk_create(Delivery(webhook=item, kind="webhooks.test") for item in dead)
    mine = rows.personal_webhook(people["member"], receiver.url)
    services.send_test(by=people["member"], owner=personal.owner(people["member"]), webhook=mine, key=mine.key)
    waiting = worker.runner.waiting()
    assert mine.pk in waiting
    assert len(waiting) == 1 + lanes.PER_HOST


def send_test(webhook: Webhook, by: User) -> None:
    services.send_test(by=by, owner=personal.owner(by), webhook=webhook, key=webhook.key)


def test_a_person_whose_webhooks_hold_all_places_that_they_can_have_delays_nobody_else(people: dict[str, User], monkeypatch: Any) -> None:
    """Also while nobody knows that they are slow: each at a host of its own, and its last answer was quick."""
    with ExitStack() as receivers, ExitStack() as at_work:
        slow = [rows.personal_webhook(people["lead"], receivers.enter_context(receiving()).url) for _ in range(4)]
        quick = receivers.enter_context(receiving())
        allow(monkeypatch, quick.url, *(item.url for item in slow))
        mine = rows.personal_webhook(people["member"], quick.url)
        held = 0
        for webhook in slow:
            with suppress(NoSlot):
                at_work.enter_context(lanes.lane(webhook))
                held += 1
        send_test(mine, people["member"])
        rows.send(mine)
        assert (held, len(quick.got)) == (2, 1)


def test_slow_webhooks_have_the_places_of_failing_ones(people: dict[str, User], receiver: Receiver) -> None:
    first, second, third = (rows.personal_webhook(people[name], receiver.url) for name in ("lead", "member", "outsider"))
    for number, webhook in enumerate((first, second, third)):
        webhook.last_seconds, webhook.host = SLOW_SECONDS + 1, f"{number}.example.org"
    quick = rows.personal_webhook(people["newcomer"], receiver.url)
    with lanes.lane(first), lanes.lane(second):
        with pytest.raises(NoSlot), lanes.lane(third):
            pass
        with lanes.lane(quick):
            pass


def test_the_first_slow_answer_ends_the_turn_and_a_quick_one_makes_it_quick_again(
    people: dict[str, User], receiver: Receiver, monkeypatch: Any
) -> None:
    webhook = rows.personal_webhook(people["lead"], receiver.url)
    for _ in range(3):
        Delivery.objects.create(webhook=webhook, kind="webhooks.test")
    seconds = iter([SLOW_SECONDS + 1, SLOW_SECONDS + 1, 0.1])
    plainly = worker.sending.attempt
    monkeypatch.setattr(worker.sending, "attempt", lambda *args: replace(plainly(*args), seconds=next(seconds)))
    assert rows.send(webhook).holds_others_up
    assert len(receiver.got) == 1
    assert not rows.send(webhook).holds_others_up
    assert len(receiver.got) == 3


def test_those_that_are_quick_are_looked_at_before_those_that_are_slow(people: dict[str, User], receiver: Receiver) -> None:
    slow, quick = rows.personal_webhook(people["lead"], receiver.url), rows.personal_webhook(people["member"], receiver.url)
    Webhook.objects.filter(pk=slow.pk).update(last_seconds=SLOW_SECONDS + 1)
    send_test(slow, people["lead"])
    send_test(quick, people["member"])
    assert worker.runner.waiting() == [quick.pk, slow.pk]
