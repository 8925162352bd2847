"""Work that waits for a sign-in is told once, until its person has signed in again."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from projects.workflows.models import Run
from tests.jobs.conftest import run as run
from tests.notices.reading import seen_by
from vre_portal.iam import sign_in_waits
from vre_portal.iam.models import User
from vre_portal.iam.vault import SignInAgain
from vre_portal.jobs.runner import Runner
from vre_portal.notices.models import Event

pytestmark = pytest.mark.django_db
NEEDED = "account.sign_in_needed"


class Waiting(Runner[Run]):
    """A runner whose work needs a sign-in that there is not."""

    model = Run

    def ready(self) -> Q:
        return Q()

    def work(self, job: Run) -> float:
        raise SignInAgain("Sign in.")

    def delayed(self, job: Run, words: str) -> None:
        job.delayed(words)


def attempt(run: Run) -> None:
    Run.objects.update(lease_until=None)
    Waiting().perform(run.pk)


def test_each_wait_is_told_once_however_often_the_job_is_tried(run: Run) -> None:
    for _ in range(3):
        attempt(run)
    sign_in_waits.report(run.by, "/another/")
    assert seen_by(run.by) == [NEEDED]
    User.objects.filter(pk=run.by_id).update(last_login=timezone.now() + timedelta(hours=1))
    attempt(run)
    attempt(run)
    assert seen_by(run.by) == [NEEDED] * 2


def test_it_leads_to_the_sign_in_and_back_to_the_job(run: Run, client: Client) -> None:
    attempt(run)
    url = Event.objects.get(kind=NEEDED).url
    assert url.startswith("/accounts/login/?next=")
    page = client.get(url).content.decode()
    assert run.get_absolute_url() in page


def test_nobody_else_sees_it(run: Run, people: dict[str, User]) -> None:
    attempt(run)
    Event.objects.get().notices.update(user=people["outsider"])
    assert seen_by(people["outsider"]) == []


def test_a_listener_that_fails_stops_no_work(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(sign_in_waits, "_listeners", [broken])
    attempt(run)
    assert "signs in again" in Run.objects.get().error
