"""How many messages are on their way at once, so that webhooks that fail or are slow delay nobody else's."""

from contextlib import ExitStack
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
