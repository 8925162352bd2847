"""A reading that is kept with a specification comes back as it was; parts of another shape cost only themselves, and are never green."""

import json

import pytest

from projects.workflows.engines import stored
from projects.workflows.engines.reading import Node, Reading
from projects.workflows.models import Specification
from projects.workflows.readings import reading_of
from projects.workflows.validation_results import Check


def test_a_reading_comes_back_as_it_was() -> None:
    reading = Reading(
        engine="cwl",
        engine_version="3.3",
        nodes=(Node("a", "fit", "e", ("i",), ("o",), ("c",), {"kubernetes_memory_limit": "2Gi"}, ("b",), False, "main.cwl", 3),),
        parameters={"x": 1},
        submission={"steps": []},
        checks=(Check("Parameters", "warning", ("m",), "main.cwl", 3, "s", "portal"),),
        includes=("tool.cwl",),
        isolated_by=("landlock",),
    )
    assert stored.from_json(json.loads(json.dumps(stored.to_json(reading)))) == reading


@pytest.mark.parametrize("kept", [None, [], "x", {"nodes": "x", "checks": 3, "parameters": [], "submission": "x"}])
def test_what_is_no_reading_is_an_empty_one(kept: object) -> None:
    assert stored.from_json(kept) == Reading()


def test_one_bad_part_costs_only_itself() -> None:
    reading = stored.from_json(
        {
            "nodes": [3, {"name": "no key"}, {"key": "a", "line": "12", "after": "b", "resources": []}],
            "checks": [None, {"name": "c", "state": "green", "line": -1}],
        }
    )
    assert reading.nodes == (Node("a", ""),)
    assert reading.checks == (Check("c", "not checked", ()),)


def test_a_serial_workflow_is_its_own_reading() -> None:
    text = "workflow: {type: serial, specification: {steps: [{name: a, environment: e, commands: [c], kubernetes_memory_limit: 2Gi}, {environment: f, commands: [d]}]}}"
    first, second = reading_of(Specification(text=text)).nodes
    assert (first.name, first.environment, first.commands, first.resources) == ("a", "e", ("c",), {"kubernetes_memory_limit": "2Gi"})
    assert second.after == (first.key,)


@pytest.mark.parametrize("engine", ["cwl", "snakemake", "yadage"])
def test_where_there_is_no_reading_it_says_why(engine: str) -> None:
    reading = reading_of(Specification(text=f"workflow: {{type: {engine}, file: x}}"))
    assert reading.nodes == ()
    assert "not known before it runs" in reading.why_not
