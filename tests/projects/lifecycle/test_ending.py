"""The end of a project: archived and read only, handed over, deleted with a tombstone; by its leads alone, once, and recorded."""

import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client

from projects import content
from projects.lifecycle import services, transfer, worker
from projects.models import Membership, Project, Resource, Role, Tombstone, TransferOffer
from projects.notebooks.models import Session
from projects.permissions import Permission, permissions
from projects.start import slugs
from projects.workflows.models import Run, RunFile, Specification
from tests.factories import make_people, make_project, make_public, make_resource
from tests.page_text import text_of
from vre_portal.audit.models import AuditEntry
from vre_portal.form_drafts.models import FormDraft
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
HERE = "/projects/ending/lifecycle/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def project(people: dict[str, User], settings: Any, tmp_path: Path) -> Project:
    settings.MEDIA_ROOT = str(tmp_path)
    project = make_public(
        slug="ending", title="Ending", contact="list@example.org", lead=people["lead"], groups={"escape/km3net": Role.MEMBER}
    )
    Membership.objects.create(project=project, user=people["member"], role=Role.MEMBER)
    return project


def make_run(project: Project, by: User, status: str = "finished") -> Run:
    specification = Specification.objects.create(project=project, name="analysis", title="Analysis", text="workflow: {}")
    run = Run.objects.create(
        project=project,
        number=1,
        by=by,
        specification=specification,
        text="",
        key=uuid.uuid4(),
        server="reana",
        name="vre-x",
        status=status,
    )
    file = RunFile(run=run, path="plot.png", size=4, sha256="0" * 64)
    file.file.save("plot.png", ContentFile(b"\x89PNG"))
    return run


def test_an_archived_project_is_read_only_and_says_so(signed_in: SignIn, project: Project) -> None:
    lead, member = signed_in("lead"), signed_in("member")
    assert lead.post(f"{HERE}archive/").status_code == 302
    page = signed_in("anonymous").get("/projects/ending/")
    assert page.status_code == 200
    assert "This project is read only." in text_of(page.content)
    for browser, where in ((lead, "settings/"), (lead, "settings/picture/"), (member, "workflows/new/")):
        reply = browser.get(f"/projects/ending/{where}")
        assert reply.status_code == 403
        assert "archived and read only" in text_of(reply.content)
    assert lead.post("/projects/ending/settings/", {"title": "Other"}).status_code == 409
    assert Project.objects.get().title == "Ending"
    assert "Before you publish" not in text_of(lead.get(HERE).content)
    assert lead.get("/projects/ending/people/").status_code == 200
    assert lead.get("/projects/ending/settings/visibility/").status_code == 200  # it can be hidden without being restored
    lead.post(f"{HERE}restore/")
    assert lead.get("/projects/ending/settings/").status_code == 200
    assert [item.action for item in AuditEntry.objects.filter(subject="project/ending").order_by("number")] == [
        "project.archive",
        "project.restore",
    ]


def test_archiving_takes_everything_but_seeing_and_managing_people(project: Project, people: dict[str, User]) -> None:
    services.archive(by=people["lead"], project=project)
    project.refresh_from_db()
    assert permissions(people["lead"], project) == {Permission.VIEW, Permission.PEOPLE, Permission.MANAGE}
    assert permissions(people["member"], project) == {Permission.VIEW}


def test_twice_archived_is_archived_once(signed_in: SignIn, project: Project) -> None:
    lead = signed_in("lead")
    lead.post(f"{HERE}archive/")
    since = Project.objects.get().archived_at
    assert "Nothing was changed." in text_of(lead.post(f"{HERE}archive/", follow=True).content)
    assert Project.objects.get().archived_at == since


def test_a_project_with_active_runs_is_not_archived(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    make_run(project, people["member"], "running")
    reply = signed_in("lead").post(f"{HERE}archive/", follow=True)
    assert "1 run has not ended." in text_of(reply.content)
    assert not Project.objects.get().is_archived


@pytest.mark.parametrize("act", ["archive", "restore", "offer", "delete"])
@pytest.mark.parametrize("name", ["anonymous", "outsider", "member", "admin"])
def test_nobody_but_a_lead_ends_a_project(signed_in: SignIn, project: Project, people: dict[str, User], act: str, name: str) -> None:
    reply = signed_in(name).post(f"{HERE}{act}/", {"confirmation": "ending", "to": people["member"].pk})
    assert reply.status_code == (302 if name == "anonymous" else 403)
    assert (Project.objects.get().archived_at, Project.objects.get().deleted_at, TransferOffer.objects.count()) == (None, None, 0)


def test_a_lead_who_was_removed_in_the_meantime_changes_nothing(project: Project, people: dict[str, User]) -> None:
    Membership.objects.filter(user=people["lead"]).update(role=Role.MEMBER)
    for act in (lambda: services.archive(by=people["lead"], project=project), lambda: services.restore(by=people["lead"], project=project)):
        with pytest.raises(services.EndRefused):
            act()
    with pytest.raises(services.EndRefused):
        services.delete(by=people["lead"], project=project, confirmation="ending")
    assert Tombstone.objects.count() == 0


def test_a_person_who_accepts_leads_from_then_on(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    signed_in("lead").post(f"{HERE}offer/", {"to": people["member"].pk})
    assert "Milo Member" in text_of(signed_in("lead").get(HERE).content)
    member = signed_in("member")
    assert "Accept project" in text_of(member.get(f"{HERE}transfer/").content)
    assert signed_in("outsider").get(f"{HERE}transfer/").status_code == 404
    member.post(f"{HERE}transfer/", {"do": "accept"})
    roles = {item.user: item.role for item in project.memberships.exclude(user=None)}
    assert roles == {people["lead"]: "member", people["member"]: "lead"}
    assert TransferOffer.objects.get().state == "accepted"
    assert member.get(f"{HERE}transfer/").status_code == 404


def test_an_offer_can_be_declined_and_withdrawn(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    for name, state in (("member", "declined"), ("lead", "withdrawn")):
        signed_in("lead").post(f"{HERE}offer/", {"to": people["member"].pk})
        signed_in(name).post(f"{HERE}transfer/", {"do": "decline"})
        assert TransferOffer.objects.first().state == state  # type: ignore[union-attr]
    assert project.memberships.get(user=people["member"]).role == "member"


def test_nobody_accepts_what_is_offered_to_another(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    signed_in("lead").post(f"{HERE}offer/", {"to": people["member"].pk})
    Membership.objects.create(project=project, user=people["newcomer"], role=Role.LEAD)
    for name in ("lead", "newcomer"):
        signed_in(name).post(f"{HERE}transfer/", {"do": "accept"})
    assert signed_in("outsider").post(f"{HERE}transfer/", {"do": "accept"}).status_code == 404
    assert TransferOffer.objects.get().state == "open"


@pytest.mark.parametrize("end", ["lowered", "removed", "archived", "inactive", "left"])
def test_an_offer_ends_with_the_role_of_who_made_it_and_with_the_project(
    signed_in: SignIn, project: Project, people: dict[str, User], end: str
) -> None:
    found = transfer.offer(by=people["lead"], project=project, to=people["member"])
    mine = Membership.objects.filter(user=people["lead"])
    Membership.objects.create(project=project, user=people["admin"], role=Role.LEAD)
    match end:
        case "lowered":
            mine.update(role=Role.MEMBER)
        case "removed":
            mine.delete()
        case "archived":
            services.archive(by=people["admin"], project=project)
        case "inactive":
            User.objects.filter(pk=people["lead"].pk).update(is_active=False)
        case "left":
            Membership.objects.filter(user=people["member"]).delete()
    with pytest.raises(services.EndRefused):
        transfer.accept(by=people["member"], project=project, pk=found.pk)
    assert signed_in("member").get(f"{HERE}transfer/").status_code == 404
    assert not Membership.objects.filter(user=people["member"], role=Role.LEAD).exists()


def test_a_project_is_not_handed_over_to_a_closed_account(project: Project, people: dict[str, User]) -> None:
    found = transfer.offer(by=people["lead"], project=project, to=people["member"])
    User.objects.filter(pk=people["member"].pk).update(is_active=False)
    with pytest.raises(services.EndRefused):
        transfer.accept(by=people["member"], project=project, pk=found.pk)
    TransferOffer.objects.all().delete()
    with pytest.raises(services.EndRefused):
        transfer.offer(by=people["lead"], project=project, to=people["member"])
    assert project.memberships.get(user=people["lead"]).role == Role.LEAD


def test_an_offer_is_accepted_once(project: Project, people: dict[str, User]) -> None:
    found = transfer.offer(by=people["lead"], project=project, to=people["member"])
    transfer.accept(by=people["member"], project=project, pk=found.pk)
    with pytest.raises(services.EndRefused):
        transfer.accept(by=people["member"], project=project, pk=found.pk)
    assert project.memberships.get(user=people["lead"]).role == Role.MEMBER


def test_only_people_of_the_project_are_offered_it_and_one_at_a_time(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    browser = signed_in("lead")
    assert browser.post(f"{HERE}offer/", {"to": people["outsider"].pk}).status_code == 400
    Membership.objects.create(project=project, user=people["admin"], role=Role.VIEWER)
    for to in ("member", "member", "admin"):
        browser.post(f"{HERE}offer/", {"to": people[to].pk})
    assert [item.to for item in TransferOffer.objects.all()] == [people["member"]]


@pytest.mark.django_db(transaction=True)
def test_of_an_acceptance_and_a_withdrawal_at_once_one_counts() -> None:
    people = make_people()
    project = make_project(lead=people["lead"])
    Membership.objects.create(project=project, user=people["member"], role=Role.MEMBER)
    found, refused, together = transfer.offer(by=people["lead"], project=project, to=people["member"]), [], threading.Barrier(2)

    def act(answer: Callable[..., None], by: User) -> None:
        together.wait()
        try:
            answer(by=by, project=project, pk=found.pk)
        except services.EndRefused as why:
            refused.append(str(why))
        finally:
            connection.close()

    pairs = ((transfer.accept, people["member"]), (transfer.decline, people["lead"]))
    threads = [threading.Thread(target=act, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    is_lead = Membership.objects.filter(project=project, user=people["member"], role=Role.LEAD).exists()
    assert is_lead == (TransferOffer.objects.get().state == "accepted")


def test_what_is_deleted_and_what_stays_is_listed_first(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    make_run(project, people["member"], "running")
    make_resource(project, kind=Resource.Kind.RESULT)
    text = text_of(signed_in("lead").get(f"{HERE}delete/").content)
    for words in ("references: 1", "1 run has not ended.", "Kept results stay in the Data Lake: 1.", "roles of people and groups: 3"):
        assert words in text


@pytest.mark.parametrize("typed", ["", "Ending", "ending2", "ENDING"])
def test_without_the_typed_name_nothing_is_deleted(signed_in: SignIn, project: Project, typed: str) -> None:
    assert signed_in("lead").post(f"{HERE}delete/", {"confirmation": typed}).status_code == 400
    assert Tombstone.objects.count() == 0


def test_a_deleted_public_project_leaves_a_tombstone(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    lead = signed_in("lead")
    assert lead.post(f"{HERE}delete/", {"confirmation": "ending"})["Location"] == "/dashboard/"
    for name in ("anonymous", "outsider", "member", "lead"):
        reply = signed_in(name).get("/projects/ending/")
        assert reply.status_code == 410
        assert "Ending" in text_of(reply.content)
        assert "list@example.org" in text_of(reply.content)
        for where in ("/projects/", "/search/?q=ending", "/"):
            assert b"/projects/ending/" not in signed_in(name).get(where).content
    assert signed_in("anonymous").get("/projects/ending/?format=json").json()["title"] == "Ending"
    assert lead.get("/projects/ending/settings/").status_code == 410
    assert lead.post(f"{HERE}delete/", {"confirmation": "ending"}).status_code == 410
    worker.delete(Tombstone.objects.get().pk)
    assert Project.objects.count() == 0
    assert signed_in("anonymous").get("/projects/ending/").status_code == 410


def test_of_a_deleted_closed_project_nobody_learns_anything(signed_in: SignIn, project: Project) -> None:
    Project.objects.update(visibility="members")
    signed_in("lead").post(f"{HERE}delete/", {"confirmation": "ending"})
    tombstone = Tombstone.objects.get()
    assert (tombstone.title, tombstone.contact, tombstone.was_public) == ("", "", False)
    assert signed_in("anonymous").get("/projects/ending/").status_code == 404
    assert signed_in("lead").get("/projects/ending/").status_code == 404


def test_the_address_of_a_deleted_project_is_not_given_again(signed_in: SignIn, project: Project, tmp_path: Path) -> None:
    signed_in("lead").post(f"{HERE}delete/", {"confirmation": "ending"})
    for turn in range(2):
        assert slugs.is_taken("ending")
        assert slugs.first_free("ending") == "ending-2"
        with pytest.raises(content.BadEntry):
            content.load_project({"slug": "ending", "title": "Ending"}, tmp_path, {})
        if not turn:
            worker.delete(Tombstone.objects.get().pk)


def test_what_is_at_work_is_stopped_and_waited_for(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    run = make_run(project, people["member"], "running")
    Session.objects.create(project=project, by=people["member"], key=uuid.uuid4(), hub="hub", server="ending", state=Session.State.READY)
    FormDraft.objects.create(user=people["member"], path="/projects/ending/settings/", sealed="x")
    FormDraft.objects.create(user=people["member"], path="/projects/ending-2/settings/", sealed="x")
    signed_in("lead").post(f"{HERE}delete/", {"confirmation": "ending"})
    run.refresh_from_db()
    assert run.stop_asked_at is not None
    assert Session.objects.get().state == Session.State.STOPPING
    assert [item.path for item in FormDraft.objects.all()] == ["/projects/ending-2/settings/"]
    worker.delete(Tombstone.objects.get().pk)
    assert Project.objects.count() == 1
    Run.objects.update(status="stopped")
    Session.objects.update(state=Session.State.STOPPED)
    Tombstone.objects.update(lease_until=None)
    worker.delete(Tombstone.objects.get().pk)
    assert (Project.objects.count(), Run.objects.count(), Session.objects.count()) == (0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_rows_and_files_go_together_and_a_killed_worker_is_followed_by_another(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    people = make_people()
    project = make_project(slug="ending", lead=people["lead"])
    project.picture.save("p.png", ContentFile(b"\x89PNG"))
    make_run(project, people["member"])
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 2
    tombstone = services.delete(by=people["lead"], project=project, confirmation="ending")
    assert Tombstone.claim(tombstone.pk) is not None  # and its worker is gone
    Tombstone.objects.update(lease_until=None)
    worker.delete(tombstone.pk)
    assert Project.objects.count() == Run.objects.count() == Specification.objects.count() == 0
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
    tombstone.refresh_from_db()
    assert tombstone.project is None
    assert worker.runner.waiting() == []


def test_work_that_never_ends_keeps_the_rows_for_a_day_only(project: Project, people: dict[str, User]) -> None:
    make_run(project, people["member"], "running")
    tombstone = services.delete(by=people["lead"], project=project, confirmation="ending")
    Tombstone.objects.update(deleted_at="2020-01-01T00:00Z")
    worker.delete(tombstone.pk)
    assert Project.objects.count() == 0


def test_an_offer_waits_for_both_until_it_ends(project: Project, people: dict[str, User]) -> None:
    found = transfer.offer(by=people["lead"], project=project, to=people["member"])
    assert transfer.waiting_for(people["member"]) == transfer.waiting_for(people["lead"]) == [found]
    assert transfer.waiting_for(people["admin"]) == []
    Membership.objects.filter(user=people["lead"]).delete()
    assert transfer.waiting_for(people["member"]) == transfer.waiting_for(people["lead"]) == []
