"""The steps of a run as its page shows them: jobs are told apart by command and order, for their names may be empty or equal."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from projects.workflows.models import Run
from projects.workflows.steps import graph

Status = Run.Status


def job(number: int, name: str, command: str, state: str = "finished") -> dict[str, Any]:
    return {
        "number": number, "name": name, "command": command, "state": state, "environment": "python:3.13", "log": f"log {number}",
        "log_end": f"log {number}", "started": None, "finished": None, "started_seconds": number, "finished_seconds": number + 1,
    }  # fmt: skip


def shown(
    run: Run, steps: list[tuple[str | None, list[str]]], jobs: list[dict[str, Any]], status: str = Status.FINISHED
) -> list[tuple[str, str, list[int]]]:
    """Name, state and the numbers of the jobs of each node."""
    written = [{"environment": "python:3.13", "commands": commands, **({"name": name} if name else {})} for name, commands in steps]
    run.text = json.dumps({"workflow": {"type": "serial", "specification": {"steps": written}}})
    run.__dict__.pop("reana_yaml", None)
    run.status, run.steps = Status(status), jobs
    run.save(update_fields=["text", "status", "steps"])
    return [(node.name, node.state, [item["number"] for item in node.jobs]) for node in graph(run)]


def test_unnamed_steps_are_counted_without_the_portals_own(run: Run) -> None:
    run.fetch_commands = ["python3 .vre-inputs/fetch.py 1"]
    names = [name for name, _state, _jobs in shown(run, [(None, ["a"]), (None, ["b"])], [])]
    assert names == ["vre-inputs", "step 1", "step 2"]


def test_unnamed_steps(run: Run) -> None:
    steps = [(None, ["python code/odd.py", "echo two"]), (None, ["echo three"])]
    jobs = [job(1, "", "python code/odd.py"), job(2, "", "echo two"), job(3, "", "echo three")]
    assert shown(run, steps, jobs) == [("step 1", "finished", [1, 2]), ("step 2", "finished", [3])]
    assert shown(run, steps, jobs[:2], Status.RUNNING) == [("step 1", "finished", [1, 2]), ("step 2", "queued", [])]
    assert shown(run, steps, jobs[:1], Status.RUNNING) == [("step 1", "running", [1]), ("step 2", "queued", [])]


def test_two_steps_of_one_name(run: Run) -> None:
    steps = [("fit", ["echo first; exit 3"]), ("fit", ["echo second"])]
    failed = [job(1, "fit", "echo first; exit 3", "failed")]
    assert shown(run, steps, failed, Status.FAILED) == [("fit", "failed", [1]), ("fit", "skipped", [])]
    both = [job(1, "fit", "echo first; exit 3"), job(2, "fit", "echo second", "running")]
    assert shown(run, steps, both, Status.RUNNING) == [("fit", "finished", [1]), ("fit", "running", [2])]


def test_two_steps_with_the_same_command_are_told_apart_by_order(run: Run) -> None:
    steps = [(None, ["make"]), (None, ["make"])]
    assert shown(run, steps, [job(1, "", "make"), job(2, "", "make", "failed")], Status.FAILED) == [
        ("step 1", "finished", [1]),
        ("step 2", "failed", [2]),
    ]


def test_named_and_unnamed_steps_mixed(run: Run) -> None:
    steps = [(None, ["echo a"]), ("b", ["echo b"]), (None, ["echo c"])]
    jobs = [job(1, "", "echo a"), job(2, "b", "echo b"), job(3, "", "echo c", "running")]
    assert [found[1:] for found in shown(run, steps, jobs, Status.RUNNING)] == [("finished", [1]), ("finished", [2]), ("running", [3])]


def test_jobs_of_the_same_second_in_another_order_find_their_steps(run: Run) -> None:
    steps = [(None, ["echo a"]), (None, ["echo b"])]
    assert shown(run, steps, [job(1, "", "echo b"), job(2, "", "echo a")]) == [("step 1", "finished", [2]), ("step 2", "finished", [1])]


def test_commands_with_parameters(run: Run) -> None:
    run.parameters = {"years": 10, "x": [1, 2]}
    run.save(update_fields=["parameters"])
    steps = [(None, ["fit ${years}", "list ${x} for $$i"]), (None, ["fit ${years}0"])]
    jobs = [job(1, "", "fit 100"), job(2, "", "fit 10"), job(3, "", "list written in another way")]
    assert shown(run, steps, jobs) == [("step 1", "finished", [2, 3]), ("step 2", "finished", [1])]


def test_jobs_that_no_step_has_are_shown_beside(run: Run) -> None:
    found = shown(run, [("a", ["echo a"])], [job(1, "a", "echo a"), job(2, "z", "echo z"), job(3, "a", "echo more"), job(4, "z", "again")])
    assert found == [("a", "finished", [1]), ("z", "finished", [2, 4]), ("a", "finished", [3])]


def test_jobs_of_engines_without_steps_come_as_they_began(run: Run) -> None:
    run.status, run.steps = Status.FINISHED, [job(1, "sort", "s"), job(2, "align", "a"), job(3, "sort", "s"), job(4, "", "x")]
    run.text = "workflow: {type: cwl, file: main.cwl}"
    run.__dict__.pop("reana_yaml", None)
    assert [(node.name, len(node.jobs)) for node in graph(run)] == [("sort", 2), ("align", 1), ("Unnamed jobs", 1)]


def test_steps_whose_logs_are_not_kept_did_run(run: Run) -> None:
    steps = [(None, ["echo 1", "echo 2"]), (None, ["echo 3", "echo 4"])]
    kept = [job(3, "", "echo 3"), job(4, "", "echo 4", "running")]
    assert shown(run, steps, kept, Status.RUNNING) == [("step 1", "finished", []), ("step 2", "running", [3, 4])]


@pytest.mark.parametrize(
    ("status", "states"),
    [
        (Status.FINISHED, ["finished", "finished", "finished"]),
        (Status.FAILED, ["finished", "stopped", "skipped"]),
        (Status.STOPPED, ["finished", "stopped", "skipped"]),
        (Status.RUNNING, ["finished", "running", "queued"]),
    ],
)
def test_states_fit_that_of_the_run(run: Run, status: str, states: list[str]) -> None:
    steps = [(None, ["echo 1"]), (None, ["echo 2", "echo 3"]), (None, ["echo 4"])]
    found = shown(run, steps, [job(1, "", "echo 1"), job(2, "", "echo 2", "running")], status)
    assert [state for _, state, _ in found] == states


def test_a_finished_run_without_logs_has_skipped_nothing(run: Run) -> None:
    assert shown(run, [(None, ["echo 1"])], []) == [("step 1", "finished", [])]


def test_the_page_and_the_json_name_the_step_that_failed(run: Run, signed_in: Callable[[str], Client]) -> None:
    shown(
        run,
        [(None, ["echo 1"]), (None, ["exit 3"]), (None, ["echo 3"])],
        [job(1, "", "echo 1"), job(2, "", "exit 3", "failed")],
        Status.FAILED,
    )
    lead = signed_in("lead")
    page = lead.get(run.get_absolute_url()).content.decode()
    assert "<strong>Step “<bdi>step 2</bdi>” failed: <bdi>log 2</bdi></strong>" in " ".join(page.split())
    assert page.count('data-state="skipped"') == 1  # in the list
    assert page.count('class="state">skipped<') == 1  # in the drawing
    steps = lead.get(f"{run.get_absolute_url()}?format=json").json()["steps"]
    assert [(item["step"], item["name"], item["state"]) for item in steps] == [(1, "step 1", "finished"), (2, "step 2", "failed")]
