"""A specification is read without being run here: its steps, parameters and checks with their lines, and what was not looked at is said."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from projects.workflows import reana_yaml
from projects.workflows.engines import asking, read, reader
from projects.workflows.validation import validate
from projects.workflows.validation_results import BACKENDS, COMMANDS, FILE, OPERATIONS, PARAMETERS
from tests.workflows.engines.repositories import REPOSITORIES, faults, reading, replaced, states
from tests.workflows.test_validation import SPECIFICATIONS
from vre_portal.confinement import ChildFailed, Isolation


def test_a_serial_workflow_is_its_steps_in_order() -> None:
    found = reading("serial")
    first, second = found.nodes
    assert (first.name, first.after, first.line, first.resources) == ("hello", (), 12, {"kubernetes_memory_limit": "256Mi"})
    assert (second.name, second.after, second.line, second.commands) == ("step 2", ("1",), 17, ("sleep ${pause}", "wc greetings.txt"))
    assert found.parameters == {"script": "code/hello.py", "names": "data/names.txt", "pause": 0}
    assert set(states(found).values()) == {"ok"}
    assert {check.decided_by for check in found.checks} == {"portal"}


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_the_verdicts_on_serial_workflows_are_those_of_validate(name: str) -> None:
    content = SPECIFICATIONS[name]
    if reana_yaml.read(DjangoJSONEncoder().encode(content)).faults:
        pytest.skip("the portal's own reading says more of this one")
    found = read({"reana.yaml": DjangoJSONEncoder().encode(content).encode()}, "reana.yaml")
    assert states(found) == {check.name: check.state for check in validate(content)}
    ours = {(check.name, message) for check in found.checks for message in check.messages}
    assert ours == {(check.name, message) for check in validate(content) for message in check.messages}


@pytest.mark.parametrize(
    ("old", "new", "name", "line", "words", "suggestion"),
    [
        ("${names}", "${name}", COMMANDS, 16, '"name" found on step "hello" is not defined', "Did you mean “names”?"),
        ("    pause: 0", "    puase: 0", PARAMETERS, 7, '"puase" does not seem to be used', "Did you mean “pause”?"),
        (
            "        kubernetes_memory_limit",
            "        kubernetes_memory_limt",
            FILE,
            14,
            "'kubernetes_memory_limt'",
            "kubernetes_memory_limit",
        ),
        ("  type: serial", "  type: seriell", FILE, 9, "must be one of serial, cwl, snakemake, yadage", ""),
        ("- wc ", "- sudo wc ", OPERATIONS, 20, 'Operation "sudo" found in step "step 2"', ""),
        ("  files: [greetings.txt]", "  files: greetings.txt", FILE, 22, "must be a list", ""),
        ("  type: serial", "  type: serial\n  environment: x", FILE, 10, "'environment'", "It belongs to another part of the file."),
    ],
)
def test_what_is_wrong_has_its_line_and_a_suggestion(old: str, new: str, name: Any, line: int, words: str, suggestion: str) -> None:
    check = next(check for check in faults(replaced("serial", "reana.yaml", old, new)) if check.name == name and words in check.messages[0])
    assert (check.file, check.line, check.decided_by) == ("reana.yaml", line, "portal")
    assert suggestion in check.suggestion


def test_a_backend_is_compared_with_those_of_the_server() -> None:
    old, new = "        kubernetes_memory_limit: 256Mi", "        compute_backend: htcondorcern"
    assert states(replaced("serial", "reana.yaml", old, new))[BACKENDS] == "not checked"
    assert states(replaced("serial", "reana.yaml", old, new, backends=["kubernetes", "htcondorcern"]))[BACKENDS] == "ok"
    check = replaced("serial", "reana.yaml", old, new, backends=["kubernetes", "htcondorcernn"]).checks[-1]
    assert (check.state, check.line, check.suggestion) == ("error", 12, "Did you mean “htcondorcernn”?")


@pytest.mark.parametrize(
    ("content", "words", "line"),
    [
        (b"\xef\xbb\xbf" + REPOSITORIES["serial"]["reana.yaml"].encode(), "", None),
        (b"a: 1\nb: \xe9\n", "reana.yaml is not a text file in UTF-8.", 2),
        (b"a: 1\n\nb: \0\n", "reana.yaml contains a NUL character", 3),
        (b"a: [", "the file: line 2", None),
        (b"", "the file (line 1): is missing", None),
    ],
)
def test_odd_bytes_are_told_and_a_byte_order_mark_is_nothing(content: bytes, words: str, line: int | None) -> None:
    wrong = faults(reading("serial", {"reana.yaml": content}))
    assert bool(wrong) == bool(words)
    if wrong:
        assert words.split(" (")[0] in wrong[0].messages[0]
        assert line in (None, wrong[0].line)


def test_a_specification_that_is_not_there_is_told() -> None:
    found = read({}, "nowhere/reana.yaml")
    assert faults(found)[0].messages == ("nowhere/reana.yaml is not in the repository.",)
    assert [check.state for check in found.checks] == ["error", *["not checked"] * 4]


def test_reading_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(reader, "check_serial", fail)
    found = reading("serial")
    assert found.checks[0].messages == ("The portal could not read this specification.",)
    assert "ok" not in states(found).values()


ENGINES = ("snakemake", "cwl", "yadage")


@pytest.mark.parametrize("engine", ENGINES)
def test_without_engines_nothing_is_looked_at_and_the_reading_says_so(engine: str, settings: Any) -> None:
    settings.WORKFLOW_ENGINES = ""
    found = reading(engine)
    assert "no workflow engines installed" in found.why_not
    assert (found.nodes, found.submission) == ((), None)
    assert [check.state for check in found.checks] == ["ok", *["not checked"] * 5]
    assert found.checks[1].messages == (found.why_not,)


@pytest.mark.parametrize("engine", ENGINES)
def test_without_isolation_nothing_is_looked_at(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "isolation", lambda: Isolation(False, (), "no Landlock here"))
    monkeypatch.setattr(asking, "run", lambda *_, **__: pytest.fail("it was read all the same"))
    found = reading(engine)
    assert "no Landlock here" in found.why_not
    assert set(states(found).values()) == {"ok", "not checked"}


def test_a_reader_that_fails_is_told_in_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ChildFailed("time", "Reading it took longer than 15 seconds and was stopped.")

    monkeypatch.setattr(asking, "run", fail)
    found = reading("cwl")
    assert found.why_not == "Reading it took longer than 15 seconds and was stopped."
    assert [check.state for check in found.checks] == ["ok", *["not checked"] * 5]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"nodes": 5, "faults": "x", "inputs": {}, "parameters": [], "includes": [7], "submission": []},
        {
            "nodes": [{}, {"key": 5, "after": ["x"], "line": -1, "file": "/etc/passwd", "resources": [1], "commands": [{}]}],
            "left_out": True,
        },
        {"nodes": [{"key": "a" * 10_000, "name": "n" * 10_000, "resources": {"x": {"y": 1}, "z": "q" * 10_000}}] * 20_000},
        {
            "faults": [
                {"kind": "no source"},
                {"kind": [], "line": "5"},
                {"stage": "x", "type": 5},
                {"type": "KeyError", "stage": "", "key": []},
            ]
        },
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_an_answer_of_a_hostile_workflow_is_only_taken_as_far_as_it_is_one(
    engine: str, answer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "run", lambda *_, **__: answer)
    found = reading(engine)
    assert len(found.nodes) <= 5_000
    assert all(len(node.key) <= 300 and not node.file and node.line is None for node in found.nodes)
    assert len(DjangoJSONEncoder().encode([asdict(node) for node in found.nodes[:1]])) < 2_000
    assert "The portal could not read" not in str(found.checks)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_workflow_file_must_be_in_the_repository(engine: str) -> None:
    name = {"snakemake": "workflow/Snakefile", "cwl": "workflow/population.cwl", "yadage": "workflow/workflow.yml"}[engine]
    found = replaced(engine, "reana.yaml", f"file: {name}", f"file: {name}x")
    check = faults(found)[0]
    assert check.messages == (f"{name}x is not in the repository.",)
    assert check.line
    assert name in check.suggestion


@pytest.mark.parametrize("engine", ENGINES)
def test_names_count_from_the_root_that_is_given(engine: str) -> None:
    files = {f"analyses/one/{name}": content.encode() for name, content in REPOSITORIES[engine].items()}
    found = read(files, "analyses/one/reana.yaml", root="analyses/one")
    assert not faults(found)
    assert len(found.nodes) == len(reading(engine).nodes)
    assert found.includes == tuple(f"analyses/one/{name}" for name in reading(engine).includes)
    assert all(node.file.startswith("analyses/one/") for node in found.nodes)


@pytest.mark.parametrize("engine", ENGINES)
def test_names_that_lead_out_of_the_repository_are_not_written(engine: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    found = reading(engine, {f"../../..{outside}": "x", str(outside): "x", "a\0b": "x", "": "x", "code": "a file and a folder"})
    assert not faults(found)
    assert not outside.exists()


def test_a_thousand_steps_of_a_serial_workflow_are_read_and_more_are_refused() -> None:
    def workflow(count: int) -> bytes:
        steps = "\n".join(f"      - {{environment: x, commands: [echo {number}]}}" for number in range(count))
        return f"version: 0.9.0\nworkflow:\n  type: serial\n  specification:\n    steps:\n{steps}\n".encode()

    begin = time.process_time()
    assert len(read({"reana.yaml": workflow(1_000)}, "reana.yaml").nodes) == 1_000
    refused = read({"reana.yaml": workflow(3_000)}, "reana.yaml")
    assert (refused.nodes, "more than 10,000 values" in refused.checks[0].messages[0]) == ((), True)
    assert time.process_time() - begin < 4
