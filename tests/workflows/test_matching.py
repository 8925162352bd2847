"""Jobs of Snakemake, CWL and Yadage find their rules, tools and stages; nothing is said of steps of which nobody knows."""

from collections.abc import Callable
from typing import Any

import pytest

from projects.workflows.engines.reading import Node, Reading
from projects.workflows.matching import named_as_failed
from projects.workflows.models import Run
from projects.workflows.steps import ShownStep, graph

Status = Run.Status
Show = Callable[..., list[ShownStep]]


def node(key: str, name: str, *after: str, **more: Any) -> Node:
    return Node(key=key, name=name, after=after, **more)


def job(number: int, name: str, state: str = "finished", command: str = "") -> dict[str, Any]:
    return {"number": number, "name": name, "state": state, "command": command, "environment": "e", "log": "", "log_end": ""}


@pytest.fixture
def show() -> Show:
    """The steps of a run of these nodes and jobs; nothing is stored."""

    def made(nodes: list[Node], jobs: list[dict[str, Any]], status: str = Status.RUNNING, error: str = "") -> list[ShownStep]:
        run = Run(text="workflow: {type: snakemake, file: Snakefile}", status=Status(status), steps=jobs, error=error)
        return graph(run, Reading(engine="snakemake", nodes=tuple(nodes)))

    return made


def told(steps: list[ShownStep]) -> list[tuple[str, str, list[int]]]:
    return [(step.name, step.state, [item["number"] for item in step.jobs]) for step in steps]


@pytest.mark.parametrize("name", ["fit", "fit_3", "fit-3", "fit[3]", "fit(12)", "fit.3", "main.cwl#fit", "workflow/fit_3", "fit 3"])
def test_a_job_finds_its_step_by_name_whatever_number_or_path_the_engine_adds(show: Show, name: str) -> None:
    assert told(show([node("a", "prepare"), node("b", "fit", "a")], [job(1, name, "running")])) == [
        ("prepare", "queued", []),
        ("fit", "running", [1]),
    ]


@pytest.mark.parametrize("name", ["fit (i=1)", "fit (file=data/a (b).csv, i=1)", "fit (text=a\nb)"])
def test_a_job_with_wildcards_finds_the_rule_whose_jobs_nobody_knew_before(show: Show, name: str) -> None:
    nodes = [node("a", "split"), node("rule fit", "fit", needed=False)]
    assert told(show(nodes, [job(1, "split"), job(2, name, "failed")], Status.FAILED))[1] == ("fit", "failed", [2])
    known = [node("1", "fit (i=1)"), node("2", "fit (i=2)")]
    assert [numbers for _, _, numbers in told(show(known, [job(1, "fit (i=2)"), job(2, "fit (i=1)")]))] == [[2], [1]]


def test_the_job_of_a_single_tool_is_called_main(show: Show) -> None:
    assert told(show([node("tool", "tool")], [job(1, "main", "running")])) == [("tool", "running", [1])]
    steps = show([node("a", "fit"), node("b", "plot")], [job(1, "main", "running")])
    assert [numbers for _, _, numbers in told(steps)] == [[], [], [1]]


def test_a_name_that_ends_with_a_number_is_its_own(show: Show) -> None:
    steps = show([node("a", "fit"), node("b", "fit_2", "a")], [job(1, "fit"), job(2, "fit_2")])
    assert [numbers for _, _, numbers in told(steps)] == [[1], [2]]


def test_the_jobs_of_a_scatter_stand_together_and_are_counted(show: Show) -> None:
    nodes = [node("a", "fetch"), *(node(f"f{n}", "fit", "a") for n in range(6)), node("m", "merge", *(f"f{n}" for n in range(6)))]
    steps = show(nodes, [job(1, "fetch"), *(job(2 + n, "fit", "finished" if n else "running") for n in range(4))])
    assert told(steps) == [("fetch", "finished", [1]), ("fit", "running", [2, 3, 4, 5]), ("merge", "queued", [])]
    assert steps[1].count == 6
    assert steps[1].job_states == {"running": 1, "finished": 3}


def test_a_scatter_of_which_jobs_are_still_to_come_is_not_finished(show: Show) -> None:
    nodes = [node(f"f{n}", "fit") for n in range(6)]
    assert told(show(nodes, [job(n + 1, "fit") for n in range(5)]))[0][1] == "running"
    assert told(show(nodes, [job(n + 1, "fit") for n in range(6)]))[0][1] == "finished"


def test_equal_steps_take_the_job_with_their_command_then_the_next_one_in_order(show: Show) -> None:
    nodes = [node("a", "fit", commands=("fit 1",)), node("b", "fit", "a", commands=("fit 2",))]
    steps = show(nodes, [job(1, "fit", command="fit 2"), job(2, "fit", command="fit 1"), job(3, "fit", command="again")])
    assert [numbers for _, _, numbers in told(steps)] == [[2], [1, 3]]


def test_a_step_that_is_not_needed_says_so_unless_it_ran(show: Show) -> None:
    nodes = [node("a", "fit"), node("b", "extra", needed=False)]
    assert [state for _, state, _ in told(show(nodes, [job(1, "fit")], Status.FINISHED))] == ["finished", "not needed"]
    assert [state for _, state, _ in told(show(nodes, [job(1, "fit"), job(2, "extra")], Status.FINISHED))] == ["finished", "finished"]


def test_where_jobs_are_nobodys_no_step_is_said_to_be_skipped(show: Show) -> None:
    nodes = [node("a", "fit"), node("b", "plot", "a")]
    assert [state for _, state, _ in told(show(nodes, [job(1, "fit", "failed")], Status.FAILED))] == ["failed", "skipped"]
    steps = told(show(nodes, [job(1, "cwltool"), job(2, "fit", "failed")], Status.FAILED))
    assert steps == [("fit", "failed", [2]), ("plot", "unknown", []), ("cwltool", "finished", [1])]


def test_jobs_of_nodes_without_names_are_nobodys(show: Show) -> None:
    steps = told(show([node("a", ""), node("b", "")], [job(1, "")]))
    assert [numbers for _, _, numbers in steps] == [[], [], [1]]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Error in rule fit:\n    jobid: 3", "fit"),
        ("WARNING [step fit] completed permanentFail", "fit"),
        ("ERROR [job fit_2] completed permanentFail", "fit"),
        ("node fit failed with exit code 1", "fit"),
        ("Error in rule nobody:", ""),
        ("the fit did not converge", ""),
    ],
)
def test_the_words_of_an_engine_name_the_step_that_failed(show: Show, words: str, name: str) -> None:
    assert named_as_failed(words, ["prepare", "fit"]) == name
    steps = told(show([node("a", "prepare"), node("b", "fit", "a")], [], Status.FAILED, words))
    assert [step for step, state, _ in steps if state == "failed"] == ([name] if name else [])
