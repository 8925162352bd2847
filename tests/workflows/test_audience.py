"""Who sees a run: members who may read what it read; everybody who sees the project once it is published."""

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.models import Membership, Project, Role
from projects.workflows.models import Run, RunOrigin, Specification
from tests.factories import make_person, make_project, make_public
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
EMBARGO = "KM3NET_EMBARGO_SP"


def make_run(project: Project, by: User, *scopes: str, **facts: Any) -> Run:
    """A run that read data of these scopes of the demonstration's lake."""
    specification, _ = Specification.objects.get_or_create(project=project, name="s", defaults={"title": "S", "text": "a: 1"})
    run = Run.objects.create(
        project=project, number=project.runs.count() + 1, by=by, specification=specification, text="a: 1", key=uuid.uuid4(),
        server="reana", name=Run.new_name(), **facts,
    )  # fmt: skip
    RunOrigin.objects.bulk_create(RunOrigin(run=run, lake="escape", scope=scope) for scope in scopes)
    return run


@pytest.fixture
def cast() -> dict[str, Any]:
    """A lead who owns the restricted data, a member who may read them, one who may not, and somebody from elsewhere."""
    found: dict[str, Any] = {
        "lead": make_person("lead"),
        "reader": make_person("member", groups=["escape", "escape/km3net-embargo"]),
        "member": make_person("newcomer"),
        "outsider": make_person("outsider"),
        "visitor": AnonymousUser(),
    }
    return found


def a_project(cast: dict[str, Any], **facts: Any) -> Project:
    project = make_project(lead=cast["lead"], **facts)
    for name in ("reader", "member"):
        Membership.objects.create(project=project, user=cast[name], role=Role.MEMBER if name == "reader" else Role.VIEWER)
    return project


def who_sees(run: Run, cast: dict[str, Any]) -> set[str]:
    return {name for name, user in cast.items() if Run.objects.filter(pk=run.pk).visible_to(user).exists()}


def test_a_run_is_for_the_members_who_may_read_its_inputs(cast: dict[str, Any]) -> None:
    project = a_project(cast, visibility=Project.Visibility.PUBLIC)
    plain, restricted = make_run(project, cast["lead"], "KM3NET_ECAP_SP"), make_run(project, cast["lead"], "KM3NET_ECAP_SP", EMBARGO)
    assert who_sees(plain, cast) == {"lead", "reader", "member"}
    assert who_sees(make_run(project, cast["lead"]), cast) == {"lead", "reader", "member"}
    assert who_sees(restricted, cast) == {"lead", "reader"}
    assert who_sees(make_run(make_public(), cast["lead"]), cast) == set()  # launching it is not enough


def test_access_that_ended_ends_for_whoever_launched_it_too(cast: dict[str, Any]) -> None:
    run = make_run(a_project(cast), cast["reader"], EMBARGO)
    cast["reader"].groups = ["escape"]
    assert who_sees(run, cast) == {"lead"}


def test_a_published_run_is_for_everybody_who_sees_the_project(cast: dict[str, Any]) -> None:
    public, closed = a_project(cast, visibility=Project.Visibility.PUBLIC), a_project(cast)
    assert who_sees(make_run(public, cast["lead"], published_at=timezone.now()), cast) == set(cast)
    assert who_sees(make_run(closed, cast["lead"], published_at=timezone.now()), cast) == {"lead", "reader", "member"}


def test_publishing_holds_only_for_restricted_data_that_an_owner_confirmed(cast: dict[str, Any]) -> None:
    run = make_run(a_project(cast, visibility=Project.Visibility.PUBLIC), cast["lead"], EMBARGO, published_at=timezone.now())
    assert who_sees(run, cast) == {"lead", "reader"}
    run.origins.update(confirmed_at=timezone.now(), confirmed_by=cast["lead"])
    assert who_sees(run, cast) == set(cast)
    RunOrigin.objects.create(run=run, lake="not-configured", scope="X")  # learned later
    assert who_sees(run, cast) == set()


def test_the_cost_does_not_grow_with_runs(cast: dict[str, Any]) -> None:
    project = a_project(cast)
    for number in range(5):
        make_run(project, cast["lead"], f"SP_{number}", EMBARGO)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(project.runs.all().visible_to(cast["reader"])) == 5
    assert len(queries) == 2
