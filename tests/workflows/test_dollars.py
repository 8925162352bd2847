"""Dollar signs of the shell in serial commands are told before the run fails for them."""

import time
from collections.abc import Callable

import pytest
from django.test import Client
from reana_commons.serial import serial_load

from projects.workflows import dollars, reana_yaml
from projects.workflows.engines import checks_of_text
from projects.workflows.models import Run
from projects.workflows.validation import validate
from projects.workflows.validation_results import DOLLARS
from tests.page_text import text_of
from tests.workflows.test_validation import specification

PARAMETERS = {"name": "x", "level": 2}
COMMANDS = {
    "echo ${name} $level": "",
    "echo $$(date) $${HOME} $$i": "",
    "echo $(date)": "“$(date)” is no parameter",
    "for i in 1 2; do echo $i; done": "$i is no parameter",
    'awk "{print $1}" x': '“$1}" x” is no parameter',
    "echo costs 5$": "“$” is no parameter",
    "echo ${name%.txt}": "“${name%.txt}” is no parameter",
    "echo $name\nls $(pwd)": "“$(pwd)” is no parameter",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_told_is_what_reana_fails_for(command: str) -> None:
    found = list(dollars.sentences(command, "fit", PARAMETERS))
    try:
        serial_load(None, {"steps": [{"commands": [command], "environment": "python"}]}, PARAMETERS)
    except Exception:  # noqa: BLE001 -- whatever it is, the run fails
        assert COMMANDS[command]
        assert COMMANDS[command] in found[0]
    else:
        assert found == []


def test_the_checks_have_it_with_its_line() -> None:
    text = "inputs: {parameters: {name: x}}\nworkflow:\n  type: serial\n  specification:\n    steps:\n      - environment: python\n        commands:\n"
    found = [check for check in checks_of_text(f"{text}          - echo ${{name}} $i\n", "reana.yaml") if check.name == DOLLARS]
    assert [(check.state, check.line) for check in found] == [("error", 8)]
    assert "For a variable of the shell, write $$i." in found[0].messages[0]
    states = {check.name: check.state for check in validate(specification("echo $(date)"))}
    assert states[str(DOLLARS)] == "error"
    assert str(DOLLARS) not in {check.name for check in validate(specification("echo $$(date)"))}


def test_a_run_that_failed_for_it_says_so(run: Run, signed_in: Callable[[str], Client]) -> None:
    text = "workflow: {type: serial, specification: {steps: [{name: fit, environment: python, commands: ['echo $(date)']}]}}"
    Run.objects.update(text=text, status=Run.Status.FAILED, error="Invalid placeholder in string: line 1, col 6")
    page = text_of(signed_in("lead").get(run.get_absolute_url()).content)
    assert "REANA could not put the parameters into the commands" in page
    assert "Step “fit”: “$(date)” is no parameter" in page
    assert "choose “Run again with changes”" not in page


def test_many_names_are_told_in_a_moment_and_cut() -> None:
    command = " ".join(f"$n{number}" for number in range(30_000))
    begin = time.perf_counter()
    found = list(dollars.of_steps([reana_yaml.Step("fit", "python", (command,))], {}))
    assert (len(found), time.perf_counter() - begin < 2) == (dollars.MOST, True)


def test_a_name_in_braces_that_failed_is_told_afterwards() -> None:
    step = reana_yaml.Step("fit", "python", ("echo ${missing} $x ${x}",))
    assert [words.split("$")[1].split(" ")[0] for words in dollars.of_steps([step], {}, with_braces=True)] == ["missing", "x"]
    assert [words.split("$")[1].split(" ")[0] for words in dollars.of_steps([step], {})] == ["x"]
