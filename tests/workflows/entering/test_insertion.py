"""An example goes where the text's own YAML says that it belongs, however its author indents it; or nothing is changed, which is said."""

import pytest

from projects.workflows import reana_yaml
from projects.workflows.entering import insertion
from projects.workflows.entering.forms import EXAMPLE
from projects.workflows.entering.insertion import NotInserted, inserted, step_at
from projects.workflows.entering.schema_help import KEYS

FOUR = """\
inputs:
    files:
        - code/a.py
    parameters:
        level: 1
workflow:
    type: serial
    specification:
        steps:
            - name: fit
              environment: python
              commands:
                  - python code/a.py
outputs:
    files:
        - out
"""
SHALLOW = """\
inputs:
  files:
  - code/a.py
workflow:
  type: serial
  specification:
    steps:
    - environment: python
      commands:
      - python code/a.py
outputs:
  files:
  - out
"""
COMMENTS = """\
inputs:  # of the analysis
  files: # all
    - code/a.py
workflow: # here
  type: serial
  specification:
    steps: # one
      - name: fit # first
        environment: python
        commands:
          - |
            one

            two

# the end
outputs: # few
  files:
    - out
"""
EMPTY = "inputs:\n  files:\n  parameters:\nworkflow:\n  type: serial\n  specification:\n    steps:\noutputs:\n"
SNAKEMAKE = "inputs:\n  files:\n    - Snakefile\nworkflow:\n  type: snakemake\n  file: Snakefile\noutputs:\n  files:\n    - out\n"
TEXTS = {"four": FOUR, "shallow": SHALLOW, "comments": COMMENTS, "empty": EMPTY, "Snakemake": SNAKEMAKE, "document": f"---\n{SHALLOW}...\n"}
FLOW = "inputs: {files: [a]}\nworkflow: {type: serial, specification: {steps: [{name: a, environment: e, commands: [c]}]}}\n"


def has(after: object, before: object) -> bool:
    """Whether all of one value is in the other."""
    if isinstance(before, dict):
        return isinstance(after, dict) and all(name in after and has(after[name], item) for name, item in before.items())
    if isinstance(before, list):
        return isinstance(after, list) and all(has(new, old) for new, old in zip(after, before, strict=False))
    return before is None or after == before


@pytest.mark.parametrize("name", list(KEYS))
@pytest.mark.parametrize("text", list(TEXTS.values()), ids=list(TEXTS))
def test_what_was_there_is_there_still_and_the_example_is_added(text: str, name: str) -> None:
    before, (changed, line) = reana_yaml.read(text), inserted(text, KEYS[name])
    after = reana_yaml.read(changed)
    assert has(after.content, before.content)
    assert not any("given twice" in remark for remark in after.remarks), after.remarks
    if changed != text:
        rows, was = changed.split("\n"), text.split("\n")
        assert (rows[: line - 1], rows[line - 1] == was[line - 1]) == (was[: line - 1], False)


def test_it_goes_as_deep_in_as_what_stands_there() -> None:
    for text, depth in ((FOUR, 8), (SHALLOW, 2), (COMMENTS, 4)):
        changed, line = inserted(text, KEYS["inputs.files"])
        assert changed.split("\n")[line - 1] == " " * depth + "- code/fit.py"
        assert reana_yaml.read(changed).files == ("code/a.py", "code/fit.py")
    steps = reana_yaml.read(inserted(COMMENTS, KEYS["kubernetes_cpu_limit"])[0]).content["workflow"]["specification"]["steps"]
    assert (steps[0]["commands"], steps[0]["kubernetes_cpu_limit"]) == (["one\n\ntwo\n"], "2")


@pytest.mark.parametrize("name", list(KEYS))
@pytest.mark.parametrize("text", [FLOW, "a: [\n", "- a list\n", "a: 1\n---\nb: 2\n", "inputs: {}\nworkflow: &w {type: serial}\n"])
def test_where_it_can_not_be_put_nothing_is_changed_and_it_is_said(text: str, name: str) -> None:
    changed, words = text, ""
    try:
        changed, _line = inserted(text, KEYS[name])
    except NotInserted as refused:
        words = str(refused)
    assert not words or (words.startswith("Nothing was inserted") and changed == text)
    before, after = reana_yaml.read(text), reana_yaml.read(changed)  # it can be put there after all, or is there already
    assert has(after.content, before.content)
    assert not any("given twice" in remark for remark in after.remarks)


def test_another_engine_stays() -> None:
    assert inserted(SNAKEMAKE, KEYS["workflow.type"]) == (SNAKEMAKE, 5)
    with pytest.raises(NotInserted):
        inserted(FLOW, KEYS["kubernetes_memory_limit"])
    assert inserted(EXAMPLE, KEYS["workflow.type"])[0] == EXAMPLE


TWO = FOUR.replace(
    "outputs:\n", "            - name: plot\n              environment: python\n              commands: [python plot.py]\noutputs:\n"
)


@pytest.mark.parametrize(("line", "step"), [(0, 1), (1, 1), (10, 0), (13, 0), (14, 1), (16, 1), (18, 1)])
def test_what_belongs_to_a_step_goes_into_that_of_the_cursor_or_the_last_one(line: int, step: int) -> None:
    changed, at = inserted(TWO, KEYS["kubernetes_memory_limit"], line)
    steps = reana_yaml.read(changed).content["workflow"]["specification"]["steps"]
    assert [number for number, item in enumerate(steps) if "kubernetes_memory_limit" in item] == [step]
    assert step_at(changed, at) == ("fit", "plot")[step]


def test_what_would_change_the_text_that_is_there_is_not_inserted(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "inputs:\n  parameters:\n    note: |\n      one\n      two\n"
    monkeypatch.setattr(insertion._Place, "find", lambda *_: (4, ["      more: 1"]))  # as if a place had been found wrongly
    with pytest.raises(NotInserted):
        inserted(text, next(iter(KEYS.values())))
