"""A result that is withdrawn or deleted: who still sees what, and what stays of it."""

import uuid
from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from projects.audience import Origin
from projects.models import Membership, Project, Resource, Role
from projects.workflows import data_use, publication
from projects.workflows.models import Keep, Result, Run
from projects.workflows.permissions import why_not_keep
from projects.workflows.results import services
from projects.workflows.search_source import RunResultSource, RunSource
from tests.factories import make_person
from tests.workflows.results.addresses import page_of
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.iam.personal_data.erasure import erase
from vre_portal.usage import Thing

SignIn = Callable[[str], Client]


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


def test_the_search_has_the_result_as_a_thing_of_its_own_until_it_is_withdrawn(finished: Run) -> None:
    result = Result.objects.present(finished)
    [item] = RunResultSource().documents([str(finished.pk)])
    assert (item.url, item.title, item.type) == (page_of(finished), "S, run 1", "result")
    [run] = RunSource().documents([str(finished.pk)])
    assert (run.url, run.title) == (finished.get_absolute_url(), "Run 1 of S")
    result.withdraw(finished.by, "wrong")
    assert [*RunResultSource().documents([str(finished.pk)]), *RunResultSource().keys()] == []


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
