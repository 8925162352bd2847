"""The staff's pages: there for staff who signed in lately, for nobody else; they show no token, change little and are recorded."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.factories import make_project
from tests.wall import ADMIN
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.iam.sessions.session_tracking import PROVEN_AT
from vre_portal.iam.sessions.step_up import RECENT_SECONDS

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
HOME = f"/{settings.ADMIN_PATH}"


def since(browser: Client, seconds: float) -> Client:
    """The same session, whose person proved longer ago who they are."""
    session = browser.session
    session[PROVEN_AT] = time.time() - seconds
    session.save()
    return browser


@pytest.mark.parametrize("name", ["anonymous", "newcomer", "outsider", "member", "lead"])
@pytest.mark.parametrize("part", ["", "iam/user/", "login/", "logout/", "jsi18n/", "password_change/", "nothing/"])
def test_for_others_there_is_nothing(signed_in: SignIn, name: str, part: str) -> None:
    browser = signed_in(name)
    assert browser.get(HOME + part).status_code == 404
    assert browser.post(HOME + part).status_code == 404


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin"])
def test_it_is_not_where_everybody_looks(signed_in: SignIn, path: str) -> None:
    assert signed_in("admin").get(path).status_code == 404


def test_staff_who_signed_in_lately_come_in(signed_in: SignIn) -> None:
    browser = since(signed_in("admin"), RECENT_SECONDS - 5)
    assert browser.get(HOME).status_code == 200
    assert browser.get(f"{HOME}projects/project/?q=x").status_code == 200


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_older_sign_in_leads_to_a_new_one_and_back(signed_in: SignIn, method: str) -> None:
    browser = since(signed_in("admin"), RECENT_SECONDS + 5)
    reply = getattr(browser, method)(f"{HOME}iam/user/")
    assert reply.status_code == 302
    assert reply["Location"].startswith("/accounts/login/?next=%2F")
    assert "fresh=1" in reply["Location"]
    assert not AuditEntry.objects.filter(action__startswith="admin.").exists()


def test_who_is_no_longer_staff_or_active_is_out(signed_in: SignIn, people: dict[str, User]) -> None:
    browser = signed_in("admin")
    User.objects.filter(pk=people["admin"].pk).update(is_staff=False)
    assert browser.get(HOME).status_code == 404
    User.objects.filter(pk=people["admin"].pk).update(is_staff=True, is_active=False)
    assert browser.get(HOME).status_code in (302, 404)


def test_only_three_tables_are_shown_and_none_with_tokens() -> None:
    assert sorted(model._meta.db_table for model in admin.site._registry) == sorted(ADMIN)
    shown = {str(field) for page in admin.site._registry.values() for field in page.fields or ()}
    assert not shown & {"password", "access", "refresh", "session", "tokens"}


@pytest.mark.parametrize("model", ADMIN)
def test_nothing_is_added_or_deleted(signed_in: SignIn, people: dict[str, User], model: str) -> None:
    project = make_project(lead=people["lead"])
    path = f"{HOME}{model.replace('_', '/')}/"
    browser = signed_in("admin")
    assert browser.get(f"{path}add/").status_code in (302, 404)
    assert browser.post(f"{path}{project.pk}/delete/", {"post": "yes"}).status_code == 404
    assert browser.post(path, {"action": "delete_selected", "_selected_action": [project.pk]}).status_code in (200, 302, 403)
    assert type(project).objects.count() == 1


def test_staff_change_no_project_and_no_name(signed_in: SignIn, people: dict[str, User]) -> None:
    project, browser = make_project(title="Kept"), signed_in("admin")
    where = reverse("admin:projects_project_change", args=[project.pk])
    assert browser.get(where).status_code == 200
    assert browser.post(where, {"title": "Changed", "visibility": "public"}).status_code == 403
    person = reverse("admin:iam_user_change", args=[people["member"].pk])
    browser.post(person, {"name": "Changed", "is_staff": "on", "is_active": "on", "subject": "x"})
    project.refresh_from_db()
    after = User.objects.get(pk=people["member"].pk)
    assert (project.title, after.name, after.is_staff) == ("Kept", people["member"].name, False)


def test_staff_shut_somebody_out_and_it_is_recorded(signed_in: SignIn, people: dict[str, User]) -> None:
    shut = signed_in("member")
    assert shut.get("/dashboard/").status_code == 200
    where = reverse("admin:iam_user_change", args=[people["member"].pk])
    assert signed_in("admin").post(where, {}).status_code == 302
    assert not User.objects.get(pk=people["member"].pk).is_active
    assert shut.get("/dashboard/").status_code == 302
    entry = AuditEntry.objects.get(action="person.active")
    assert (entry.subject, entry.facts["active"]) == (f"person/{people['member'].handle}", False)


def test_each_opening_is_recorded(signed_in: SignIn, people: dict[str, User]) -> None:
    where = reverse("admin:iam_user_change", args=[people["lead"].pk])
    signed_in("admin").get(where)
    assert AuditEntry.objects.get(action="admin.read").subject == where


def test_its_pages_need_no_exception_of_the_policy(signed_in: SignIn, people: dict[str, User]) -> None:
    browser: Any = signed_in("admin")
    for path in (HOME, f"{HOME}iam/user/", reverse("admin:iam_user_change", args=[people["lead"].pk])):
        reply = browser.get(path)
        assert "unsafe" not in reply["Content-Security-Policy"]
        assert " style=" not in reply.content.decode()
        assert " onclick=" not in reply.content.decode()


def pages_of(people: dict[str, User]) -> list[str]:
    """One page of each kind."""
    ada = people["admin"].pk
    return [HOME, f"{HOME}iam/", f"{HOME}iam/user/", f"{HOME}iam/user/{ada}/change/", f"{HOME}iam/user/{ada}/history/", "/audit/"]


def test_they_have_the_portals_frame_and_nothing_inline(signed_in: SignIn, people: dict[str, User], settings: Any) -> None:
    settings.DEMO_NOTICE = "This is a demonstration"
    browser = signed_in("admin")
    browser.cookies["theme"] = "dark"
    for path in pages_of(people):
        page = browser.get(path).content.decode()
        assert 'class="wordmark"' in page, path
        assert "This is a demonstration" in page, path
        assert 'data-theme="dark"' in page, path
        assert page.count("<h1") == 1, path
        assert not re.search(r"<style|\sstyle=|<script(?![^>]*\bsrc=)", page), path


def test_they_call_people_by_name(signed_in: SignIn, people: dict[str, User]) -> None:
    browser = signed_in("admin")
    for path in pages_of(people):
        page = browser.get(path).content.decode()
        assert "Ada Admin" in page, path
        if not path.endswith("/change/"):  # which shows the handle as a fact
            assert str(people["admin"].handle) not in page, path


def test_only_staff_are_shown_the_way(signed_in: SignIn) -> None:
    assert f'href="{HOME}"' in signed_in("admin").get("/projects/").content.decode()
    assert f'href="{HOME}"' not in signed_in("lead").get("/projects/").content.decode()


def test_there_is_an_icon_where_browsers_look_for_one(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)[:4] == b"\x00\x00\x01\x00"  # type: ignore[attr-defined]
    assert '<link rel="icon" href="/favicon.ico"' in client.get("/projects/").content.decode()
