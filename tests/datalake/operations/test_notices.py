"""What is told of requests to a lake: those that took long, were refused or failed; once each time that they are requested."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from datalake.operations.models import Operation
from tests.notices.reading import seen_by, title_of
from vre_portal.iam.models import User
from vre_portal.notices.models import Event

pytestmark = pytest.mark.django_db
CLOSED = "KM3NET_EMBARGO_SP"


def make(by: User, minutes: int = 5, **facts: Any) -> Operation:
    known = {"lake": "escape", "kind": "make-available", "subjects": ["user.lead:a"], "arguments": {}, "state": "running"}
    return Operation.objects.create(by=by, asked_at=timezone.now() - timedelta(minutes=minutes), **{**known, **facts})


def test_a_request_that_took_long_is_told_and_a_quick_one_is_not(people: dict[str, User]) -> None:
    make(people["lead"], minutes=0).moved("done")
    assert not Event.objects.exists()
    operation = make(people["lead"])
    operation.moved("done", "2 done")
    assert seen_by(people["lead"]) == ["lake.request_done"]
    assert title_of("lake.request_done") == "Request “Replicate data” of user.lead:a was carried out"
    assert Event.objects.get().url == operation.get_absolute_url()


def test_a_failure_is_told_again_only_when_it_was_requested_again(people: dict[str, User]) -> None:
    operation = make(people["lead"], minutes=0)
    for _ in range(2):
        operation.moved("running")
        operation.moved("refused", "no")
    assert Event.objects.count() == 1
    Operation.requeue(operation.pk)
    operation.refresh_from_db()
    operation.moved("failed", "no")
    assert seen_by(people["lead"]) == ["lake.request_failed"] * 2


def test_what_one_cancelled_is_no_news(people: dict[str, User]) -> None:
    Operation.cancel_queued(make(people["lead"], state="queued").pk)
    assert not Event.objects.exists()


def test_a_request_about_data_that_were_closed_to_its_person_is_not_shown(people: dict[str, User]) -> None:
    make(people["member"], subjects=["user.member:a", f"{CLOSED}:b"]).moved("failed", "no")
    make(people["lead"], subjects=[f"{CLOSED}:b"]).moved("failed", "no")
    assert seen_by(people["member"]) == []
    assert seen_by(people["lead"]) == ["lake.request_failed"]


def test_a_request_about_many_scopes_names_none_of_them(people: dict[str, User]) -> None:
    make(people["member"], subjects=[f"scope{number}:a" for number in range(1000)]).moved("failed", "scope7:a is closed")
    event = Event.objects.get()
    assert "scope" not in event.title + event.text + event.audience.rule
    assert seen_by(people["member"]) == ["lake.request_failed"]
