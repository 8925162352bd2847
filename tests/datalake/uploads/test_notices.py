"""What is told of uploads: that they arrived, failed, or wait and are about to be deleted."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from datalake.uploads import notices, worker
from datalake.uploads.models import Upload
from tests.notices.reading import seen_by
from vre_portal.iam.models import User
from vre_portal.notices.models import Event, Notice

pytestmark = pytest.mark.django_db


def make(by: User, **facts: Any) -> Upload:
    known = {"by": by, "lake": "escape", "scope": "user.lead", "name": f"f{Upload.objects.count()}", "rse": "A", "size": 2}
    return Upload.objects.create(**{**known, **facts})


def test_an_upload_that_arrived_is_told_once(people: dict[str, User]) -> None:
    upload = make(people["lead"], state="moving")
    for _ in range(2):
        upload.moved("done")
    assert seen_by(people["lead"]) == ["uploads.done"]
    assert Event.objects.get().url == f"/datalake/escape/upload/#upload-{upload.pk}"


def test_each_failure_is_told_once(people: dict[str, User]) -> None:
    upload = make(people["lead"], state="checking")
    for attempt in (1, 1, 2):
        Upload.objects.update(state="checking", attempt=attempt)
        upload.refresh_from_db()
        upload.moved("failed", "damaged")
    assert seen_by(people["lead"]) == ["uploads.failed"] * 2


def test_an_unfinished_upload_is_told_before_it_is_deleted_and_anew_when_it_waits_again(people: dict[str, User]) -> None:
    upload = make(people["lead"], expires_at=timezone.now() + timedelta(hours=7))
    worker.sweep()
    assert not Event.objects.exists()
    Upload.objects.update(expires_at=timezone.now() + timedelta(hours=5))
    for _ in range(3):
        worker.sweep()
    assert seen_by(people["lead"]) == ["uploads.waiting"]
    upload.refresh_from_db()
    assert upload.came(1, 1)
    worker.sweep()
    assert Event.objects.count() == 1
    Upload.objects.update(expires_at=timezone.now() + timedelta(hours=4))
    worker.sweep()
    assert Event.objects.count() == 2


def test_hundreds_that_wait_are_all_told_in_the_end(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "MAX_REPORTED", 3)
    for number in range(7):
        make(people["lead"], expires_at=timezone.now() + timedelta(minutes=60 + number))
    for _ in range(3):
        notices.report_waiting()
    assert Event.objects.count() == 7


def test_one_in_a_scope_that_was_closed_to_its_person_is_not_shown(people: dict[str, User]) -> None:
    make(people["member"], state="moving", scope="KM3NET_EMBARGO_SP").moved("done")
    assert Notice.objects.count() == 1
    assert seen_by(people["member"]) == []
