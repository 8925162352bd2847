"""What open pages of runs are told, and who may listen."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from projects.audience import Origin
from projects.workflows.models import Keep, Run, RunFile
from projects.workflows.page_topics import seen_by, topic_of, topics_of_list
from tests.factories import make_person
from vre_portal import events
from vre_portal.events import topics
from vre_portal.events.topics import MAX_TOPICS

CHANGES: dict[str, Callable[[Run], object]] = {
    "a state": lambda run: run.submitting(),
    "a log": lambda run: run.seen(run.status, [{"log": "x"}]),
    "a reason": lambda run: run.unseen("REANA cannot be reached."),
    "a wish to stop": lambda run: run.ask_to_stop(),
    "its files": lambda run: run.listed(3),
    "copied files": lambda run: run.collected(),
    "published": lambda run: run.publish(run.by, []),
    "no longer published": lambda run: run.unpublish(),
}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The topics of which pages were told."""
    topics: list[str] = []
    monkeypatch.setattr(events, "publish", lambda topic, *_: topics.append(topic))
    return topics


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_open_pages_are_told_of_each_change(run: Run, told: list[str], change: Callable[[Run], object]) -> None:
    change(run)
    assert {topic for topic in told if not topic.startswith("listed-")} == {topic_of(run.pk)}


def test_lists_are_told_of_states_alone(run: Run, told: list[str]) -> None:
    run.submitting()
    assert f"listed-{run.pk}" in told
    told.clear()
    run.seen(run.status, [{"log": "x"}])
    assert told == [topic_of(run.pk)]


def test_a_list_listens_to_the_runs_that_have_not_ended_as_far_as_a_page_may(run: Run) -> None:
    ended = Run(pk=5, status=Run.Status.FINISHED)
    topics = topics_of_list([run, ended, *(Run(pk=number) for number in range(1000, 1050))]).split()
    assert topics[0] == f"listed-{run.pk}"
    assert "listed-5" not in topics
    assert len(topics) == MAX_TOPICS - 1


def test_a_look_that_finds_nothing_new_is_not_told(run: Run, told: list[str]) -> None:
    run.seen("running", [{"log": "x"}])
    told.clear()
    run.seen("running", [{"log": "x"}])
    run.hold()
    assert told == []


def test_the_page_of_a_run_is_told_of_its_kept_results_and_copies(run: Run, kept: Keep, told: list[str]) -> None:
    kept.moved(Keep.Status.UPLOADING)
    RunFile.objects.create(run=run, path="a", state=RunFile.State.WAITING).failed("no")
    assert told == [topic_of(run.pk)] * 2


def test_who_may_see_a_run_may_listen_and_nobody_else(run: Run) -> None:
    assert seen_by(run.by, [run.pk, run.pk + 1]) == [run.pk]
    assert seen_by(make_person("outsider"), [run.pk]) == []


def test_whoever_may_not_read_the_data_of_a_run_is_not_told_of_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run.comes_from(Origin("escape", "SECRET"))
    monkeypatch.setattr("projects.audience.can_read_all", lambda *_: False)
    assert seen_by(run.by, [run.pk]) == []


def test_no_more_questions_are_asked_than_the_page_asks(run: Run, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(4):
        assert seen_by(run.by, [run.pk]) == [run.pk]


def test_a_list_that_listens_asks_as_few_questions_as_one_run(run: Run, django_assert_max_num_queries: Any) -> None:
    common = {"project": run.project, "by": run.by, "specification": run.specification, "text": run.text, "server": run.server}
    for number in range(2, MAX_TOPICS):
        Run.objects.create(number=number, key=uuid.uuid4(), name=Run.new_name(), **common)
    listed = [f"listed-{row.pk}" for row in Run.objects.all()]
    with django_assert_max_num_queries(4):
        assert topics.visible(run.by, [*listed, f"bell-{run.by_id}", "switches-0", "bell-0", "x-1"]) == [
            *listed,
            f"bell-{run.by_id}",
            "switches-0",
        ]


def test_a_list_names_its_topics_and_is_fetched_as_a_part(run: Run, client: Client) -> None:
    client.force_login(run.by)
    address = f"{run.project.get_absolute_url()}workflows/"
    page = client.get(address).content.decode()
    assert f'data-topics="listed-{run.pk}"' in page
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert f'data-topics="listed-{run.pk}"' in part
    Run.objects.filter(pk=run.pk).update(status=Run.Status.FINISHED)
    assert "listed-" not in client.get(address).content.decode()


def test_the_page_of_a_run_names_its_topic_while_it_changes(run: Run, client: Client) -> None:
    client.force_login(run.by)
    page = client.get(run.get_absolute_url()).content.decode()
    assert f'data-topics="{topic_of(run.pk)} switches-0"' in page
    assert f'data-topics="bell-{run.by_id}"' in page
    Run.objects.filter(pk=run.pk).update(status=Run.Status.FAILED)
    assert topic_of(run.pk) not in client.get(run.get_absolute_url()).content.decode()
