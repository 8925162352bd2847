"""Who reads a result: it is that of the run that made it, whatever computes it again, and it goes with that run."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from projects import audience
from projects.audience import Origin
from projects.workflows.models import NotebookPage, NotebookRendering, Result, Run, Specification
from projects.workflows.notebook_pages import presenting
from projects.workflows.refusals import NotNow
from tests.workflows.notebook_pages.notebooks import finish, notebook, png, printed, read, shown
from tests.workflows.notebook_pages.test_pages import ADDRESS, signed_in
from vre_portal.iam.models import User
from vre_portal.pages import lifetime

Compute = Callable[..., NotebookRendering]
State = NotebookRendering.State
pytestmark = pytest.mark.django_db
CLOSED = Origin("escape", "CLOSED")


@pytest.fixture
def only_member(member: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the member may read restricted data."""
    monkeypatch.setattr(audience, "can_read_all", lambda user, origins: user == member or not list(origins))


def of_run(rendering: NotebookRendering) -> Run:
    assert rendering.run is not None
    return rendering.run


@pytest.mark.usefixtures("only_member")
def test_recompute_does_not_open_a_restricted_result(compute: Compute, member: User) -> None:
    first = finish(compute(), notebook(printed("secret\n"), shown(image__png=png())))
    of_run(first).comes_from(CLOSED)
    again = compute(again=True)
    assert again.made_by == first.run
    assert not of_run(again).origins.exists()
    assert "secret" not in Client().get(ADDRESS).content.decode()
    picture = f"{ADDRESS}pictures/{again.pk}/{again.pictures.get().number}/"
    assert Client().get(picture).status_code == 404
    assert "secret" in signed_in(member).get(ADDRESS).content.decode()
    assert signed_in(member).get(picture).status_code == 200


@pytest.mark.usefixtures("only_member")
def test_nobody_starts_a_run_that_must_fail(compute: Compute, specification: Specification, lead: User) -> None:
    Specification.objects.update(data={"events.fits": {"lake": "escape", "did": "CLOSED:events"}})
    with pytest.raises(NotNow, match="do not have access"):
        compute(by=lead)
    assert of_run(compute()).status == Run.Status.QUEUED


def test_a_withdrawn_result_is_for_people_with_a_role(compute: Compute, member: User) -> None:
    rendering = finish(compute(), notebook(printed("wrong\n"), shown(image__png=png())))
    picture = f"{ADDRESS}pictures/{rendering.pk}/{rendering.pictures.get().number}/"
    assert Client().get(picture).status_code == 200
    Result.objects.create(run=rendering.run, withdrawn_at=timezone.now())
    assert "wrong" not in Client().get(ADDRESS).content.decode()
    assert Client().get(picture).status_code == 404
    assert "wrong" in signed_in(member).get(ADDRESS).content.decode()


def test_a_result_goes_with_the_run_that_made_it(compute: Compute) -> None:
    first = finish(compute(), notebook(printed("old\n")))
    again = compute(again=True)
    of_run(again).delete()  # the one that would have computed it again
    left = NotebookRendering.objects.get()
    assert (left.pk, left.run, left.has_result, left.is_computing) == (first.pk, None, True, False)
    assert "deleted before" in left.why_failed
    once_more = compute()
    assert once_more.is_computing
    assert left.made_by is not None
    left.made_by.delete()
    assert not NotebookRendering.objects.exists()


def test_a_result_that_nobody_reads_is_not_being_computed_for_good(compute: Compute, member: User) -> None:
    rendering = compute()
    Run.objects.update(status="finished", finished_at=timezone.now(), listed_at=timezone.now())
    with lifetime.measured() as kept:
        assert "being computed" in signed_in(member).get(ADDRESS).content.decode()
    assert kept.until < time.time() + 15 * 60 + 1
    long_ago = timezone.now() - timedelta(hours=1)
    Run.objects.update(status="finished", finished_at=long_ago, listed_at=long_ago)
    text = signed_in(member).get(ADDRESS).content.decode()
    assert "being computed" not in text
    assert "was not read in time" in text
    assert "Compute again" in text
    assert Client().get(f"{ADDRESS}?format=json").json()["state"] == "failed"
    assert compute().run != rendering.run


def test_a_worker_that_reads_the_earlier_run_writes_nothing(compute: Compute) -> None:
    rendering = finish(compute(), notebook(printed("old\n")))
    late = NotebookRendering.claim(rendering.pk)
    assert late is not None
    again = compute(again=True)
    assert again.attempt == late.attempt + 1
    with pytest.raises(Exception, match="attempt"):
        late.failed("too late")
    assert read(again).state == State.COMPUTING


def test_many_hidden_results_do_not_hide_the_others(compute: Compute, page: NotebookPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presenting, "MAX_LISTED", 1)
    finish(compute(index=7.0), notebook())
    of_run(finish(compute(index=8.0), notebook())).comes_from(CLOSED)
    monkeypatch.setattr(audience, "can_read_all", lambda user, origins: not list(origins))
    assert "index = 7" in Client().get(ADDRESS).content.decode()
