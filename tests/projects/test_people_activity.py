"""What happened in a project: everything for those who belong to it, runs and results for others, nothing where it is hidden."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.editing import access
from projects.models import Project, Resource, Role
from projects.people import services
from projects.workflows.models import Run, Specification
from tests.factories import make_project, make_resource
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
HERE = "/projects/km3net/activity/"


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    project = make_project(slug="km3net", lead=people["lead"], groups={"escape/km3net": Role.MEMBER}, visibility="public")
    specification = Specification.objects.create(project=project, name="s", title="Point sources", text="workflow: {type: serial}")
    facts = {"project": project, "by": people["member"], "specification": specification, "server": "reana", "text": "x: 1"}
    Run.objects.create(
        **facts, number=1, key=uuid.uuid4(), name="a", status=Run.Status.FAILED, finished_at=timezone.now(), published_at=timezone.now()
    )
    make_resource(project, kind=Resource.Kind.RESULT, identifier="KM3NET_ECAP_SP:DM.Result", title="Sky map", added_by=people["member"])
    services.add_person(by=people["lead"], project=project, user=people["newcomer"], role=Role.VIEWER)
    services.add_rule(by=people["lead"], project=project, group="escape/x", role=Role.VIEWER)
    access.set_visibility(by=people["lead"], project=project, to="public")
    return project


def test_those_who_belong_see_all_of_it_and_others_no_people(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    for name in ("member", "outsider", "anonymous"):
        body = signed_in(name).get(HERE).content.decode()
        for told in ("Run 1 of Point sources", "failed", "Sky map", "kept the result"):
            assert told in body
        for told in (people["newcomer"].name, "<bdi>escape/x</bdi> the role <bdi>Viewer</bdi>"):
            assert (told in body) == (name == "member")


def test_a_hidden_project_has_no_activity_and_no_feed_for_others(signed_in: SignIn, project: Project) -> None:
    assert signed_in("anonymous").get(f"{HERE}feed.atom").status_code == 200
    Project.objects.update(visibility="members")
    for part in ("", "feed.atom"):
        for name in ("anonymous", "outsider"):
            assert signed_in(name).get(HERE + part).status_code == 404
    assert signed_in("member").get(HERE).status_code == 200
    assert signed_in("member").get(f"{HERE}feed.atom").status_code == 404


def test_the_feed_names_no_person_and_is_well_formed(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    from defusedxml.ElementTree import fromstring

    make_resource(project, kind=Resource.Kind.LINK, identifier="https://example.org/?a&b", title="A \x0b<b>link\u202e")
    reply = signed_in("anonymous").get(f"{HERE}feed.atom")
    assert reply["Content-Type"].startswith("application/atom+xml")
    assert len(fromstring(reply.content).findall("{http://www.w3.org/2005/Atom}entry")) == 4
    for user in people.values():
        assert user.name not in reply.content.decode()


def test_it_is_paged_without_loss_and_costs_the_same_for_many(signed_in: SignIn, project: Project) -> None:
    browser, costs = signed_in("member"), []
    browser.get(HERE)
    with CaptureQueriesContext(connection) as asked:
        browser.get(HERE)
    costs.append(len(asked))
    now = timezone.now()
    for number in range(90):
        make_resource(project, title=f"Thing {number:02}.", added_at=now - timedelta(minutes=number))
    where, bodies = HERE, []
    while where:
        with CaptureQueriesContext(connection) as asked:
            bodies.append(browser.get(where))
        costs.append(len(asked))
        following = bodies[-1].context["next_url"]
        where = HERE + following if following else ""
    shown = "".join(body.content.decode() for body in bodies)
    assert [shown.count(f"Thing {number:02}.") for number in range(90)] == [1] * 90
    assert len(bodies) == 3
    assert max(costs) <= costs[0] <= 11


@pytest.mark.parametrize(
    "before", ["", "x", "0001-01-01", "9999-12-31T23:59:59", "2026-11-20T10:00:00+99:00", "1" * 300, "0001-01-01T00:00+14:00"]
)
def test_any_moment_may_be_asked_for(signed_in: SignIn, project: Project, before: str) -> None:
    assert signed_in("anonymous").get(HERE, {"before": before}).status_code == 200
