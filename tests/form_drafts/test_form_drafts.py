"""A form sent when the sign-in is over is kept for the same person for an hour, stands in its page again, and is sent by a button alone."""

import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from projects.models import Membership, Project, Role
from projects.workflows.models import Run, RunFile, Specification
from tests.factories import make_project
from vre_portal.form_drafts import services, tasks
from vre_portal.form_drafts.models import FormDraft
from vre_portal.http import RemoteUnavailable
from vre_portal.iam import vault
from vre_portal.iam.models import User
from vre_portal.iam.personal_data.data_export import export_person
from vre_portal.policies import services as policies

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
TEXT = """
inputs: {parameters: {years: 10, label: none}}
workflow: {type: serial, specification: {steps: [{name: only, environment: python, commands: ["echo 1"]}]}}
outputs: {files: [plot.png]}
"""
HOME = "/projects/km3net/"
LAUNCH = f"{HOME}workflows/new/?specification=analysis"


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    project = make_project(slug="km3net", title="KM3NeT", scope="KM3NET_ECAP_SP", lead=people["lead"])
    specification = Specification.objects.create(project=project, name="analysis", title="Analysis", text=TEXT)
    run = Run.objects.create(
        project=project, number=1, by=people["lead"], specification=specification, text=TEXT, key=uuid.uuid4(), server="reana", name="a",
        status=Run.Status.FINISHED, collected_at=timezone.now(),
    )  # fmt: skip
    for path in ("plot.png", "table.csv"):
        RunFile.objects.create(run=run, path=path, size=4, sha256="0" * 64, file=path, state=RunFile.State.COPIED)
    return project


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"\s+value="([^"]*)"', page)
    assert found, name
    return found[1]


def ended(browser: Client) -> None:
    """The session is ended elsewhere; the browser does not know."""
    Session.objects.all().delete()


def come_back(reply: Any) -> str:
    """Where the sign-in page leads after it."""
    assert reply.status_code == 302, reply.status_code
    return address_after(reply["Location"])


def address_after(sign_in: str) -> str:
    address = urlsplit(sign_in)
    assert address.path == "/accounts/login/"
    return parse_qs(address.query)["next"][0]


def sent_too_late(browser: Client, page: str, to: str, form: dict[str, Any]) -> str:
    browser.get(page)
    ended(browser)
    return come_back(browser.post(to, form, headers={"Referer": f"http://testserver{page}"}))


def launch_form(browser: Client, **changes: str) -> dict[str, str]:
    key = hidden(browser.get(LAUNCH).content.decode(), "key")
    return {"specification": "analysis", "key": key, "p-years": "42", "p-label": "a typed label", **changes}


def test_a_launch_stands_in_its_form_again_and_waits_for_the_button(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    lead = signed_in("lead")
    form = launch_form(lead)
    back = sent_too_late(lead, LAUNCH, LAUNCH, form)
    assert back.startswith(LAUNCH)
    assert "saved for one hour" in lead.get("/accounts/login/", {"next": back, "again": "1"}).content.decode()
    lead.force_login(people["lead"])
    reply = lead.get(back)
    assert reply["Cache-Control"] == "private, no-store"
    page = reply.content.decode()
    assert 'name="p-years" value="42"' in page
    assert 'value="a typed label"' in page
    assert hidden(page, "key") == form["key"]
    assert "Your entries were restored." in page
    assert Run.objects.count() == 1
    key = hidden(page, "kept")
    assert lead.post(LAUNCH, {**form, "kept": key}).status_code == 302
    assert Run.objects.get(number=2).parameters == {"years": 42, "label": "a typed label"}
    assert not FormDraft.objects.exists()  # used up
    assert "a typed label" not in lead.get(back).content.decode()


def test_keeping_a_result_remembers_name_and_files(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    lead, where = signed_in("lead"), f"{HOME}workflows/1/keep/"
    plot, table = (str(RunFile.objects.get(path=path).pk) for path in ("plot.png", "table.csv"))
    form = {"key": str(uuid.uuid4()), "dataset": "DM.My.Name", "chosen": [table], "copy_rse": "DEMO-BOLOGNA"}
    back = sent_too_late(lead, where, where, form)
    lead.force_login(people["lead"])
    page = lead.get(back).content.decode()
    assert 'value="DM.My.Name"' in page
    boxes = dict(re.findall(r'<input type="checkbox"\s+name="chosen"\s+value="([^"]+)"([^>]*)>', page))
    assert "checked" in boxes[table]
    assert "checked" not in boxes[plot]
    assert '<option value="DEMO-BOLOGNA" selected>' in page


def test_the_texts_of_a_project_come_back_with_the_version_that_the_writer_saw(
    signed_in: SignIn, project: Project, people: dict[str, User]
) -> None:
    lead, where = signed_in("lead"), f"{HOME}settings/"
    seen = hidden(lead.get(where).content.decode(), "version")
    text = "# An hour of work\n\n</textarea><script>alert(1)</script>"
    back = sent_too_late(lead, where, where, {"version": seen, "title": "Mine", "description": text, "experiments": "A\nB", "do": "save"})
    Project.objects.update(title="Theirs")
    lead.force_login(people["lead"])
    page = lead.get(back).content.decode()
    assert "# An hour of work" in page
    assert "<script>alert(1)" not in page
    assert 'value="Mine"' in page
    assert hidden(page, "version") == seen
    assert lead.post(where, {"version": seen, "title": "Mine"}).status_code == 409  # somebody else's change is seen all the same


def test_a_picture_has_to_be_chosen_again_but_not_its_words(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    lead, where = signed_in("lead"), f"{HOME}settings/picture/"
    file = SimpleUploadedFile("p.png", b"SECRET-PIXELS", content_type="image/png")
    back = sent_too_late(lead, where, where, {"picture": file, "picture_description": "A sky map"})
    assert FormDraft.objects.get().fields() == {"picture_description": ["A sky map"]}
    lead.force_login(people["lead"])
    assert 'value="A sky map"' in lead.get(back).content.decode()


def test_whom_a_lead_was_about_to_find_comes_back(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    lead = signed_in("lead")
    back = sent_too_late(lead, f"{HOME}people/", f"{HOME}people/person/", {"who": "member@example.org", "role": "viewer"})
    lead.force_login(people["lead"])
    page = lead.get(back).content.decode()
    assert 'value="member@example.org"' in page
    assert '<option value="viewer" selected>' in page
    assert Membership.objects.count() == 1


@pytest.mark.parametrize(
    ("page", "to", "field"),
    [
        ("people/invitations/", "people/invitations/", "note"),
        ("news/new/", "news/new/", "text"),
        ("references/", "references/add/", "lines"),
        ("join/", "join/", "text"),
    ],
)
def test_what_was_typed_into_any_form_of_a_project_comes_back(
    signed_in: SignIn, project: Project, people: dict[str, User], page: str, to: str, field: str
) -> None:
    Project.objects.update(visibility=Project.Visibility.PUBLIC)
    name = "outsider" if page == "join/" else "lead"
    browser = signed_in(name)
    back = sent_too_late(browser, f"{HOME}{page}", f"{HOME}{to}", {field: "An hour of work"})
    browser.force_login(people[name])
    assert "An hour of work" in browser.get(back, follow=True).content.decode()


def test_a_form_whose_page_cannot_be_asked_for_is_shown_as_words(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    lead, where = signed_in("lead"), f"{HOME}people/person/"
    back = sent_too_late(lead, where, where, {"person": str(people["member"].handle), "role": "member"})
    lead.force_login(people["lead"])
    reply = lead.get(back, follow=True)
    assert reply.status_code == 200
    page = reply.content.decode()
    assert str(people["member"].handle) in page
    assert f'href="{HOME}people/"' in page
    assert Membership.objects.count() == 1


def test_who_lost_the_role_meanwhile_still_gets_the_words_and_nothing_else(
    signed_in: SignIn, project: Project, people: dict[str, User]
) -> None:
    lead, where = signed_in("lead"), f"{HOME}settings/"
    back = sent_too_late(lead, where, where, {"version": "x", "title": "Mine", "summary": "My words"})
    Membership.objects.filter(user=people["lead"]).update(role=Role.VIEWER)
    lead.force_login(people["lead"])
    page = lead.get(back, follow=True).content.decode()
    assert "My words" in page
    assert "csrfmiddlewaretoken" not in page.split("<main")[1].split("</main")[0]


@pytest.mark.parametrize("other", ["member", "admin", "newcomer"])
def test_somebody_else_gets_nothing(signed_in: SignIn, project: Project, people: dict[str, User], other: str) -> None:
    Membership.objects.create(project=project, user=people["member"], role=Role.LEAD)
    lead = signed_in("lead")
    back = sent_too_late(lead, LAUNCH, LAUNCH, launch_form(lead))
    lead.force_login(people[other])  # in the same browser
    for browser in (lead, signed_in(other), signed_in("anonymous")):
        page = browser.get(back, follow=True).content.decode()
        assert "a typed label" not in page
        assert "Your entries were restored" not in page
        assert browser.get(f"/me/kept/{FormDraft.objects.get().pk}/").status_code in (302, 404)


def test_it_is_gone_after_an_hour(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    lead = signed_in("lead")
    back = sent_too_late(lead, LAUNCH, LAUNCH, launch_form(lead))
    FormDraft.objects.update(kept_at=timezone.now() - timedelta(minutes=61))
    lead.force_login(people["lead"])
    assert "a typed label" not in lead.get(back).content.decode()
    tasks.forget()
    assert not FormDraft.objects.exists()


def test_nothing_of_it_is_readable_at_rest_and_it_belongs_to_ones_data(
    signed_in: SignIn, project: Project, people: dict[str, User]
) -> None:
    lead = signed_in("lead")
    sent_too_late(lead, LAUNCH, LAUNCH, launch_form(lead))
    row = FormDraft.objects.get()
    assert "typed" not in row.sealed
    told = json.dumps(export_person(people["lead"]), default=str)
    assert "/projects/km3net/workflows/new/" in told
    assert row.sealed not in told
    row.sealed = row.sealed[::-1]
    row.save()
    lead.force_login(people["lead"])
    assert lead.get(f"/me/kept/{row.pk}/").status_code == 200


def test_no_secret_is_kept(signed_in: SignIn, project: Project) -> None:
    lead, where = signed_in("lead"), "/me/services/"
    lead.get(where)
    ended(lead)
    form = {
        "service": "reana/reana",
        "token": "CANARY",
        "client_secret": "CANARY",
        "p-api_key": "CANARY",
        "PASSWORD": "CANARY",
        "confirmation": "CANARY",
    }
    lead.post(where, {**form, "csrfmiddlewaretoken": "CANARY"}, headers={"Referer": f"http://testserver{where}"})
    assert FormDraft.objects.get().fields() == {"service": ["reana/reana"]}


@pytest.mark.parametrize(
    "form", [{"description": "x" * (services.MAX_BYTES + 1)}, {f"f{number}": "x" for number in range(services.MAX_FIELDS + 1)}, {}]
)
def test_too_much_and_nothing_are_not_kept_and_lead_to_the_sign_in_all_the_same(
    signed_in: SignIn, project: Project, form: dict[str, str]
) -> None:
    lead, where = signed_in("lead"), f"{HOME}settings/"
    assert "kept" not in sent_too_late(lead, where, where, form)
    assert not FormDraft.objects.exists()


def test_of_many_the_last_are_kept(signed_in: SignIn, project: Project) -> None:
    lead, where = signed_in("lead"), f"{HOME}settings/"
    lead.get(where)
    ended(lead)
    for number in range(services.MAX_DRAFTS + 3):
        lead.post(where, {"title": f"number {number}"}, headers={"Referer": f"http://testserver{where}"})
    assert sorted(row.fields()["title"][0] for row in FormDraft.objects.all()) == [f"number {number}" for number in range(3, 8)]


@pytest.mark.parametrize("cookie", ["", "forged", "gAAAA" + "x" * 80])
def test_nothing_is_kept_of_a_stranger(signed_in: SignIn, project: Project, cookie: str) -> None:
    visitor = signed_in("anonymous")
    visitor.cookies[services.COOKIE] = cookie
    reply = visitor.post(f"{HOME}settings/", {"title": "x"}, headers={"Referer": f"http://testserver{HOME}settings/"})
    assert reply.status_code == 302
    assert not FormDraft.objects.exists()


def test_a_forged_form_is_refused_and_not_kept(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    lead = signed_in("lead", enforce_csrf_checks=True)
    lead.get(f"{HOME}settings/")
    ended(lead)
    assert lead.post(f"{HOME}settings/", {"title": "theirs"}).status_code == 403
    assert not FormDraft.objects.exists()


def test_the_mark_in_the_browser_names_nobody(signed_in: SignIn, people: dict[str, User]) -> None:
    lead = signed_in("lead")
    cookie = lead.get("/me/").cookies[services.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", "")
    assert str(people["lead"].handle) not in cookie.value
    assert services.COOKIE not in lead.get("/me/").cookies  # once is enough
    lead.force_login(people["member"])
    assert services.COOKIE in lead.get("/me/").cookies


@pytest.mark.parametrize("fragment", [False, True])
def test_groups_that_are_asked_for_may_end_the_sign_in_and_lose_nothing(
    signed_in: SignIn, project: Project, people: dict[str, User], fragment: bool
) -> None:
    lead, where = signed_in("lead"), f"http://testserver{LAUNCH}"
    form = launch_form(lead)
    User.objects.update(groups_seen_at=timezone.now() - timedelta(hours=1))  # and the vault holds nothing to ask with
    more = {"HX-Request": "true", "HX-Current-URL": where} if fragment else {"Referer": where}
    reply = lead.post(LAUNCH, form, headers=more)
    assert reply.status_code == (204 if fragment else 302)
    back = address_after(reply["HX-Redirect" if fragment else "Location"])
    assert "_auth_user_id" not in lead.session
    User.objects.update(groups_seen_at=timezone.now())
    lead.force_login(people["lead"])
    assert 'value="a typed label"' in lead.get(back).content.decode()


def test_a_refresh_that_the_vault_is_refused_inside_a_page_loses_nothing(
    signed_in: SignIn, project: Project, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    def over(**_: Any) -> None:
        raise vault.sign_in_again()

    lead = signed_in("lead")
    form = launch_form(lead)
    with monkeypatch.context() as patch:
        patch.setattr("projects.workflows.views.services.launch", over)
        back = come_back(lead.post(LAUNCH, form, headers={"Referer": f"http://testserver{LAUNCH}"}))
    assert 'value="a typed label"' in lead.get(back).content.decode()


def test_policies_that_are_asked_for_on_the_way_lose_nothing(
    signed_in: SignIn, project: Project, people: dict[str, User], settings: Any
) -> None:
    lead = signed_in("lead")
    form = launch_form(lead)
    settings.POLICIES_REQUIRED = True
    reply = lead.post(LAUNCH, form, headers={"Referer": f"http://testserver{LAUNCH}"})
    address = urlsplit(reply["Location"])
    assert address.path == "/policies/"
    policies.accept(people["lead"], policies.outstanding(people["lead"]))
    assert 'value="a typed label"' in lead.get(parse_qs(address.query)["next"][0]).content.decode()


def test_a_service_that_does_not_answer_gives_the_form_back(
    signed_in: SignIn, project: Project, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: Any) -> None:
        raise RemoteUnavailable("It is away.")

    lead = signed_in("lead")
    form = launch_form(lead)
    with monkeypatch.context() as patch:
        patch.setattr("projects.workflows.views.services.launch", away)
        reply = lead.post(LAUNCH, form, headers={"Referer": f"http://testserver{LAUNCH}"})
    assert reply.status_code == 503
    back = re.search(r'href="([^"]*kept=[^"]*)"', reply.content.decode())
    assert back
    assert 'value="a typed label"' in lead.get(back[1].replace("&amp;", "&")).content.decode()


def test_a_program_is_told_and_nothing_is_kept(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    lead = signed_in("lead")
    form = launch_form(lead)
    ended(lead)
    assert lead.post(f"{LAUNCH}&format=json", form).status_code == 401
    assert not FormDraft.objects.exists()
