"""A Yadage workflow is read by its schemas: stages, packtivities in other files, scatter, and the one document that older servers want."""

import json

import pytest

from projects.workflows.validation_results import COMMANDS, PARAMETERS
from tests.workflows.engines.repositories import FIT, REPOSITORIES, faults, reading, replaced, states

FILE, STEPS = "workflow/workflow.yml", "workflow/steps.yml"


def test_stages_come_with_what_they_run() -> None:
    found = reading("yadage")
    generate, fit = found.nodes
    assert (generate.key, generate.environment, generate.after, generate.line) == ("generate", FIT, (), 2)
    assert generate.resources == {"kubernetes_memory_limit": "256Mi", "compute_backend": "kubernetes", "scatter": "events"}
    assert generate.commands == ("python {code} generate {events} {data}",)
    assert (fit.after, fit.outputs, fit.line) == (("generate",), ("plot",), 12)
    assert "inputs: generate/data" in fit.inputs
    assert found.includes == (STEPS,)
    assert set(states(found).values()) == {"ok"}


def test_stages_whose_jobs_are_known_at_run_time_only_are_told() -> None:
    check = next(check for check in reading("yadage").checks if check.name == "Workflow file")
    assert check.messages[1] == "How many jobs these stages have is known only when they run: generate."


def test_the_submission_is_one_document_with_its_defaults() -> None:
    submission = reading("yadage").submission
    assert submission is not None
    first = submission["stages"][0]
    assert first["dependencies"] == {"dependency_type": "jsonpath_ready", "expressions": ["init"]}
    assert first["scheduler"]["step"]["process"]["cmd"] == "python {code} generate {events} {data}"
    assert "$ref" not in json.dumps(submission)


def test_workflows_in_workflows_are_joined() -> None:
    outer = """\
stages:
  - name: inner
    dependencies: [init]
    scheduler:
      scheduler_type: singlestep-stage
      parameters: {events: {step: init, output: events}, code: {step: init, output: code}}
      workflow: {$ref: "workflow/workflow.yml"}
  - name: last
    dependencies: [inner]
    scheduler:
      scheduler_type: singlestep-stage
      parameters: {code: {step: init, output: code}, plot: "{workdir}/x.png", inputs: {stages: "inner.fit", output: plot}}
      step: {$ref: "workflow/steps.yml#/fit"}
"""
    inner = REPOSITORIES["yadage"][FILE].replace("workflow/steps.yml", "steps.yml")
    specification = REPOSITORIES["yadage"]["reana.yaml"].replace(FILE, "workflow/outer.yml")
    found = reading("yadage", {"workflow/outer.yml": outer, FILE: inner, "reana.yaml": specification})
    assert {node.key: node.after for node in found.nodes} == {
        "inner/generate": (),
        "inner/fit": ("inner/generate",),
        "last": ("inner/generate", "inner/fit"),
    }


@pytest.mark.parametrize("reference", ["github:someone/somewhere:steps.yml#/fit", "http://127.0.0.1:9/steps.yml#/fit"])
def test_what_is_elsewhere_is_named_and_not_fetched(reference: str) -> None:
    found = replaced("yadage", FILE, "workflow/steps.yml#/fit", reference)
    check = faults(found)[0]
    assert (check.state, check.line) == ("warning", 20)
    assert reference.partition("#")[0] in check.messages[0]
    assert [node.key for node in found.nodes] == ["generate", "fit"]
    assert found.submission is None
    assert {check.state for check in found.checks if check.name == COMMANDS} == {"not checked"}


@pytest.mark.parametrize(
    ("file", "old", "new", "name", "line", "words", "suggestion"),
    [
        (FILE, "workflow/steps.yml#/fit", "workflow/step.yml#/fit", "Workflow file", 20, "workflow/step.yml is not in the repository", ""),
        (FILE, "workflow/steps.yml#/fit", "../../etc/passwd#/fit", "Workflow file", 20, "outside the repository", ""),
        (FILE, "dependencies: [generate]", "dependencies: [generat]", "Workflow file", 12, "depends on “generat”", "Did you mean “generate”?"),
        (FILE, "- name: fit", "- name: generate", "Workflow file", 12, "Two stages are called “generate”.", ""),
        (FILE, "singlestep-stage", "singlestep-stag", "Workflow file", 15, "'singlestep-stag' is not one of", ""),
        (FILE, "stages:\n  -", "stage:\n  -", "Workflow file", 1, "the list of stages is missing", ""),
        (STEPS, "generate {{events}}".replace("{{", "{").replace("}}", "}"), "generate {evnts}", COMMANDS, 2, '"evnts"', "Did you mean “events”?"),
        ("reana.yaml", "    events:", "    evnts:", PARAMETERS, 2, "uses the parameter “events”", "Did you mean “evnts”?"),
        ("reana.yaml", "    code: code", "    more: 1\n    code: code", PARAMETERS, 7, '"more" does not seem to be used', ""),
        (STEPS, "generate:\n", "generate: &g\n  again: {$ref: 'workflow.yml'}\n", "Workflow file", 2, "leads back", ""),
    ],
)  # fmt: skip
def test_an_error_is_a_sentence_with_its_line(file: str, old: str, new: str, name: str, line: int, words: str, suggestion: str) -> None:
    found = replaced("yadage", file, old, new)
    check = next(check for check in faults(found) if words in check.messages[0])
    assert (check.name, check.line, check.suggestion) == (name, line, suggestion)
    assert "vre-" not in str(found.checks)
