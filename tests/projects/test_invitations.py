"""Invitation links: what they give, when they stop working, and that nothing of the secret is kept."""

import json
import logging
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from projects.models import Invitation, Membership, Project, Role
from projects.people import invitations, services
from projects.people.invitations import MAX_ACTIVE, InvitationRefused, LinkState
from projects.people.services import PeopleChangeRefused
from projects.permissions import role_of
from tests.factories import make_person, make_project
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.request_id import JsonFormatter
from vre_portal.secret_addresses import masked

SignIn = Callable[..., Client]
People = dict[str, User]
WHERE = "/projects/hidden/people/invitations/"


def make_link(project: Project, by: User, *, role: str = Role.MEMBER, days: float = 1, max_uses: int = 1) -> tuple[str, Invitation]:
    expires_at = timezone.now() + timedelta(days=days)
    secret = invitations.create(by=by, project=project, role=role, key=uuid.uuid4(), expires_at=expires_at, max_uses=max_uses)
    return secret, Invitation.objects.latest("pk")


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


@pytest.fixture
def project(people: People) -> Project:
    return make_project(slug="hidden", title="Hidden thing", lead=people["lead"])


@pytest.mark.django_db
def test_a_link_is_created_shown_once_and_gives_its_role(signed_in: SignIn, project: Project, people: People) -> None:
    form = {"role": "editor", "days": "7", "max_uses": "1", "note": "For Ozzy", "key": str(uuid.uuid4())}
    lead = signed_in("lead")
    link = lead.post(WHERE, form).context["created"]
    secret = link.rstrip("/").rsplit("/", 1)[1]
    assert secret not in lead.get(WHERE).content.decode()
    assert secret not in str(Invitation.objects.values())
    outsider = signed_in("outsider")
    page = outsider.get(f"/invitations/{secret}/").content.decode()
    assert "Hidden thing" in page
    assert "Editor" in page
    assert role_of(fresh(people["outsider"]), project) is None
    assert outsider.post(f"/invitations/{secret}/").url == "/projects/hidden/"
    assert role_of(fresh(people["outsider"]), project) == Role.EDITOR
    assert secret not in str(list(AuditEntry.objects.values_list("facts", "subject")))


@pytest.mark.django_db
def test_a_form_that_is_sent_twice_creates_one_link_and_shows_the_same(signed_in: SignIn, project: Project) -> None:
    form, lead = {"role": "viewer", "days": "7", "max_uses": "1", "key": str(uuid.uuid4())}, signed_in("lead")
    assert lead.post(WHERE, form).context["created"] == lead.post(WHERE, form).context["created"]
    Invitation.objects.update(created_at=timezone.now() - timedelta(hours=1))
    again = lead.post(WHERE, form)
    assert again.status_code == 409
    assert "created" not in again.context
    assert Invitation.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "has expired"),
        ({"revoked_at": timezone.now()}, "was revoked"),
        ({"uses": 1}, "already been used"),
    ],
)
def test_a_link_that_does_not_work_says_why_and_names_no_hidden_project(
    signed_in: SignIn, project: Project, people: People, change: dict[str, Any], words: str
) -> None:
    secret, link = make_link(project, people["lead"])
    Invitation.objects.filter(pk=link.pk).update(**change)
    for name in ("anonymous", "outsider"):
        reply = signed_in(name).get(f"/invitations/{secret}/")
        assert reply.status_code == 410
        assert words in reply.content.decode()
        assert "Hidden thing" not in reply.content.decode()
    refused = signed_in("outsider").post(f"/invitations/{secret}/")
    assert refused.status_code == 409
    assert words in refused.content.decode()
    assert role_of(fresh(people["outsider"]), project) is None


@pytest.mark.django_db
def test_a_link_ends_with_the_role_of_the_one_who_created_it(people: People, project: Project) -> None:
    Membership.objects.create(project=project, user=people["member"], role=Role.LEAD)
    _, link = make_link(project, people["member"])
    pk = Membership.objects.get(project=project, user=people["member"]).pk
    services.change_role(by=people["lead"], project=project, pk=pk, role=Role.EDITOR)
    assert invitations.state_now(link) == LinkState.INVITER_LEFT
    with pytest.raises(InvitationRefused):
        invitations.accept(by=people["outsider"], invitation=link)


@pytest.mark.django_db
def test_somebody_who_was_removed_does_not_come_back_by_the_same_link(signed_in: SignIn, people: People, project: Project) -> None:
    secret, link = make_link(project, people["lead"], max_uses=5)
    invitations.accept(by=people["outsider"], invitation=link)
    services.remove(by=people["lead"], project=project, pk=Membership.objects.get(user=people["outsider"]).pk)
    reply = signed_in("outsider").post(f"/invitations/{secret}/")
    assert "You have used this invitation before" in reply.content.decode()
    assert role_of(fresh(people["outsider"]), project) is None


@pytest.mark.django_db
def test_nobody_loses_a_stronger_role_by_a_link_and_it_is_not_used_up(people: People, project: Project) -> None:
    _, link = make_link(project, people["lead"], role=Role.VIEWER)
    assert invitations.accept(by=people["lead"], invitation=link) == Role.LEAD
    Membership.objects.create(project=project, group="escape/km3net", role=Role.MEMBER)
    assert invitations.accept(by=people["member"], invitation=link) == Role.MEMBER
    assert Invitation.objects.get().uses == 0
    assert Membership.objects.get(project=project, user=people["lead"]).role == Role.LEAD


@pytest.mark.django_db
def test_a_weaker_role_becomes_stronger_by_a_link(people: People, project: Project) -> None:
    Membership.objects.create(project=project, user=people["outsider"], role=Role.VIEWER)
    _, link = make_link(project, people["lead"], role=Role.EDITOR)
    assert invitations.accept(by=people["outsider"], invitation=link) == Role.EDITOR


@pytest.mark.django_db
def test_an_archived_project_makes_no_link_and_its_links_rest(signed_in: SignIn, people: People, project: Project) -> None:
    secret, _ = make_link(project, people["lead"])
    Project.objects.update(archived_at=timezone.now())
    form = {"role": "editor", "days": "7", "max_uses": "1", "note": "For Ozzy", "key": str(uuid.uuid4())}
    reply = signed_in("lead").post(WHERE, form)
    assert reply.status_code == 409
    assert "archived" in reply.content.decode()
    assert "For Ozzy" in reply.content.decode()
    assert Invitation.objects.count() == 1
    outsider = signed_in("outsider")
    for answer, status in ((outsider.get(f"/invitations/{secret}/"), 410), (outsider.post(f"/invitations/{secret}/"), 409)):
        assert answer.status_code == status
        assert "takes no new people" in answer.content.decode()
        assert "Hidden thing" not in answer.content.decode()
    Project.objects.update(archived_at=None)
    assert outsider.post(f"/invitations/{secret}/").status_code == 302


@pytest.mark.django_db
def test_no_search_engine_lists_a_link_and_no_other_page_learns_it(signed_in: SignIn, people: People, project: Project) -> None:
    secret, _ = make_link(project, people["lead"])
    browser = signed_in("outsider")
    for reply in (browser.get(f"/invitations/{secret}/"), browser.post(f"/invitations/{secret}/")):
        assert "noindex" in reply["X-Robots-Tag"]
        assert reply["Referrer-Policy"] == "strict-origin"
    assert '<meta name="robots" content="noindex' in browser.get(f"/invitations/{secret}/").content.decode()


@pytest.mark.django_db
def test_no_link_makes_a_lead(signed_in: SignIn, project: Project) -> None:
    form = {"role": "lead", "days": "7", "max_uses": "1", "key": str(uuid.uuid4())}
    assert signed_in("lead").post(WHERE, form).status_code == 400
    assert not Invitation.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "odd", [{"days": "91"}, {"days": "0"}, {"max_uses": "501"}, {"note": "a\u202eb"}, {"key": "x"}, {"note": "x" * 101}]
)
def test_limits_are_refused_in_words(signed_in: SignIn, project: Project, odd: dict[str, str]) -> None:
    form = {"role": "viewer", "days": "7", "max_uses": "1", "key": str(uuid.uuid4()), **odd}
    assert signed_in("lead").post(WHERE, form).status_code == 400
    assert not Invitation.objects.exists()


@pytest.mark.django_db
def test_a_project_has_a_limited_number_of_links_that_work(people: People, project: Project) -> None:
    for _ in range(MAX_ACTIVE):
        _secret, last = make_link(project, people["lead"])
    with pytest.raises(PeopleChangeRefused, match=str(MAX_ACTIVE)):
        make_link(project, people["lead"])
    invitations.revoke(by=people["lead"], project=project, pk=last.pk)
    make_link(project, people["lead"])


@pytest.mark.django_db
def test_the_link_of_another_project_is_not_found_here(signed_in: SignIn, people: People, project: Project) -> None:
    other = make_project(slug="other", lead=people["member"])
    _, link = make_link(other, people["member"])
    signed_in("lead").post(f"{WHERE}{link.pk}/revoke/")
    assert Invitation.objects.get(pk=link.pk).revoked_at is None
    with pytest.raises(PeopleChangeRefused):
        invitations.revoke(by=people["lead"], project=project, pk=link.pk)
    signed_in("member").post(f"/projects/other/people/invitations/{link.pk}/revoke/")
    assert Invitation.objects.get(pk=link.pk).revoked_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.EDITOR, Role.MEMBER, Role.VIEWER, None])
def test_only_leads_create_and_revoke(signed_in: SignIn, people: People, project: Project, role: Role | None) -> None:
    _, link = make_link(project, people["lead"])
    if role:
        Membership.objects.create(project=project, user=people["outsider"], role=role)
    outsider, expected = signed_in("outsider"), 403 if role else 404
    form = {"role": "editor", "days": "7", "max_uses": "1", "key": str(uuid.uuid4())}
    assert [outsider.get(WHERE).status_code, outsider.post(WHERE, form).status_code] == [expected, expected]
    assert outsider.post(f"{WHERE}{link.pk}/revoke/").status_code == expected
    assert Invitation.objects.active().count() == 1


@pytest.mark.django_db
def test_a_stranger_is_led_to_the_sign_in_and_back(signed_in: SignIn, people: People, project: Project) -> None:
    secret, _ = make_link(project, people["lead"])
    stranger = signed_in("anonymous")
    page = stranger.get(f"/invitations/{secret}/")
    assert f'name="next" value="/invitations/{secret}/"' in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert stranger.post(f"/invitations/{secret}/").url.startswith("/accounts/login/?next=/invitations/")
    assert stranger.get("/invitations/none/").status_code == 404


def test_a_secret_is_masked_in_the_log() -> None:
    record = logging.LogRecord("x", logging.WARNING, "", 0, "Not Found: %s?next=%%2Finvitations%%2FAb-c_9", ("/invitations/Ab-c_9/",), None)
    line = json.loads(JsonFormatter().format(record))
    assert "Ab-c_9" not in line["message"]
    assert "/invitations/.../" in line["message"]


@pytest.mark.parametrize(
    "path", ["/plans/{}/", "/notices/feed/{}.atom", "/projects/sky/activity/feed/{}.atom", "/notices/unsubscribe/.eJ:{}:x/"]
)
def test_secrets_of_other_links_are_masked_too(path: str) -> None:
    address = path.format("Ab-c_9")
    for shown in (address, address.replace("/", "%2F")):
        text = masked(f"Not Found: {shown}")
        assert "Ab-c_9" not in text
        assert "..." in text


@pytest.mark.django_db
def test_the_export_of_a_lead_holds_no_digest(people: People, project: Project) -> None:
    _, link = make_link(project, people["lead"])
    exported = str(data_export.export_person(people["lead"]))
    assert "projects.invitation" in exported
    assert link.secret_digest not in exported


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_the_last_use_at_once_one_gets_it() -> None:
    lead, pair = make_person("lead"), [make_person("member"), make_person("outsider")]
    project = make_project(lead=lead)
    for _ in range(5):
        _secret, link = make_link(project, lead)
        together, refused = threading.Barrier(2), []

        def take(user: User, link: Invitation = link, together: Any = together, refused: list[str] = refused) -> None:
            together.wait()
            try:
                invitations.accept(by=user, invitation=Invitation.objects.select_related("project", "created_by").get(pk=link.pk))
            except InvitationRefused as why:
                refused.append(why.state)
            finally:
                connection.close()

        threads = [threading.Thread(target=take, args=(user,)) for user in pair]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert refused == [LinkState.USED_UP]
        assert Invitation.objects.get(pk=link.pk).uses == 1
        assert project.memberships.exclude(user=lead).count() == 1
        project.memberships.exclude(user=lead).delete()
