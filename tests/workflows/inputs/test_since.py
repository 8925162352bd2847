"""Inputs whose content is another one than an earlier run read are named before the launch, to those who may read them."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from datalake import rucio
from datalake.index.models import IndexedScope, IndexEntry
from datalake.reads import reader
from projects.workflows.inputs import readiness as readiness_module
from projects.workflows.inputs import since
from projects.workflows.inputs.readiness import readiness
from projects.workflows.inputs.since import changes, compare_checksums, recorded
from projects.workflows.models import Run, RunInput, RunOrigin
from tests.workflows.inputs.conftest import SCOPE
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
INPUTS = {"a.fits": {"lake": "escape", "did": f"{SCOPE}:aeff.fits"}, "events": {"lake": "escape", "did": f"{SCOPE}:DM.night.events"}}


@pytest.fixture
def earlier(finished: Run, lake: IndexedScope) -> Run:
    """A run that read a file and a dataset of two files."""
    Run.objects.filter(pk=finished.pk).update(inputs=INPUTS)
    known = {"run": finished, "lake": "escape", "scope": SCOPE}
    RunInput.objects.create(**known, binding="a.fits", path="a.fits", name="aeff.fits", bytes=5000, adler32="0000000a")
    for number in range(2):
        RunInput.objects.create(**known, binding="events", path=f"events/{number}", name=f"e{number}", bytes=4_500_000)
    RunOrigin.objects.create(run=finished, lake="escape", scope=SCOPE)
    IndexedScope.objects.update(read_at=timezone.now())
    return Run.objects.get(pk=finished.pk)


def words(page: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def found(run: Run, person: User) -> dict[str, str]:
    return changes(recorded(run, INPUTS), readiness(person, INPUTS, only_index=True))


def test_size_and_number_of_files_are_compared(earlier: Run, people: dict[str, User]) -> None:
    assert found(earlier, people["lead"]) == {"events": "The data changed since run 1: 2 files, 9.0 MB then, 12 files, 9.0 MB now."}
    IndexEntry.objects.filter(name="aeff.fits").update(bytes=8000)
    assert found(earlier, people["lead"])["a.fits"] == "The data changed since run 1: 1 file, 5.0 kB then, 1 file, 8.0 kB now."
    IndexEntry.objects.filter(name="DM.night.events").update(length=2)
    assert set(found(earlier, people["lead"])) == {"a.fits"}


def test_sizes_that_look_alike_are_told_exactly(earlier: Run, people: dict[str, User]) -> None:
    IndexEntry.objects.filter(name="aeff.fits").update(bytes=5001)
    assert "5,000 B then, 5,001 B now" in found(earlier, people["lead"])["a.fits"]


def test_what_the_index_knew_before_the_run_began_is_not_called_a_change_since(earlier: Run, people: dict[str, User]) -> None:
    before = earlier.created_at - timedelta(minutes=1)
    IndexEntry.objects.filter(name="DM.night.events").update(open=True, measured=before)  # open datasets are measured now and then
    assert found(earlier, people["lead"]) == {}
    IndexEntry.objects.filter(name="DM.night.events").update(measured=timezone.now())
    assert set(found(earlier, people["lead"])) == {"events"}
    IndexEntry.objects.filter(name="DM.night.events").update(open=False)
    IndexedScope.objects.update(read_at=before)
    assert found(earlier, people["lead"]) == {}
    IndexedScope.objects.update(read_at=None)
    assert found(earlier, people["lead"]) == {}


def test_of_a_run_that_waited_the_start_counts(earlier: Run, people: dict[str, User]) -> None:
    Run.objects.update(started_at=timezone.now() + timedelta(minutes=1))
    assert found(Run.objects.get(), people["lead"]) == {}


def test_other_data_are_not_compared(earlier: Run) -> None:
    other = {"a.fits": {"lake": "escape", "did": f"{SCOPE}:other.fits"}, "events": {"file": 1}}
    assert recorded(earlier, other) == {}


def test_what_somebody_may_not_read_is_not_compared(earlier: Run, people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness_module.scopes, "_restrictions", lambda _lake: [(SCOPE, frozenset({"nobody"}))])
    assert found(earlier, people["lead"]) == {}


@pytest.mark.parametrize(("adler32", "is_changed"), [("0000000a", False), ("0000000b", True), (None, False)])
def test_checksums_are_asked_of_the_lake(
    earlier: Run, people: dict[str, User], monkeypatch: pytest.MonkeyPatch, adler32: str | None, is_changed: bool
) -> None:
    asked = []

    def get_did(_lake: Any, _token: str, scope: str, name: str) -> rucio.Did:
        asked.append(name)
        return rucio.Did(scope, name, "FILE", bytes=5000, adler32=adler32)

    RunInput.objects.filter(binding="events").update(adler32="0000000c")  # of the files in a dataset, which has none itself
    monkeypatch.setattr(since.rucio, "get_did", get_did)
    monkeypatch.setattr(reader.vault, "access_token", lambda *_args, **_options: "token")
    rows = readiness(people["lead"], INPUTS, only_index=True)
    told = compare_checksums(people["lead"], recorded(earlier, INPUTS), rows)
    assert asked == ["aeff.fits"]
    assert told.unknown == (adler32 is None)
    assert told.changed == ({"a.fits": "The data changed since run 1: adler32 0000000a then, adler32 0000000b now."} if is_changed else {})


def test_inputs_that_nobody_asked_the_lake_for_are_counted(
    earlier: Run, people: dict[str, User], monkeypatch: pytest.MonkeyPatch, lead: Client, no_service: None
) -> None:
    did = rucio.Did(SCOPE, "aeff.fits", "FILE", bytes=5000, adler32="0000000a")
    monkeypatch.setattr(since.rucio, "get_did", lambda *_: did)
    monkeypatch.setattr(reader.vault, "access_token", lambda *_args, **_options: "token")
    rows = readiness(people["lead"], INPUTS, only_index=True)
    assert compare_checksums(people["lead"], recorded(earlier, INPUTS), rows).shortfall == ""
    monkeypatch.setattr(since, "MAX_ASKED", 0)
    told = compare_checksums(people["lead"], recorded(earlier, INPUTS), rows)
    assert told.shortfall.startswith("The checksum of 1 input is not compared.")
    address = reverse("workflows:again", args=[earlier.project.slug, 1])
    assert "not compared" not in words(lead.get(address))
    assert "The checksum of 1 input is not compared." in words(lead.post(address, {"do": "look"}))


def test_the_form_marks_what_differs_from_the_run(earlier: Run, lead: Client, no_service: None) -> None:
    address = reverse("workflows:launch", args=[earlier.project.slug]) + "?specification=s"
    page = lead.get(f"{address}&from=1")
    part = page.content.decode()
    part = part[part.index('id="inputs"') :]
    assert "The data changed since run 1: 2 files" in words(page)
    assert re.findall(r'data-was="([^"]*)"\s*hidden', part) == [f"{SCOPE}:aeff.fits", f"{SCOPE}:DM.night.events"]
    changed = lead.post(
        f"{address}&from=1", {"do": "check", "i-0": f"{SCOPE}:other.fits", "i-1": f"{SCOPE}:DM.night.events", "p-years": "3"}
    )
    part = changed.content.decode()
    part = part[part.index('id="inputs"') :]
    assert re.findall(r'data-was="([^"]*)"\s*hidden', part) == [f"{SCOPE}:DM.night.events"]
    assert "was SCOPE:aeff.fits".replace("SCOPE", SCOPE) in words(changed)
    assert "data-was" not in lead.get(address).content.decode()


def test_the_page_that_runs_again_names_them_too(earlier: Run, lead: Client, no_service: None) -> None:
    page = words(lead.get(reverse("workflows:again", args=[earlier.project.slug, 1])))
    assert "events: The data changed since run 1: 2 files" in page
    assert "Compare checksums" in page


def test_an_output_of_a_run_that_is_gone_stops_it(earlier: Run, lead: Client, no_service: None, signed_in: Callable[[str], Client]) -> None:
    Run.objects.update(inputs={}, attached={"a.fits": {"file": 999_999}, "events": {"file": 999_999}})
    page = lead.get(reverse("workflows:again", args=[earlier.project.slug, 1]))
    assert "is not available to you, or is no longer here" in words(page)
    assert 'aria-disabled="true"' in page.content.decode()
    reply = lead.post(reverse("workflows:again", args=[earlier.project.slug, 1]), {"key": "6d1ac8f2-1c0e-4a3f-9d0b-0e35c4d9a001"})
    assert (reply.status_code, Run.objects.count()) == (422, 1)
