"""A workflow that means harm reaches nothing: no file, no network, no secret, no time of others; and costs the reader little."""

import os
import socket
import time
from pathlib import Path

import pytest

from tests.workflows.engines.repositories import REPOSITORIES, faults, reading, replaced, states
from tests.workflows.mutants import bomb

SNAKEFILE = "workflow/Snakefile"
FILES = {"snakemake": "workflow/inputs.yaml", "cwl": "workflow/population.cwl", "yadage": "workflow/steps.yml"}


def snakefile(*lines: str) -> str:
    return "\n".join([*lines, REPOSITORIES["snakemake"][SNAKEFILE]])


ATTEMPTS = {
    "write": "open({canary!r}, 'w').close()",
    "read": "found.append(open({secret!r}).read())",
    "passwords": "found.append(open('/etc/passwd').read())",
    "environment": "found.append(open('/proc/%d/environ' % os.getppid()).read())",
    "own environment": "found.append(os.environ['VERY_SECRET'])",
    "socket": "found.append(socket.create_connection(('127.0.0.1', {port}), timeout=1))",
    "process": "found.append(subprocess.check_output(['id']))",
    "fork": "found.append(os.fork())",
    "shell": "found.append(shell('id', read=True))",
    "link": "os.link({secret!r}, 'here')",
    "signal": "found.append(os.kill(os.getppid(), 0) or 'signalled')",
}


def test_a_snakefile_that_tries_reaches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    canary, secret = tmp_path / "canary", tmp_path / "secret"
    secret.write_text("hidden away")
    monkeypatch.setenv("VERY_SECRET", "hidden in the environment")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        values = {"canary": str(canary), "secret": str(secret), "port": server.getsockname()[1]}
        tries = []
        for name, attempt in ATTEMPTS.items():
            tries += [
                "try:",
                f"    {attempt.format(**values)}",
                f"    tried.append({name!r})",
                "except BaseException as error:",
                "    pass",
            ]
        head = ["import os, socket, subprocess", "found, tried = [], []", *tries, "raise ValueError(f'could: {tried} {found}')"]
        found = reading("snakemake", {SNAKEFILE: snakefile(*head)})
        with pytest.raises(TimeoutError):
            server.accept()
    check = next(check for check in found.checks if check.state == "error")
    assert "could: [] []" in check.messages[0]
    assert not canary.exists()
    assert "hidden" not in str(found)


def test_a_snakefile_is_not_executed_in_this_process() -> None:
    found = reading("snakemake", {SNAKEFILE: snakefile("import os", "raise ValueError(f'I am {os.getpid()}')")})
    message = next(check for check in found.checks if check.state == "error").messages[0]
    assert "I am " in message
    assert f"I am {os.getpid()} " not in message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("while True: pass", "was stopped"),
        ("x = 'x' * 3_000_000_000", "too much memory"),
        ("import os; os._exit(0)", "no usable result"),
        ("import ctypes; ctypes.string_at(0)", "ended unexpectedly"),
        ("open('big', 'wb').write(bytes(200_000_000))", ""),
    ],
)
@pytest.mark.rare(group="engines")
def test_a_snakefile_that_takes_too_much_is_ended_in_words(line: str, words: str) -> None:
    begin = time.monotonic()
    found = reading("snakemake", {SNAKEFILE: snakefile(line)})
    said = found.why_not or " ".join(message for check in faults(found) for message in check.messages)
    assert said
    assert words in said
    assert "ok" not in [check.state for check in found.checks if check.name != "Specification file"]
    assert time.monotonic() - begin < 60


def test_a_snakefile_cannot_lie_about_files_or_lines_of_others() -> None:
    lie = 'import builtins, sys\nsys.modules["snakemake_faults"].name_below = lambda *_: "/etc/passwd"\n1/0'
    found = reading("snakemake", {SNAKEFILE: snakefile(lie)})
    assert "/etc/passwd" not in str([check.file for check in found.checks])


@pytest.mark.parametrize("engine", FILES)
@pytest.mark.parametrize(
    "content",
    [
        bomb(9),
        "a: " + "[" * 3_000 + "]" * 3_000,
        "a: &a [*a]",
        "a: *nowhere",
        "",
        "- a",
        "a: [",
        "a: b\0",
        "just words",
        "a: " + "x" * 2_000_000,
        b"a: \xe9\n",
        b"\xff\xfe\x00",
    ],
    ids=["bomb", "deep", "cycle", "alias", "empty", "list", "broken", "NUL", "words", "large", "latin-1", "binary"],
)
@pytest.mark.rare(group="engines")
def test_hostile_yaml_is_told_within_seconds(engine: str, content: str | bytes) -> None:
    begin = time.process_time()
    found = reading(engine, {FILES[engine]: content})
    assert faults(found)
    assert all(check.messages[0] and len(check.messages[0]) < 700 for check in found.checks)
    assert "error" in states(found).values()
    assert time.process_time() - begin < 3


@pytest.mark.rare(group="engines")
def test_a_byte_order_mark_is_nothing() -> None:
    for engine, file in FILES.items():
        assert not faults(reading(engine, {file: "\ufeff" + REPOSITORIES[engine][file]}))


@pytest.mark.rare(group="engines")
def test_workflows_that_multiply_themselves_are_refused() -> None:
    levels = 12
    files = {
        f"workflow/w{level}.cwl": "cwlVersion: v1.2\nclass: Workflow\ninputs: {}\noutputs: {}\nrequirements: {SubworkflowFeatureRequirement: {}}\nsteps:\n"
        + "".join(f"  s{number}: {{run: w{level + 1}.cwl, in: {{}}, out: []}}\n" for number in range(8))
        for level in range(levels)
    }
    files[f"workflow/w{levels}.cwl"] = "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: x\ninputs: {}\noutputs: {}\n"
    files["reana.yaml"] = REPOSITORIES["cwl"]["reana.yaml"].replace("workflow/population.cwl", "workflow/w0.cwl")
    found = reading("cwl", files)
    assert "too many values" in str(found.checks) or found.why_not
    assert len(found.nodes) <= 5_000


@pytest.mark.rare(group="engines")
def test_references_that_lead_in_a_circle_are_told() -> None:
    found = replaced("yadage", "workflow/steps.yml", "generate:\n", "generate: &g\n  more: {$ref: 'other.yml'}\n")
    assert "workflow/other.yml is not in the repository" in str(found.checks)
    circle = {"workflow/other.yml": "a: {$ref: 'steps.yml#/generate'}\n"}
    text = REPOSITORIES["yadage"]["workflow/steps.yml"].replace("generate:\n", "generate: &g\n  more: {$ref: 'other.yml'}\n")
    found = reading("yadage", {**circle, "workflow/steps.yml": text})
    assert "leads back to a file that refers to it" in str(found.checks)
