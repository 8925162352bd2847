"""The portal's checks of a specification say what `reana-client validate` says, and never run a Snakefile."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from reana_commons.validation.parameters import build_parameters_validator

from projects.workflows.validation import condensed, validate
from projects.workflows.validation_results import BACKENDS, COMMANDS, FILE, OPERATIONS, PARAMETERS, Check

HEADINGS = {
    "Verifying REANA specification file...": FILE,
    "Verifying REANA specification parameters...": PARAMETERS,
    "Verifying workflow parameters and commands...": COMMANDS,
    "Verifying dangerous workflow operations...": OPERATIONS,
}
KINDS = {"SUCCESS": "ok", "WARNING": "warning", "ERROR": "error"}


def specification(*commands: str, parameters: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    steps = [{"name": "one", "environment": "python:3.13-slim", "commands": list(commands), **more.pop("step", {})}]
    return {
        "version": "0.9.0",
        "inputs": {"parameters": parameters or {}},
        "workflow": {"type": "serial", "specification": {"steps": steps}},
        **more,
    }


SPECIFICATIONS = {
    "good": specification("echo ${a}", parameters={"a": 1}),
    "a parameter that nothing uses": specification("echo", parameters={"a": 1, "b": 2}),
    "a parameter that is not there": specification("echo ${a} ${b}", parameters={"b": 1}),
    "dangerous": specification("sudo rm x", "cd / && ls"),
    "an unexpected property": specification("echo", colour="red", step={"flavour": "sweet"}),
    "no commands": {"version": "0.9.0", "inputs": {}, "workflow": {"type": "serial", "specification": {"steps": [{"environment": "x"}]}}},
    "no workflow": {"version": "0.9.0", "inputs": {}},
    "an unknown kind": {**specification("echo"), "workflow": {"type": "magic", "file": "x"}},
    "no inputs": {key: value for key, value in specification("echo").items() if key != "inputs"},
}


def by_client(content: dict[str, Any], folder: Path) -> dict[str, str]:
    """What reana-client prints, as the worst state of each heading."""
    (folder / "reana.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    command = [sys.executable, "-W", "ignore", "-c", "from reana_client.cli import cli; cli()", "validate"]
    environment = {"PATH": os.defpath, "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    states: dict[str, str] = {}
    heading = FILE
    for line in (done.stdout + done.stderr).splitlines():
        text = re.sub(r"^==> |^  -> ", "", re.sub(r"\x1b\[[0-9;]*m", "", line))
        heading = next((name for start, name in HEADINGS.items() if text.startswith(start)), heading)
        word = text.split(":")[0]
        if word in KINDS:
            worst = [states.get(heading, "ok"), KINDS[word]]
            states[heading] = max(worst, key=("ok", "warning", "error").index)
    return states


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_the_verdicts_are_those_of_reana_client(name: str, tmp_path: Path) -> None:
    content = SPECIFICATIONS[name]
    ours = {check.name: check.state for check in validate(content) if check.name != BACKENDS}
    client = by_client(content, tmp_path)
    # Where the client finds nothing wrong because there is nothing to look at, the portal says that.
    assert {name: state for name, state in ours.items() if state != "not checked"} == {
        name: state for name, state in client.items() if ours.get(name) != "not checked"
    }
    assert all(client.get(name, "ok") == "ok" for name, state in ours.items() if state == "not checked")


def test_messages_name_what_is_wrong() -> None:
    checks = {check.name: check for check in validate(SPECIFICATIONS["a parameter that is not there"])}
    assert checks[COMMANDS].messages == ('Serial parameter "a" found on step "one" is not defined in input parameters.',)
    checks = {check.name: check for check in validate(SPECIFICATIONS["an unexpected property"])}
    assert "'colour'" in " ".join(checks[FILE].messages)


def test_a_backend_that_the_server_does_not_have_is_an_error() -> None:
    content = specification("echo", step={"compute_backend": "slurmcern"})
    assert validate(content, ["kubernetes"])[-1].state == "error"
    assert validate(content, ["kubernetes", "slurmcern"])[-1] == Check(BACKENDS, "ok", ("Workflow compute backends appear to be valid.",))


@pytest.mark.parametrize("kind", ["snakemake", "cwl", "yadage"])
def test_the_file_of_a_workflow_is_never_run(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Snakefile").write_text("open('canary', 'w').close()")
    content = {"version": "0.9.0", "inputs": {"parameters": {}}, "workflow": {"type": kind, "file": "Snakefile"}}
    checks = validate(content)
    assert [check.state for check in checks] == ["ok", *["not checked"] * 4]
    assert "its file has to be run" in checks[1].messages[0]
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize(
    "content",
    [{}, {"workflow": []}, {"workflow": {"type": []}}, {"inputs": "x", "workflow": {"type": "serial"}}, {"inputs": {"options": 5}}],
)
def test_nonsense_is_an_error_and_not_a_failure(content: dict[str, Any]) -> None:
    assert [check.state for check in validate(content)] == ["error", *["not checked"] * 4]


def test_a_specification_is_not_changed_and_checking_is_quick() -> None:
    content = SPECIFICATIONS["good"]
    before = yaml.safe_dump(content)
    begin = time.perf_counter()
    for _ in range(20):
        validate(content)
    assert yaml.safe_dump(content) == before
    assert (time.perf_counter() - begin) / 20 < 0.1


def states(content: dict[str, Any], backends: list[str] | None = None) -> dict[str, str]:
    return {check.name: check.state for check in validate(content, backends)}


def test_no_check_is_green_where_nothing_was_looked_at() -> None:
    empty = specification("echo")
    assert states(empty) == {FILE: "ok", PARAMETERS: "not checked", COMMANDS: "not checked", OPERATIONS: "ok", BACKENDS: "ok"}
    assert validate(empty)[1].messages == ("There are no parameters.",)
    without_steps = {**empty, "workflow": {"type": "serial", "specification": {"steps": []}}}
    assert set(states(without_steps).values()) == {"ok", "not checked"}
    assert [check.state for check in validate(without_steps)].count("ok") == 1
    elsewhere = specification("echo", step={"compute_backend": "htcondorcern"})
    assert validate(elsewhere)[-1] == Check(
        BACKENDS, "not checked", ("The portal does not know whether this REANA server has htcondorcern.",)
    )


COMMANDS_OF_ALL_KINDS = (
    "", "echo", "${a}", "x ${a} y ${b}z", "${", "${a", "${a${b}", "}${a}", "${}", "a\n${b}\n${c\n}", "${a}}", "$${a}", "sudo x", "cd /tmp ${a}", "${ a b }",
    "${sudo }", "${cd /}x", "cd ${a}/", "sud${a}o ", "é${ü}", "$ {a}", "${a}\r${b}", "x" * 300 + "${a}",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS_OF_ALL_KINDS)
def test_a_condensed_command_has_the_verdict_of_the_whole(command: str) -> None:
    def found(text: str) -> tuple[set[str], set[str]]:
        validator = build_parameters_validator(specification(text, parameters={"a": 1}))
        validator.validate_parameters()
        return {item["message"] for item in validator.workflow_params_warnings}, {item["message"] for item in validator.operations_warnings}

    assert found(condensed(command)) == found(command)


@pytest.mark.parametrize("piece", ["y", "${", "}", "${a}", "${a} ", "\n", "sudo ", "$"])
def test_checking_takes_the_same_time_however_long_a_command_is(piece: str) -> None:
    begin = time.perf_counter()
    validate(specification(piece * (100_000 // len(piece)), *[piece * 100] * 50, parameters={"a": 1}))
    assert time.perf_counter() - begin < 1
