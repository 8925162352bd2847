"""A form that is sent after its project was archived, or after its sender's role ended, is answered with what was typed; nothing is changed."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from projects.lifecycle import services as lifecycle
from projects.models import Membership, Project, Role
from projects.news.models import NewsItem
from projects.people import services as members
from tests.factories import make_news, make_project, make_public, make_resource
from tests.page_text import text_of
from vre_portal.form_drafts.models import FormDraft
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
HOME = "/projects/typed/"
NEW = f"{HOME}news/new/"
TYPED = {
    "title": "A <b>long</b> title",
    "text": "An hour of\n  work",
    "version": "0",
    "key": "5d8ff5a2-3ab1-4c1c-8c5b-3a3b1b1e1f11",
    "do": "save",
}


def make(people: dict[str, User], *, is_public: bool = True) -> tuple[Project, Membership]:
    project = (make_public if is_public else make_project)(slug="typed", title="Typed", lead=people["lead"])
    return project, Membership.objects.create(project=project, user=people["member"], role=Role.EDITOR)


@pytest.mark.parametrize("where", ["news/new/", "news/{item}/edit/", "settings/", "references/add/", "references/{resource}/"])
def test_what_was_typed_into_any_form_of_an_archived_project_is_shown(signed_in: SignIn, people: dict[str, User], where: str) -> None:
    project, _ = make(people)
    item, resource = make_news(project, written_by=people["lead"]), make_resource(project)
    browser, path = signed_in("member"), HOME + where.format(item=item.pk, resource=resource.pk)
    assert browser.get(path).status_code in (200, 405)
    lifecycle.archive(by=people["lead"], project=project)
    reply = browser.post(path, TYPED)
    assert reply.status_code == 409
    assert reply["Cache-Control"] == "private, no-store"
    page = reply.content.decode()
    assert "A &lt;b&gt;long&lt;/b&gt; title</textarea>" in page
    assert "An hour of\n  work</textarea>" in page
    assert "archived and read only" in page
    assert TYPED["key"] not in page


def test_once_the_project_is_restored_the_form_has_its_text_again(signed_in: SignIn, people: dict[str, User]) -> None:
    project, _ = make(people)
    lifecycle.archive(by=people["lead"], project=project)
    browser = signed_in("member")
    page = browser.post(NEW, TYPED, headers={"Referer": f"http://testserver{NEW}"}).content.decode()
    back = re.search(r'href="([^"]*kept=[^"]*)"', page)
    assert back
    assert "An hour of" in browser.get(back[1], follow=True).content.decode()  # read only still: the words alone
    project.refresh_from_db()
    lifecycle.restore(by=people["lead"], project=project)
    assert "Your entries were restored." in browser.get(back[1]).content.decode()
    assert not NewsItem.objects.exists()


@pytest.mark.parametrize("is_public", [True, False])
def test_whose_role_ended_gets_the_text_back(signed_in: SignIn, people: dict[str, User], is_public: bool) -> None:
    project, membership = make(people, is_public=is_public)
    browser = signed_in("member")
    members.remove(by=people["lead"], project=project, pk=membership.pk)
    reply = browser.post(NEW, TYPED)
    assert reply.status_code == 409
    assert "An hour of\n  work</textarea>" in reply.content.decode()
    assert "has changed or ended" in text_of(reply.content)
    assert browser.get(NEW).status_code == (403 if is_public else 404)
    assert not NewsItem.objects.exists()


def test_whose_group_has_no_role_any_more_gets_the_text_back(signed_in: SignIn, people: dict[str, User]) -> None:
    project, membership = make(people)
    membership.delete()
    rule = Membership.objects.create(project=project, group=people["member"].groups[0], role=Role.EDITOR)
    members.remove(by=people["lead"], project=project, pk=rule.pk)
    assert signed_in("member").post(NEW, TYPED).status_code == 409


def test_whose_role_became_a_lesser_one_gets_the_text_back(signed_in: SignIn, people: dict[str, User]) -> None:
    project, membership = make(people)
    members.change_role(by=people["lead"], project=project, pk=membership.pk, role=Role.MEMBER)
    assert signed_in("member").post(NEW, TYPED).status_code == 409


def test_a_former_editor_learns_nothing_of_whether_the_project_is_still_there(signed_in: SignIn, people: dict[str, User]) -> None:
    project, membership = make(people, is_public=False)
    browser = signed_in("member")
    members.remove(by=people["lead"], project=project, pk=membership.pk)
    there = browser.post(NEW, TYPED)
    Project.objects.filter(pk=project.pk).update(slug="elsewhere")
    gone = browser.post(NEW, TYPED)
    assert (there.status_code, text_of(there.content)) == (gone.status_code, text_of(gone.content))


@pytest.mark.parametrize("is_archived", [True, False])
@pytest.mark.parametrize("is_public", [True, False])
def test_who_never_had_the_right_is_refused_as_ever(signed_in: SignIn, people: dict[str, User], is_public: bool, is_archived: bool) -> None:
    project, membership = make(people, is_public=is_public)
    members.change_role(by=people["lead"], project=project, pk=membership.pk, role=Role.LEAD)
    Membership.objects.create(project=project, user=people["newcomer"], role=Role.VIEWER)
    if is_archived:
        lifecycle.archive(by=people["lead"], project=project)
    expected = 403 if is_public else 404
    assert signed_in("outsider").post(NEW, TYPED).status_code == expected
    assert signed_in("admin").post(NEW, TYPED).status_code == expected
    assert signed_in("newcomer").post(NEW, TYPED).status_code == 403
    assert signed_in("anonymous").post(NEW, TYPED).status_code == 302
    assert not FormDraft.objects.filter(user__in=[people["outsider"], people["admin"], people["newcomer"]]).exists()


def test_a_button_without_text_and_a_program_get_the_plain_answer(signed_in: SignIn, people: dict[str, User]) -> None:
    project, _ = make(people)
    lifecycle.archive(by=people["lead"], project=project)
    browser = signed_in("member")
    assert browser.post(NEW, {"version": "3", "key": TYPED["key"], "do": "save"}).status_code == 403
    assert browser.post(f"{NEW}?format=json", TYPED).status_code == 403
    assert browser.post(NEW, TYPED, headers={"Sec-Fetch-Dest": "empty"}).status_code == 403
    assert browser.get(NEW).status_code == 403
