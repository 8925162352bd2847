"""Profiles and the directory: nobody is shown who did not choose it, and whoever stops being shown is gone at once."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from projects.models import Membership, Project, Role
from tests.factories import make_person, make_project, make_public
from vre_portal.iam.models import User
from vre_portal.iam.people import facts_of
from vre_portal.iam.personal_data import data_export, erasure
from vre_portal.iam.profiles import related, services
from vre_portal.iam.profiles.models import FIELDS, Profile
from vre_portal.iam.profiles.search_words import search_words
from vre_portal.pages import middleware
from vre_portal.services import ServiceKind, service

SignIn = Callable[..., Client]
People = dict[str, User]
Audience = Profile.Audience
pytestmark = pytest.mark.django_db
FORM = {
    "audience": "public",
    "institute": "ECAP",
    "orcid": "",
    "expertise": "Gammapy\nIRFs",
    "languages": "German",
    "offers": "",
    "asks": "",
}

EMPTY = {name: getattr(Profile(), name) for name in FIELDS}


def make_profile(user: User, audience: str = Audience.PUBLIC, **facts: Any) -> Profile:
    return Profile.objects.create(user=user, audience=audience, **facts)


def names(browser: Client, query: str = "") -> list[str]:
    return [row["name"] for row in browser.get(f"/people/?format=json&q={query}").json()["items"]]


@pytest.mark.parametrize(("audience", "who"), [("nobody", []), ("signed-in", ["member"]), ("public", ["anonymous", "member"])])
def test_a_person_is_shown_to_those_whom_they_chose(signed_in: SignIn, people: People, audience: str, who: list[str]) -> None:
    profile = make_profile(people["lead"], audience, institute="ECAP")
    for name in ("anonymous", "member"):
        browser, shown = signed_in(name), name in who
        assert (people["lead"].name in browser.get("/people/").content.decode()) == shown
        assert names(browser) == ([people["lead"].name] if shown else [])
        assert browser.get(profile.get_absolute_url()).status_code == (200 if shown else 404)
        assert people["lead"].email not in browser.get(profile.get_absolute_url()).content.decode()


def test_nobody_is_shown_who_has_said_nothing(signed_in: SignIn, people: People) -> None:
    assert names(signed_in("lead")) == []
    assert 'value="nobody"' in signed_in("lead").get("/me/profile/").content.decode()


@pytest.mark.parametrize("query", ["who can help me with gammapy?", "GAMMAPY", "gämmapy", "ecap", "greek gammapy"])
def test_people_are_found_by_words_of_a_question(signed_in: SignIn, people: People, query: str) -> None:
    make_profile(people["lead"], institute="ECAP", expertise=["Gammapy"], languages=["Greek"])
    make_profile(people["member"], expertise=["Rucio"])
    assert names(signed_in("anonymous"), query) == [people["lead"].name]


@pytest.mark.parametrize("query", ["muller", "Müller", "MULLER jorg", "strasser", "müller ecap"])
def test_people_are_found_by_their_name_whatever_its_case_and_accents(signed_in: SignIn, people: People, query: str) -> None:
    User.objects.filter(pk=people["lead"].pk).update(name="Jörg Müller-Straßer")
    make_profile(people["lead"], institute="ECAP")
    make_profile(people["member"], institute="ECAP")
    assert names(signed_in("anonymous"), query) == ["Jörg Müller-Straßer"]


@pytest.mark.parametrize("query", ["%25", "_", "%00", "'\"<>", "rucio gammapy"])
def test_odd_questions_find_nobody_and_fail_nowhere(signed_in: SignIn, people: People, query: str) -> None:
    make_profile(people["lead"], expertise=["Gammapy"])
    reply = signed_in("anonymous").get(f"/people/?q={query}")
    assert reply.status_code in (200, 400)


def test_a_question_of_nothing_but_common_words_is_searched_as_it_is() -> None:
    assert search_words("who are you") == ["who", "are", "you"]
    assert search_words("Who knows C++ and γ-rays?") == ["c++", "γ-rays"]


def test_the_directory_offers_what_the_people_shown_wrote_and_nothing_of_others(signed_in: SignIn, people: People) -> None:
    make_profile(people["lead"], expertise=["Gammapy", "IRFs"], languages=["Greek"])
    make_profile(people["member"], Audience.SIGNED_IN, expertise=["gammapy", "Rucio"])
    make_profile(people["outsider"], Audience.NOBODY, expertise=["Hidden"])
    assert Profile.objects.visible_to(AnonymousUser()).common("expertise") == ["Gammapy", "IRFs"]
    assert Profile.objects.visible_to(people["lead"]).common("expertise")[0].lower() == "gammapy"
    text = signed_in("anonymous").get("/people/").content.decode()
    assert 'href="?q=Gammapy"' in text
    assert "Rucio" not in text
    assert "Hidden" not in signed_in("lead").get("/people/").content.decode()
    chosen = signed_in("anonymous").get("/people/", {"q": "Gammapy"}).content.decode()
    assert 'aria-current="true"><bdi>Gammapy</bdi>' in chosen


def test_an_empty_directory_says_how_people_get_there(signed_in: SignIn, people: People) -> None:
    assert "No people are shown yet" in signed_in("anonymous").get("/people/").content.decode()
    assert 'href="/me/profile/">Add my profile' in " ".join(signed_in("lead").get("/people/").content.decode().split())


def test_a_profile_is_saved_and_two_windows_never_overwrite_each_other(signed_in: SignIn, people: People) -> None:
    browser = signed_in("lead")
    version = browser.get("/me/profile/").context["form"]["version"].value()
    assert browser.post("/me/profile/", {**FORM, "version": version}).status_code == 302
    late = browser.post("/me/profile/", {**FORM, "institute": "APC", "offers": "Typed here", "version": version})
    page = late.content.decode()
    assert late.status_code == 409
    assert "Typed here" in page
    assert "ECAP" in page
    assert Profile.objects.get().institute == "ECAP"
    again = late.context["form"]["version"].value()
    assert browser.post("/me/profile/", {**FORM, "institute": "APC", "version": again}).status_code == 302
    assert Profile.objects.get().expertise == ["Gammapy", "IRFs"]


def test_a_form_that_is_sent_twice_is_no_conflict_with_itself(signed_in: SignIn, people: People) -> None:
    browser = signed_in("lead")
    version = browser.get("/me/profile/").context["form"]["version"].value()
    assert [browser.post("/me/profile/", {**FORM, "version": version}).status_code for _ in range(2)] == [302, 302]


@pytest.mark.django_db(transaction=True)
def test_while_somebody_saves_their_profile_others_can_give_them_a_role() -> None:
    """Who gives a role may have the record, for which the one who saves waits: to wait for each other would end one of the two."""
    lead, person = make_person("lead"), make_person("member")
    project, problems = make_project(lead=lead), list[Exception]()

    def give() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("set local lock_timeout = '2s'")
                Membership.objects.create(project=project, user=person, role=Role.MEMBER)
        except Exception as problem:  # noqa: BLE001 -- told below, in the thread of the test
            problems.append(problem)
        finally:
            connection.close()

    with transaction.atomic():
        saved = services.save(by=person, seen=Profile(user=person).version, values={**EMPTY, "institute": "ECAP"})
        thread = threading.Thread(target=give)
        thread.start()
        thread.join()
    assert (saved, problems) == (["institute"], [])


@pytest.mark.parametrize(
    "odd",
    [
        {"orcid": "0000-0002-1825-0098"}, {"institute": "a\u202eb"}, {"expertise": "\n".join(map(str, range(31)))}, {"expertise": "x" * 61},
        {"offers": "x" * 1001}, {"asks": "a\u202eb"}, {"audience": "all"}, {"languages": "a\u2066b"},
    ],
)  # fmt: skip
def test_what_cannot_be_saved_is_said_and_kept(signed_in: SignIn, odd: dict[str, str]) -> None:
    browser = signed_in("lead")
    version = browser.get("/me/profile/").context["form"]["version"].value()
    assert browser.post("/me/profile/", {**FORM, **odd, "version": version}).status_code == 400
    assert not Profile.objects.exists()


def test_the_orcid_of_the_iam_counts_before_a_typed_one(signed_in: SignIn, people: People) -> None:
    facts = facts_of(service(ServiceKind.IAM, "iam"), {"sub": "x", "orcid": "https://orcid.org/0000-0002-1825-0097"})
    assert facts["orcid"] == "0000-0002-1825-0097"
    assert facts_of(service(ServiceKind.IAM, "iam"), {"sub": "x", "orcid": ["0000-0002-1825-0098", 5, None]})["orcid"] == ""
    User.objects.filter(pk=people["lead"].pk).update(orcid="0000-0002-1825-0097")
    profile = make_profile(people["lead"], orcid="0000-0002-1694-233X")
    page = signed_in("anonymous").get(profile.get_absolute_url()).content.decode()
    assert "0000-0002-1825-0097" in page
    assert "0000-0002-1694-233X" not in page


def test_a_page_names_public_projects_of_the_person_and_no_others(signed_in: SignIn, people: People) -> None:
    lead = people["lead"]
    make_public(slug="seen", title="Seen project", lead=lead)
    make_project(slug="hidden", title="Hidden project", lead=lead)
    make_public(slug="by-group", title="Group project", groups={"escape/km3net": Role.MEMBER})
    later = timezone.now() + timedelta(days=1)
    make_project(slug="embargo", title="Embargo project", lead=lead, embargo_until=later)
    where = make_profile(lead).get_absolute_url()
    for name in ("anonymous", "outsider", "lead"):
        page = signed_in(name).get(where).content.decode()
        assert "Seen project" in page
        assert not any(title in page for title in ("Hidden project", "Embargo project", "Group project"))
    titles = [item["title"] for item in signed_in("anonymous").get(f"{where}?format=json").json()["projects"]]
    assert titles == ["Seen project"]


def test_kept_pages_follow_each_change_at_once(people: People, settings: Any) -> None:
    lead, visitor = people["lead"], Client()
    project = make_public(slug="seen", title="Seen project", lead=lead)
    profile = make_profile(lead, institute="ECAP")
    where = profile.get_absolute_url()
    assert "Seen project" in visitor.get(where).content.decode()
    assert lead.name in visitor.get("/people/").content.decode()
    assert {"/people/", where} <= {key[2] for key in middleware.pages._pages}
    Project.objects.filter(pk=project.pk).update(visibility=Project.Visibility.MEMBERS)
    assert "Seen project" not in visitor.get(where).content.decode()
    User.objects.filter(pk=lead.pk).update(is_active=False)
    assert visitor.get(where).status_code == 404
    assert lead.name not in visitor.get("/people/").content.decode()
    User.objects.filter(pk=lead.pk).update(is_active=True)
    assert visitor.get(where).status_code == 200
    Profile.objects.filter(pk=profile.pk).update(audience=Audience.SIGNED_IN)
    assert visitor.get(where).status_code == 404


def test_an_erased_person_vanishes_at_once(people: People) -> None:
    person, visitor = people["outsider"], Client()
    User.objects.filter(pk=person.pk).update(orcid="0000-0002-1825-0097")
    profile = make_profile(person, offers="Help with fits")
    assert "Help with fits" in visitor.get("/people/").content.decode()
    assert "Help with fits" in str(data_export.export_person(person))
    erasure.erase(person)
    assert "Help with fits" not in visitor.get("/people/").content.decode()
    assert visitor.get(profile.get_absolute_url()).status_code == 404
    assert not Profile.objects.exists()
    assert User.objects.get(pk=person.pk).orcid == ""


def test_the_directory_is_paged(people: People, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vre_portal.iam.profiles.views.PAGE", 2)
    for user in people.values():
        make_profile(user)
    seen, following = [], "/people/?format=json"
    while following:
        part = signed_in("anonymous").get(following).json()
        seen += [row["name"] for row in part["items"]]
        following = part["next"]
    assert seen == sorted(user.name for user in people.values())


def test_hostile_words_are_shown_as_text(signed_in: SignIn, people: People) -> None:
    hostile = "<script>alert(1)</script>"
    profile = make_profile(people["lead"], institute=hostile, expertise=[hostile], languages=[hostile], offers=hostile, asks=hostile)
    for where in ("/people/", profile.get_absolute_url()):
        assert hostile not in signed_in("anonymous").get(where).content.decode()


def test_a_source_of_links_that_fails_costs_its_own_part(signed_in: SignIn, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_reader: object, _person: User) -> list[related.RelatedLink]:
        raise RuntimeError

    monkeypatch.setattr(related._sources, "_sources", [broken, *related._sources._sources])
    make_public(title="Seen project", lead=people["lead"])
    assert "Seen project" in signed_in("anonymous").get(make_profile(people["lead"]).get_absolute_url()).content.decode()


def test_the_key_of_a_page_is_not_the_handle_of_the_person(people: People) -> None:
    assert make_profile(people["lead"]).key != people["lead"].handle
    assert not Membership.objects.exists()
