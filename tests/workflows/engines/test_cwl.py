"""A CWL workflow is read without running its JavaScript: steps, tools, scatter, wiring, and the one document that older servers want."""

import json

import pytest
import yaml

from projects.workflows.validation_results import COMMANDS, PARAMETERS
from tests.workflows.engines.repositories import DRAW, NOTEBOOK, POPULATION, REPOSITORIES, faults, reading, replaced, states

WORKFLOW, TOOL, JOB = "workflow/population.cwl", "workflow/draw.cwl", "workflow/job.yml"


def test_steps_come_with_their_tools() -> None:
    found = reading("cwl")
    draw, join = found.nodes
    assert (draw.key, draw.environment, draw.after) == ("draw", NOTEBOOK, ())
    assert draw.resources == {
        "coresMin": 2,
        "ramMin": 1024,
        "compute_backend": "kubernetes",
        "kubernetes_memory_limit": "512Mi",
        "scatter": "region",
    }
    assert draw.commands == ("papermill --log-output $(inputs.notebook) -p table $(inputs.table) -p region $(inputs.region)",)
    assert (draw.inputs, draw.outputs) == (("notebook", "table", "regions", "year_min"), ("plot",))
    assert (join.after, join.inputs, join.file, join.line) == (("draw",), ("draw/plot",), WORKFLOW, 20)
    assert found.includes == (TOOL,)
    assert set(states(found).values()) == {"ok"}


def test_the_submission_is_one_document_with_all_tools_in_it() -> None:
    submission = reading("cwl").submission
    assert submission is not None
    step = next(step for step in submission["steps"] if step["id"] == "draw")
    assert step["run"]["baseCommand"] == ["papermill"]
    assert "draw.cwl" not in json.dumps(submission)
    assert "vre-" not in json.dumps(submission)


def test_a_packed_document_is_read_as_well() -> None:
    tool, workflow = yaml.safe_load(DRAW), yaml.safe_load(POPULATION)
    workflow["steps"]["draw"]["run"] = "#draw.cwl"
    graph = [{**tool, "id": "#draw.cwl"}, {**workflow, "id": "#main"}]
    for item in graph:
        del item["cwlVersion"]
    found = reading("cwl", {WORKFLOW: json.dumps({"cwlVersion": "v1.2", "$graph": graph})})
    assert [(node.key, node.environment, node.after) for node in found.nodes] == [("draw", NOTEBOOK, ()), ("join", "", ("draw",))]
    assert found.submission is not None


def test_a_tool_alone_is_a_workflow_of_one_step() -> None:
    found = reading("cwl", {WORKFLOW: DRAW, JOB: "notebook: {class: File, path: x}\ntable: {class: File, path: x}\nregion: Asia\n"})
    assert [(node.key, node.environment) for node in found.nodes] == [("population", NOTEBOOK)]
    assert "error" not in states(found).values()


def test_workflows_in_workflows_are_joined() -> None:
    outer = """\
cwlVersion: v1.2
class: Workflow
requirements: {SubworkflowFeatureRequirement: {}}
inputs: {notebook: File, table: File, regions: "string[]"}
outputs: {plot: {type: File, outputSource: last/out}}
steps:
  inner: {run: population.cwl, in: {notebook: notebook, table: table, regions: regions}, out: [plot]}
  last: {run: last.cwl, in: {plot: inner/plot}, out: [out]}
"""
    last = "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: cp\ninputs: {plot: File}\noutputs: {out: {type: File}}\n"
    specification = REPOSITORIES["cwl"]["reana.yaml"].replace(WORKFLOW, "workflow/outer.cwl")
    found = reading("cwl", {"workflow/outer.cwl": outer, "workflow/last.cwl": last, "reana.yaml": specification})
    assert {node.key: node.after for node in found.nodes} == {
        "inner/draw": (),
        "inner/join": ("inner/draw",),
        "last": ("inner/draw", "inner/join"),
    }


def test_a_workflow_that_contains_itself_is_refused() -> None:
    found = replaced("cwl", WORKFLOW, "run: draw.cwl", "run: population.cwl")
    assert "nested too deeply, or its workflow contains itself" in str(found.checks)


def test_what_is_elsewhere_is_named_and_not_fetched() -> None:
    found = replaced("cwl", WORKFLOW, "run: draw.cwl", "run: http://127.0.0.1:9/draw.cwl")
    check = faults(found)[0]
    assert (check.state, check.line) == ("warning", 14)
    assert "http://127.0.0.1:9/draw.cwl is elsewhere on the network" in check.messages[0]
    assert [node.key for node in found.nodes] == ["draw", "join"]
    assert found.submission is None


@pytest.mark.parametrize(
    ("file", "old", "new", "name", "line", "words", "suggestion"),
    [
        (WORKFLOW, "run: draw.cwl", "run: drow.cwl", "Workflow file", 14, "workflow/drow.cwl is not in the repository", ""),
        (WORKFLOW, "run: draw.cwl", "run: ../../etc/passwd", "Workflow file", 14, "outside the repository", ""),
        (WORKFLOW, "plots: draw/plot}", "plots: drawn/plot}", COMMANDS, 27, "takes “drawn/plot”", "Did you mean “draw/plot”?"),
        (WORKFLOW, "region: regions,", "regoin: regions,", COMMANDS, 18, "which its tool does not have", "Did you mean “region”?"),
        (WORKFLOW, "class: Workflow", "class: Workflows", "Workflow file", 2, "is not a class of CWL", "Did you mean “Workflow”?"),
        (WORKFLOW, "cwlVersion: v1.2", "cwlVersion: v2.0", "Workflow file", 1, "cwlVersion v2.0 is not supported", ""),
        (TOOL, "outputs:", "outptus:", "Workflow file", None, "outptus", ""),
        (JOB, "regions:", "regoins:", PARAMETERS, 3, "no input “regoins”", "Did you mean “regions”?"),
        (JOB, "[Africa, Asia]", "Africa", PARAMETERS, 3, "does not fit its type, which is string[]", ""),
        (JOB, "{class: File, path: data/table.csv}", "data/table.csv", PARAMETERS, 2, "does not fit its type, which is File", ""),
        (WORKFLOW, "  notebook: File\n", "  notebook: File\n  notebook: File\n", "Workflow file", 7, "given twice", ""),
        (TOOL, "baseCommand: [papermill]", "baseCommand: [sudo papermill]", "Dangerous operations", 13, '"sudo"', ""),
    ],
)
def test_an_error_is_a_sentence_with_its_line(
    file: str, old: str, new: str, name: str, line: int | None, words: str, suggestion: str
) -> None:
    found = replaced("cwl", file, old, new)
    check = next(check for check in faults(found) if words in check.messages[0])
    assert check.name == name
    assert line in (None, check.line)
    assert check.suggestion == suggestion
    assert "vre-" not in str(found.checks)


def test_a_value_that_is_missing_is_an_error_at_the_input() -> None:
    found = replaced("cwl", JOB, "regions: [Africa, Asia]\n", "")
    check = next(check for check in faults(found) if check.name == PARAMETERS)
    assert (check.state, check.file, check.line) == ("error", WORKFLOW, 8)
    assert check.messages == ("The input “regions” (string[]) needs a value, and the parameters have none.",)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("../data/table.csv", "leads out of the workspace: REANA reads paths from its top on. Write data/table.csv."),
        ("../../x/table.csv", "leads out of the workspace: REANA reads paths from its top on."),
        ("file://data/table.csv", "Write it without file://: data/table.csv."),
        ("file:///home/me/table.csv", "which is not in the workspace. Write the path of a file in it."),
        ("/home/me/table.csv", "which is not in the workspace. Write the path of a file in it."),
    ],
)
def test_a_place_that_the_engine_will_not_find_is_said(place: str, words: str) -> None:
    found = replaced("cwl", JOB, "data/table.csv", place)
    [check] = [check for check in faults(found) if check.name == PARAMETERS]
    assert (check.state, check.file, check.line) == ("warning", JOB, 2)
    assert check.messages[0].startswith(f"The input “table” names {place}")
    assert check.messages[0].endswith(words)


@pytest.mark.parametrize("place", ["/cvmfs/sft.cern.ch/a.csv", "https://example.org/a.csv", "data/../data/table.csv"])
def test_other_places_are_left_to_the_engine(place: str) -> None:
    assert not faults(replaced("cwl", JOB, "data/table.csv", place))


def test_a_parameter_file_that_is_missing_is_told() -> None:
    found = replaced("cwl", "reana.yaml", "workflow/job.yml", "workflow/jobs.yml")
    assert ("workflow/jobs.yml is not in the repository.",) in [check.messages for check in faults(found)]


def test_javascript_is_not_run() -> None:
    endless = "${ while (true) {} }"
    found = replaced("cwl", WORKFLOW, "${ return {plot: inputs.plots[0]}; }", endless)
    assert found.nodes[1].commands == (endless,)


ODD_FILES = ["https://h/" + "s" * 300, "s" * 300, ".", "/", "..", "file:///", "a\0b", "/" * 5000, "s/" * 3000]


@pytest.mark.parametrize("name", ODD_FILES, ids=range(len(ODD_FILES)))
def test_an_odd_name_of_a_file_costs_itself_alone(name: str) -> None:
    job = yaml.safe_load(REPOSITORIES["cwl"][JOB])
    job["more"] = {"class": "File", "path": name}
    tool = yaml.safe_load(DRAW)
    tool["inputs"]["more"] = {"type": "File", "secondaryFiles": ["^.idx", "^^.x", ".y"], "default": {"class": "File", "location": name}}
    found = reading("cwl", {TOOL: json.dumps(tool), JOB: json.dumps(job)})
    assert [node.key for node in found.nodes] == ["draw", "join"]
    assert found.why_not == ""


@pytest.mark.parametrize("name", ["s" * 300, "a\0b", "../" * 9, ".", "s/" * 3000], ids=range(5))
def test_an_odd_name_of_a_tool_is_a_fault_of_its_step(name: str) -> None:
    workflow = yaml.safe_load(POPULATION)
    workflow["steps"]["draw"]["run"] = name
    found = reading("cwl", {WORKFLOW: json.dumps(workflow)})
    assert [node.key for node in found.nodes] == ["draw", "join"]
    assert "error" in states(found).values()
