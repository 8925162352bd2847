"""The launch form takes its types from the specification and refuses what the steps could not take."""

import uuid
from typing import Any

import pytest

from projects.models import Project
from projects.workflows.forms import LaunchForm
from projects.workflows.models import Specification

TEXT = """
inputs:
  files: [code/a.py, data/x.fits]
  parameters: {years: 10.0, count: 3, source: Mrk421, rest_frame: false, kind: one}
workflow:
  type: serial
  specification:
    steps:
      - {name: first, environment: "image:1", commands: ["python code/a.py ${years}"]}
outputs: {files: [results/a.png]}
"""


@pytest.fixture
def specification() -> Specification:
    return Specification(
        project=Project(slug="p", title="P"),
        name="s",
        title="S",
        text=TEXT,
        code={"code/a.py": "print()"},
        data={"data/x.fits": {"lake": "escape", "did": "A_B_C:x.fits"}},
        facts={"years": {"label": "Time", "unit": "yr", "min": 0.1, "max": 50}, "kind": {"choices": ["one", "two"]}},
    )


def filled(specification: Specification, **changes: Any) -> LaunchForm:
    values = {"key": str(uuid.uuid4()), "p-years": "5", "p-count": "4", "p-source": "PKS", "p-kind": "two", "i-0": "A_B_C:x.fits"}
    return LaunchForm({**values, **{name.replace("__", "-"): value for name, value in changes.items()}}, specification=specification)


def test_parameters_keep_the_order_of_the_file_and_their_types(specification: Specification) -> None:
    form = filled(specification)
    assert form.is_valid(), form.errors
    assert form.parameters == {"years": 5.0, "count": 4, "source": "PKS", "rest_frame": False, "kind": "two"}
    assert list(form.parameters) == ["years", "count", "source", "rest_frame", "kind"]
    assert isinstance(form.parameters["years"], float)
    assert isinstance(form.parameters["count"], int)
    assert form.parameter_rows()[0][1] == "yr"


@pytest.mark.parametrize("value", ["", "abc", "-1", "51", "nan", "inf", "1e999", "1,5", "１００", "5; rm -rf /"])
def test_a_number_that_is_none_or_out_of_range_is_refused(specification: Specification, value: str) -> None:
    assert "p-years" in filled(specification, p__years=value).errors


@pytest.mark.parametrize("value", ["3.5", "x", "", "1e3"])
def test_a_whole_number_is_whole(specification: Specification, value: str) -> None:
    assert "p-count" in filled(specification, p__count=value).errors


@pytest.mark.parametrize("value", ["$(id)", "`id`", 'a"b', "a'b", "a\\b", "a\nb", "\x07", "x" * 1001])
def test_text_cannot_leave_its_quotes_in_a_command(specification: Specification, value: str) -> None:
    assert "p-source" in filled(specification, p__source=value).errors


@pytest.mark.parametrize("value", ["", "no-colon", ":name", "scope:", "a b:c", "scope:na\nme", "s:" + "n" * 501])
def test_an_input_is_a_did(specification: Specification, value: str) -> None:
    assert "i-0" in filled(specification, i__0=value).errors


@pytest.mark.parametrize("value", ["A:b", "user.lead:a/b c+d%2F é.fits", "s:" + "n" * 500])
def test_a_did_may_hold_what_rucio_takes(specification: Specification, value: str) -> None:
    form = filled(specification, i__0=value)
    assert form.is_valid(), form.errors
    assert form.inputs == {"data/x.fits": {"lake": "escape", "did": value}}


def test_a_choice_that_is_not_offered_is_refused(specification: Specification) -> None:
    assert "p-kind" in filled(specification, p__kind="three").errors


def test_what_was_typed_stays_beside_its_error(specification: Specification) -> None:
    form = filled(specification, p__years="-1")
    assert 'value="-1"' in str(form["p-years"])


def test_a_specification_that_does_not_pass_its_checks_is_not_launched(specification: Specification) -> None:
    specification.text = TEXT.replace("type: serial", "type: unheard-of")
    form = filled(specification)
    assert not form.is_valid()
    assert "The specification of the workflow has an error" in str(form.non_field_errors())


def test_the_checks_are_those_of_reana_client(specification: Specification) -> None:
    names = [check.name for check in filled(specification).checks]
    assert names[0] == "Specification file"
    assert "Dangerous operations" in names


def test_what_to_do_points_at_fields_only_where_there_are_some(specification: Specification) -> None:
    assert filled(specification, p__years="-1").what_to_do == "Fix the highlighted fields."
    form = filled(specification)
    assert form.is_valid()
    form.add_error(None, "REANA needs a token of its own.")
    assert form.what_to_do == ""
