"""What projects say of the things that they use: to each person what they may see of both."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datalake.reads import read_cache
from projects import data_use
from projects.models import Project, Resource, Role
from tests.factories import make_project, make_public, make_resource
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, service
from vre_portal.usage import Thing

pytestmark = pytest.mark.django_db
OPEN, EMBARGO = "KM3NET_ECAP_SP", "KM3NET_EMBARGO_SP"
FILE = Thing("did", "escape", f"{OPEN}:a.fits", (f"{OPEN}:set",))


def titles(person: User | AnonymousUser, thing: Thing = FILE) -> set[tuple[str, str]]:
    return {(item.title, item.detail) for item in data_use.references(person, thing)}


@pytest.fixture
def projects(people: dict[str, User]) -> dict[str, Project]:
    """A public and a members-only project that refer to the file, and one that refers to the dataset that contains it."""
    cache.clear()
    for name, person in people.items():
        read_cache.store(f"datalake:account:{person.pk}:escape", name != "newcomer")
    found = {
        "public": make_public(title="Public"),
        "closed": make_project(title="Closed", groups={"escape/km3net": Role.VIEWER}),
        "whole": make_public(title="Whole"),
        "other": make_public(title="Other"),
    }
    for name, did in (("public", "a.fits"), ("closed", "a.fits"), ("whole", "set"), ("other", "a.fits.old")):
        make_resource(found[name], identifier=f"{OPEN}:{did}")
    make_resource(found["other"], identifier=f"{OPEN}:a.fits", service="another-lake")
    return found


def test_each_person_is_told_of_the_projects_that_they_may_see(projects: dict[str, Project], people: dict[str, User]) -> None:
    public = {("Public", ""), ("Whole", f"through {OPEN}:set")}
    assert titles(AnonymousUser()) == titles(people["outsider"]) == public
    assert titles(people["member"]) == public | {("Closed", "")}


def test_a_reference_to_a_collection_that_the_person_may_not_see_is_not_told(projects: dict[str, Project], people: dict[str, User]) -> None:
    make_resource(projects["public"], identifier=f"{EMBARGO}:all")
    thing = Thing("did", "escape", f"{OPEN}:b.fits", (f"{EMBARGO}:all",))
    assert titles(people["outsider"], thing) == set()
    assert titles(people["lead"], thing) == {("Public", f"through {EMBARGO}:all")}


def test_software_is_found_by_its_identifier_or_its_entry(people: dict[str, User]) -> None:
    for title, facts in (("By DOI", {}), ("By entry", {"entry": "123"}), ("Neither", {"entry": "124"})):
        identifier = "10.5281/zenodo.123" if title == "By DOI" else title
        make_resource(make_public(title=title), kind=Resource.Kind.SOFTWARE, service="ossr", identifier=identifier, facts=facts)
    thing = Thing("software", "ossr", "123", ("10.5281/zenodo.123",))
    assert titles(AnonymousUser(), thing) == {("By DOI", ""), ("By entry", "")}


def test_the_questions_do_not_grow_with_the_references(projects: dict[str, Project], people: dict[str, User]) -> None:
    with CaptureQueriesContext(connection) as few:
        list(data_use.references(people["member"], FILE))
    for number in range(20):
        make_resource(make_public(title=f"P{number}"), identifier=FILE.identifier)
    with CaptureQueriesContext(connection) as many:
        assert len(list(data_use.references(people["member"], FILE))) == 23
    assert len(many) == len(few)


def test_a_scope_is_that_of_the_projects_that_the_person_may_see(people: dict[str, User], lake_options: Callable[..., None]) -> None:
    make_public(slug="open", title="Open", scope=OPEN)
    make_project(slug="closed", title="Closed", scope=OPEN, groups={"escape/km3net": Role.VIEWER})
    make_public(slug="none", title="None")
    lake = service(ServiceKind.RUCIO)

    def owners(person: User | AnonymousUser) -> list[tuple[str, str]]:
        return [(scope, owner.title) for scope, owner in data_use.scope_owners(person, lake)]

    assert owners(AnonymousUser()) == owners(people["outsider"]) == [(OPEN, "Open")]
    assert owners(people["member"]) == [(OPEN, "Closed"), (OPEN, "Open")]
