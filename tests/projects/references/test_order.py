"""The order of references: moved by buttons and by scripts, safe for two at once."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from projects.models import Project, Resource, Role
from projects.references import services
from tests.factories import make_person, make_project, make_public, make_resource
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User

SignIn = Callable[..., Client]


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    project = make_public(slug="km3net", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    for name in "abcd":
        make_resource(project, kind=Resource.Kind.LINK, service="", identifier=f"https://{name}.example/")
    return project


def order(project: Project) -> str:
    return "".join(item.identifier[8] for item in project.resources.all())


def pk(project: Project, name: str) -> int:
    return project.resources.get(identifier=f"https://{name}.example/").pk


def move(browser: Client, project: Project, name: str, *, script: bool = False, **place: object) -> int:
    headers = {"HX-Request": "true"} if script else {}
    return browser.post(f"/projects/km3net/references/{pk(project, name)}/move/", place, headers=headers).status_code


@pytest.mark.django_db
def test_a_reference_is_put_before_or_after_another(signed_in: SignIn, project: Project) -> None:
    lead = signed_in("lead")
    assert move(lead, project, "d", before=pk(project, "b")) == 302
    assert order(project) == "adbc"
    assert move(lead, project, "a", after=pk(project, "c"), script=True) == 204
    assert order(project) == "dbca"
    assert AuditEntry.objects.filter(action="resource.move").count() == 2


@pytest.mark.django_db
def test_pressing_twice_moves_once(signed_in: SignIn, project: Project) -> None:
    lead = signed_in("lead")
    place = {"before": pk(project, "b")}
    assert [move(lead, project, "c", **place) for _ in range(2)] == [302, 302]
    assert order(project) == "acbd"
    assert AuditEntry.objects.filter(action="resource.move").count() == 1


@pytest.mark.django_db
def test_every_row_has_buttons_to_its_neighbours_also_across_kinds_and_pages(signed_in: SignIn, project: Project) -> None:
    body = signed_in("lead").get("/projects/km3net/references/").content.decode()
    assert (body.count('name="before"'), body.count('name="after"')) == (3, 3)
    for number in range(60):
        make_resource(project, position=10 + number)
    lead = signed_in("lead")
    first = lead.get("/projects/km3net/references/?format=json").json()
    body = lead.get(first["next"].replace("&format=json", "")).content.decode()
    assert (body.count('name="before"'), body.count('name="after"')) == (14, 13)
    assert 'name="before"' not in signed_in("member").get("/projects/km3net/references/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("place", [{}, {"before": "x"}, {"before": "1", "after": "1"}, {"before": str(2**70)}, {"after": "0"}])
def test_a_place_that_is_none_moves_nothing(signed_in: SignIn, project: Project, place: dict[str, str]) -> None:
    assert move(signed_in("lead"), project, "a", **place) == 302
    assert move(signed_in("lead"), project, "a", script=True, **place) == 409
    assert order(project) == "abcd"


@pytest.mark.django_db
def test_nothing_is_moved_beside_a_reference_of_another_project_or_one_that_was_removed(signed_in: SignIn, project: Project) -> None:
    foreign = make_resource(make_project())
    lead = signed_in("lead")
    assert move(lead, project, "a", script=True, after=foreign.pk) == 409
    gone = pk(project, "c")
    Resource.objects.filter(pk=gone).delete()
    assert move(lead, project, "a", script=True, after=gone) == 409
    assert (
        lead.post(
            f"/projects/km3net/references/{foreign.pk}/move/", {"after": pk(project, "a")}, headers={"HX-Request": "true"}
        ).status_code
        == 409
    )
    assert order(project) == "abd"


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "status"), [("anonymous", 302), ("outsider", 403), ("member", 403), ("admin", 403)])
def test_only_those_who_edit_the_project_move(signed_in: SignIn, project: Project, name: str, status: int) -> None:
    assert move(signed_in(name), project, "a", after=pk(project, "d")) == status
    assert order(project) == "abcd"


@pytest.mark.django_db
def test_the_way_back_is_a_page_of_the_project(signed_in: SignIn, project: Project) -> None:
    lead = signed_in("lead")
    where = f"/projects/km3net/references/{pk(project, 'a')}/move/"
    for back, expected in (
        ("/projects/km3net/data/?after=3", "/projects/km3net/data/?after=3"),
        ("https://evil.example/", "/projects/km3net/references/"),
        ("//evil.example/projects/km3net/", "/projects/km3net/references/"),
        ("/projects/other/", "/projects/km3net/references/"),
    ):
        reply = lead.post(where, {"after": pk(project, "b"), "back": back})
        assert reply["Location"].startswith(f"{expected}#")


@pytest.mark.django_db(transaction=True)
def test_two_who_move_at_once_lose_nothing() -> None:
    lead = make_person("lead")
    project = make_project(lead=lead)
    pks = [make_resource(project).pk for _ in range(8)]
    together, failures = threading.Barrier(4), []

    def act(number: int) -> None:
        together.wait()
        try:
            for turn in range(5):
                services.move(by=lead, project=project, pk=pks[number], beside=pks[(number + 3 + turn) % 8 or 7], is_after=bool(turn % 2))
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is what this test looks for
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(project.resources.values_list("pk", flat=True)) == sorted(pks)
    assert sorted(project.resources.values_list("position", flat=True)) == list(range(1, 9))


@pytest.mark.django_db(transaction=True)
def test_two_who_add_at_once_get_two_places() -> None:
    lead = make_person("lead")
    project = make_project(lead=lead)
    together = threading.Barrier(4)

    def act(number: int) -> None:
        from projects.services import add_resource

        together.wait()
        try:
            add_resource(by=lead, project=project, kind=Resource.Kind.LINK, identifier=f"https://{number}.example/")
            add_resource(by=lead, project=project, kind=Resource.Kind.LINK, identifier="https://same.example/")
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(project.resources.values_list("position", flat=True)) == [1, 2, 3, 4, 5]
