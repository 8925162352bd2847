"""Requests to join a project: who may ask, read, comment and answer, and what becomes of them."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from projects import closing_hooks
from projects.models import Membership, Project, Role
from projects.people import invitations
from projects.people import services as people_services
from projects.permissions import role_of
from projects.requests import services
from projects.requests.models import Request, RequestComment
from projects.requests.services import MAX_COMMENTS, MAX_OPEN, RequestRefused
from tests.factories import make_person, make_project, make_public
from vre_portal import attention
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export, erasure
from vre_portal.notices.models import Notice

SignIn = Callable[..., Client]
People = dict[str, User]
State = Request.State
JOIN = "/projects/open/join/"


def ask(by: User, project: Project, text: str = "I work on this.", role: str = Role.MEMBER) -> Request:
    return services.ask_to_join(by=by, project=project, role=role, text=text, key=uuid.uuid4())


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def fresh_state(item: Request) -> str:
    return Request.objects.get(pk=item.pk).state


def flat(reply: Any) -> str:
    return " ".join(reply.content.decode().split())


@pytest.fixture
def project(people: People) -> Project:
    return make_public(slug="open", title="Open sky", lead=people["lead"])


@pytest.mark.django_db
def test_somebody_asks_is_answered_in_the_thread_and_let_in(signed_in: SignIn, people: People, project: Project) -> None:
    outsider, lead = signed_in("outsider"), signed_in("lead")
    form = {"role": "member", "text": "I work on the effective area.", "key": str(uuid.uuid4())}
    where = outsider.post(JOIN, form).url
    assert outsider.post(JOIN, form).url == where
    assert Request.objects.count() == 1
    assert where in outsider.get(f"{JOIN}state/").content.decode()
    assert "I work on the effective area." in lead.get(where).content.decode()
    assert "Comment without deciding" in lead.get(where).content.decode()
    assert "Comment without deciding" not in outsider.get(where).content.decode()
    lead.post(f"{where}comment/", {"text": "With whom?", "key": str(uuid.uuid4())})
    assert "With whom?" in outsider.get(where).content.decode()
    assert role_of(fresh(people["outsider"]), project) is None
    reply = lead.post(f"{where}answer/", {"decision": "grant", "role": "viewer", "text": "Welcome"}, follow=True)
    assert "has the role Viewer" in flat(reply)
    assert role_of(fresh(people["outsider"]), project) == Role.VIEWER
    page = flat(outsider.get(where))
    assert "granted with the role Viewer" in page
    assert "Welcome" in page
    actions = [entry.action for entry in AuditEntry.objects.filter(subject="project/open")]
    assert {"request.opened", "request.commented", "request.granted"} <= set(actions)
    assert "Welcome" not in str(list(AuditEntry.objects.values()))


@pytest.mark.django_db
def test_the_key_of_a_form_asks_for_one_project(signed_in: SignIn, people: People, project: Project) -> None:
    make_public(slug="other", lead=people["lead"])
    form = {"role": "member", "text": "Please.", "key": str(uuid.uuid4())}
    browser = signed_in("outsider")
    assert browser.post(JOIN, form).status_code == 302
    reply = browser.post("/projects/other/join/", form)
    assert reply.status_code == 409
    assert "This form was used already for another project" in flat(reply)
    assert Request.objects.count() == 1


@pytest.mark.django_db
def test_somebody_with_a_request_is_added_before_it_is_recorded_that_it_is_granted(people: People, project: Project) -> None:
    """A new line points to the person's row, for which nobody may wait who has the record."""
    item, seen = ask(people["outsider"], project), []

    def added(_project: Project, user: User, _role: Role, _by: User) -> None:
        seen.append((Membership.objects.filter(project=project, user=user).exists(), fresh_state(item)))

    people_services._added_hooks.insert(0, added)
    try:
        people_services.add_person(by=people["lead"], project=project, user=people["outsider"], role=Role.VIEWER)
    finally:
        people_services._added_hooks.remove(added)
    assert seen == [(True, State.OPEN)]
    assert fresh_state(item) == State.GRANTED


@pytest.mark.django_db
def test_declining_needs_words_and_a_new_request_can_follow(signed_in: SignIn, people: People, project: Project) -> None:
    item, lead = ask(people["outsider"], project), signed_in("lead")
    where = item.get_absolute_url()
    assert lead.post(f"{where}answer/", {"decision": "decline", "role": "member", "text": ""}).status_code == 400
    assert Request.objects.get().is_open
    lead.post(f"{where}answer/", {"decision": "decline", "role": "member", "text": "Not yet"})
    page = signed_in("outsider").get(where).content.decode()
    assert "The request was declined." in page
    assert "Not yet" in page
    assert role_of(fresh(people["outsider"]), project) is None
    assert ask(people["outsider"], project).pk != item.pk


@pytest.mark.django_db
def test_pressing_twice_and_answering_twice_changes_nothing(people: People, project: Project) -> None:
    lead, item, key = people["lead"], ask(people["outsider"], project), uuid.uuid4()
    Membership.objects.create(project=project, user=people["member"], role=Role.LEAD)
    for _ in range(2):
        services.comment(by=lead, request=item, text="once", key=key)
        services.grant(by=lead, request=item, role=Role.MEMBER, text="in")
        if item.is_open:
            item.refresh_from_db()
    assert RequestComment.objects.filter(is_answer=False).count() == 1
    assert RequestComment.objects.filter(is_answer=True).count() == 1
    with pytest.raises(RequestRefused, match="in the meantime"):
        services.decline(by=people["member"], request=item, text="no")
    with pytest.raises(RequestRefused):
        services.withdraw(by=people["outsider"], request=item)


@pytest.mark.django_db
def test_only_leads_answer_and_only_they_and_the_person_read(signed_in: SignIn, people: People, project: Project) -> None:
    item = ask(people["outsider"], project, text="Secret words")
    where = item.get_absolute_url()
    Membership.objects.create(project=project, user=people["newcomer"], role=Role.EDITOR)
    Membership.objects.create(project=project, user=people["member"], role=Role.MEMBER)
    for name, status in {"newcomer": 404, "member": 404, "admin": 404, "anonymous": 302, "outsider": 200, "lead": 200}.items():
        assert signed_in(name).get(where).status_code == status
    for name in ("newcomer", "member", "admin", "anonymous", "outsider"):
        browser = signed_in(name)
        browser.post(f"{where}answer/", {"decision": "grant", "role": "editor", "text": ""})
        if name != "outsider":
            browser.post(f"{where}comment/", {"text": "x", "key": str(uuid.uuid4())})
            browser.post(f"{where}withdraw/")
    signed_in("lead").post(f"{where}withdraw/")
    item.refresh_from_db()
    assert item.is_open
    assert not RequestComment.objects.exists()
    assert role_of(fresh(people["outsider"]), project) is None


@pytest.mark.django_db
def test_nobody_answers_their_own_request_even_as_a_lead(signed_in: SignIn, people: People, project: Project) -> None:
    item = ask(people["outsider"], project)
    Membership.objects.create(project=project, user=people["outsider"], role=Role.LEAD)
    with pytest.raises(RequestRefused):
        services.grant(by=fresh(people["outsider"]), request=item, role=Role.MEMBER)
    with pytest.raises(RequestRefused):
        services.decline(by=fresh(people["outsider"]), request=item, text="No")
    signed_in("outsider").post(f"{item.get_absolute_url()}answer/", {"do": "grant", "role": "member"})
    item.refresh_from_db()
    assert item.is_open


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["newcomer", "member", "admin", "lead"])
def test_lists_and_what_waits_show_nothing_of_foreign_requests(signed_in: SignIn, people: People, project: Project, name: str) -> None:
    ask(people["outsider"], project)
    page = signed_in(name).get("/requests/").content.decode()
    assert ("Open sky" in page) == (name == "lead")
    rows = signed_in(name).get("/requests/?format=json").json()["items"]
    assert len(rows) == (name == "lead")
    assert len(attention.items(people[name])) == (name == "lead")


@pytest.mark.django_db
def test_a_lead_who_is_lead_no_more_sees_nothing_of_it(signed_in: SignIn, people: People, project: Project) -> None:
    Membership.objects.create(project=project, user=people["member"], role=Role.LEAD)
    item, member = ask(people["outsider"], project), signed_in("member")
    assert member.get(item.get_absolute_url()).status_code == 200
    services.comment(by=people["member"], request=item, text="mine", key=uuid.uuid4())
    Membership.objects.filter(user=people["member"]).update(role=Role.MEMBER)
    assert member.get(item.get_absolute_url()).status_code == 404
    assert "Open sky" not in member.get("/requests/").content.decode()
    with pytest.raises(RequestRefused):
        services.grant(by=fresh(people["member"]), request=item, role=Role.MEMBER)


@pytest.mark.django_db
def test_who_may_not_see_the_project_any_more_keeps_their_words_and_learns_nothing_new(
    signed_in: SignIn, people: People, project: Project
) -> None:
    item = ask(people["outsider"], project)
    Project.objects.filter(pk=project.pk).update(visibility=Project.Visibility.MEMBERS, title="A new secret title")
    for where in (item.get_absolute_url(), "/requests/", "/requests/?format=json", "/me/export/", "/dashboard/"):
        page = signed_in("outsider").get(where).content.decode()
        assert "A new secret title" not in page
        assert "/projects/open/" not in page
    assert "Open sky" in signed_in("outsider").get(item.get_absolute_url()).content.decode()
    assert signed_in("outsider").get(JOIN).status_code == 404


@pytest.mark.django_db
def test_comments_and_open_requests_are_limited(people: People, project: Project) -> None:
    item = ask(people["outsider"], project)
    lines = [RequestComment(request=item, by=people["lead"], text="x") for _ in range(MAX_COMMENTS - 1)]
    RequestComment.objects.bulk_create(lines)
    services.comment(by=people["lead"], request=item, text="last", key=uuid.uuid4())
    with pytest.raises(RequestRefused, match=str(MAX_COMMENTS)):
        services.comment(by=people["lead"], request=item, text="more", key=uuid.uuid4())
    for number in range(MAX_OPEN - 1):
        ask(people["outsider"], make_public(slug=f"more-{number}"))
    with pytest.raises(RequestRefused, match=str(MAX_OPEN)):
        ask(people["outsider"], make_public(slug="too-many"))


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "   ", "a\u202eb", "\u200b", "x" * 4001, "a\0b"])
def test_odd_words_are_refused_and_kept_in_the_form(signed_in: SignIn, project: Project, text: str) -> None:
    reply = signed_in("outsider").post(JOIN, {"role": "member", "text": text, "key": str(uuid.uuid4())})
    assert reply.status_code == 400
    assert not Request.objects.exists()


@pytest.mark.django_db
def test_hostile_words_are_shown_as_text(signed_in: SignIn, people: People, project: Project) -> None:
    item = ask(people["outsider"], project, text="<script>alert(1)</script><b>bold</b>")
    services.comment(by=people["outsider"], request=item, text="{{ 7*7 }}<img src=x onerror=alert(1)>", key=uuid.uuid4())
    for where in (item.get_absolute_url(), "/requests/", "/dashboard/"):
        page = signed_in("lead").get(where).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


@pytest.mark.django_db
def test_visitors_are_asked_to_sign_in_and_members_see_no_button(signed_in: SignIn, people: People, project: Project) -> None:
    assert "Sign in to ask to join" in signed_in("anonymous").get("/projects/open/").content.decode()
    assert "Ask to join" in signed_in("outsider").get("/projects/open/").content.decode()
    Membership.objects.create(project=project, user=people["outsider"], role=Role.VIEWER)
    assert "sk to join" not in signed_in("outsider").get("/projects/open/").content.decode()
    assert signed_in("outsider").post(JOIN, {"role": "editor", "text": "x", "key": str(uuid.uuid4())}).status_code == 409
    assert not Request.objects.exists()


@pytest.mark.django_db
def test_no_request_asks_for_the_lead(signed_in: SignIn, people: People, project: Project) -> None:
    assert signed_in("outsider").post(JOIN, {"role": "lead", "text": "x", "key": str(uuid.uuid4())}).status_code == 400
    where = ask(people["outsider"], project).get_absolute_url()
    assert signed_in("lead").post(f"{where}answer/", {"decision": "grant", "role": "lead", "text": ""}).status_code == 400
    assert role_of(fresh(people["outsider"]), project) is None


@pytest.mark.django_db
def test_a_role_that_ended_is_said(signed_in: SignIn, people: People, project: Project) -> None:
    item = ask(people["outsider"], project)
    services.grant(by=people["lead"], request=item, role=Role.MEMBER)
    people_services.remove(by=people["lead"], project=project, pk=Membership.objects.get(user=people["outsider"]).pk)
    day = f"{timezone.now():%b %Y}"
    for where in (item.get_absolute_url(), JOIN, f"{JOIN}state/"):
        page = flat(signed_in("outsider").get(where))
        assert "You were a member until" in page
        assert day in page


@pytest.mark.django_db
def test_who_is_let_in_another_way_has_their_request_granted(people: People, project: Project) -> None:
    item = ask(people["outsider"], project)
    people_services.add_person(by=people["lead"], project=project, user=people["outsider"], role=Role.EDITOR)
    item.refresh_from_db()
    assert (item.state, item.granted_role, item.decided_by) == (State.GRANTED, Role.EDITOR, people["lead"])


@pytest.mark.django_db
def test_requests_of_a_closed_project_are_closed_with_words(
    signed_in: SignIn, people: People, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = ask(people["outsider"], project)
    monkeypatch.setattr(closing_hooks, "_checks", [lambda _project: "This project was archived."])
    assert "This project was archived." in flat(signed_in("outsider").get(item.get_absolute_url()))
    with pytest.raises(RequestRefused, match="archived"):
        services.grant(by=people["lead"], request=item, role=Role.MEMBER)
    with pytest.raises(RequestRefused, match="archived"):
        ask(people["newcomer"], project)
    closing_hooks.run_hooks(project=project, by=people["lead"], words="Archived after the paper.")
    item.refresh_from_db()
    assert item.state == State.CLOSED
    assert "Archived after the paper." in flat(signed_in("outsider").get(item.get_absolute_url()))


@pytest.mark.django_db
def test_a_deleted_project_leaves_its_requests_closed(signed_in: SignIn, people: People, project: Project) -> None:
    item = ask(people["outsider"], project)
    project.delete()
    page = flat(signed_in("outsider").get(item.get_absolute_url()))
    assert "The project was deleted." in page
    assert signed_in("lead").get(item.get_absolute_url()).status_code == 404


@pytest.mark.django_db
def test_what_waits_is_said_and_gone_when_it_was_seen(signed_in: SignIn, people: People, project: Project) -> None:
    item = ask(people["outsider"], project)
    assert [one.url for one in attention.items(people["lead"])] == [item.get_absolute_url()]
    assert item.get_absolute_url() in signed_in("lead").get("/dashboard/attention/").content.decode()
    services.grant(by=people["lead"], request=item, role=Role.MEMBER)
    assert attention.items(people["lead"]) == []
    assert "You joined Open sky" in attention.items(fresh(people["outsider"]))[0].title
    signed_in("outsider").get(item.get_absolute_url())
    assert attention.items(fresh(people["outsider"])) == []


@pytest.mark.django_db
def test_an_account_that_the_lake_lacks_is_told(
    signed_in: SignIn, people: People, project: Project, lake_options: Callable[..., None]
) -> None:
    from tests.factories import make_resource

    lake_options(account_groups=["escape/km3net"])
    make_resource(project)
    item = ask(people["outsider"], project)
    services.grant(by=people["lead"], request=item, role=Role.MEMBER)
    assert "escape/km3net" in flat(signed_in("outsider").get(item.get_absolute_url()))


@pytest.mark.django_db
def test_somebody_without_a_group_learns_where_to_ask(signed_in: SignIn, settings: Any, project: Project) -> None:
    settings.SITE = {**settings.SITE, "contact": "help@vre.example"}
    for where in (JOIN, "/requests/"):
        page = flat(signed_in("newcomer").get(where))
        assert "Request group membership at" in page
        assert "help@vre.example" in page
        assert "Request group membership" not in flat(signed_in("outsider").get(where))


@pytest.mark.django_db
def test_an_erased_person_takes_their_requests_and_words_with_them(people: People, project: Project) -> None:
    item = ask(people["outsider"], project, text="Mine alone")
    services.comment(by=people["outsider"], request=item, text="Also mine", key=uuid.uuid4())
    exported = str(data_export.export_person(people["outsider"]))
    assert "Mine alone" in exported
    assert "Also mine" in exported
    erasure.erase(people["outsider"])
    assert not Request.objects.exists()
    assert not RequestComment.objects.exists()


@pytest.mark.django_db
def test_the_list_is_paged_and_filtered(signed_in: SignIn, people: People, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projects.requests.views.PAGE", 2)
    for number in range(5):
        ask(people["outsider"], make_public(slug=f"p-{number}", lead=people["lead"]))
    services.decline(by=people["lead"], request=Request.objects.earliest("pk"), text="no")
    lead = signed_in("lead")
    first = lead.get("/requests/?format=json").json()
    assert len(first["items"]) == 2
    seen, following = [row["number"] for row in first["items"]], first["next"]
    while following:
        part = lead.get(following).json()
        seen += [row["number"] for row in part["items"]]
        following = part["next"]
    assert seen == sorted(Request.objects.values_list("pk", flat=True), reverse=True)
    assert len(lead.get("/requests/?state=declined&format=json").json()["items"]) == 1
    assert lead.get("/requests/?whose=mine&format=json").json()["items"] == []
    assert len(lead.get("/requests/?whose=others&state=open&format=csv").content.decode().splitlines()) == 5
    assert lead.get("/requests/?whose=nobody&state=nothing&before=x").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_leads_who_answer_at_once_one_decides() -> None:
    pair, asking = [make_person("lead"), make_person("member")], make_person("outsider")
    project = make_project(lead=pair[0], visibility=Project.Visibility.PUBLIC)
    Membership.objects.create(project=project, user=pair[1], role=Role.LEAD)
    for _ in range(3):
        item = ask(asking, project)
        together, refused = threading.Barrier(2), []

        def act(number: int, item: Request = item, together: Any = together, refused: list[int] = refused) -> None:
            together.wait()
            try:
                if number:
                    services.decline(by=pair[1], request=item, text="no")
                else:
                    services.grant(by=pair[0], request=item, role=Role.MEMBER)
            except RequestRefused:
                refused.append(number)
            finally:
                connection.close()

        threads = [threading.Thread(target=act, args=(number,)) for number in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        item.refresh_from_db()
        assert len(refused) == 1
        assert (item.state == State.GRANTED) == project.memberships.filter(user=asking).exists()
        project.memberships.filter(user=asking).delete()
        asking = fresh(asking)


@pytest.mark.django_db
def test_an_invitation_and_a_request_meet(people: People, project: Project) -> None:
    item = ask(people["outsider"], project)
    secret = invitations.create(
        by=people["lead"], project=project, role=Role.MEMBER, key=uuid.uuid4(), expires_at=timezone.now() + timedelta(days=1),
        max_uses=1,
    )  # fmt: skip
    link = invitations.Invitation.objects.with_secret(secret).get()
    invitations.accept(by=people["outsider"], invitation=link)
    item.refresh_from_db()
    assert item.state == State.GRANTED


@pytest.mark.django_db
def test_without_a_lead_the_administrators_are_told_read_and_answer(signed_in: SignIn, people: People, project: Project) -> None:
    admin = signed_in("admin")
    led = ask(people["newcomer"], project)
    assert admin.get(led.get_absolute_url()).status_code == 404
    with pytest.raises(RequestRefused):
        services.grant(by=people["admin"], request=led, role=Role.MEMBER)
    User.objects.filter(pk=people["lead"].pk).update(is_active=False)
    item = ask(people["outsider"], project)
    assert Notice.objects.filter(user=people["admin"], event__key=f"request:{item.pk}").exists()
    assert {row.url for row in attention.items(people["admin"])} == {led.get_absolute_url(), item.get_absolute_url()}
    for name, status in {"member": 404, "newcomer": 404, "admin": 200}.items():
        assert signed_in(name).get(item.get_absolute_url()).status_code == status
    reply = admin.post(f"{item.get_absolute_url()}answer/", {"decision": "grant", "role": "viewer", "text": ""}, follow=True)
    assert reply.status_code == 200
    assert role_of(fresh(people["outsider"]), project) == Role.VIEWER
    Membership.objects.create(project=project, group="escape/km3net", role=Role.LEAD)  # the member leads it from now on
    assert admin.get(led.get_absolute_url()).status_code == 404
    assert signed_in("member").get(led.get_absolute_url()).status_code == 200
    with pytest.raises(people_services.PeopleChangeRefused):
        people_services.raise_role(by=people["admin"], project=project, user=people["newcomer"], role=Role.MEMBER)


@pytest.mark.django_db
def test_a_request_whose_project_is_gone_is_ended_by_administrators(signed_in: SignIn, people: People, project: Project) -> None:
    item = ask(people["outsider"], project)
    Request.objects.filter(pk=item.pk).update(state=State.ACT_FAILED, decided_by=people["lead"])
    project.delete()
    reply = signed_in("admin").post(f"{item.get_absolute_url()}answer/", {"decision": "decline", "text": "Gone.", "after_all": "1"})
    assert reply.status_code == 302
    assert fresh_state(item) == State.DECLINED
