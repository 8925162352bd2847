"""Inputs that REANA refuses when a workflow is created are faults of the specification, with their lines."""

import pytest

from projects.workflows import reana_yaml

SERIAL = "\nworkflow: {type: serial, specification: {steps: []}}\n"


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (
            "{files: [code/a.py, b], directories: [code]}",
            ["inputs.files[0] (line 1): is in the input inputs.directories[0] (line 1) already"],
        ),
        ("{files: [a, b, ./a]}", ["inputs.files[2] (line 1): is the same as inputs.files[0] (line 1); remove one of them"]),
        ("{files: [a], directories: [a/]}", ["inputs.directories[0] (line 1): is the same as inputs.files[0]"]),
        ("{directories: [a, a/b/c]}", ["inputs.directories[1] (line 1): is in the input inputs.directories[0]"]),
        ("{files: [/a, ../b]}", ["but this is the text “/a”", "but this is the text “../b”"]),
        ("{files: [a, ab], directories: [abc, b/a]}", []),
    ],
)
def test_an_input_that_is_named_twice_or_lies_outside_is_a_fault(inputs: str, words: list[str]) -> None:
    faults = reana_yaml.read(f"inputs: {inputs}{SERIAL}").faults
    assert len(faults) == len(words)
    assert all(said in fault for said, fault in zip(words, faults, strict=True))


def test_many_inputs_are_read_at_once() -> None:
    names = ", ".join(f"folder/{number}/file" for number in range(5000))
    assert reana_yaml.read(f"inputs: {{files: [{names}]}}{SERIAL}").faults == ()


def test_a_path_of_many_folders_is_refused_in_a_moment() -> None:
    faults = reana_yaml.read(f"inputs: {{directories: [{'a/' * 90_000}b]}}{SERIAL}").faults
    assert len(faults) == 1
    assert "is too long" in faults[0]


def test_what_is_no_text_has_one_fault() -> None:
    assert len(reana_yaml.read(f"inputs: {{files: [1]}}{SERIAL}").faults) == 1
