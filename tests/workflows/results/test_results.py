"""Results: presented, read by whom their run is for, written about, found, cited and withdrawn."""

import uuid
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from projects.audience import Origin
from projects.models import Membership, Project, Resource, Role
from projects.workflows import data_use, publication
from projects.workflows.models import Keep, Result, Run, RunFile, RunOrigin, RunValue, SpecificationVersion
from projects.workflows.models.label import result_values
from projects.workflows.permissions import why_not_keep
from projects.workflows.results import services
from projects.workflows.search_source import RunResultSource, RunSource
from tests.factories import make_person
from tests.page_text import text_of
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.iam.personal_data.erasure import erase
from vre_portal.usage import Thing

SignIn = Callable[[str], Client]


@pytest.fixture
def finished(run: Run, settings: Any, tmp_path: Any) -> Run:
    """A finished run of a public project with a picture and two headline numbers."""
    settings.MEDIA_ROOT = str(tmp_path)
    Project.objects.filter(pk=run.project_id).update(visibility=Project.Visibility.PUBLIC, licence="CC-BY-4.0")
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(status=Run.Status.FINISHED, started_at=now, finished_at=now, listed_at=now, collected_at=now)
    run.refresh_from_db()
    file = RunFile(run=run, path="plots/mass.png", size=4, sha256="a" * 64)
    file.file.save("x", ContentFile(b"\x89PNG"))
    RunValue.objects.bulk_create(result_values(run, [("chi2", 12.5, "12.5"), ("mass [GeV]", 91.2, "91.2 ± 0.3")]))
    return run


def page_of(run: Run) -> str:
    return f"/projects/{run.project.slug}/results/{run.number}/"


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


def test_a_withdrawn_result_leaves_a_tombstone_for_those_who_could_see_it(signed_in: SignIn, finished: Run) -> None:
    publication.publish(by=finished.by, run=finished, confirmed=[])
    client, page = signed_in("lead"), page_of(finished)
    assert client.post(f"{page}withdraw/", {"reason": ""}).status_code == 422
    assert client.post(f"{page}withdraw/", {"reason": "The calibration was wrong."}).status_code == 302
    for browser in (client, Client()):
        reply = browser.get(page)
        assert reply.status_code == 410
        assert "The calibration was wrong." in reply.content.decode()
        assert "91.2" not in reply.content.decode()
        assert browser.get(f"{page}cite/bibtex/").status_code == 404
        assert browser.get(f"{page}uses/").status_code == 404
    finished.refresh_from_db()
    assert finished.published_at is None
    shown, withdrawn = client.get(f"/projects/{finished.project.slug}/results/").content.decode().split("Withdrawn results")
    assert "S, run 1" not in shown
    assert "S, run 1" in withdrawn
    assert client.post(f"{finished.get_absolute_url()}publish/").status_code == 403
    assert client.get(f"{page}edit/").status_code == 403


def test_another_member_does_not_withdraw_a_result(signed_in: SignIn, finished: Run) -> None:
    publication.publish(by=finished.by, run=finished, confirmed=[])
    Membership.objects.create(project=finished.project, user=make_person("member"), role=Role.MEMBER)
    member, page = signed_in("member"), page_of(finished)
    assert f"{page}withdraw/" not in member.get(page).content.decode()
    assert member.get(f"{page}withdraw/").status_code == 403
    assert member.post(f"{page}withdraw/", {"reason": "Not mine."}).status_code == 403
    assert not Result.objects.get().is_withdrawn


def test_a_result_that_nobody_outside_saw_leaves_nothing_there(signed_in: SignIn, finished: Run) -> None:
    Result.objects.present(finished)
    signed_in("lead").post(f"{page_of(finished)}withdraw/", {"reason": "A mistake."})
    assert Client().get(page_of(finished)).status_code == 404
    assert signed_in("lead").get(page_of(finished)).status_code == 410


def test_a_result_that_everybody_could_read_leaves_a_tombstone_however_it_was_published(signed_in: SignIn, finished: Run) -> None:
    page, lead = page_of(finished), signed_in("lead")
    running = Run.objects.filter(pk=finished.pk)
    running.update(status=Run.Status.RUNNING)
    publication.publish(by=finished.by, run=running.get(), confirmed=[])
    running.update(status=Run.Status.FINISHED)
    lead.post(f"{page}present/", {"title": "Seen", "people": "", "version": 0})
    assert Client().get(page).status_code == 200
    lead.post(f"{page}withdraw/", {"reason": "wrong"})
    assert Client().get(page).status_code == 410


def test_earlier_runs_that_are_published_are_results_and_withdrawn_ones_stay_for_members(signed_in: SignIn, finished: Run) -> None:
    page, lead = page_of(finished), signed_in("lead")
    Run.objects.update(was_public=True)
    assert publication.publish_earlier(by=finished.by, project=finished.project) == 1
    assert Client().get(page).status_code == 200
    lead.post(f"{page}withdraw/", {"reason": "wrong"})
    assert Client().get(page).status_code == 410
    Run.objects.update(was_public=True)
    assert publication.publish_earlier(by=finished.by, project=finished.project) == 0
    assert Client().get(finished.get_absolute_url()).status_code == 404


def test_a_run_that_became_visible_without_a_press_leaves_a_tombstone(signed_in: SignIn, finished: Run) -> None:
    Result.objects.present(finished)
    Run.objects.update(published_at=timezone.now())  # as when its data are no longer restricted
    signed_in("lead").post(f"{finished.get_absolute_url()}unpublish/")
    signed_in("lead").post(f"{page_of(finished)}withdraw/", {"reason": "wrong"})
    assert Client().get(page_of(finished)).status_code == 410


def test_a_result_that_nobody_outside_saw_is_deleted_and_others_are_not(signed_in: SignIn, finished: Run) -> None:
    client, page = signed_in("lead"), page_of(finished)
    Result.objects.present(finished)
    assert f"{page}delete/" in client.get(page).content.decode()
    assert client.post(f"{page}delete/").headers["Location"] == finished.get_absolute_url()
    assert not Result.objects.exists()
    publication.publish(by=finished.by, run=finished, confirmed=[])
    for _ in range(2):
        assert f"{page}delete/" not in client.get(page).content.decode()
        assert client.post(f"{page}delete/").status_code == 403
        client.post(f"{finished.get_absolute_url()}unpublish/")
    assert list(AuditEntry.objects.filter(action__startswith="result").values_list("action", flat=True)) == ["result.delete"]


def test_a_withdrawal_goes_by_what_is_true_then(finished: Run) -> None:
    result = Result.objects.present(finished)
    assert result.run.published_at is None
    publication.publish(by=finished.by, run=Run.objects.get(), confirmed=[])
    services.withdraw(by=finished.by, result=result, reason="wrong")
    assert Run.objects.get().published_at is None
    services.withdraw(by=finished.by, result=result, reason="another reason")
    assert Result.objects.get().withdrawn_reason == "wrong"


def test_a_tombstone_keeps_its_words(finished: Run) -> None:
    seen = Result.objects.present(finished)
    publication.publish(by=finished.by, run=Run.objects.get(), confirmed=[])
    services.withdraw(by=finished.by, result=seen, reason="wrong")
    with pytest.raises(services.ChangedMeanwhile):
        services.edit(by=finished.by, result=seen, version=Result.objects.get().version, title="Another title")
    assert Result.objects.get().title != "Another title"


def test_a_run_whose_result_was_withdrawn_offers_no_publication(signed_in: SignIn, finished: Run) -> None:
    client, address = signed_in("lead"), finished.get_absolute_url()
    assert f"{address}publish/" in client.get(address).content.decode()
    Result.objects.present(finished).withdraw(finished.by, "wrong")
    text = client.get(address).content.decode()
    assert f"{address}publish/" not in text
    assert "cannot be published again" in text


def test_a_person_whose_account_is_deleted_is_named_in_no_result(finished: Run) -> None:
    member, lead = make_person("member", orcid="0000-0002-1825-0097"), finished.by
    mine = {"name": str(member), "orcid": member.orcid}
    other = {"name": "Another Person", "orcid": "0000-0001-5109-3700"}
    own = Result.objects.present(finished, people=[other, {"name": str(lead), "orcid": ""}, mine, {"name": str(member), "orcid": ""}])
    [told] = data_export.export_person(member)["named in results"]
    assert told == {"named": [mine]}
    Membership.objects.create(project=finished.project, user=member, role=Role.MEMBER)
    [told] = data_export.export_person(make_person("member"))["named in results"]
    assert told == {"title": own.title, "url": page_of(finished), "named": [mine]}
    erase(User.objects.get(pk=member.pk))
    pseudonym = str(User.objects.get(pk=member.pk))
    now = Result.objects.get()
    assert now.people_list == [
        other,
        {"name": str(lead), "orcid": ""},
        {"name": pseudonym, "orcid": ""},
        {"name": str(member), "orcid": ""},  # who that is nobody can tell: others wrote it
    ]
    assert not now.edit(own.version, people=own.people)
    own_name = str(lead)
    Membership.objects.create(project=finished.project, user=make_person("admin"), role=Role.LEAD)
    erase(lead)
    assert own_name not in str(Result.objects.get().people)


def test_withdrawn_results_are_listed_for_those_who_see_their_pages(signed_in: SignIn, finished: Run) -> None:
    address = f"/projects/{finished.project.slug}/results/"
    result = Result.objects.present(finished, title="The withdrawn one")
    result.withdraw(finished.by, "wrong")
    assert "The withdrawn one" in signed_in("lead").get(address).content.decode()
    assert "The withdrawn one" not in Client().get(address).content.decode()
    result.published()
    Project.objects.filter(pk=finished.project_id).update(title="Another title")
    assert "The withdrawn one" in Client().get(address).content.decode()


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
    assert (told["workflow_version"], told["engine"], told["images"]) == (4, "serial", [{"step": "fit", "image": "docker.io/fit:1"}])
    assert told["workflow_url"].endswith(workflow)


def test_the_search_has_the_result_as_a_thing_of_its_own_until_it_is_withdrawn(finished: Run) -> None:
    result = Result.objects.present(finished)
    [item] = RunResultSource().documents([str(finished.pk)])
    assert (item.url, item.title, item.type) == (page_of(finished), "S, run 1", "result")
    [run] = RunSource().documents([str(finished.pk)])
    assert (run.url, run.title) == (finished.get_absolute_url(), "Run 1 of S")
    result.withdraw(finished.by, "wrong")
    assert [*RunResultSource().documents([str(finished.pk)]), *RunResultSource().keys()] == []


def test_runs_that_were_published_or_kept_before_have_results(finished: Run) -> None:
    Run.objects.update(published_at=timezone.now())
    for _ in range(2):
        import_module("projects.workflows.migrations.0014_present_results").present(apps, None)
    assert Result.objects.get().was_published


def test_what_was_kept_of_a_withdrawn_result_says_so_and_nothing_is_kept_again(signed_in: SignIn, finished: Run) -> None:
    publication.publish(by=finished.by, run=finished, confirmed=[])
    facts = {"rse": "A", "copy_rse": "B", "status": "ok", "paths": ["a"]}
    Keep.objects.create(run=finished, by=finished.by, key=uuid.uuid4(), lake="escape", scope="TEST_SP", dataset="DM.Y", **facts)
    for number, did in ((finished.number, "TEST_SP:DM.Y"), (99, "TEST_SP:DM.Z")):
        Resource.objects.create(
            project=finished.project, kind=Resource.Kind.RESULT, service="escape", identifier=did, title=did, facts={"run": number}
        )
    thing = Thing("did", "escape", "TEST_SP:DM.Y")
    before = [use.title for use in data_use.results(AnonymousUser(), thing)]
    services.withdraw(by=finished.by, result=Result.objects.get(), reason="The calibration was wrong.")
    page = signed_in("lead").get(f"/projects/{finished.project.slug}/results/").content.decode()
    assert page.count("result withdrawn") == 1
    assert {item.identifier: item.facts.get("withdrawn") for item in Resource.objects.all()} == {
        "TEST_SP:DM.Y": page_of(finished), "TEST_SP:DM.Z": None
    }  # fmt: skip
    uses = list(data_use.results(AnonymousUser(), thing))
    assert (before, [use.title for use in uses]) == ([f"Result of {finished}"], [f"Withdrawn result of {finished}"])
    assert Client().get(uses[0].url).status_code == 410
    run = Run.objects.get()
    assert "was withdrawn, so it is not kept again" in why_not_keep(finished.by, run, Origin("escape", "TEST_SP"))
    assert "Keep result" not in signed_in("lead").get(finished.get_absolute_url()).content.decode()
