"""Two Data Lakes side by side: where a result is kept is chosen, and each lake has its own readers, sites and names."""

import re
import uuid
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from projects.workflows.models import Keep, Run, RunFile, Specification
from tests.factories import make_project
from vre_portal import services as configured
from vre_portal.iam.models import User
from vre_portal.models import ServiceState
from vre_portal.stop_switches.models import StopSwitch

pytestmark = pytest.mark.django_db
LAKES = """
[[service]]
kind = "rucio"
name = "home"
title = "Home Lake"
url = "http://127.0.0.1:1"
options = { upload_rse = "HOME-A", copy_rses = ["HOME-B"], public_scopes = ["TEAM_SP"] }

[[service]]
kind = "rucio"
name = "other"
title = "Other Lake"
url = "http://127.0.0.1:2"
options = { upload_rse = "OTHER-A", copy_rses = ["OTHER-B", "OTHER-C"] }

[[service]]
kind = "rucio"
name = "archive"
title = "Archive Lake"
url = "http://127.0.0.1:3"
"""


@pytest.fixture(params=[LAKES])
def lakes(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> Iterator[None]:
    (tmp_path / "services.toml").write_text(request.param)
    settings.SERVICES_FILE = str(tmp_path / "services.toml")
    configured._all.cache_clear()
    yield
    configured._all.cache_clear()


@pytest.fixture
def finished(lakes: None, people: dict[str, User], settings: Any, tmp_path: Path) -> Run:
    """A run that ended with one file."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    project = make_project(lead=people["lead"], scope="TEAM_SP")
    text = "workflow: {type: serial, specification: {steps: []}}"
    specification = Specification.objects.create(project=project, name="s", title="S", text=text)
    run = Run.objects.create(
        project=project, number=1, by=people["lead"], specification=specification, text=text, key=uuid.uuid4(), server="r",
        name=Run.new_name(), status=Run.Status.FINISHED, collected_at=timezone.now(),
    )  # fmt: skip
    RunFile.objects.create(run=run, path="a.csv", size=3, state=RunFile.State.COPIED, file=ContentFile(b"a,b", name="a.csv"))
    return run


@pytest.fixture
def lead(finished: Run, signed_in: Callable[[str], Client]) -> Client:
    return signed_in("lead")


def sent(run: Run, **more: str) -> dict[str, Any]:
    return {"key": str(uuid.uuid4()), "dataset": "DM.Test.csv", "chosen": [str(run.outputs.get().pk)], "public": "on", **more}


def rows(page: str) -> list[str]:
    part = page[page.index('id="lakes"') :]
    return [unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", row))) for row in re.findall(r"<tr>.*?</tr>", part, re.DOTALL)[1:]]


def test_the_lakes_stand_side_by_side(lead: Client, finished: Run) -> None:
    ServiceState.objects.create(kind="rucio", name="home", state="up")
    StopSwitch.objects.create(kind="rucio", name="other", action="uploads", reason="Moving house.")
    page = lead.get(f"{finished.get_absolute_url()}keep/").content.decode()
    home, other, archive = rows(page)
    assert re.search(r'value="home"\s+checked', page)
    assert all(word in home for word in ("up", "HOME-A", "HOME-B", "everybody"))
    assert all(word in other for word in ("stopped", "Moving house.", "OTHER-A", "OTHER-B OTHER-C", "everybody with an account"))
    assert "Archive Lake has no storage for results." in archive


def test_a_result_is_kept_in_the_lake_that_was_chosen(lead: Client, finished: Run) -> None:
    address = f"{finished.get_absolute_url()}keep/"
    page = lead.get(f"{address}?lake=other").content.decode()
    assert re.search(r'value="other"\s+checked', page)
    assert 'name="public"' not in page
    assert "OTHER-C" in page
    assert lead.post(address, sent(finished, lake="other", copy_rse="HOME-B")).status_code == 422  # a site of another lake
    assert lead.post(address, sent(finished, lake="other", copy_rse="OTHER-C")).status_code == 302
    assert lead.post(address, sent(finished, copy_rse="HOME-B")).status_code == 302
    kept = [(item.lake, item.scope, item.rse, item.copy_rse) for item in Keep.objects.order_by("pk")]
    assert kept == [("other", "TEAM_SP", "OTHER-A", "OTHER-C"), ("home", "TEAM_SP", "HOME-A", "HOME-B")]


def test_a_lake_that_is_not_there_or_takes_no_results_is_refused(lead: Client, finished: Run) -> None:
    address = f"{finished.get_absolute_url()}keep/"
    assert lead.get(f"{address}?lake=nowhere").status_code == 404
    assert lead.post(address, sent(finished, lake="archive", copy_rse="x")).status_code == 403
    assert not Keep.objects.exists()


@pytest.mark.parametrize(
    "lakes", [LAKES.replace('public_scopes = ["TEAM_SP"]', 'restricted_scopes = { TEAM_SP = ["nobody"] }')], indirect=True
)
def test_a_lake_whose_scope_is_closed_to_the_person_leaves_the_other_one(lead: Client, finished: Run) -> None:
    address = f"{finished.get_absolute_url()}keep/"
    page = lead.get(address).content.decode()
    assert re.search(r'value="other"\s+checked', page)
    assert "to which you do not have access" in rows(page)[0]
    assert lead.post(address, sent(finished, lake="home", copy_rse="HOME-B")).status_code == 403
    assert lead.post(address, sent(finished, copy_rse="OTHER-B")).status_code == 302
    assert Keep.objects.get().lake == "other"
    assert f"{address}" in lead.get(finished.get_absolute_url()).content.decode()


@pytest.mark.parametrize("lakes", [LAKES[: LAKES.index("[[service]]", 10)]], indirect=True)
def test_a_single_lake_is_not_offered_as_a_choice(lead: Client, finished: Run) -> None:
    assert 'id="lakes"' not in lead.get(f"{finished.get_absolute_url()}keep/").content.decode()
