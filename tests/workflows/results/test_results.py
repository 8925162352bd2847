"""Results: presented, read by whom their run is for, written about, found and cited."""

import uuid
from collections.abc import Callable
from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from projects.models import Membership, Role
from projects.workflows import publication
from projects.workflows.models import Keep, Result, Run, RunOrigin, RunValue, SpecificationVersion
from projects.workflows.models.label import result_values
from tests.factories import make_person
from tests.page_text import text_of
from tests.workflows.results.addresses import page_of
from vre_portal.audit.models import AuditEntry

SignIn = Callable[[str], Client]


def test_a_finished_run_is_presented_and_written_about(signed_in: SignIn, finished: Run) -> None:
    client, page = signed_in("lead"), page_of(finished)
    assert "Present as a result" in client.get(finished.get_absolute_url()).content.decode()
    version = client.get(f"{page}present/").context["form"]["version"].value()
    assert not Result.objects.exists()
    values = {"title": "The mass", "description": "About **91 GeV** <script>", "licence": "CC-BY-4.0", "version": version}
    people = "Petra Physicist | https://orcid.org/0000-0002-1825-0097\nLena Lead"
    assert client.post(f"{page}present/", {**values, "people": people}).headers["Location"] == page
    assert client.get(f"{page}present/").headers["Location"] == f"{page}edit/"
    assert client.post(f"{page}edit/", {**values, "people": people, "version": 1}).status_code == 302
    text = client.get(page).content.decode()
    for words in (
        "The mass",
        "<strong>91 GeV</strong>",
        "https://orcid.org/0000-0002-1825-0097",
        "CC-BY-4.0",
        "91.2 ± 0.3",
        "plots/mass.png",
        "BibTeX",
    ):
        assert words in text
    assert "<script>" not in text.split("<main", 1)[1].split("</main>")[0]
    for form in ("edit", "present"):
        late = client.post(f"{page}{form}/", {**values, "people": people, "title": "Other"})
        assert late.status_code == 409
        assert 'value="Other"' in late.content.decode()
    assert list(AuditEntry.objects.order_by("number").values_list("action", flat=True)) == ["result.present", "result.edit"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("people", "Petra | 0000-0002-1825-0098", "is not an ORCID iD"),
        ("licence", "my own", "not an SPDX licence"),
        ("title", "", "required"),
        ("title", "a\u202eb", ""),
        ("version", "x", "whole number"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(signed_in: SignIn, finished: Run, field: str, value: str, words: str) -> None:
    client, page = signed_in("lead"), page_of(finished)
    Result.objects.present(finished)
    values = {"title": "Kept title", "description": "Kept words", "people": "", "licence": "", "version": "1", field: value}
    reply = client.post(f"{page}edit/", values)
    assert reply.status_code == 422
    text = reply.content.decode()
    assert words in text or field == "version"
    assert "Kept words" in text


def test_only_a_finished_run_is_presented_by_whoever_launched_it_or_a_lead(signed_in: SignIn, finished: Run) -> None:
    Membership.objects.create(project=finished.project, user=make_person("member"), role=Role.MEMBER)
    assert signed_in("member").post(f"{page_of(finished)}present/").status_code == 403
    Run.objects.update(status=Run.Status.RUNNING)
    assert signed_in("lead").post(f"{page_of(finished)}present/").status_code == 403
    assert not Result.objects.exists()


@pytest.mark.parametrize(("name", "role", "has_settings"), [("member", Role.MEMBER, False), ("outsider", Role.EDITOR, True)])
def test_the_tabs_of_a_result_are_those_of_its_project(signed_in: SignIn, finished: Run, name: str, role: Role, has_settings: bool) -> None:
    person = make_person(name)
    Membership.objects.create(project=finished.project, user=person, role=role)
    Result.objects.present(finished)
    if not has_settings:
        Run.objects.filter(pk=finished.pk).update(by=person)
    settings_page = f'href="/projects/{finished.project.slug}/settings/"'
    for page in (page_of(finished), finished.get_absolute_url()):
        assert (settings_page in signed_in(name).get(page).content.decode()) == has_settings


def test_a_result_is_for_whom_its_run_is_for(signed_in: SignIn, finished: Run) -> None:
    result = Result.objects.present(finished)
    assert signed_in("lead").get(page_of(finished)).status_code == 200
    assert Client().get(page_of(finished)).status_code == 404
    assert Client().get(f"{page_of(finished)}cite/bibtex/").status_code == 404
    assert result.title not in Client().get(f"/projects/{finished.project.slug}/results/").content.decode()
    publication.publish(by=finished.by, run=finished, confirmed=[])
    assert Client().get(page_of(finished)).status_code == 200
    assert result.title in Client().get(f"/projects/{finished.project.slug}/results/").content.decode()
    RunOrigin.objects.create(run=finished, lake="escape", scope="no-such-lake")
    RunOrigin.objects.filter(run=finished).update(lake="unknown")
    assert Client().get(page_of(finished)).status_code == 404


def test_publishing_a_finished_run_makes_it_a_result_and_one_that_runs_does_not(finished: Run) -> None:
    Run.objects.update(status=Run.Status.RUNNING)
    publication.publish(by=finished.by, run=Run.objects.get(), confirmed=[])
    assert not Result.objects.exists()
    Run.objects.update(status=Run.Status.FINISHED)
    publication.publish(by=finished.by, run=Run.objects.get(), confirmed=[])
    result = Result.objects.get()
    assert (result.was_published, result.licence, result.people_list) == (
        True,
        "CC-BY-4.0",
        [{"name": "Lena Lead", "orcid": finished.by.orcid}],
    )


def test_the_page_of_results_has_no_heading_without_anything_below_it(signed_in: SignIn, finished: Run) -> None:
    client, address = signed_in("lead"), f"/projects/{finished.project.slug}/results/"
    assert "Kept in the Data Lake" in client.get(address).content.decode()
    Result.objects.present(finished)
    assert "Kept in the Data Lake" not in client.get(address).content.decode()


def test_results_are_cards_in_the_order_that_is_chosen(signed_in: SignIn, finished: Run) -> None:
    Result.objects.present(finished)
    common = {
        "project": finished.project,
        "by": finished.by,
        "specification": finished.specification,
        "text": finished.text,
        "server": finished.server,
    }
    other = Run.objects.create(number=2, key=uuid.uuid4(), name=Run.new_name(), status=Run.Status.FINISHED, **common)
    Result.objects.present(other).edit(1, title="Another")
    RunValue.objects.bulk_create(result_values(other, [("chi2", 3.0, "3")]))
    client, address = signed_in("lead"), f"/projects/{finished.project.slug}/results/"
    found = client.get(address).content.decode()
    assert found.index(">Another<") < found.index("S, run 1")
    assert "plots/mass.png" not in found
    assert 'class="result-picture"' in found
    best = client.get(f"{address}?sort=-r:chi2").content.decode()
    assert best.index("S, run 1") < best.index(">Another<")


def test_a_kept_result_names_its_files_with_checksums_and_the_runs_that_read_them(signed_in: SignIn, finished: Run) -> None:
    Result.objects.present(finished)
    Keep.objects.create(
        run=finished, by=finished.by, key=uuid.uuid4(), lake="escape", scope="KM3NET_ECAP_SP", dataset="mass.1", paths=["plots/mass.png"],
        uploaded=["plots/mass.png"], rse="A", copy_rse="B", status=Keep.Status.OK,
        in_lake={"plots/mass.png": {"bytes": 4, "adler32": "0a1b2c3d"}},
    )  # fmt: skip
    common = {
        "project": finished.project,
        "by": finished.by,
        "specification": finished.specification,
        "text": finished.text,
        "server": finished.server,
    }
    inputs = {"in.png": {"lake": "escape", "did": "KM3NET_ECAP_SP:mass.1.mass.png"}}
    reader = Run.objects.create(number=7, key=uuid.uuid4(), name=Run.new_name(), inputs=inputs, **common)
    RunOrigin.objects.create(run=reader, lake="escape", scope="KM3NET_ECAP_SP")
    client = signed_in("lead")
    text = client.get(page_of(finished)).content.decode()
    assert "a" * 64 in text
    assert "KM3NET_ECAP_SP:mass.1.mass.png" in text
    assert "Run 7 of S" in client.get(f"{page_of(finished)}uses/").content.decode()
    document = client.get(f"{page_of(finished)}?format=json").json()
    assert document["data"] == [
        {
            "lake": "escape",
            "did": "KM3NET_ECAP_SP:mass.1",
            "files": [{"did": "KM3NET_ECAP_SP:mass.1.mass.png", "bytes": 4, "sha256": "a" * 64, "adler32": "0a1b2c3d"}],
        }
    ]
    assert document["numbers"][1] == {"label": "mass [GeV]", "value": 91.2, "shown": "91.2 ± 0.3"}


def test_a_file_of_which_the_portal_has_no_copy_has_the_checksum_of_the_lake(signed_in: SignIn, finished: Run) -> None:
    Result.objects.present(finished)
    Keep.objects.create(
        run=finished, by=finished.by, key=uuid.uuid4(), lake="escape", scope="KM3NET_ECAP_SP", dataset="big.1", paths=["big.root", "old.root"],
        uploaded=["big.root", "old.root"], rse="A", copy_rse="B", status=Keep.Status.OK,
        in_lake={"big.root": {"bytes": 6_000_000_000, "adler32": "0a1b2c3d"}},
    )  # fmt: skip
    text = signed_in("lead").get(page_of(finished)).content.decode()
    assert "Adler-32 0a1b2c3d" in text
    assert "6.0 GB" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert text.count('title="unknown"') == 1


def test_the_page_says_workflow_version_engine_and_images(signed_in: SignIn, finished: Run) -> None:
    Result.objects.present(finished)
    text = "workflow: {type: serial, specification: {steps: [{name: fit, environment: 'docker.io/fit:1', commands: [a]}]}}"
    version = SpecificationVersion.objects.create(specification=finished.specification, number=4, text=text, origin="editor")
    Run.objects.filter(pk=finished.pk).update(text=text, version=version, commit="c0ffee12")
    page, client = page_of(finished), signed_in("lead")
    shown = text_of(client.get(page).content)
    for words in ("version 4", "c0ffee12", "Engine Serial", "Image of fit docker.io/fit:1"):
        assert words in shown
    workflow = f"/projects/{finished.project.slug}/workflows/specifications/s/"
    assert f'<a href="{workflow}">' in client.get(page).content.decode()
    told = client.get(f"{page}?format=json").json()
    image = {"step": "fit", "image": "docker.io/fit:1", "digest": None}
    assert (told["workflow_version"], told["engine"], told["images"]) == (4, "serial", [image])
    assert told["workflow_url"].endswith(workflow)
    Run.objects.filter(pk=finished.pk).update(image_digests={"docker.io/fit:1": f"sha256:{'a' * 64}"})
    assert client.get(f"{page}?format=json").json()["images"][0]["digest"] == f"sha256:{'a' * 64}"


def test_runs_that_were_published_or_kept_before_have_results(finished: Run) -> None:
    Run.objects.update(published_at=timezone.now())
    for _ in range(2):
        import_module("projects.workflows.migrations.0014_present_results").present(apps, None)
    assert Result.objects.get().was_published
