"""What is typed is what is sent: each default keeps its type through the form, the database and back, and nothing is changed in silence."""

import json
import re
import uuid
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import yaml
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from projects.models import Project
from projects.workflows.forms import LaunchForm
from projects.workflows.models import Run, Specification
from projects.workflows.parameter_fields import written
from tests.factories import make_project

DEFAULTS: dict[str, Any] = {
    "whole": 3,
    "zero": 0,
    "huge": 10**60,
    "ratio": 0.1,
    "small": 5e-11,
    "large": 1e22,
    "round": 10.0,
    "zero_float": 0.0,
    "fast": False,
    "slow": True,
    "name": "Africa",
    "empty": "",
    "spaces": "  a b  ",
    "number_text": "007",
    "date": "2024-01-31",
    "path": "C:\\data",
    "quoted": "it's",
    "lines": "first line\nsecond line\n",
    "blank_first": "\n  x\n",
    "long": "x" * 5000,
    "tab": "a\tb",
    "bins": [1, 2.0, 3],
    "labels": ["a", "b"],
    "cuts": {"pt": 20, "eta": 2.4, "a": None, "aa": [1e22]},
    "no_list": [],
    "nothing": None,
    "ümlaut": "→",
}
STEPS = {"type": "serial", "specification": {"steps": [{"name": "s", "environment": "e", "commands": ["echo"]}]}}


def specification(parameters: dict[str, Any], **facts: Any) -> Specification:
    text = yaml.safe_dump({"inputs": {"parameters": parameters}, "workflow": STEPS}, sort_keys=False, allow_unicode=True)
    return Specification(project=Project(slug="p"), name="s", title="S", text=text, facts=facts)


def shown(form: LaunchForm) -> dict[str, str]:
    """What a browser would send back if nobody typed anything: read from the HTML."""
    sent: dict[str, str] = {}
    for field in form:
        html = str(field)
        name = field.html_name
        if "disabled" in html.split(">")[0]:
            continue
        if area := re.search(r"<textarea[^>]*>\r?\n?(.*?)</textarea>", html, re.DOTALL):
            sent[name] = unescape(area[1]).replace("\n", "\r\n")  # as browsers send line breaks
        elif 'type="checkbox"' in html:
            if re.search(r"\bchecked\b", html):
                sent[name] = "on"
        elif "<select" in html:
            chosen = re.search(r'<option value="([^"]*)" selected', html) or re.search(r'<option value="([^"]*)"', html)
            assert chosen
            sent[name] = unescape(chosen[1])
        else:
            value = re.search(r'value="([^"]*)"', html)
            sent[name] = unescape(value[1]) if value else ""
    return sent


def sent(made: Specification, **typed: str) -> LaunchForm:
    return LaunchForm(
        {**shown(LaunchForm(specification=made)), **{f"p-{name}": value for name, value in typed.items()}}, specification=made
    )


def test_the_unchanged_form_sends_each_default_as_it_is() -> None:
    form = sent(specification(DEFAULTS))
    assert form.is_valid(), form.errors
    assert written(form.parameters) == written(DEFAULTS)
    assert {name: type(value) for name, value in form.parameters.items()} == {name: type(value) for name, value in DEFAULTS.items()}


@pytest.mark.django_db
def test_the_database_gives_back_what_was_sent(people: dict[str, Any]) -> None:
    made = specification(DEFAULTS)
    made.project = make_project(lead=people["lead"])
    made.save()
    run = Run.objects.create(
        project=made.project,
        number=1,
        by=people["lead"],
        specification=made,
        text=made.text,
        parameters=DEFAULTS,
        key=uuid.uuid4(),
        name="n",
        server="s",
    )
    again = Run.objects.get(pk=run.pk).parameters
    assert written(again) == written(DEFAULTS)  # 1e22 stays a float, and keys keep their order
    assert Run.objects.values_list("parameters", flat=True).get()["cuts"] == DEFAULTS["cuts"]


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("whole", "-12", -12),
        ("round", "5", 5.0),
        ("ratio", "0.30", 0.3),
        ("ratio", "1e-320", 1e-320),
        ("fast", "on", True),
        ("fast", "false", False),
        ("slow", "0", False),
        ("name", " a  b ", " a  b "),
        ("lines", "x\r\n y", "x\n y"),
        ("bins", "[2, 1.0]", [2, 1.0]),
        ("cuts", '{"b": 1, "a": 1e22}', {"b": 1, "a": 1e22}),
        ("nothing", "null", None),
        ("nothing", "5", 5),
        ("nothing", '"x"', "x"),
    ],
)
def test_what_is_typed_is_what_is_sent(name: str, typed: str, value: Any) -> None:
    form = sent(specification(DEFAULTS), **{name: typed})
    assert form.is_valid(), form.errors
    assert written(form.parameters[name]) == written(value)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("whole", "3.5"),
        ("whole", "9" * 5000),
        ("ratio", "0.12345678901234567890"),
        ("ratio", "1e-400"),
        ("ratio", "1e999"),
        ("fast", "no"),
        ("name", "a\nb"),
        ("name", "$(id)"),
        ("lines", "a`id`"),
        ("bins", "1, 2"),
        ("bins", "{}"),
        ("bins", "[NaN]"),
        ("bins", "[0.12345678901234567890]"),
        ("bins", "[" * 5000),
        ("bins", '["$(id)"]'),
        ("cuts", '{"a": 1, "a": 2}'),
        ("cuts", '{"a": "\\u0000"}'),
        ("cuts", '{"a": "\\ud800"}'),
        ("nothing", ""),
    ],
)
def test_what_cannot_be_sent_as_typed_is_refused(name: str, typed: str) -> None:
    form = sent(specification(DEFAULTS), **{name: typed})
    assert f"p-{name}" in form.errors


def test_choices_keep_their_type_and_the_default_is_one_of_them() -> None:
    made = specification(
        {"level": 2, "mode": "a", "mixed": 1, "away": 9, "flag": True},
        level={"choices": [1, 2, 3]},
        mode={"choices": ["a", "b"]},
        mixed={"choices": [1, "1", None, 1.5]},
        away={"choices": [1, 2]},
        flag={"choices": [True, False]},
    )
    form = sent(made)
    assert form.is_valid(), form.errors
    assert written(form.parameters) == written({"level": 2, "mode": "a", "mixed": 1, "away": 9, "flag": True})
    form = sent(made, level="3", mode="b", mixed='"1"', away="2", flag="false")
    assert form.is_valid(), form.errors
    assert written(form.parameters) == written({"level": 3, "mode": "b", "mixed": "1", "away": 2, "flag": False})
    assert "p-level" in sent(made, level="4").errors


def test_a_range_is_said_where_it_is_enforced() -> None:
    made = specification({"years": 10.0, "count": 3}, years={"min": 0.1, "max": 50, "hint": "Observation time."}, count={"min": 1})
    form = LaunchForm(specification=made)
    assert form.fields["p-years"].help_text == "Observation time. From 0.1 to 50."
    assert form.fields["p-count"].help_text == "At least 1."
    assert "p-years" in sent(made, years="50.1").errors
    assert "p-count" in sent(made, count="0").errors


def test_a_value_that_a_form_cannot_carry_is_sent_as_it_stands_and_said() -> None:
    form = sent(specification({"tab": "a\tb"}), tab="typed")
    assert form.is_valid()
    assert form.parameters == {"tab": "a\tb"}
    assert "contains characters that cannot be entered in a form" in form.fields["p-tab"].help_text


def opened(made: Specification, query: str) -> LaunchForm:
    return LaunchForm(specification=made, address=QueryDict(query).dict())


def test_the_address_fills_the_form_in() -> None:
    form = opened(specification(DEFAULTS), "p-ratio=0.7&p-whole=8&p-fast=true&p-slow=false&p-name=Asia&p-bins=[5]&specification=s")
    values = {name: form[f"p-{name}"].initial for name in ("ratio", "whole", "fast", "slow", "name", "bins")}
    assert values == {"ratio": 0.7, "whole": 8, "fast": True, "slow": False, "name": "Asia", "bins": [5]}
    assert len(form.filled) == 6
    assert form.notes == []
    again = LaunchForm(shown(form), specification=form.specification)
    assert again.is_valid(), again.errors
    assert again.parameters["ratio"] == 0.7


@pytest.mark.parametrize("query", ["p-ratio=abc", "p-fast=maybe", "p-nosuch=1", "p-bins={}", "p-tab=x", "p-name=$(id)", "i-0=A:b"])
def test_a_value_of_the_address_that_does_not_fit_is_said(query: str) -> None:
    form = opened(specification(DEFAULTS), query)
    assert form.filled == []
    assert len(form.notes) == 1
    assert query.split("=")[0] in form.notes[0]


def test_values_of_an_earlier_run_that_no_longer_fit_are_said() -> None:
    made = specification({"ratio": 0.5, "mode": "a", "kept": "k"}, mode={"choices": ["a", "b"]})
    previous = Run(number=4, parameters={"ratio": "abc", "mode": "c", "kept": "old", "gone": 1}, inputs={})
    form = LaunchForm(specification=made, previous=previous)
    assert (form["p-ratio"].initial, form["p-mode"].initial, form["p-kept"].initial) == (0.5, "a", "old")
    assert sorted(note.split(" =")[0] for note in form.notes) == ["gone", "mode", "ratio"]
    assert all("run 4" in note for note in form.notes)


@pytest.mark.django_db
def test_the_launch_page_shows_what_is_passed_over(signed_in: Callable[[str], Client], people: dict[str, Any]) -> None:
    project = make_project(lead=people["lead"])
    text = "inputs: {directories: [code], files: [a.py], parameters: {ratio: 0.5}}\n" + f"workflow: {json.dumps(STEPS)}\n"
    Specification.objects.create(project=project, name="s", title="S", text=text)
    page = signed_in("lead").get(reverse("workflows:launch", args=[project.slug]) + "?p-ratio=0.1&p-other=5").content.decode()
    assert 'value="0.1"' in page
    assert "p-other=5 in the link is not used" in page
    assert "no files of these folders are stored with the workflow: code" in page
    assert "a.py is not stored with this workflow" in page  # an input that is not there
    assert "No outputs are declared" in page
    assert page.count("not checked") >= 1


def test_a_file_of_parameters_is_said() -> None:
    text = "inputs: {parameters: {input: params.yaml}}\nworkflow: {type: cwl, file: a.cwl}\n"
    made = Specification(project=Project(slug="p"), name="s", title="S", text=text)
    assert any("names a file that was not read (params.yaml)" in remark for remark in made.remarks)
    assert {check.state for check in LaunchForm(specification=made).checks[1:]} == {"not checked"}


@pytest.mark.parametrize(
    ("default", "step"),
    [(3.2, "0.1"), (5e-11, "1e-12"), (10.0, "1"), (-3.2, "0.1"), (0.5, "0.01"), (1e22, "1e21"), (99.9, "1"), (0.0, None)],
)
def test_arrows_take_sensible_steps_and_every_value_stays_allowed(default: float, step: str | None) -> None:
    form = LaunchForm(specification=specification({"ratio": default}))
    attributes = form.fields["p-ratio"].widget.attrs
    assert attributes["step"] == "any"
    assert (None if step is None else float(step)) == (float(attributes["data-step"]) if "data-step" in attributes else None)
    sent = LaunchForm({"p-ratio": "0.123456789", "key": str(uuid.uuid4())}, specification=specification({"ratio": default}))
    assert "p-ratio" not in sent.errors


def test_a_declared_step_and_whole_numbers_keep_their_own_arrows() -> None:
    form = LaunchForm(specification=specification({"ratio": 0.5, "count": 30}, ratio={"step": 0.25}))
    assert [form.fields[f"p-{name}"].widget.attrs["step"] for name in ("ratio", "count")] == [0.25, 1]
    assert all("data-step" not in form.fields[f"p-{name}"].widget.attrs for name in ("ratio", "count"))
