"""Beginning a project in the browser: from nothing, from a template, from another project, by a link; by those who may."""

import re
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import get_resolver

from projects import deletion
from projects.editing.forms import TextForm
from projects.lifecycle import services as lifecycle
from projects.models import Membership, Project, Resource, Role, Tombstone
from projects.outlines import OUTLINES
from projects.start import services, slugs
from projects.start.forms import NewProjectForm
from projects.start.starting_points import StartingPoint
from tests.factories import make_people, make_project, make_public, make_resource
from tests.page_text import text_of
from tests.repositories.git_servers import allow
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.repositories.models import Snapshot

SignIn = Callable[..., Client]
NEW = "/projects/new/"
pytestmark = pytest.mark.django_db


def form(**changes: Any) -> dict[str, Any]:
    return {"key": str(uuid.uuid4()), "title": "Dark photons in beam dumps", "summary": "A search", **changes}


def test_a_project_begins_as_a_draft_that_its_creator_leads(signed_in: SignIn, people: dict[str, User]) -> None:
    reply = signed_in("lead").post(NEW, form(experiments="NA64\nLDMX"))
    project = Project.objects.get()
    assert (reply.status_code, reply["Location"]) == (302, "/projects/dark-photons-in-beam-dumps/")
    assert (project.visibility, project.is_public, project.experiments) == ("draft", False, ["NA64", "LDMX"])
    assert [(item.user, item.role) for item in project.memberships.all()] == [(people["lead"], "lead")]
    assert AuditEntry.objects.get(action="project.create").actor == people["lead"].handle
    for name in ("anonymous", "outsider", "member", "admin"):
        assert signed_in(name).get(project.get_absolute_url()).status_code == 404
    assert "Only the people of this project can see it." in text_of(signed_in("lead").get(project.get_absolute_url()).content)


def test_an_empty_project_may_name_its_repository(signed_in: SignIn, people: dict[str, User]) -> None:
    reply = signed_in("lead").post(NEW, form(repository="https://git.example.org/a"))
    assert (reply.status_code, Project.objects.get().repository) == (302, "https://git.example.org/a")


def test_the_same_form_sent_twice_creates_one_project(signed_in: SignIn, people: dict[str, User]) -> None:
    sent, browser = form(), signed_in("lead")
    assert browser.post(NEW, sent)["Location"] == browser.post(NEW, sent)["Location"]
    assert Project.objects.count() == 1


def test_the_same_form_sent_twice_with_an_address_of_ones_own_creates_one_project(signed_in: SignIn, people: dict[str, User]) -> None:
    sent, browser = form(slug="my-name"), signed_in("lead")
    browser.post(NEW, sent)
    reply = browser.post(NEW, sent, follow=True)
    assert reply.redirect_chain == [("/projects/my-name/", 302)]
    assert "This form has created this project already." in text_of(reply.content)
    assert Project.objects.count() == 1


def test_a_form_sent_again_finds_its_project_although_its_source_is_gone(signed_in: SignIn, people: dict[str, User]) -> None:
    source, browser, sent = source_project(people), signed_in("lead"), form(copy="source")
    first = browser.post(NEW, sent)
    Project.objects.filter(pk=source.pk).update(visibility="members")
    assert browser.post(NEW, sent)["Location"] == first["Location"]


def test_somebody_removed_from_the_project_of_a_form_is_not_sent_to_it(signed_in: SignIn, people: dict[str, User]) -> None:
    sent, browser = form(), signed_in("lead")
    browser.post(NEW, sent)
    Membership.objects.all().delete()
    assert browser.post(NEW, sent)["Location"] == "/projects/"


@pytest.mark.parametrize("rows_are_gone", [False, True])
@pytest.mark.parametrize("public", [False, True])
def test_the_form_of_a_deleted_project_creates_none_until_it_is_sent_anew(
    signed_in: SignIn, people: dict[str, User], rows_are_gone: bool, public: bool
) -> None:
    sent, browser = form(slug="my-name", description="My text"), signed_in("lead")
    browser.post(NEW, sent)
    Project.objects.update(visibility="public" if public else "draft")
    tombstone = lifecycle.delete(by=people["lead"], project=Project.objects.get(), confirmation="my-name")
    if rows_are_gone:
        deletion.delete_all(tombstone)
    reply = browser.post(NEW, sent)
    page = reply.content.decode()
    assert reply.status_code == 409
    assert "its project was deleted" in page
    assert "My text" in page
    assert ('href="/projects/my-name/"' in page) == public
    assert Project.objects.filter(deleted_at=None).count() == 0
    key = re.search('name="key" value="([^"]+)"', page)
    assert key is not None
    assert key[1] != sent["key"]
    assert browser.post(NEW, {**sent, "key": key[1], "slug": "another"})["Location"] == "/projects/another/"


def test_the_key_of_somebody_else_opens_nothing(signed_in: SignIn, people: dict[str, User]) -> None:
    sent = form()
    signed_in("lead").post(NEW, sent)
    signed_in("member").post(NEW, sent)
    assert sorted(Project.objects.values_list("slug", flat=True)) == ["dark-photons-in-beam-dumps", "dark-photons-in-beam-dumps-2"]


@pytest.mark.parametrize("name", ["outsider", "newcomer"])
def test_somebody_who_may_not_is_told_whom_to_ask_and_keeps_the_text(signed_in: SignIn, people: dict[str, User], name: str) -> None:
    browser = signed_in(name)
    asked, sent = browser.get(NEW, {"title": "My idea"}), browser.post(NEW, form(description="Long *text* <b>"))
    assert (asked.status_code, sent.status_code) == (200, 403)
    assert "escape/leads" in text_of(asked.content)
    assert "mailto:lead@vre.example" in asked.content.decode()
    assert "Long *text* &lt;b&gt;" in sent.content.decode()
    assert "title=Dark+photons+in+beam+dumps" in sent.content.decode()
    assert browser.post(f"{NEW}repository/", {"address": "https://github.com/a/b", "key": str(uuid.uuid4())}).status_code == 403
    assert (Project.objects.count(), Snapshot.objects.count()) == (0, 0)


def test_everybody_who_signed_in_may_where_no_group_is_named(signed_in: SignIn, people: dict[str, User], settings: Any) -> None:
    settings.PROJECT_CREATORS = []
    assert signed_in("newcomer").post(NEW, form()).status_code == 302


def test_a_link_fills_in_the_form_and_does_nothing(signed_in: SignIn, people: dict[str, User]) -> None:
    page = signed_in("lead").get(NEW, {"template": "analysis", "title": "From <a> link", "theme": "Dark Matter"}).content.decode()
    assert 'value="From &lt;a&gt; link"' in page
    assert 'value="Dark Matter"' in page
    assert str(OUTLINES["analysis"].sections[0][1][0]) in page
    assert Project.objects.count() == 0


@pytest.mark.parametrize(
    "query", [{"template": "nothing"}, {"from": "elsewhere"}, {"title": "x" * 9000}, {"key": "x"}, {"repository": "x"}]
)
def test_an_odd_link_is_no_error_of_the_portal(signed_in: SignIn, people: dict[str, User], query: dict[str, str]) -> None:
    assert signed_in("lead").get(NEW, query).status_code in (200, 404)


@pytest.mark.parametrize("name", list(OUTLINES))
def test_each_template_gives_its_outline(signed_in: SignIn, people: dict[str, User], name: str) -> None:
    browser = signed_in("lead")
    assert str(OUTLINES[name].title) in text_of(browser.get(NEW, {"from": "template"}).content)
    browser.post(NEW, form(template=name, description=OUTLINES[name].text))
    project = Project.objects.get()
    assert project.outline == name
    lines = [line for _heading, lines in OUTLINES[name].sections for line in lines]
    assert OUTLINES[name].untouched(project.description) == lines
    assert OUTLINES[name].untouched(project.description.replace(str(lines[0]), "My own words")) == lines[1:]


@pytest.mark.parametrize("title", ["\u200b", "A\u202eB", "\u3164", "", "x" * 201])
def test_a_title_that_nobody_can_read_is_refused_and_the_text_stays(signed_in: SignIn, people: dict[str, User], title: str) -> None:
    reply = signed_in("lead").post(NEW, form(title=title, description="My text"))
    assert reply.status_code == 400
    assert "My text" in reply.content.decode()
    assert Project.objects.count() == 0


@pytest.mark.parametrize("text", ["A\u202eB", "A\x1bB", "\u3164"])
@pytest.mark.parametrize("name", ["summary", "theme", "contact", "keywords", "experiments", "institutes"])
def test_what_the_settings_refuse_a_new_project_refuses_too(signed_in: SignIn, people: dict[str, User], name: str, text: str) -> None:
    reply = signed_in("lead").post(NEW, form(**{name: text}))
    assert reply.status_code == 400
    assert "errorlist" in reply.content.decode()
    project = make_project(lead=people["lead"])
    settings = TextForm({**TextForm.of(project).typed(), "version": "x", name: text}, project=project)
    assert name in settings.errors


def test_a_new_project_and_its_settings_have_the_same_fields() -> None:
    new, settings = NewProjectForm(StartingPoint("empty")), TextForm(project=Project())
    shared = new.fields.keys() & settings.fields.keys()
    assert new.fields.keys() - shared == {"key", "slug"}
    for name in shared:
        ours, theirs = new.fields[name], settings.fields[name]
        assert (type(ours), ours.label, ours.help_text, ours.validators) == (
            type(theirs),
            theirs.label,
            theirs.help_text,
            theirs.validators,
        )


def test_an_institute_gets_its_identifier_as_in_the_settings(signed_in: SignIn, people: dict[str, User]) -> None:
    signed_in("lead").post(NEW, form(institutes="CERN\nMy institute"))
    project = Project.objects.get()
    assert [bool(item.ror) for item in project.institute_list] == [True, False]


@pytest.mark.parametrize(
    ("query", "is_open"), [({}, False), ({"title": "A"}, False), ({"theme": "Dark Matter"}, True), ({"template": "analysis"}, True)]
)
def test_what_can_be_added_later_is_folded_until_it_has_a_value(
    signed_in: SignIn, people: dict[str, User], query: dict[str, str], is_open: bool
) -> None:
    page = signed_in("lead").get(NEW, query).content.decode()
    assert ('<details class="start-more" open>' in page) == is_open
    order = [page.index(f'id="id_{name}"') for name in ("title", "summary", "licence")]
    assert order == sorted(order)
    assert order[-1] < page.index("start-more") < page.index('id="id_slug"') < page.index('id="id_description"')


def test_a_folded_field_with_an_error_is_shown(signed_in: SignIn, people: dict[str, User]) -> None:
    assert '<details class="start-more" open>' in signed_in("lead").post(NEW, form(slug="a b")).content.decode()


def test_without_script_the_page_says_where_the_address_comes_from(signed_in: SignIn, people: dict[str, User]) -> None:
    browser = signed_in("lead")
    assert "The address is made from the title." in text_of(browser.get(NEW).content)
    assert "The address is made from the title." in text_of(browser.get(f"{NEW}address/").content)


def test_the_lead_of_a_new_project_is_led_to_what_is_missing(signed_in: SignIn, people: dict[str, User]) -> None:
    page = signed_in("lead").post(NEW, form(licence="CC-BY-4.0"), follow=True).content
    assert "Next: 2 of 4 things are missing before it can be public." in text_of(page)
    assert f'href="{Project.objects.get().get_absolute_url()}lifecycle/"' in page.decode()


@pytest.mark.parametrize(("name", "may"), [("lead", True), ("outsider", False)])
def test_new_project_is_offered_to_those_who_may_and_the_way_to_the_others(
    signed_in: SignIn, people: dict[str, User], name: str, may: bool
) -> None:
    make_public(slug="open")
    browser = signed_in(name)
    for page in ("/", "/dashboard/", "/projects/"):
        words = text_of(browser.get(page).content)
        assert ("New project" in words or "Start a project" in words) == may, page
        assert ("How to start a project" in words) == (not may), page
    assert ("Copy project" in text_of(browser.get("/projects/open/").content)) == may


def test_a_description_beyond_the_limit_is_refused_with_the_limit(signed_in: SignIn, people: dict[str, User]) -> None:
    reply = signed_in("lead").post(NEW, form(description="x" * 50_001))
    assert reply.status_code == 400
    assert "50000" in text_of(reply.content).replace(",", "")


@pytest.mark.parametrize("slug", ["new", "choose", "resources", "admin", "a b", "ünï", "-a", "a--b", "a_b", "../x", "taken", "gone"])
def test_a_reserved_taken_or_malformed_address_is_refused(signed_in: SignIn, people: dict[str, User], slug: str) -> None:
    make_project(slug="taken")
    Tombstone.objects.create(slug="gone")
    browser = signed_in("lead")
    assert browser.post(NEW, form(slug=slug)).status_code == 400
    assert "start-taken" in browser.get(f"{NEW}address/", {"slug": slug, "title": "Other"}).content.decode()


def test_each_address_below_projects_is_reserved() -> None:
    first = set()
    for item in get_resolver().url_patterns:
        routes = [str(item.pattern)] + [f"{item.pattern}{inner.pattern}" for inner in getattr(item, "url_patterns", ())]
        first |= {route.split("/")[1] for route in routes if route.startswith("projects/") and "/" in route}
    assert {name for name in first if name and "<" not in name} <= slugs.RESERVED


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Étude des neutrinos", "etude-des-neutrinos"),
        ("Gauß & Łódź", "gauss-lodz"),
        ("宇宙線", "project"),
        ("new", "new-2"),
        ("O'Brien's data", "obriens-data"),
        ("L’étude d’Ångström", "letude-dangstrom"),
        ("x" * 90, "x" * 60),
    ],
)
def test_the_address_is_made_of_the_title(signed_in: SignIn, people: dict[str, User], title: str, slug: str) -> None:
    browser = signed_in("lead")
    assert f"/projects/{slug}/" in text_of(browser.get(f"{NEW}address/", {"title": title}).content)
    browser.post(NEW, form(title=title))
    assert Project.objects.get().slug == slug


@pytest.mark.django_db(transaction=True)
def test_eight_projects_of_one_title_at_once_all_get_an_address() -> None:
    lead, errors = make_people()["lead"], []
    together = threading.Barrier(8)

    def act() -> None:
        together.wait()
        try:
            services.create(by=lead, key=uuid.uuid4(), slug="", values={"title": "Same"})
        except Exception as error:  # noqa: BLE001 -- told below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(Project.objects.values_list("slug", flat=True)) == ["same", *(f"same-{number}" for number in range(2, 9))]


@pytest.mark.django_db(transaction=True)
def test_eight_presses_of_one_form_at_once_create_one_project() -> None:
    lead, key, made = make_people()["lead"], uuid.uuid4(), []
    together = threading.Barrier(8)

    def act() -> None:
        together.wait()
        try:
            made.append(services.create(by=lead, key=key, slug="", values={"title": "Same"}).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(set(made)), Project.objects.count()) == (8, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_eight_presses_of_one_form_with_an_address_of_ones_own_create_one_project() -> None:
    lead, sent, replies = make_people()["lead"], form(slug="my-name"), []
    together = threading.Barrier(8)

    def act() -> None:
        browser = Client()
        browser.force_login(lead)
        together.wait()
        try:
            reply = browser.post(NEW, sent)
            replies.append((reply.status_code, reply.get("Location")))
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [(302, "/projects/my-name/")] * 8
    assert Project.objects.count() == 1


def source_project(people: dict[str, User]) -> Project:
    project = make_public(
        slug="source", title="Source", summary="Its summary", description="Its text", licence="CC-BY-4.0", contact="secret@vre.example",
        theme="Dark Matter", experiments=["KM3NeT"], lead=people["admin"], groups={"escape/km3net": Role.VIEWER},
    )  # fmt: skip
    make_resource(project, identifier="KM3NET_ECAP_SP:aeff.fits", title="Aeff", facts={"type": "FILE"}, added_by=people["admin"])
    make_resource(project, identifier="KM3NET_EMBARGO_SP:candidates")
    make_resource(project, kind=Resource.Kind.SOFTWARE, service="ossr", identifier="10.5281/zenodo.1")
    make_resource(project, kind=Resource.Kind.LINK, service="", identifier="https://example.org/")
    return project


def test_a_copy_takes_over_texts_and_references_but_no_people(signed_in: SignIn, people: dict[str, User]) -> None:
    source = source_project(people)
    browser = signed_in("member")
    page = browser.get(NEW, {"copy": "source"}).content.decode()
    assert 'value="Copy of Source"' in page
    assert "Its text" in page
    assert "secret@vre.example" not in page
    assert "1 reference can&#x27;t be copied" in page or "1 reference can't be copied" in page
    reply = browser.post(NEW, form(copy="source", parts=["did", "software", "link"]), follow=True)
    project = Project.objects.exclude(pk=source.pk).get()
    assert sorted(project.resources.values_list("kind", "identifier", "title")) == [
        ("did", "KM3NET_ECAP_SP:aeff.fits", "Aeff"), ("link", "https://example.org/", ""), ("software", "10.5281/zenodo.1", ""),
    ]  # fmt: skip
    assert project.resources.get(kind="did").facts == {"type": "FILE"}
    assert {item.added_by for item in project.resources.all()} == {people["member"]}
    assert [item.user for item in project.memberships.all()] == [people["member"]]
    assert project.contact == ""
    assert project.begun_from["project"] == source.pk
    assert "3 references were copied." in text_of(reply.content)
    assert "1 reference was not copied" in text_of(reply.content)
    assert [message.level_tag for message in reply.context["messages"]] == ["success", "success", "info", "info"]


def test_a_copy_says_what_it_is_a_copy_of_to_those_who_may_see_that(signed_in: SignIn, people: dict[str, User]) -> None:
    source = source_project(people)
    signed_in("lead").post(NEW, form(copy="source", slug="the-copy"))
    copy = Project.objects.get(slug="the-copy")
    Project.objects.filter(pk=copy.pk).update(visibility="public")
    address = copy.get_absolute_url()
    known = signed_in("anonymous").get(f"{address}?format=json").json()["copied_from"]
    assert (known["slug"], known["title"]) == ("source", "Source")
    assert 'href="/projects/source/"' in signed_in("outsider").get(address).content.decode()
    source.visibility = Project.Visibility.MEMBERS
    source.save()
    known = signed_in("outsider").get(f"{address}?format=json").json()["copied_from"]
    assert (known["slug"], known["title"], known["url"]) == (None, None, None)
    assert known["copied_at"]
    assert 'href="/projects/source/"' not in signed_in("outsider").get(address).content.decode()
    assert "A project that you can't see" in text_of(signed_in("outsider").get(address).content)
    assert 'href="/projects/source/"' in signed_in("member").get(address).content.decode()


def test_kept_results_are_copied_only_if_they_are_chosen(signed_in: SignIn, people: dict[str, User]) -> None:
    make_resource(source_project(people), kind=Resource.Kind.RESULT, identifier="KM3NET_ECAP_SP:result")
    page = signed_in("lead").get(NEW, {"copy": "source"}).content.decode()
    ticked = dict(re.findall(r'name="parts" value="(\w+)"[^>]*?( checked)?>', page))
    assert {name: bool(mark) for name, mark in ticked.items()} == {"did": True, "software": True, "link": True, "result": False}
    assert "2 references" in page


def test_a_licence_that_the_source_has_is_copied_whatever_it_is(signed_in: SignIn, people: dict[str, User]) -> None:
    source_project(people)
    Project.objects.update(licence="As agreed with the collaboration")
    signed_in("lead").post(NEW, form(copy="source", slug="the-copy", licence="As agreed with the collaboration"))
    assert Project.objects.get(slug="the-copy").licence == "As agreed with the collaboration"


def test_what_is_not_chosen_is_not_copied_and_counted(signed_in: SignIn, people: dict[str, User]) -> None:
    source = source_project(people)
    reply = signed_in("lead").post(NEW, form(copy="source", parts=["software"]), follow=True)
    project = Project.objects.exclude(pk=source.pk).get()
    assert [item.kind for item in project.resources.all()] == ["software"]
    assert "3 references were not copied" in text_of(reply.content)


def test_a_project_that_one_may_not_see_cannot_be_copied(signed_in: SignIn, people: dict[str, User]) -> None:
    make_project(slug="closed", title="Closed words", lead=people["admin"])
    browser = signed_in("lead")
    assert browser.get(NEW, {"copy": "closed"}).status_code == 404
    assert browser.post(NEW, form(copy="closed", parts=["did"])).status_code == 404
    assert "Closed words" not in browser.get(NEW, {"from": "copy"}).content.decode()
    assert Project.objects.count() == 1


def test_restricted_data_lost_since_the_form_was_opened_are_not_copied(signed_in: SignIn, people: dict[str, User]) -> None:
    source = source_project(people)
    browser = signed_in("lead")  # who may read the restricted scope
    assert "can't be copied" not in text_of(browser.get(NEW, {"copy": "source"}).content)
    User.objects.filter(pk=people["lead"].pk).update(groups=["escape", "escape/km3net"])
    browser.post(NEW, form(copy="source", parts=["did"]))
    project = Project.objects.exclude(pk=source.pk).get()
    assert [item.identifier for item in project.resources.all()] == ["KM3NET_ECAP_SP:aeff.fits"]


def snapshot_of(user: User, **facts: Any) -> Snapshot:
    known = {"address": "https://git.example.org/a.git", "state": "ready", "commit": "a" * 40}
    return Snapshot.objects.create(by=user, **{**known, **facts})


def test_a_repository_fills_in_the_form_and_its_commit_is_kept(signed_in: SignIn, people: dict[str, User]) -> None:
    offers = [
        {"field": "title", "value": "From <git>", "source": "codemeta.json"},
        {"field": "description", "value": "Read me", "source": "README.md"},
        {"field": "keywords", "value": ["one", "two"], "source": "CITATION.cff"},
    ]
    snapshot = snapshot_of(people["lead"], offers=offers, left_out={"link": {"count": 2, "names": ["a", "<b>"]}}, notes=["x was not read."])
    browser = signed_in("lead")
    page = browser.get(NEW, {"repository": snapshot.pk}).content.decode()
    for words in (
        'value="From &lt;git&gt;"',
        "Read from codemeta.json.",
        "Read me",
        "2 symbolic links are not followed",
        "x was not read.",
        "one\ntwo",
    ):
        assert words in page
    assert "<b>" not in page
    assert f'name="snapshot" value="{snapshot.pk}"' in page
    browser.post(NEW, form(snapshot=snapshot.pk, repository=snapshot.address))
    assert Project.objects.get().repository == snapshot.address
    link = Project.objects.get().resources.get()
    assert (link.identifier, link.facts["commit"]) == ("https://git.example.org/a.git", "a" * 40)
    assert Project.objects.get().begun_from["commit"] == "a" * 40


def test_specifications_of_a_repository_are_said_not_to_be_added(signed_in: SignIn, people: dict[str, User]) -> None:
    offers = [
        {"field": "specifications", "value": ["reana.yaml", "b/reana.yml"], "source": "reana.yaml"},
        {"field": "specification_steps", "value": {"reana.yaml": 3}, "source": "reana.yaml"},
    ]
    snapshot, browser = snapshot_of(people["lead"], offers=offers), signed_in("lead")
    words = text_of(browser.get(NEW, {"repository": snapshot.pk}).content)
    assert "Workflow specifications: reana.yaml (3 steps), b/reana.yml." in words
    assert "They are not added with the project" in words
    reply = browser.post(NEW, form(snapshot=snapshot.pk), follow=True)
    assert "The workflow specifications of the repository were not added yet" in text_of(reply.content)
    assert "warning" in [message.level_tag for message in reply.context["messages"]]


def test_a_repository_of_somebody_else_is_not_found(signed_in: SignIn, people: dict[str, User]) -> None:
    snapshot = snapshot_of(people["lead"])
    browser = signed_in("member")
    assert browser.get(NEW, {"repository": snapshot.pk}).status_code == 404
    assert browser.get(f"{NEW}repository/{snapshot.pk}/").status_code == 404
    assert browser.post(NEW, form(snapshot=snapshot.pk)).status_code == 404


def test_a_fetch_is_followed_until_it_has_ended(signed_in: SignIn, people: dict[str, User], monkeypatch: Any) -> None:
    allow(monkeypatch, "http://127.0.0.1:9/a.git")
    browser = signed_in("lead")
    reply = browser.post(f"{NEW}repository/", {"address": "http://127.0.0.1:9/a.git", "key": str(uuid.uuid4())})
    snapshot = Snapshot.objects.get()
    assert reply["Location"] == f"{NEW}?repository={snapshot.pk}"
    assert "every 2s" in browser.get(reply["Location"]).content.decode()
    assert "HX-Redirect" not in browser.get(f"{NEW}repository/{snapshot.pk}/")
    Snapshot.objects.update(state="failed", reason="No git repository was found <here>.")
    assert browser.get(f"{NEW}repository/{snapshot.pk}/")["HX-Redirect"] == f"{NEW}?repository={snapshot.pk}"
    page = browser.get(reply["Location"]).content.decode()
    assert "was found &lt;here&gt;." in page
    assert 'value="http://127.0.0.1:9/a.git"' in page


@pytest.mark.parametrize("address", ["https://127.0.0.1/a.git", "https://u:p@github.com/a", "file:///etc/passwd", "", "x" * 501])
def test_a_refused_address_is_told_at_the_field(signed_in: SignIn, people: dict[str, User], address: str) -> None:
    reply = signed_in("lead").post(f"{NEW}repository/", {"address": address, "key": str(uuid.uuid4())})
    assert reply.status_code == 400
    assert "errorlist" in reply.content.decode()
    assert Snapshot.objects.count() == 0


def test_a_creator_who_left_exports_nothing_of_the_text(people: dict[str, User], tmp_path: Path) -> None:
    from vre_portal.iam.personal_data.data_export import export_person

    project = services.create(by=people["lead"], key=uuid.uuid4(), slug="", values={"title": "Same", "summary": "Secret words"})
    assert "Secret words" in str(export_person(people["lead"])["projects.project"])
    Membership.objects.create(project=project, user=people["member"], role=Role.LEAD)
    Membership.objects.filter(user=people["lead"]).delete()
    assert "Secret words" not in str(export_person(people["lead"])["projects.project"])
