"""Settings of steps in Snakemake, CWL and Yadage: why they cannot be changed at a launch, what they are, and where they are written."""

import pytest
from django.test import Client

from projects.workflows.engines.reading import Node, Reading
from projects.workflows.engines.stored import to_json
from projects.workflows.launching.engine_steps import MAX_ROWS, engine_steps
from projects.workflows.models import Specification, SpecificationVersion
from tests.workflows.launching.test_again import words
from tests.workflows.launching.test_versions import add

GREET = Node(
    "1", "greet (word=<b>)", "python:3", resources={"kubernetes_memory_limit": "1Gi", "mem_mb": 5}, file="Snakefile", line=7
)  # fmt: skip


def test_each_rule_stands_once_with_its_place_and_what_it_asks_for() -> None:
    other = Node("2", "greet (word=x)", "python:3", resources={"kubernetes_memory_limit": "1Gi"}, file="Snakefile", line=7)
    found = engine_steps(Reading(engine="snakemake", nodes=(GREET, other, Node("3", "count"))), has_cpu=False)
    assert found
    assert [(row.name, row.place, row.values) for row in found.rows] == [
        ("greet", "Snakefile:7", ("python:3", "1Gi", "", "")),
        ("count", "", ("", "", "", "")),
    ]


def test_many_steps_are_counted_and_a_serial_workflow_has_fields() -> None:
    nodes = tuple(Node(str(number), f"s{number}") for number in range(MAX_ROWS + 3))
    found = engine_steps(Reading(engine="cwl", nodes=nodes, left_out=2), has_cpu=False)
    assert found
    assert (len(found.rows), found.left_out) == (MAX_ROWS, 5)
    assert engine_steps(Reading(engine="serial", nodes=(GREET,)), has_cpu=True) is None
    assert engine_steps(Reading(), has_cpu=True) is None


@pytest.mark.parametrize("engine", ["snakemake", "cwl", "yadage"])
def test_a_limit_of_cpu_is_for_servers_that_know_one(engine: str) -> None:
    node = Node("1", "fit", "python:3", resources={"kubernetes_cpu_limit": 2})
    with_cpu, without = (engine_steps(Reading(engine=engine, nodes=(node,)), has_cpu=has_cpu) for has_cpu in (True, False))
    assert with_cpu
    assert without
    assert (with_cpu.rows[0].values, without.rows[0].values) == (("python:3", "", "2", "", ""), ("python:3", "", "", ""))
    assert ["kubernetes_cpu_limit" in str(found.written) for found in (with_cpu, without)] == [True, False]
    assert ["CPU" in found.why for found in (with_cpu, without)] == [False, True]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("engine", "key"), [("snakemake", 'config["memory"]'), ("cwl", "hints: {reana:"), ("yadage", "environment: {resources:")]
)
def test_the_form_says_why_and_what_the_author_writes(
    member: Client, specification: Specification, address: str, engine: str, key: str
) -> None:
    add(specification, f"workflow: {{type: {engine}, file: Snakefile}}\n")
    SpecificationVersion.objects.update(reading=to_json(Reading(engine=engine, nodes=(GREET,))))
    shown = words(member.get(address))
    assert "REANA reads them only in the workflow’s own files" in shown
    assert "greet Snakefile:7 python:3 1Gi — —" in shown
    assert key in shown
