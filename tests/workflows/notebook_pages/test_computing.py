"""Having a notebook computed: one run for all who ask, kept by version and values, and a failure that is not remembered as the answer."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from datalake.files import preview_places
from projects.workflows.entering.saving import add_version
from projects.workflows.models import NotebookPage, NotebookRendering, Run
from projects.workflows.notebook_pages import services
from projects.workflows.refusals import NotNow
from tests.workflows.notebook_pages.notebooks import TEXT, finish, notebook, png, printed, read, shown
from vre_portal.iam.models import User

State = NotebookRendering.State
Compute = Callable[..., NotebookRendering]
pytestmark = pytest.mark.django_db


def test_computing_is_a_run_of_the_member_with_the_values(compute: Compute, member: User) -> None:
    rendering = compute(index=2.5)
    assert (rendering.state, rendering.run.by, rendering.run.status) == (State.COMPUTING, member, Run.Status.QUEUED)
    assert rendering.run.parameters == {"index": 2.5, "label": "Fit"}


def test_a_second_person_gets_the_same_run(compute: Compute, lead: User) -> None:
    assert compute().pk == compute(by=lead).pk
    assert Run.objects.count() == 1
    assert compute(index=3.0).pk != compute().pk


@pytest.mark.django_db(transaction=True)
def test_presses_at_the_same_moment_begin_one_run(compute: Compute, lead: User, member: User) -> None:
    def press(by: User) -> int:
        try:
            return compute(by=by).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(press, [lead, member, lead, member]))) == 1
    assert Run.objects.count() == 1


def test_the_executed_notebook_becomes_the_result(compute: Compute) -> None:
    rendering = finish(compute(), notebook(printed("2.0\n"), shown(image__png=png())))
    assert (rendering.state, rendering.made_by, rendering.reason) == (State.READY, rendering.run, "")
    assert [section["kind"] for section in rendering.sections or []][:3] == ["markdown", "code", "output"]
    assert rendering.pictures.count() == 1
    assert "image" not in str(rendering.sections).replace("has_picture", "")
    assert compute().run == rendering.run  # from what is kept


def test_recompute_keeps_the_result_until_there_is_another(compute: Compute) -> None:
    first = finish(compute(), notebook(printed("old\n")))
    again = compute(again=True)
    assert (again.pk, again.state, again.made_at) == (first.pk, State.COMPUTING, first.made_at)
    assert again.run != first.run
    assert compute(again=True).run == again.run  # pressed twice
    second = finish(again, notebook(printed("new\n")))
    assert "new" in str(second.sections)
    assert "old" not in str(second.sections)


def test_a_failure_says_why_and_is_computed_again(compute: Compute) -> None:
    rendering = compute()
    Run.objects.filter(pk=rendering.run_id).update(status="failed", error="The step notebook failed.", finished_at=timezone.now())
    failed = read(rendering)
    assert (failed.state, failed.reason, failed.has_result) == (State.FAILED, "The step notebook failed.", False)
    assert compute().run != failed.run


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "results/fit.ipynb was not copied"), (b"{}", "not a notebook"), (b"<html>", "invalid"), (b"", "empty")],
)
def test_a_run_without_a_notebook_is_a_failure(compute: Compute, content: bytes | None, words: str) -> None:
    failed = finish(compute(), content)
    assert failed.state == State.FAILED
    assert words in failed.reason


def test_a_stopped_run_is_a_failure_and_leaves_the_earlier_result(compute: Compute) -> None:
    finish(compute(), notebook(printed("old\n")))
    again = compute(again=True)
    Run.objects.filter(pk=again.run_id).update(status="stopped", finished_at=timezone.now())
    stopped = read(again)
    assert (stopped.state, stopped.has_result) == (State.FAILED, True)


def test_another_version_has_results_of_its_own(compute: Compute, page: NotebookPage) -> None:
    first = finish(compute(), notebook())
    add_version(page.specification, by=None, text=TEXT + "\n# changed", files={}, data={}, origin="git", commit="b" * 40)
    second = compute()
    assert second.pk != first.pk
    assert second.version != first.version


def test_only_the_newest_results_stay(compute: Compute, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(services, "MAX_RESULTS", 2)
    settings.ACTIVE_RUNS = 10
    made = [compute(index=float(number)).pk for number in range(1, 4)]
    assert set(NotebookRendering.objects.values_list("pk", flat=True)) == set(made[1:])


def test_an_archived_workflow_computes_nothing(compute: Compute, page: NotebookPage) -> None:
    type(page.specification).objects.update(archived_at=timezone.now())
    with pytest.raises(NotNow, match="archived"):
        compute()


def test_nothing_is_computed_for_a_page_that_was_removed(compute: Compute, page: NotebookPage, lead: User) -> None:
    seen = NotebookPage.objects.select_related("specification__current", "specification__project").get(pk=page.pk)
    services.remove_page(by=lead, page=page)
    with pytest.raises(NotNow, match="removed meanwhile"):
        services.compute(by=lead, page=seen, parameters={"index": 2.0, "label": "Fit"})
    assert not Run.objects.exists()


def test_waiting_for_a_place_is_no_failure(compute: Compute, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_places, "WAIT_SECONDS", 0.05)
    rendering = compute()
    with preview_places.reader_place(f"notebook-page:{rendering.page_id}"):
        busy = finish(rendering, notebook(text=f"# {uuid.uuid4()}"))  # one that nobody has read
        assert (busy.state, busy.tries, busy.claims) == (State.COMPUTING, 0, 0)
    NotebookRendering.objects.update(lease_until=None)
    assert read(busy).state == State.READY
