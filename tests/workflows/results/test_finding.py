"""Results and runs are found by what people and programs say of them, by those who may see them, and as it is now."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from projects.models import Project
from projects.workflows.models import Result, Run, RunOrigin, RunTag, RunValue
from projects.workflows.models.label import result_values
from tests.search_index import index_all
from vre_portal.search import find, query
from vre_portal.search.audiences import Reader
from vre_portal.search.models import IndexChange


def hits(text: str, reader: Reader) -> set[tuple[str, str]]:
    page = find.search(query.read(text), find.findable_by(reader))
    return {(hit.kind, hit.url) for hit in page.hits}


@pytest.fixture
def result(run: Run) -> Result:
    """The result of a finished run of a public project, with words of its own in each place."""
    Project.objects.filter(pk=run.project_id).update(visibility=Project.Visibility.PUBLIC)
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(
        status=Run.Status.FINISHED,
        finished_at=now,
        collected_at=now,
        title="flimflam",
        note="first quibbling try",
        parameters={"years": 12.25},
    )
    run.refresh_from_db()
    RunTag.objects.create(run=run, name="paperdraft")
    RunValue.objects.bulk_create(result_values(run, [("chisquare", 91.25, "91.25 ± 0.30")]))
    words = {"title": "Mass of the zyxon", "description": "About **ninety** units", "people": [{"name": "Petra Physicist", "orcid": ""}]}
    return Result.objects.present(run, **words)


@pytest.mark.parametrize("text", ["zyxon", "ninety", "Physicist", "chisquare", "91.25", "years 12.25", "paperdraft", "type:result zyxon"])
def test_a_result_is_found_by_all_that_its_page_says(result: Result, text: str) -> None:
    index_all()
    assert ("run_result", result.get_absolute_url()) in hits(text, result.run.by)


@pytest.mark.parametrize("text", ["flimflam", "quibbling", "paperdraft", "type:run paperdraft"])
def test_a_run_is_found_by_its_name_note_and_tags(result: Result, text: str) -> None:
    index_all()
    assert ("run", result.run.get_absolute_url()) in hits(text, result.run.by)


def test_the_type_finds_results_alone(result: Result) -> None:
    index_all()
    assert {kind for kind, _url in hits("type:result paperdraft", result.run.by)} == {"run_result"}


def test_who_does_not_see_the_run_finds_no_result(result: Result) -> None:
    index_all()
    for text in ("zyxon", "chisquare", "paperdraft", "quibbling"):
        assert hits(text, AnonymousUser()) == set()
    Run.objects.filter(pk=result.run_id).update(published_at=timezone.now())
    index_all()
    assert hits("zyxon", AnonymousUser()) == {("run_result", result.get_absolute_url())}
    RunOrigin.objects.create(run=result.run, lake="escape", scope="KM3NET_EMBARGO_SP")
    assert hits("zyxon", AnonymousUser()) == set()  # before a worker has come
    index_all()
    assert hits("zyxon", AnonymousUser()) == set()


def test_the_index_follows_each_change(result: Result) -> None:
    index_all()
    person = result.run.by
    result.edit(1, title="Mass of the qwyx")
    RunTag.objects.filter(run=result.run).delete()
    RunValue.objects.filter(run=result.run).delete()
    result.run.describe(title="snorkel", note="")
    index_all()
    for text in ("zyxon", "paperdraft", "chisquare", "flimflam", "quibbling"):
        assert hits(text, person) == set()
    assert hits("qwyx", person) == {("run_result", result.get_absolute_url())}
    assert hits("snorkel", person) == {("run", result.run.get_absolute_url())}
    result.withdraw(person, "wrong")
    assert hits("qwyx", person) == set()  # at once
    index_all()
    assert hits("qwyx", person) == set()


def test_parameters_that_a_launch_notes_renew_no_result(result: Result) -> None:
    index_all()
    RunValue.objects.create(run=result.run, kind=RunValue.Kind.PARAMETER, name="seed", number=1, text="1")
    assert not IndexChange.objects.exists()
