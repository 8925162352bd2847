"""After each kind of change the visitor's next page is the changed one; without a change it comes from memory, and asks nothing."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.utils import timezone

from catalog.software.models import Entry, Harvest
from projects.editing import access, services
from projects.models import Membership, Project, Resource, Role
from projects.services import add_resource, remove_resource
from projects.workflows import publication
from projects.workflows.models import Run
from tests.factories import make_project, make_public, make_resource
from tests.test_wall import make_run
from vre_portal.iam.models import User
from vre_portal.models import ServiceState
from vre_portal.pages import middleware
from vre_portal.services import ServiceKind, service

pytestmark = pytest.mark.django_db
Queries = Callable[..., Any]


class World(NamedTuple):
    """What there is to be changed."""

    project: Project
    run: Run
    lead: User
    entry: Entry


@pytest.fixture
def world(people: dict[str, User], settings: Any, tmp_path: Any) -> World:
    settings.MEDIA_ROOT = str(tmp_path)
    project = make_public(lead=people["lead"], slug="open", title="Old title", summary="Old summary")
    make_resource(project, title="Old data")
    entry = Entry.objects.create(service="ossr", concept="7", record="8", title="Old tool")
    return World(project, make_run(project, people["member"]), people["lead"], entry)


def edit(world: World) -> None:
    texts = {name: getattr(world.project, name) for name in services.TEXTS}
    services.edit(by=world.lead, project=world.project, seen=services.version(world.project), texts={**texts, "title": "New title"})


def harvested(world: World) -> None:
    Harvest.objects.create(service="ossr", state=Harvest.State.FAILED, error="The source is away.", finished_at=timezone.now())


def down(_: World) -> None:
    lake = service(ServiceKind.RUCIO)
    ServiceState(kind=lake.kind, name=lake.name).seen(ServiceState.State.DOWN, "It sleeps.")


def bare_update(world: World) -> None:
    Project.objects.filter(pk=world.project.pk).update(title="New title")


def rename(world: World) -> None:
    User.objects.filter(pk=world.lead.pk).update(name="Nora Newname")


OPEN = "/projects/open/"
# What is done, the page that tells of it, and what stands there afterwards and not before (or before and not afterwards).
CHANGES: dict[str, tuple[Callable[[World], object], str, str, str]] = {
    "a text is edited": (edit, OPEN, "New title", "Old title"),
    "a text is edited, on the front page": (edit, "/", "New title", "Old title"),
    "a text is edited, in the list": (edit, "/projects/", "New title", "Old title"),
    "a row is changed by a bare update": (bare_update, OPEN, "New title", "Old title"),
    "a group is added": (
        lambda world: Membership.objects.create(project=world.project, group="escape/new", role=Role.MEMBER),
        f"{OPEN}people/",
        "escape/new",
        "",
    ),
    "a person is renamed": (rename, OPEN, "Nora Newname", "Lena Lead"),
    "data are bound": (
        lambda world: add_resource(
            by=world.lead, project=world.project, kind="did", service="escape", identifier="KM3NET_ECAP_SP:new", title="New data"
        ),
        f"{OPEN}data/",
        "New data",
        "",
    ),
    "data are unbound": (
        lambda world: remove_resource(by=world.lead, resource=Resource.objects.get(title="Old data")),
        f"{OPEN}data/",
        "",
        "Old data",
    ),
    "a run is taken back": (lambda world: publication.unpublish(by=world.lead, run=world.run), f"{OPEN}workflows/", "", "Run 1"),
    "a run is taken back, in the activity": (
        lambda world: publication.unpublish(by=world.lead, run=world.run),
        f"{OPEN}activity/",
        "",
        "Run 1",
    ),
    "a run's file is gone": (
        lambda world: world.run.outputs.update(reason="Gone.", state="failed"),
        f"{OPEN}workflows/1/files/",
        "Gone.",
        "",
    ),
    "an entry is harvested": (lambda _: Entry.objects.update(title="New tool"), "/catalog/software/", "New tool", "Old tool"),
    "an entry is harvested, on its page": (
        lambda _: Entry.objects.update(title="New tool"),
        "/catalog/software/7/",
        "New tool",
        "Old tool",
    ),
    "an entry is withdrawn": (lambda _: Entry.objects.update(deleted=True), "/catalog/software/", "", "Old tool"),
    "a harvest fails": (harvested, "/catalog/software/", "The source is away.", ""),
    "a service goes down": (down, "/status/", "It sleeps.", ""),
    "a service goes down, on the front page": (down, "/", 'data-state="down"', ""),
    "a project is deleted": (lambda world: Resource.objects.all().delete(), f"{OPEN}data/", "", "Old data"),
}


def text_of(address: str) -> str:
    return Client().get(address).content.decode()


@pytest.mark.parametrize("name", CHANGES)
def test_the_next_page_is_the_changed_one(world: World, name: str, django_assert_num_queries: Queries) -> None:
    change, address, after, before = CHANGES[name]
    first = text_of(address)
    assert before in first
    assert not after or after not in first
    with django_assert_num_queries(0):
        assert text_of(address) == first
    change(world)
    second = text_of(address)
    assert after in second
    assert not before or before not in second


HIDING: dict[str, Callable[[World], object]] = {
    "private": lambda world: access.set_visibility(by=world.lead, project=world.project, to=Project.Visibility.MEMBERS),
    "embargo": lambda world: access.set_embargo(by=world.lead, project=world.project, until=timezone.now() + timedelta(hours=1)),
    "by a bare update": lambda world: Project.objects.update(visibility=Project.Visibility.MEMBERS),
    "deleted": lambda world: (Run.objects.all().delete(), world.project.delete()),
}


@pytest.mark.parametrize("how", HIDING)
def test_what_is_made_private_is_private_for_the_very_next_visitor(world: World, how: str) -> None:
    pages = [OPEN, *(f"{OPEN}{part}" for part in ("people/", "data/", "results/", "software/", "activity/", "workflows/", "workflows/1/"))]
    for address in pages:
        assert Client().get(address).status_code == 200
        tag = Client().get(address)["ETag"]
        assert Client().get(address, headers={"If-None-Match": tag}).status_code == 304
    tags = {address: Client().get(address)["ETag"] for address in pages}
    for address in ("/", "/projects/"):
        assert "Old title" in text_of(address)
    HIDING[how](world)
    for address in pages:
        assert Client().get(address).status_code == 404, address
        assert Client().get(address, headers={"If-None-Match": tags[address]}).status_code == 404, address
    for address in ("/", "/projects/"):
        assert "Old title" not in text_of(address)


def test_a_published_run_is_there_at_once_and_gone_at_once(world: World, people: dict[str, User]) -> None:
    where = world.run.get_absolute_url()
    publication.unpublish(by=people["lead"], run=world.run)
    assert Client().get(where).status_code == 404
    assert "Run 1" not in text_of(f"{OPEN}workflows/")
    publication.publish(by=people["lead"], run=world.run, confirmed=[])
    assert Client().get(where).status_code == 200
    assert "Run 1" in text_of(f"{OPEN}workflows/")
    publication.unpublish(by=people["lead"], run=world.run)
    assert Client().get(where).status_code == 404


def test_an_embargo_that_ends_opens_the_project_on_kept_pages_too(django_assert_num_queries: Queries) -> None:
    for address in ("/", "/projects/"):
        text_of(address)  # templates are read once
    opens_at = timezone.now() + timedelta(seconds=10)
    make_project(slug="later", title="Opens by itself", embargo_until=opens_at)
    for address in ("/", "/projects/"):
        assert "Opens by itself" not in text_of(address)
        with django_assert_num_queries(0):
            assert "Opens by itself" not in text_of(address)
    assert Client().get("/projects/later/").status_code == 404
    time.sleep((opens_at - timezone.now()).total_seconds() + 0.1)
    for address in ("/", "/projects/"):
        assert "Opens by itself" in text_of(address)
    assert Client().get("/projects/later/").status_code == 200


def test_a_run_that_goes_on_is_looked_at_each_time(world: World) -> None:
    Run.objects.update(status=Run.Status.RUNNING, started_at=timezone.now())
    for address in (world.run.get_absolute_url(), f"{OPEN}workflows/"):
        assert Client().get(address).status_code == 200
        page = {key[2]: page for key, page in middleware.pages._pages.items()}.get(address)
        assert page is None or page.until <= time.time()


def test_a_change_of_what_nobody_sees_costs_no_public_page(
    world: World, people: dict[str, User], django_assert_num_queries: Queries
) -> None:
    publication.unpublish(by=people["lead"], run=world.run)
    first = text_of(f"{OPEN}workflows/")
    Run.objects.update(status=Run.Status.RUNNING)  # which no visitor may know
    User.objects.update(groups_seen_at=timezone.now())
    with django_assert_num_queries(0):
        assert text_of(f"{OPEN}workflows/") == first


def test_what_nobody_may_see_does_not_change_the_etag(world: World) -> None:
    before = Client().get("/projects/")["ETag"]
    make_project(title="A secret project")
    assert Client().get("/projects/")["ETag"] == before
