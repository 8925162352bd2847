"""Runs say which run or result their inputs come from, and results which runs took their files: to each person what they may see."""

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.models import Project
from projects.workflows import services
from projects.workflows.data_use import runs_with_files_of
from projects.workflows.inputs.lineage import input_rows, keeps_about
from projects.workflows.models import Keep, Result, Run, RunOrigin, Specification
from tests.factories import make_project
from tests.workflows.inputs.conftest import SCOPE, TEXT, make_finished
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
EMBARGO = "KM3NET_EMBARGO_SP"


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "require_token", lambda *_args, **_options: None)


def taking(run: Run, by: User, specification: Specification | None = None) -> Run:
    """A run with the file of another one as an input."""
    specification = specification or run.specification
    return services.launch(
        by=by, project=specification.project, specification=specification, parameters={"years": 3}, inputs={},
        attached={"a.fits": {"file": run.outputs.get().pk}}, key=uuid.uuid4(), server="reana",
    )  # fmt: skip


def keep(run: Run, scope: str = SCOPE) -> Keep:
    return Keep.objects.create(
        run=run, by=run.by, key=uuid.uuid4(), lake="escape", scope=scope, dataset="DM.fit.1", paths=["results/flux.csv"],
        uploaded=["results/flux.csv"], rse="A", copy_rse="B", status=Keep.Status.OK,
    )  # fmt: skip


def reading(run: Run, did: str, number: int) -> Run:
    made = make_finished(run.specification, run.by, did.partition(":")[0], number=number)
    Run.objects.filter(pk=made.pk).update(inputs={"in.csv": {"lake": "escape", "did": did}})
    made.refresh_from_db()
    return made


def makers(reader: Any, run: Run) -> list[tuple[str, str]]:
    return [(row.made_by, row.made_by_url) for row in input_rows(reader, run)]


def users(reader: Any, run: Run) -> list[str]:
    return [use.url for use in runs_with_files_of(reader, run)]


def test_a_run_with_a_file_of_another_one_and_the_results_page_name_each_other(
    lead: Client, finished: Run, people: dict[str, User]
) -> None:
    taken = taking(finished, people["lead"])
    assert makers(people["lead"], taken) == [("Run 1 of Fit", finished.get_absolute_url())]
    result = Result.objects.present(finished, title="The flux")
    assert makers(people["lead"], taken) == [("The flux (Run 1 of Fit)", result.get_absolute_url())]
    assert f'<a href="{result.get_absolute_url()}">' in lead.get(taken.get_absolute_url()).content.decode()
    assert taken.get_absolute_url() in lead.get(f"{result.get_absolute_url()}uses/").content.decode()
    assert f"{result.get_absolute_url()}uses/" in lead.get(result.get_absolute_url()).content.decode()
    result.withdraw(people["lead"], "wrong")
    assert makers(people["lead"], taken) == [("Run 1 of Fit", finished.get_absolute_url())]


def test_a_file_of_another_run_counts_for_that_run_alone(finished: Run, people: dict[str, User]) -> None:
    other = make_finished(finished.specification, people["lead"], number=2)
    taken = taking(other, people["lead"])
    assert (users(people["lead"], finished), users(people["lead"], other)) == ([], [taken.get_absolute_url()])


def test_ones_own_run_in_another_project_counts_for_those_who_see_that(finished: Run, people: dict[str, User]) -> None:
    elsewhere = make_project(slug="elsewhere", title="Elsewhere", lead=people["lead"])
    taken = taking(finished, people["lead"], Specification.objects.create(project=elsewhere, name="s", title="Later", text=TEXT))
    assert users(people["lead"], finished) == [taken.get_absolute_url()]
    assert users(people["member"], finished) == []
    assert makers(people["lead"], taken) == [(f"Run 1 of Fit, {finished.project.title}", finished.get_absolute_url())]


def test_who_does_not_see_the_other_run_reads_nothing_of_it(finished: Run, people: dict[str, User]) -> None:
    Project.objects.filter(pk=finished.project_id).update(visibility=Project.Visibility.PUBLIC)
    taken = taking(finished, people["lead"])
    Run.objects.filter(pk=taken.pk).update(published_at=timezone.now())
    taken = Run.objects.get(pk=taken.pk)
    assert makers(AnonymousUser(), taken) == [("", "")]
    assert users(AnonymousUser(), finished) == [taken.get_absolute_url()]
    RunOrigin.objects.create(run=taken, lake="escape", scope=EMBARGO)
    assert users(AnonymousUser(), finished) == users(people["member"], finished) == []


@pytest.mark.parametrize("name", ["DM.fit.1", "DM.fit.1.flux.csv"])
def test_data_that_a_run_was_kept_as_name_that_run(finished: Run, people: dict[str, User], name: str) -> None:
    keep(finished)
    taken = reading(finished, f"{SCOPE}:{name}", 2)
    assert makers(people["lead"], taken) == [("Run 1 of Fit", finished.get_absolute_url())]


@pytest.mark.parametrize("did", [f"{SCOPE}:DM.fit", f"{SCOPE}:DM.fit.1.other", "OTHER:DM.fit.1", f"{SCOPE}:DM.fit.10"])
def test_other_data_name_none(finished: Run, people: dict[str, User], did: str) -> None:
    keep(finished)
    assert makers(people["lead"], reading(finished, did, 2)) == [("", "")]


def test_data_kept_for_fewer_people_are_told_of_to_these_alone(finished: Run, people: dict[str, User]) -> None:
    keep(finished, EMBARGO)
    taken = reading(finished, f"{EMBARGO}:DM.fit.1", 2)
    assert makers(people["lead"], taken) == [("Run 1 of Fit", finished.get_absolute_url())]
    assert makers(people["member"], taken) == [("", "")]


def test_data_of_a_run_that_somebody_does_not_see_name_none(finished: Run, people: dict[str, User]) -> None:
    keep(finished)
    taken = reading(finished, f"{SCOPE}:DM.fit.1", 2)
    RunOrigin.objects.create(run=finished, lake="escape", scope=EMBARGO)
    assert makers(people["lead"], taken) == [("Run 1 of Fit", finished.get_absolute_url())]
    assert makers(people["member"], taken) == [("", "")]


def test_the_questions_do_not_grow_with_the_inputs(finished: Run, people: dict[str, User]) -> None:
    keep(finished)
    taken = reading(finished, f"{SCOPE}:DM.fit.1", 2)
    file = {"file": finished.outputs.get().pk}

    def asked(inputs: int) -> int:
        taken.inputs = {f"in{number}": {"lake": "escape", "did": f"{SCOPE}:DM.fit.1"} for number in range(inputs)}
        taken.attached = {f"at{number}": file for number in range(inputs)}
        with CaptureQueriesContext(connection) as found:
            assert len([row for row in input_rows(people["lead"], taken) if row.made_by]) == 2 * inputs
        return len(found)

    asked(1)
    assert asked(30) == asked(1)


def test_an_input_that_was_kept_by_no_run_costs_the_page_of_a_run_nothing(finished: Run, people: dict[str, User]) -> None:
    taken = reading(finished, f"{SCOPE}:DM.fit.1", 2)
    with CaptureQueriesContext(connection) as found:
        keeps_about(taken)
    assert len(found) == 1
    with CaptureQueriesContext(connection) as found:
        assert makers(people["lead"], taken) == [("", "")]
    assert len(found) == 0
