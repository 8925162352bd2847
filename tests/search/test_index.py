"""The index follows its tables: every kind of change, bad documents, and a comparison that repairs."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from projects.models import Project
from projects.search_source import PROJECT, ProjectSource
from projects.workflows.models import Specification
from tests.factories import make_project, make_public
from tests.search_index import index_all
from vre_portal import staff_overview
from vre_portal.search import find, query, sources, worker
from vre_portal.search.models import IndexChange, IndexProblem, SearchDocument, SearchWord, SourceComparison
from vre_portal.search.sources import SearchItem, WatchedTable

pytestmark = pytest.mark.django_db


class FragileSource(ProjectSource):
    """The projects, of which some cannot be read."""

    broken: tuple[str, ...] = ()
    is_down = False

    def keys(self) -> Iterator[str]:
        if self.is_down:
            raise RuntimeError("The source is down.")
        return super().keys()

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        for item in super().documents(keys):
            if item.title in self.broken:
                raise ValueError(f"{item.title} is broken")
            yield item


@pytest.fixture
def fragile(monkeypatch: pytest.MonkeyPatch) -> FragileSource:
    source = FragileSource()
    monkeypatch.setitem(sources._sources, "project", source)
    return source


def titles() -> set[str]:
    return set(SearchDocument.objects.filter(kind="project").values_list("title", flat=True))


def words_of(*some: str) -> dict[str, int]:
    return dict(SearchWord.objects.filter(word__in=some).values_list("word", "documents"))


def test_all_triggers_are_at_work() -> None:
    assert sources.declared()
    assert sources.missing() == set()


def test_rows_that_come_change_and_go_are_followed() -> None:
    first, second = make_project(title="First one"), make_project(title="Second one")
    index_all()
    assert titles() == {"First one", "Second one"}
    Project.objects.filter(pk=first.pk).update(title="Another name")
    second.delete()
    index_all()
    assert titles() == {"Another name"}
    assert not IndexChange.objects.exists()


def test_a_change_that_no_document_shows_is_none() -> None:
    project = make_project()
    index_all()
    Project.objects.filter(pk=project.pk).update(picture_description="new", changed_at=timezone.now())
    assert not IndexChange.objects.exists()


def test_bulk_sql_and_truncate_are_followed() -> None:
    make_project(title="First one"), make_project(title="Second one")
    index_all()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE projects_project SET title = 'By hand'")
    index_all()
    assert titles() == {"By hand"}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else what was made in this transaction holds the tables
        cursor.execute("TRUNCATE projects_project CASCADE")
    assert IndexChange.objects.filter(topic="project", key="").exists()
    index_all()
    assert titles() == set()
    assert not SearchWord.objects.filter(word="hand").exists()


def test_a_change_is_in_the_same_transaction_as_its_note() -> None:
    with transaction.atomic():
        make_project(title="Never")
        transaction.set_rollback(True)
    assert not IndexChange.objects.exists()


def test_one_bad_document_costs_only_itself_and_is_tried_again(fragile: FragileSource) -> None:
    make_project(title="Good"), make_project(title="Bad")
    index_all()
    fragile.broken = ("Bad",)
    Project.objects.update(summary="changed")
    index_all()
    assert titles() == {"Good"}  # what the bad one said before is not true any more
    problem = IndexProblem.objects.get()
    assert (problem.kind, problem.reason) == ("project", "ValueError: Bad is broken")
    worker.retry()
    assert titles() == {"Good"}  # it is too early
    IndexProblem.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    worker.retry()
    assert IndexProblem.objects.get().tries == 2
    fragile.broken = ()
    IndexProblem.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    worker.retry()
    assert titles() == {"Good", "Bad"}
    assert not IndexProblem.objects.exists()


def test_a_document_that_the_database_refuses_costs_only_itself(fragile: FragileSource, monkeypatch: pytest.MonkeyPatch) -> None:
    make_project(title="Good"), make_project(title="Bad")
    usual = FragileSource.documents

    def odd(self: FragileSource, keys: Sequence[str]) -> Iterator[SearchItem]:
        for item in usual(self, keys):
            yield replace(item, boost="none") if item.title == "Bad" else item  # type: ignore[arg-type]

    monkeypatch.setattr(FragileSource, "documents", odd)
    index_all()
    assert titles() == {"Good"}
    assert IndexProblem.objects.count() == 1


def test_a_source_that_fails_keeps_its_documents_and_costs_no_other(fragile: FragileSource) -> None:
    make_project(title="There")
    index_all()
    fragile.is_down = True
    worker.compare_all()
    assert titles() == {"There"}
    assert IndexProblem.objects.get(key="").reason == "RuntimeError: The source is down."
    assert SourceComparison.objects.filter(kind="documentation").exists()
    fragile.is_down = False
    worker.compare_all()
    assert not IndexProblem.objects.exists()


def test_a_source_that_cannot_be_compared_is_not_found_until_it_can_and_costs_no_other(
    fragile: FragileSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FragileSource, "tables", (PROJECT, WatchedTable(Specification, "workflow")))
    make_public(title="There")
    index_all()
    fragile.is_down = True
    IndexChange.objects.create(topic="workflow", key="")
    index_all()
    assert list(IndexChange.objects.values_list("topic", "key")) == [("=project", "")]
    assert find.findable_by(AnonymousUser()).waiting_kinds == ["project"]
    problem = IndexProblem.objects.get()
    assert (problem.kind, problem.key, problem.tries, problem.reason) == ("project", "", 1, "RuntimeError: The source is down.")
    assert not find.search(query.read("there"), find.findable_by(AnonymousUser())).hits
    IndexProblem.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    index_all()
    assert (IndexProblem.objects.get().tries, IndexChange.objects.count()) == (2, 1)
    fragile.is_down = False
    index_all()
    assert IndexChange.objects.count() == 1  # it is too early
    IndexProblem.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    index_all()
    assert not IndexProblem.objects.exists()
    assert not IndexChange.objects.exists()
    assert [hit.title for hit in find.search(query.read("there"), find.findable_by(AnonymousUser())).hits] == ["There"]


def test_a_document_that_is_too_large_for_the_database_costs_only_itself(fragile: FragileSource, monkeypatch: pytest.MonkeyPatch) -> None:
    make_project(title="Good"), make_project(title="Bad")
    usual = FragileSource.documents

    def odd(self: FragileSource, keys: Sequence[str]) -> Iterator[SearchItem]:
        for item in usual(self, keys):
            yield replace(item, depends=[secrets.token_hex(20_000)]) if item.title == "Bad" else item

    monkeypatch.setattr(FragileSource, "documents", odd)
    index_all()
    assert titles() == {"Good"}
    assert "index row" in IndexProblem.objects.get().reason


def test_while_the_database_is_away_nothing_is_noted(fragile: FragileSource, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(self: FragileSource, keys: Sequence[str]) -> Iterator[SearchItem]:
        raise OperationalError("the connection is lost")

    make_project(title="There")
    monkeypatch.setattr(FragileSource, "documents", away)
    with pytest.raises(OperationalError):
        index_all()
    assert IndexChange.objects.exists()
    assert not IndexProblem.objects.exists()


def test_a_comparison_repairs_what_no_trigger_saw() -> None:
    kept, gone = make_project(title="Keptish words"), make_project(title="Goneish words")
    index_all()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE projects_project SET title = 'Mendedish words' WHERE id = %s", [kept.pk])
        cursor.execute("DELETE FROM projects_project WHERE id = %s", [gone.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    SearchWord.objects.update(documents=7)
    worker.compare_all()
    assert titles() == {"Mendedish words"}
    assert SourceComparison.objects.get(kind="project").repaired == 2
    assert set(words_of("mendedish", "goneish", "keptish")) == {"mendedish"}


def test_words_are_counted_with_their_documents() -> None:
    first = make_public(title="Quarkonium alpha")
    make_public(title="Quarkonium beta")
    index_all()
    assert sum(SearchWord.objects.filter(word="quarkonium").values_list("documents", flat=True)) == 2
    first.title = "Renamed"
    first.save()
    index_all()
    assert words_of("quarkonium", "alpha", "renamed") == {"quarkonium": 1, "renamed": 1}


def test_documents_of_a_source_that_is_gone_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    make_project(title="There")
    index_all()
    monkeypatch.delitem(sources._sources, "project")
    worker.compare_all()
    assert not SearchDocument.objects.filter(kind="project").exists()


def test_texts_are_cleaned_and_cut(fragile: FragileSource) -> None:
    make_project(title="A\u202eB  C", summary="s\u2066x", description="**bold** <script>alert(1)</script> " + "word " * 5_000)
    index_all()
    row = SearchDocument.objects.get()
    assert (row.title, row.subtitle) == ("AB C", "sx")
    assert row.text.startswith("bold")
    assert "&lt;" not in row.text
    assert len(row.text) <= sources.MAX_TEXT


def test_many_changes_are_indexed_in_batches() -> None:
    Project.objects.bulk_create([Project(slug=f"p-{number}", title=f"Thing {number}") for number in range(worker.BATCH + 5)])
    assert worker.update() >= worker.BATCH
    index_all()
    assert SearchDocument.objects.filter(kind="project").count() == worker.BATCH + 5


def test_the_staff_page_tells_of_problems(signed_in: Any, fragile: FragileSource) -> None:
    make_project(title="Bad")
    fragile.broken = ("Bad",)
    index_all()
    assert "Bad is broken" in signed_in("admin").get("/search/state/").content.decode()
    assert signed_in("lead").get("/search/state/").status_code == 404


def test_staff_are_told_on_their_dashboard_how_much_cannot_be_indexed(fragile: FragileSource) -> None:
    make_project(title="Bad")
    fragile.broken = ("Bad",)
    index_all()
    figures, _ = staff_overview.figures(staff_overview.StaffSection.PROBLEMS)
    assert [(figure.value, figure.url) for figure in figures if figure.url == "/search/state/"] == [(1, "/search/state/")]
