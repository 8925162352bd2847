"""What the portal leaves to REANA is told before a launch, with its place and what happens; a key that the schema knows is never called unknown."""

import json
from pathlib import Path
from typing import Any

import pytest
from reana_commons.config import reana_yaml_schema_file_path

from projects.workflows import passed_on, reana_yaml
from projects.workflows.engines import Node
from projects.workflows.models import SpecificationVersion

HEAD = "outputs: {files: [a]}\nworkflow:\n  type: serial\n"
STEP = HEAD + "  specification:\n    steps:\n      - {environment: e, commands: [c], %s}\n"


def told(text: str) -> str:
    return "\n".join(reana_yaml.read(text).remarks)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (STEP % "kerberos: true", "workflow.specification.steps[0].kerberos (line 6)", "The portal has no Kerberos ticket"),
        (STEP % "voms_proxy: true", "steps[0].voms_proxy (line 6)", "The portal has no VOMS proxy"),
        (STEP % "rucio: true", "steps[0].rucio (line 6)", "not with your access to the Data Lake"),
        (STEP % "unpacked_img: true", "steps[0].unpacked_img (line 6)", "taken from CVMFS"),
        (STEP % "htcondor_max_runtime: espresso", "htcondor_max_runtime (line 6)", "only for steps on the backend htcondorcern"),
        (STEP % "slurm_partition: x", "slurm_partition (line 6)", "only for steps on the backend slurmcern"),
        (STEP % "c4p_cpu_cores: '4'", "c4p_cpu_cores (line 6)", "only for steps on the backend compute4punch"),
        (STEP % "memory: 4", "steps[0].memory (line 6)", "not part of a REANA specification"),
        (HEAD + "  resources: {kerberos: true}\n", "workflow.resources.kerberos (line 4)", "no Kerberos ticket"),
        (HEAD + "  resources: {cvmfs: [a.cern.ch]}\n", "workflow.resources.cvmfs (line 4)", "does not know whether"),
        (HEAD + "  resources: {dask: {image: x}}\n", "workflow.resources.dask (line 4)", "REANA 0.95 or later"),
        (HEAD + "tests: {files: [a.feature]}\n", "tests (line 4)", "does not run these tests"),
        (HEAD + "workspace: {retention_days: {'*': 3}}\n", "workspace.retention_days (line 4)", "deletes these files"),
        (HEAD + "workspace: {root_path: /x}\n", "workspace.root_path (line 4)", "refuses the run"),
        (HEAD + "descripton: x\n", "descripton (line 4)", "does not use it"),
        (HEAD + "inputs: {file: [a]}\n", "inputs.file (line 4)", "does not use it"),
    ],
)
def test_each_is_told_with_its_place(text: str, place: str, words: str) -> None:
    assert any(place in remark and words in remark for remark in reana_yaml.read(text).remarks), told(text)


@pytest.mark.parametrize(
    "more", ["kerberos: false", "kubernetes_memory_limit: 1Gi", "name: a", "compute_backend: kubernetes", "kubernetes_job_timeout: 20"]
)
def test_nothing_is_said_of_what_happens_as_written(more: str) -> None:
    assert told(STEP % more) == ""
    assert told(HEAD + "  resources: {kerberos: false, voms_proxy: false, rucio: false}\n") == ""
    assert told(STEP % "name: a" + "vre: {gpu: true}\nworkspace: {}\ntests: {}\n") == ""


@pytest.mark.parametrize(
    ("text", "place", "name"),
    [
        (STEP % "kubernetes_memory_limt: 1Gi", "steps[0].kubernetes_memory_limt (line 6)", "kubernetes_memory_limit"),
        (HEAD + "inputs: {parameter: {a: 1}}\n", "inputs.parameter (line 4)", "parameters"),
        ("workflw: {}\n" + HEAD, "workflw (line 1)", "workflow"),
    ],
)
def test_what_is_misspelt_is_told_with_the_key_that_is_meant(text: str, place: str, name: str) -> None:
    assert f"{place}: do you mean “{name}”?" in told(text)


def test_a_key_that_is_needed_and_misspelt_is_an_error_that_names_both() -> None:
    read = reana_yaml.read((STEP % "name: a").replace("environment: e", "enviroment: e"))
    place = "workflow.specification.steps[0]"
    assert read.faults[0] == f"{place}.enviroment (line 6): is not known; do you mean “environment”?"
    assert (len(read.faults), read.remarks) == (1, ())  # once is enough
    assert "do you mean" not in told(STEP % "memory: 4")


def test_beside_checks_that_name_the_keys_they_are_told_once() -> None:
    read = reana_yaml.read(STEP % "kubernetes_memory_limt: 1Gi, kerberos: true")
    assert len(read.remarks) == 2
    (beside,) = read.remarks_beside(["Unexpected property 'kubernetes_memory_limt'."])
    assert "Kerberos" in beside
    assert read.remarks_beside(["Something else."]) == list(read.remarks)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n...\n"])
def test_a_file_with_nothing_in_it_is_told_as_that(text: str) -> None:
    assert reana_yaml.read(text).faults == ("the file is empty, or has only comments",)


def test_what_is_no_number_is_shown_as_it_was_written() -> None:
    read = reana_yaml.read("inputs: {parameters: {a: .inf, b: -.inf, c: .nan}}\n" + HEAD)
    assert read.parameters == {"a": ".inf", "b": "-.inf", "c": ".nan"}
    assert sum("is not a number that REANA accepts" in fault for fault in read.faults) == 3


def test_what_a_later_reana_lets_the_workflow_name_is_part_of_a_specification() -> None:
    workflow = "outputs: {files: [a]}\nworkflow: {type: snakemake, file: S, files: [b], directories: [d], parameters: {file: p.yaml}}\n"
    assert told(workflow) == ""


def test_places_of_a_kind_stand_in_one_sentence_and_are_counted() -> None:
    steps = "".join("      - {environment: e, commands: [c], kerberos: true}\n" for _number in range(9))
    (remark,) = reana_yaml.read(f"{HEAD}  specification:\n    steps:\n{steps}").remarks
    assert ("steps[4].kerberos (line 10), 4 more:" in remark, "steps[5]" in remark) == (True, False)


@pytest.mark.parametrize(
    "text", ["workflow: 3\n", "workflow: {type: serial, specification: {steps: {a: 1}}}\n", HEAD + "tests: 3\n", "[]\n"]
)
def test_odd_shapes_are_no_fault_of_this(text: str) -> None:
    assert isinstance(reana_yaml.read(text).remarks, tuple)


def test_steps_of_other_engines_say_the_same_of_what_their_files_ask_for() -> None:
    nodes = [Node(key="fit", name="fit", resources={"kerberos": True, "threads": 4, "voms_proxy": False, "mem_mb": 3})]
    assert [remark.partition(":")[0] for remark in passed_on.of_nodes(nodes)] == ["kerberos of step fit"]
    reading = {"engine": "snakemake", "nodes": [{"key": "fit", "name": "fit", "resources": {"rucio": True}}]}
    version = SpecificationVersion(text="workflow: {type: snakemake, file: Snakefile}\n", reading=reading)
    assert [remark.partition(":")[0] for remark in version.remarks_of_steps] == ["rucio of step fit"]


def properties(schema: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], set[str]]:
    """The keys that a schema names, by the path of their mapping."""
    found: dict[tuple[str, ...], set[str]] = {}
    for name, part in (schema.get("properties") or {}).items():
        found.setdefault(path, set()).add(name)
        for inner in (part, part.get("items", {})):
            found |= {key: found.get(key, set()) | value for key, value in properties(inner, (*path, name)).items()}
    return found


def test_every_key_that_reanas_schema_knows_is_known() -> None:
    schema = json.loads(Path(reana_yaml_schema_file_path).read_text())
    for path, names in (properties(schema) | properties(schema["then"])).items():
        if path == passed_on.STEPS:
            assert names <= passed_on.KNOWN_OF_STEPS
        elif path in passed_on.KNOWN:
            assert names <= passed_on.KNOWN[path], path
