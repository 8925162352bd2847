"""The page that chooses the data of an input: its tabs, who sees what there, and that what was typed comes back."""

import re
import uuid
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from datalake.index.models import IndexedScope, IndexEntry
from projects.baskets import services as baskets
from projects.workflows.inputs import choices
from projects.workflows.models import InputUpload, Keep, Run, RunInput, Specification
from tests.workflows.inputs.conftest import BODY, SCOPE, make_finished
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def account(no_service: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody has an account at the lake, which is not asked."""
    monkeypatch.setattr("datalake.index.visitors.account", lambda *_: (True, None))


def address(specification: Specification, tab: str = "", path: str = "a.fits") -> str:
    return f"{reverse('workflows:launch-inputs', args=[specification.project.slug])}?specification=s&path={path}&tab={tab}"


def page_of(client: Client, *args: Any, status: int = 200, **sent: str) -> str:
    reply = client.post(address(*args), sent)
    assert reply.status_code == status
    return unescape(re.sub(r"</?bdi>", "", reply.content.decode()))


def used(page: str) -> list[str]:
    return re.findall(r'name="use" value="([^"]*)"', page)


def opened(page: str) -> list[str]:
    return re.findall(r'name="open" value="([^"]*)"', page)


def test_data_of_the_project_first_with_type_size_and_readiness(lead: Client, specification: Specification, lake: IndexedScope) -> None:
    page = page_of(lead, specification)
    assert used(page) == [f"escape {SCOPE}:aeff.fits", f"escape {SCOPE}:gone.fits", "escape KM3NET_EMBARGO_SP:secret.fits"]
    assert "A file is needed here: open it to choose one." in page
    assert opened(page) == [f"escape {SCOPE}:DM.night.events"]
    assert re.search(r"dataset\s+·\s+12 files", page)
    assert 'data-state="not looked at"' in page
    folder = page_of(lead, specification, "", "events")
    assert f"escape {SCOPE}:DM.night.events" in used(folder)
    assert not opened(folder)
    assert used(page_of(lead, specification, words="aeff")) == [f"escape {SCOPE}:aeff.fits"]
    assert "No results for “nothing”" in page_of(lead, specification, words="nothing")


def test_data_in_the_basket_of_the_person_in_their_order(
    lead: Client, specification: Specification, lake: IndexedScope, people: dict[str, User], signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No data in your basket" in page_of(lead, specification, "basket")
    things = [f"did:escape:{SCOPE}:{name}" for name in ("gone.fits", "DM.night.events", "aeff.fits")]
    baskets.add(baskets.current_or_new(people["lead"]), [*things, f"did:unknown:{SCOPE}:aeff.fits"], by=people["lead"])
    page = page_of(lead, specification, "basket")
    assert used(page) == [f"escape {SCOPE}:gone.fits", f"escape {SCOPE}:aeff.fits"]
    basket = baskets.current_or_new(people["lead"])
    basket.items.create(kind="did", value="escape:NOWHERE_SP:hidden.fits", title="hidden.fits", position=9)
    page = page_of(lead, specification, "basket")
    assert "hidden.fits" not in page
    assert "1 item of your basket is not shown" in page
    assert opened(page) == [f"escape {SCOPE}:DM.night.events"]
    assert used(page_of(lead, specification, "basket", words="aeff")) == [f"escape {SCOPE}:aeff.fits"]
    monkeypatch.setattr(choices, "PAGE", 2)
    (after,) = re.findall(r'name="after" value="([^"]+)"', page_of(lead, specification, "basket"))
    assert used(page_of(lead, specification, "basket", after=after)) == [f"escape {SCOPE}:aeff.fits"]
    User.objects.filter(pk=people["member"].pk).update(groups=["escape"])
    assert "No data in your basket" in page_of(signed_in("member"), specification, "basket")


def test_closed_data_are_shown_to_nobody_else(
    signed_in: Any, specification: Specification, lake: IndexedScope, people: dict[str, User]
) -> None:
    User.objects.filter(pk=people["member"].pk).update(groups=["escape"])
    member = signed_in("member")
    for tab in ("project", "lake-escape"):
        assert "secret.fits" not in page_of(member, specification, tab)


def test_the_lake_is_searched_in_the_portals_index(
    lead: Client, specification: Specification, lake: IndexedScope, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert used(page_of(lead, specification, "lake-escape", words="aeff")) == [f"escape {SCOPE}:aeff.fits"]
    night = page_of(lead, specification, "lake-escape", words="night")
    assert not used(night)
    assert opened(night) == [f"escape {SCOPE}:DM.night.events"]
    assert used(page_of(lead, specification, "lake-escape", "events", words="night")) == [f"escape {SCOPE}:DM.night.events"]
    monkeypatch.setattr(choices, "PAGE", 1)
    first = page_of(lead, specification, "lake-escape")
    (after,) = re.findall(r'name="after" value="([^"]+)"', first)
    assert used(page_of(lead, specification, "lake-escape", after=after)) not in ([], used(first))


def test_a_dataset_that_cannot_be_opened_says_why_and_leads_back(
    lead: Client, specification: Specification, lake: IndexedScope, people: dict[str, User]
) -> None:
    page = page_of(lead, specification, "lake-escape", open=f"escape {SCOPE}:DM.night.events", words="night", **{"p-years": "4"})
    assert f"Files in {SCOPE}:DM.night.events" in page
    assert "Back to the list" in page
    assert 'name="p-years" value="4"' in page
    assert 'name="words" value="night"' in page
    assert re.search(r'action="[^"]*&open=escape\+[^"]*DM.night.events"', page)
    assert 'class="notice"' in page  # nobody has signed in at the lake
    User.objects.filter(pk=people["lead"].pk).update(groups=["escape"])
    closed = page_of(lead, specification, "lake-escape", open="escape KM3NET_EMBARGO_SP:secrets")
    assert 'class="notice"' in closed
    assert "Files in KM3NET_EMBARGO_SP:secrets" in closed
    for odd in ("escape", "nowhere a:b", "escape \0:b", f"escape {SCOPE}:"):
        assert "Back to the list" not in page_of(lead, specification, "lake-escape", open=odd)


def test_files_of_runs_and_kept_results(lead: Client, specification: Specification, finished: Run, lake: IndexedScope) -> None:
    Keep.objects.create(
        run=finished, by=finished.by, key=uuid.uuid4(), lake="escape", scope=SCOPE, dataset="DM.kept.run1", paths=[], rse="A", copy_rse="B",
        status=Keep.Status.OK,
    )  # fmt: skip
    IndexEntry.objects.create(scope=lake, name="DM.kept.run1", type="DATASET", bytes=7, length=2, created=timezone.now())
    page = page_of(lead, specification, "runs")
    assert used(page) == [f"file/{finished.outputs.get().pk}"]
    assert "Run 1 of Fit" in page
    assert used(page_of(lead, specification, "runs", "events"))[-1] == f"escape {SCOPE}:DM.kept.run1"
    assert used(page_of(lead, specification, "runs", words="nothing")) == []


def test_runs_whose_files_are_still_being_copied_are_named(lead: Client, specification: Specification, finished: Run) -> None:
    Run.objects.filter(pk=finished.pk).update(collected_at=None)
    said = "Files of run 1 are still being copied from REANA."
    assert said in page_of(lead, specification, "runs")
    Run.objects.filter(pk=finished.pk).update(collected_at=timezone.now())
    assert said not in page_of(lead, specification, "runs")


def test_a_file_is_uploaded_and_offered(lead: Client, specification: Specification, settings: Any) -> None:
    where = f"{reverse('workflows:launch-upload', args=[specification.project.slug])}?specification=s&path=a.fits"
    page = lead.post(where, {"file": SimpleUploadedFile("mine.csv", BODY), "p-years": "4"}).content.decode()
    upload = InputUpload.objects.get()
    assert used(page) == [f"upload/{upload.stored.sha256}"]
    assert 'name="p-years" value="4"' in page
    settings.RUN_INPUT_MEGABYTES = 0
    reply = lead.post(where, {"file": SimpleUploadedFile("mine.csv", BODY), "p-years": "4"})
    assert reply.status_code == 422
    assert "Not uploaded: the file has more than 0" in reply.content.decode()
    assert lead.post(where, {}).status_code == 422


def test_what_was_typed_goes_along_and_comes_back_with_the_choice(lead: Client, specification: Specification, lake: IndexedScope) -> None:
    launch = reverse("workflows:launch", args=[specification.project.slug])
    typed = {"specification": "s", "key": str(uuid.uuid4()), "p-years": "many <", "i-0": "half", "i-1": f"{SCOPE}:x", "o-0-memory": "2Gi"}
    page = page_of(lead, specification, **typed)
    carried = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page))
    assert typed.items() <= carried.items()
    back = lead.post(f"{launch}?specification=s", carried | {"use": f"escape {SCOPE}:aeff.fits"}).content.decode()
    assert f'name="i-0" value="{SCOPE}:aeff.fits"' in back
    assert 'value="many &lt;"' in back
    assert 'data-state="there"' in back
    assert not Run.objects.exists()


def test_an_address_opens_it_as_the_launch_page(lead: Client, specification: Specification) -> None:
    page = lead.get(f"{address(specification)}&p-years=7&i-1={SCOPE}:x").content.decode()
    assert 'name="p-years" value="7"' in page
    assert 'name="key"' in page
    for wrong in ("specification=s&path=other", "specification=other&path=a.fits", ""):
        assert lead.get(f"{reverse('workflows:launch-inputs', args=[specification.project.slug])}?{wrong}").status_code == 404


def test_only_those_who_launch_choose(signed_in: Any, specification: Specification) -> None:
    assert signed_in("outsider").get(address(specification)).status_code in (403, 404)


def test_the_page_costs_few_questions(
    lead: Client, specification: Specification, lake: IndexedScope, finished: Run, django_assert_max_num_queries: Any
) -> None:
    for tab in ("project", "lake-escape", "runs", "upload"):
        lead.get(address(specification, tab))
        with django_assert_max_num_queries(14):
            lead.get(address(specification, tab))


def test_many_runs_cost_no_more_questions_than_one(
    lead: Client, specification: Specification, people: dict[str, User], finished: Run, django_assert_num_queries: Any
) -> None:
    page_of(lead, specification, "runs")
    with CaptureQueriesContext(connection) as one:
        page_of(lead, specification, "runs")
    for number in range(2, 7):
        run = make_finished(specification, people["lead"], number=number)
        RunInput.objects.create(run=run, lake="escape", scope=SCOPE, name="x", path="x", binding="x", bytes=1)
    with django_assert_num_queries(len(one)):
        assert len(used(page_of(lead, specification, "runs"))) == 6


def test_a_dataset_is_launched_where_a_folder_is_meant(lead: Client, specification: Specification, lake: IndexedScope) -> None:
    launch = reverse("workflows:launch", args=[specification.project.slug])
    dataset, file = f"{SCOPE}:DM.night.events", f"{SCOPE}:aeff.fits"
    typed = {"specification": "s", "key": str(uuid.uuid4()), "p-years": "3"}
    assert "has the type dataset" in lead.post(launch, typed | {"i-0": dataset, "i-1": dataset}).content.decode()
    assert lead.post(launch, typed | {"i-0": file, "i-1": dataset}).status_code == 302
    assert Run.objects.get().inputs["events"] == {"lake": "escape", "did": dataset}
