"""What runs say of the data that they read and keep: to each person what they may see of them."""

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.models import Project, Role
from projects.workflows import data_use
from projects.workflows.models import Keep, Run, RunOrigin, Specification
from tests.factories import make_project, make_public
from vre_portal.iam.models import User
from vre_portal.usage import Thing

pytestmark = pytest.mark.django_db
OPEN, EMBARGO = "KM3NET_ECAP_SP", "KM3NET_EMBARGO_SP"
FILE = Thing("did", "escape", f"{OPEN}:a.fits", (f"{OPEN}:set",))
TEXT = "workflow: {type: serial, specification: {steps: [{name: s, environment: e, commands: [c]}]}}"


def make_run(project: Project, by: User, number: int, did: str, *, lake: str = "escape", published: bool = False, **facts: Any) -> Run:
    specification, _ = Specification.objects.get_or_create(project=project, name="s", defaults={"title": "Sensitivity", "text": TEXT})
    run = Run.objects.create(
        project=project, number=number, by=by, specification=specification, text=TEXT, key=uuid.uuid4(), server="reana",
        name=uuid.uuid4().hex, inputs={"in/a": {"lake": lake, "did": did}, "in/b": {"lake": "escape", "did": f"{OPEN}:other"}},
        published_at=timezone.now() if published else None, **facts,
    )  # fmt: skip
    RunOrigin.objects.create(run=run, lake=lake, scope=did.partition(":")[0])
    RunOrigin.objects.get_or_create(run=run, lake="escape", scope=OPEN)
    return run


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    return make_public(title="KM3NeT", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})


def numbers(person: User | AnonymousUser, thing: Thing = FILE) -> set[str]:
    return {item.url.rstrip("/").rpartition("/")[2] for item in data_use.runs(person, thing)}


def test_members_see_the_runs_that_read_it_and_visitors_published_ones(project: Project, people: dict[str, User]) -> None:
    make_run(project, people["member"], 1, f"{OPEN}:a.fits")
    make_run(project, people["member"], 2, f"{OPEN}:a.fits", published=True)
    make_run(project, people["member"], 3, f"{OPEN}:set", published=True)
    make_run(project, people["member"], 4, f"{OPEN}:a.fits.old", published=True)
    make_run(project, people["member"], 5, f"{OPEN}:a.fits", lake="other", published=True)
    assert numbers(AnonymousUser()) == numbers(people["outsider"]) == {"2", "3"}
    assert numbers(people["member"]) == {"1", "2", "3"}
    through = next(item for item in data_use.runs(AnonymousUser(), FILE) if "/3/" in item.url)
    assert (through.title, through.detail) == ("Run 3 of Sensitivity", f"KM3NeT, through {OPEN}:set")


def test_a_run_of_a_project_that_the_person_may_not_see_is_not_told(people: dict[str, User]) -> None:
    closed = make_project(groups={"escape/km3net": Role.MEMBER})
    make_run(closed, people["member"], 1, f"{OPEN}:a.fits", published=True)
    assert numbers(people["outsider"]) == numbers(AnonymousUser()) == set()
    assert numbers(people["member"]) == {"1"}


def test_a_run_that_also_read_restricted_data_is_for_their_readers(project: Project, people: dict[str, User]) -> None:
    run = make_run(project, people["lead"], 1, f"{OPEN}:a.fits", published=True)
    RunOrigin.objects.create(run=run, lake="escape", scope=EMBARGO)
    assert numbers(AnonymousUser()) == numbers(people["member"]) == set()
    assert numbers(people["lead"]) == {"1"}


def test_a_kept_result_names_its_run_to_those_who_may_see_it(project: Project, people: dict[str, User]) -> None:
    for number, published in ((1, False), (2, True)):
        run = make_run(project, people["member"], number, f"{OPEN}:x", published=published)
        for dataset, status in ((f"result.{number}", Keep.Status.OK), (f"failed.{number}", Keep.Status.FAILED)):
            Keep.objects.create(
                run=run, by=run.by, key=uuid.uuid4(), lake="escape", scope=OPEN, dataset=dataset, paths=["p"], rse="A", copy_rse="B",
                status=status,
            )  # fmt: skip

    def told(person: User | AnonymousUser, *dids: str) -> list[str]:
        return [item.title for item in data_use.results(person, Thing("did", "escape", dids[0], dids[1:]))]

    assert told(AnonymousUser(), f"{OPEN}:result.1") == []
    assert told(people["member"], f"{OPEN}:result.1") == ["Result of Run 1 of Sensitivity"]
    assert told(AnonymousUser(), f"{OPEN}:plot.png", f"{OPEN}:result.2") == ["Result of Run 2 of Sensitivity"]
    assert told(people["member"], f"{OPEN}:failed.2") == []
    assert told(people["member"], "OTHER_SP:result.2") == []


def test_the_questions_do_not_grow_with_the_runs(project: Project, people: dict[str, User]) -> None:
    make_run(project, people["member"], 1, f"{OPEN}:a.fits")
    with CaptureQueriesContext(connection) as few:
        list(data_use.runs(people["member"], FILE))
    for number in range(2, 30):
        make_run(project, people["member"], number, f"{OPEN}:a.fits")
    with CaptureQueriesContext(connection) as many:
        assert len(list(data_use.runs(people["member"], FILE))) == 29
    assert len(many) == len(few)
