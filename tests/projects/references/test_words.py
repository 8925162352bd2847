"""The words about a reference: saved over what the writer saw, and removed with a way back."""

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from projects import undo
from projects.models import Project, Resource, Role
from tests.factories import make_project, make_public, make_resource
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def bound(people: dict[str, User]) -> Resource:
    project = make_public(slug="km3net", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    return make_resource(project, title="Title", description="Text", note="Note", position=1)


def where(bound: Resource) -> str:
    return f"/projects/km3net/references/{bound.pk}/"


def save(browser: Client, bound: Resource, **changes: str) -> Any:
    sent = {"title": bound.title, "description": bound.description, "note": bound.note, "version": bound.version}
    return browser.post(where(bound), {**sent, **changes})


def test_a_lead_describes_a_reference_and_everybody_reads_it(signed_in: SignIn, bound: Resource) -> None:
    assert save(signed_in("lead"), bound, title="Better", description="Line one\nline <b>two</b>", note="Superseded").status_code == 302
    for page in ("references/", "data/"):
        body = signed_in("anonymous").get(f"/projects/km3net/{page}").content.decode()
        assert "Better" in body
        assert "line &lt;b&gt;two&lt;/b&gt;" in body
        assert "Superseded" in body
    entry = AuditEntry.objects.get(action="resource.edit")
    assert entry.facts["fields"] == ["title", "description", "note"]


def test_the_second_of_two_editors_is_shown_the_difference_and_loses_nothing(signed_in: SignIn, bound: Resource) -> None:
    lead = signed_in("lead")
    save(lead, bound, note="Theirs", title="Title 2")
    reply = save(lead, bound, note="Mine", title="Title 2")
    body = html.unescape(reply.content.decode())
    assert reply.status_code == 409
    assert "Note, as saved" in body
    assert "Theirs" in body
    assert "Title, as saved" not in body
    assert 'value="Mine"' in body
    bound.refresh_from_db()
    assert bound.note == "Theirs"
    again = body.split('name="version" value="')[1].split('"')[0]
    assert save(lead, bound, note="Mine", version=again).status_code == 302
    bound.refresh_from_db()
    assert bound.note == "Mine"


def test_saving_twice_is_saving_once(signed_in: SignIn, bound: Resource) -> None:
    lead = signed_in("lead")
    version = bound.version
    assert [save(lead, bound, note="New", version=version).status_code for _ in range(2)] == [302, 302]
    assert AuditEntry.objects.filter(action="resource.edit").count() == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", "abc\u202edef"),
        ("title", "\u200b\u200b"),
        ("title", "a\x07b"),
        ("note", "\u2066x"),
        ("description", "\u200e\u200f"),
        ("title", "t" * 301),
        ("note", "n" * 501),
        ("description", "d" * 2001),
    ],
)
def test_words_that_nobody_can_read_are_refused_and_kept(signed_in: SignIn, bound: Resource, name: str, value: str) -> None:
    reply = save(signed_in("lead"), bound, **{name: value})
    assert reply.status_code == 400
    assert value[-20:] in html.unescape(reply.content.decode())
    before = bound.version
    bound.refresh_from_db()
    assert bound.version == before


@pytest.mark.parametrize("value", ["", "Événements 2021", "γ-ray ☄", "日本語", "עברית", "👩\u200d🔬 data"])
def test_words_of_all_languages_are_taken(signed_in: SignIn, bound: Resource, value: str) -> None:
    assert save(signed_in("lead"), bound, title=value).status_code == 302
    bound.refresh_from_db()
    assert bound.title == value


@pytest.mark.parametrize(("name", "status"), [("anonymous", 302), ("newcomer", 403), ("outsider", 403), ("member", 403), ("admin", 403)])
def test_only_those_who_edit_the_project_write(signed_in: SignIn, bound: Resource, name: str, status: int) -> None:
    browser = signed_in(name)
    assert browser.get(where(bound)).status_code == status
    assert save(browser, bound, note="Foreign").status_code == status
    bound.refresh_from_db()
    assert bound.note == "Note"


def test_a_reference_of_another_project_or_one_that_the_lead_may_not_see_is_not_there(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_project(slug="km3net", lead=people["member"])
    closed = make_resource(project, identifier="KM3NET_EMBARGO_SP:secret", title="Secret")
    foreign = make_resource(make_project())
    for item in (closed, foreign):
        assert signed_in("member").get(where(item)).status_code == 404
        assert save(signed_in("member"), item, note="x").status_code == 404


def test_a_removed_reference_comes_back_with_its_words_and_in_its_place(signed_in: SignIn, bound: Resource) -> None:
    make_resource(bound.project, title="Second", position=2)
    lead = signed_in("lead")
    reply = lead.post(f"/projects/km3net/resources/{bound.pk}/remove/", follow=True)
    assert reply.redirect_chain == [("/projects/km3net/data/", 302)]
    assert "/projects/km3net/references/undo/" in reply.content.decode()
    assert lead.post("/projects/km3net/references/undo/").status_code == 302
    back = bound.project.resources.first()
    assert back is not None
    assert (back.title, back.description, back.note, back.added_at) == ("Title", "Text", "Note", bound.added_at)
    assert AuditEntry.objects.filter(action="resource.restore").count() == 1
    assert "Nothing to undo." in lead.post("/projects/km3net/references/undo/", follow=True).content.decode()
    assert bound.project.resources.count() == 2


def test_undo_leaves_what_was_added_again_as_it_is(signed_in: SignIn, bound: Resource) -> None:
    lead = signed_in("lead")
    lead.post(f"/projects/km3net/resources/{bound.pk}/remove/")
    make_resource(bound.project, identifier=bound.identifier, title="Newer")
    lead.post("/projects/km3net/references/undo/")
    assert [item.title for item in bound.project.resources.all()] == ["Newer"]


def test_undo_is_for_the_same_project_and_ends_after_ten_minutes(
    signed_in: SignIn, bound: Resource, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(slug="other", lead=people["lead"])
    lead = signed_in("lead")
    lead.post(f"/projects/km3net/resources/{bound.pk}/remove/")
    assert "references/undo" not in lead.get("/projects/other/references/").content.decode()
    monkeypatch.setattr(undo, "UNDO_SECONDS", -1)
    assert "references/undo" not in lead.get("/projects/km3net/references/").content.decode()
    lead.post("/projects/km3net/references/undo/")
    assert not Project.objects.get(slug="km3net").resources.exists()


def test_undo_of_data_that_the_lead_may_not_see_names_nothing(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_project(slug="km3net", lead=people["member"])
    closed = make_resource(project, identifier="KM3NET_EMBARGO_SP:secret.ecsv", title="Secret")
    member = signed_in("member")
    replies = [
        member.post(f"/projects/km3net/resources/{closed.pk}/remove/", follow=True),
        member.post("/projects/km3net/references/undo/", follow=True),
    ]
    assert not [reply for reply in replies if b"ecret" in reply.content]
    assert project.resources.get().title == "Secret"
