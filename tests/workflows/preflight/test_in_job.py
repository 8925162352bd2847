"""The job looks again before it creates anything: for good means refused with the words of the page, for the moment means that it goes on."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.workflows import leftovers, reana, services, worker
from projects.workflows.launching.offers import Offer
from projects.workflows.models import Run
from projects.workflows.reana.answers import Usage
from projects.workflows.reana.info import Info
from tests.workflows.conftest import run as run
from tests.workflows.preflight.conftest import Registry
from vre_portal.http import RemoteRefused, RemoteUnavailable

STEP = '{{name: s, environment: "{}/team/a:1", commands: ["echo"]}}'


@pytest.fixture
def at_reana(run: Run, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What REANA says, and what it was asked to do (`asked`)."""
    said: dict[str, Any] = {"asked": [], "cpu": Usage(1, "", None), "info": Info(engines=("serial",), backends=("kubernetes",))}

    def answer(name: str, value: Any) -> Any:
        def call(*_: Any, **__: Any) -> Any:
            said["asked"].append(name)
            found = value() if callable(value) else value
            if isinstance(found, Exception):
                raise found
            return found

        return call

    created = SimpleNamespace(id="r-1", status="created", run_number=(1,))
    answers = {
        "create": "r-1", "status": created, "find_by_name": [created], "list_files": [], "start": None, "delete": None,
        "you": lambda: said.get("error") or SimpleNamespace(cpu=said["cpu"], disk=Usage(1, "", None)), "info": lambda: said["info"],
    }  # fmt: skip
    for name, value in answers.items():
        monkeypatch.setattr(reana, name, answer(name, value))
    text = f"workflow: {{type: serial, specification: {{steps: [{STEP.format(registry.host)}]}}}}"
    Run.objects.update(text=text)
    registry.images = {"team/a:1"}
    return said


def submitted(run: Run) -> Run:
    worker.submit(run.pk)
    return Run.objects.get(pk=run.pk)


def test_a_run_whose_image_is_there_starts(run: Run, at_reana: dict[str, Any]) -> None:
    assert submitted(run).status == Run.Status.PENDING
    assert at_reana["asked"].count("create") == 1


def test_the_digest_of_the_image_is_recorded_before_anything_is_created(run: Run, at_reana: dict[str, Any], registry: Registry) -> None:
    registry.digests = {"team/a:1": f"sha256:{'a' * 64}"}
    assert submitted(run).image_digests == {f"{registry.host}/team/a:1": f"sha256:{'a' * 64}"}


def test_a_run_whose_image_does_not_exist_fails_before_anything_is_created(run: Run, at_reana: dict[str, Any], registry: Registry) -> None:
    registry.images = set()
    found = submitted(run)
    assert found.status == Run.Status.FAILED
    assert found.error.startswith(f"Does not exist: {registry.host}/team/a:1. Correct the name or tag")
    assert "create" not in at_reana["asked"]


@pytest.mark.parametrize("status", [429, 500])
def test_a_registry_that_fails_stops_no_run(run: Run, at_reana: dict[str, Any], registry: Registry, status: int) -> None:
    registry.status = status
    assert submitted(run).status == Run.Status.PENDING


def test_registries_that_are_not_to_be_asked_are_not(run: Run, at_reana: dict[str, Any], registry: Registry, settings: Any) -> None:
    settings.IMAGE_REGISTRIES, registry.images = [], set()
    found = submitted(run)
    assert (found.status, found.image_digests) == (Run.Status.PENDING, {})
    assert registry.asked == []


def test_a_quota_that_is_used_up_is_waited_for_with_the_limit_and_where_to_ask_for_more(
    run: Run, at_reana: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_reana["cpu"] = Usage(7_200_000, "", 7_200_000)
    found = submitted(run)
    assert (found.status, found.error) == (Run.Status.QUEUED, "")
    assert "Your quota on Test server is used up: 2 h 00 min of 2 h 00 min." in found.quota_note
    assert "/requests/new/limit/" in found.quota_note
    assert "create" not in at_reana["asked"]
    assert found.quota_since
    assert found.lease_until
    assert 50 < (found.lease_until - timezone.now()).total_seconds() <= 60
    assert worker.launches.waiting() == []  # nobody takes it before
    Run.objects.update(lease_until=None)
    monkeypatch.setattr(reana, "find_by_name", lambda *_: [])
    at_reana["cpu"] = Usage(1, "", 7_200_000)
    found = submitted(run)
    assert (found.status, found.quota_note, found.quota_since) == (Run.Status.PENDING, "", None)
    assert at_reana["asked"].count("create") == 1


def test_the_waiting_ends(run: Run, at_reana: dict[str, Any], settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reana, "find_by_name", lambda *_: [])
    monkeypatch.setattr(leftovers, "service", worker.service)
    monkeypatch.setattr(leftovers, "access_token", worker.access_token)
    at_reana["cpu"] = Usage(7_200_000, "", 7_200_000)
    settings.QUOTA_HOURS = 3
    since = timezone.now() - timedelta(hours=2, minutes=58)
    Run.objects.update(quota_since=since, attempt=9)
    found = submitted(run)
    assert found.lease_until
    assert (found.quota_since, (found.lease_until - timezone.now()).total_seconds() <= 121) == (since, True)
    Run.objects.update(lease_until=None, quota_since=timezone.now() - timedelta(hours=3, seconds=1))
    found = submitted(run)
    assert found.status == Run.Status.FAILED
    assert "is used up" in found.error
    assert found.error.endswith("The run waited 3 h for room.")


def test_what_else_is_wrong_is_not_waited_for(run: Run, at_reana: dict[str, Any], registry: Registry) -> None:
    at_reana["cpu"], registry.images = Usage(7_200_000, "", 7_200_000), set()
    found = submitted(run)
    assert found.status == Run.Status.FAILED
    assert "Does not exist" in found.error
    assert "is used up" in found.error
    assert "2 h 00 min" not in found.error  # how much of it is for its person alone


@pytest.mark.parametrize("call", ["create", "start"])
def test_reanas_own_refusal_for_a_quota_is_waited_for_too(
    run: Run, at_reana: dict[str, Any], monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    deleted = []

    def refuse(*_: Any, **__: Any) -> None:
        raise RemoteRefused("User quota exceeded.\nCPU quota exceeded.", status=403)

    monkeypatch.setattr(reana, call, refuse)
    monkeypatch.setattr(reana, "delete", lambda _server, _token, key: deleted.append(key))
    monkeypatch.setattr(leftovers, "service", worker.service)
    monkeypatch.setattr(leftovers, "access_token", worker.access_token)
    found = submitted(run)
    assert (found.status, found.remote_id) == (Run.Status.QUEUED, "")
    assert "User quota exceeded." in found.quota_note
    assert deleted == ([] if call == "create" else ["r-1"])  # what was created would count against the quota


def test_another_refusal_is_none(run: Run, at_reana: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RemoteRefused("Token not valid", status=403)

    monkeypatch.setattr(reana, "create", refuse)
    assert submitted(run).status == Run.Status.FAILED


def test_a_run_that_waits_is_stopped_at_once(run: Run, at_reana: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    at_reana["cpu"] = Usage(7_200_000, "", 7_200_000)
    found = submitted(run)
    monkeypatch.setattr(reana, "find_by_name", lambda *_: [])
    services.stop(by=found.by, run=found)
    worker.stop(run.pk)
    assert Run.objects.get(pk=run.pk).status == Run.Status.STOPPED


def test_the_page_of_a_run_that_waits_says_why_and_until_when(
    run: Run, at_reana: dict[str, Any], signed_in: Callable[[str], Client]
) -> None:
    at_reana["cpu"] = Usage(7_200_000, "", 7_200_000)
    submitted(run)
    page = " ".join(unescape(re.sub(r"<[^>]+>", " ", signed_in("lead").get(run.get_absolute_url()).content.decode())).split())
    for words in (
        "A quota at REANA is used up.",
        "2 h 00 min of 2 h 00 min",
        "Next attempt in",
        "If there is no room by then, it fails",
        "Stop run",
    ):
        assert words in page
    assert "This page may be out of date" not in page
    Run.objects.update(status=Run.Status.FAILED, error="x")
    assert "A quota at REANA is used up." not in signed_in("lead").get(run.get_absolute_url()).content.decode()


def test_a_quota_that_cannot_be_read_stops_no_run(run: Run, at_reana: dict[str, Any]) -> None:
    at_reana["error"] = RemoteUnavailable("The server is failing.")
    assert submitted(run).status == Run.Status.PENDING


def test_a_server_without_the_engine_is_refused_as_it_says_now(run: Run, at_reana: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    at_reana["info"] = Info(engines=("cwl",))
    offer = Offer("s", "S", at_reana["info"], None, timezone.now())
    monkeypatch.setattr("projects.workflows.launching.offers.offer_of", lambda _name: offer)
    assert "S does not run serial workflows. It runs: CWL." in submitted(run).error
    assert "create" not in at_reana["asked"]


def test_a_later_attempt_looks_again_unless_something_is_out_there(run: Run, at_reana: dict[str, Any], registry: Registry) -> None:
    registry.images = set()
    Run.objects.update(attempt=3)
    assert submitted(run).status == Run.Status.PENDING  # an earlier attempt created it
    assert "create" not in at_reana["asked"]
