"""A run waits for room in a quota: less and less often asked for, until it fails; only its person reads how much is used."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from projects.models import Membership, Role
from projects.workflows import quota_waits, waiting, worker
from projects.workflows.models import Run
from tests.factories import make_person
from vre_portal.http import RemoteRefused
from vre_portal.jobs.fates import Refused

FIGURES = "Your quota on Test server is used up: 5 GB of 5 GB."


@pytest.mark.parametrize(
    ("waited", "pause"),
    [
        (timedelta(), 60),
        (timedelta(minutes=3), 60),
        (timedelta(minutes=30), 300),
        (timedelta(hours=1, minutes=30), 900),
        (timedelta(hours=20), 900),
        (timedelta(hours=47, minutes=58), 120),
    ],
)
def test_the_pauses_grow_up_to_a_longest_one_and_end_with_the_waiting(run: Run, settings: Any, waited: timedelta, pause: float) -> None:
    settings.QUOTA_HOURS = 48
    run.quota_since = timezone.now() - waited
    assert quota_waits.wait(run, FIGURES) == pytest.approx(pause, abs=2)


@pytest.mark.parametrize(
    ("words", "status", "is_one"),
    [
        ("User quota exceeded.\nResource: cpu, usage: 3h", 403, True),
        ("Uploading file “a.fits” would exceed the disk quota limit (10 GiB). Aborting.", 403, True),
        ("You are not in the group quota-managers.", 403, False),
        ("The quota of this token does not allow launches.", 403, False),
        ("User quota exceeded.", 500, False),
    ],
)
def test_only_a_used_up_quota_is_waited_for(words: str, status: int, is_one: bool) -> None:
    assert quota_waits.is_about_quota(RemoteRefused(words, status=status)) == is_one


def test_what_is_used_is_told_to_its_person_alone(run: Run, signed_in: Callable[[str], Client]) -> None:
    Membership.objects.get_or_create(project=run.project, user=make_person("member"), defaults={"role": Role.MEMBER})
    run.waits_for_quota(FIGURES, timezone.now())
    address = run.get_absolute_url()
    pages = {name: signed_in(name).get(address).content.decode() for name in ("lead", "member")}
    notes = {name: json.loads(signed_in(name).get(f"{address}?format=json").content)["quota_note"] for name in ("lead", "member")}
    assert {name: "5 GB" in page for name, page in pages.items()} == {"lead": True, "member": False}
    assert all('id="quota-reached"' in page for page in pages.values())
    assert notes == {"lead": FIGURES, "member": f"A quota of {run.by} at REANA is used up."}


def test_where_to_ask_for_more_is_said(run: Run, signed_in: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "service", worker.service)
    run.waits_for_quota(FIGURES, timezone.now())
    found = waiting.waiting_of(run, None)
    assert found
    assert found.ask_at.startswith("/requests/new/limit/?")
    assert f'href="{escape(found.ask_at)}"' in signed_in("lead").get(run.get_absolute_url()).content.decode()


def test_the_words_of_its_end_are_for_everybody(run: Run, settings: Any) -> None:
    run.quota_since = timezone.now() - timedelta(hours=settings.QUOTA_HOURS, seconds=1)
    with pytest.raises(Refused) as refused:
        quota_waits.wait(run, FIGURES)
    assert str(refused.value) == f"A quota of {run.by} at REANA is used up. The run waited {settings.QUOTA_HOURS} h for room."


def test_data_on_tape_are_waited_for_instead(run: Run) -> None:
    run.waits_for_quota(FIGURES, timezone.now())
    run.noted_inputs("Waiting for tape: 0 of 2 files online.")
    assert (run.quota_note, run.quota_since) == ("", None)
    found = waiting.waiting_of(run, None)
    assert found
    assert (found.words, found.until) == ("Waiting for tape: 0 of 2 files online.", None)
    run.waits_for_quota(FIGURES, timezone.now())
    run.noted_inputs("")
    assert run.quota_note == FIGURES
