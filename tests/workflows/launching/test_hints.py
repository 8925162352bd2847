"""Hints of the content file, the author and the editors: merged in that order, each bad one costs only itself."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project
from projects.workflows.forms import LaunchForm
from projects.workflows.launching.field_values import sent
from projects.workflows.launching.hint import Hint, kind_of
from projects.workflows.models import Run, Specification
from vre_portal.audit.models import AuditEntry

PARAMETERS = "inputs: {parameters: {ratio: 0.5, count: 4, mode: a, day: 2027-01-31, at: '2027-01-31T10:00:00', bins: [1]}}\n"
WORKFLOW = "workflow: {type: serial, specification: {steps: [{name: s, environment: e, commands: [echo]}]}}\n"


def made(block: str = "", schema: Any = "", editors: dict[str, Any] | None = None, **facts: Any) -> Specification:
    text = PARAMETERS + WORKFLOW + block
    schema = schema if isinstance(schema, str) else json.dumps(schema)
    return Specification(
        project=Project(slug="p"), name="s", title="S", text=text, facts=facts, parameter_schema=schema, editor_hints=editors or {}
    )


def test_editors_go_over_the_author_who_goes_over_the_schema_and_the_content_file() -> None:
    found = made(
        "vre: {parameters: {ratio: {unit: TeV, max: 2}}}\n",
        {"properties": {"ratio": {"title": "Schema", "x-unit": "GeV", "minimum": 0.1, "x-group": "Cuts"}}},
        {"ratio": {"label": "Editors", "max": 1}},
        ratio={"label": "File", "hint": "From the file.", "min": 0},
    ).hints
    assert found.of("ratio") == Hint(label="Editors", unit="TeV", help="From the file.", min=0.1, max=1, group="Cuts")
    assert found.notes == ()
    assert found.of("nobody") == Hint()


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("vre: x\n", "vre: must be a mapping"),
        ("vre: {headline: 5}\n", "vre: headline: must be the path of an output"),
        ("vre: {headline: a.root}\n", "vre: headline: a.root is neither JSON nor CSV"),
        ("vre: {headline: results/x.json}\n", "vre: headline: results/x.json is not a declared output"),
        ("vre: {other: 1}\n", "vre: other is not known here"),
        ("vre: {parameters: [1]}\n", "vre: parameters: must be a mapping"),
        ("vre: {parameters: {nobody: {label: x}}}\n", "vre: nobody: there is no such parameter"),
        ("vre: {parameters: {ratio: 3}}\n", "vre: ratio: must be a mapping"),
        ("vre: {parameters: {ratio: {colour: red}}}\n", "vre: ratio: colour: is not known here"),
        ("vre: {parameters: {ratio: {label: 3}}}\n", "vre: ratio: label: must be text"),
        ("vre: {parameters: {ratio: {min: low}}}\n", "vre: ratio: min: must be a number"),
        ("vre: {parameters: {ratio: {step: 0}}}\n", "vre: ratio: step: must be more than 0"),
        ("vre: {parameters: {ratio: {max: 0.4}}}\n", "max: is not used: the default 0.5 is outside of it"),
        ("vre: {parameters: {ratio: {above: 0.5}}}\n", "above: is not used: the default 0.5 is outside of it"),
        ("vre: {parameters: {ratio: {step: 0.2}}}\n", "step: is not used: the default 0.5 is not a multiple of 0.2"),
        ("vre: {parameters: {mode: {min: 1}}}\n", "min: is not used: the default is not a number"),
        ("vre: {parameters: {mode: {choices: [b]}}}\n", "choices: the default is not one of them; it is added"),
        ("vre: {parameters: {bins: {choices: [1]}}}\n", "choices: is not used: the default is a list or an object"),
        ("vre: {parameters: {mode: {format: date}}}\n", "kind: is not used: the default is not such a text"),
    ],
)
def test_a_bad_hint_is_told_and_costs_only_itself(block: str, words: str) -> None:
    specification = made(block, ratio={"unit": "TeV"})
    assert any(words in note for note in specification.hints.notes), specification.hints.notes
    assert specification.hints.of("ratio").unit == "TeV"
    assert specification.faults == ()
    form = LaunchForm(specification=specification)
    assert form.fields["p-ratio"].clean("0.5") == 0.5


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("{", "it is not JSON"),
        ("[]", "it must be a JSON schema"),
        ({"properties": {"nobody": {}}}, "nobody: there is no such parameter"),
        ({"properties": {"ratio": {"pattern": "x"}}}, "ratio: pattern is not used"),
        ({"properties": {"ratio": {"type": "string"}}}, "ratio: type is not used"),
        ({"properties": {"ratio": {"default": 3}}}, "ratio: default is not used"),
        ({"properties": {}, "required": ["ratio"]}, "required is not used"),
        ({"properties": {"mode": {"format": "email"}}}, "mode: format: must be date or date-time"),
    ],
)
def test_keywords_of_a_schema_that_a_form_does_not_obey_are_named(schema: Any, words: str) -> None:
    assert any(note.startswith("reana.schema.json") and words in note for note in made(schema=schema).hints.notes)


def test_a_schema_of_draft_2020_12_makes_limits_choices_and_words() -> None:
    found = made(
        schema={
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "ratio": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "description": "A share.", "x-advanced": True},
                "count": {"type": "integer", "multipleOf": 2, "maximum": 8},
                "mode": {"enum": ["a", "b"]},
            },
        }
    )
    assert found.hints.notes == ()
    form = LaunchForm(specification=found)
    assert form.fields["p-ratio"].help_text == "A share. More than 0 and less than 1."
    assert form.fields["p-count"].help_text == "At most 8. In steps of 2."
    assert [group.is_advanced for group in form.groups()] == [False, True]
    sent = LaunchForm({"p-ratio": "1", "p-count": "5", "p-mode": "c", "p-day": "31.1.2027", "p-at": "2027-01-31"}, specification=found)
    assert {"p-ratio", "p-count", "p-mode", "p-day", "p-at"} <= set(sent.errors)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("2027-01-31", "date"), ("2027-01-31T10:00:00+01:00", "date-time"), ("2027-02-30", ""), ("20270131", ""), ("31", ""), ("a", "")],
)
def test_a_text_that_is_a_date_has_the_field_of_one_and_stays_text(text: str, kind: str) -> None:
    assert kind_of(text) == kind


def test_the_block_is_for_the_portal_and_reana_is_not_sent_it() -> None:
    specification = made("vre: {parameters: {ratio: {unit: TeV}}}\n")
    assert "vre" not in specification.content
    assert "vre" not in Run(text=specification.text).content
    states = {check.name: check.state for check in LaunchForm(specification=specification).checks}
    assert states["Specification file"] == "ok"


def test_a_declared_output_may_have_the_headline_numbers() -> None:
    assert made("outputs: {files: ['results/*.json']}\nvre: {headline: results/x.json}\n").hints.notes == ()


HUGE = "1" + "0" * 400


@pytest.mark.parametrize("default", ["4", "0.5", "a", "[1]"])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("minimum", HUGE),
        ("maximum", "-1e400"),
        ("exclusiveMinimum", "NaN"),
        ("multipleOf", HUGE),
        ("multipleOf", "1e-320"),
        ("enum", '["a", "\\ud800"]'),
        ("enum", "[NaN]"),
        ("enum", f"[{HUGE}]"),
        ("enum", "[[1]]"),
        ("title", '"\\ud800"'),
        ("description", '"\\u0000"'),
        ("x-unit", "{}"),
        ("format", "[]"),
        ("x-group", HUGE),
        ("default", "[" * 900 + "]" * 900),
    ],
)
def test_nothing_in_a_schema_takes_a_page_down(default: str, key: str, value: str) -> None:
    specification = Specification(
        project=Project(slug="p"),
        text=f"inputs: {{parameters: {{x: {default}}}}}\n" + WORKFLOW,
        parameter_schema=f'{{"properties": {{"x": {{"x-unit": "TeV", "{key}": {value}}}}}}}',
    )
    form = LaunchForm(specification=specification)
    page = "".join(f"{row.field}{row.field.label}{row.field.help_text}{row.unit}" for row in form.parameter_rows())
    assert (page + form.as_yaml() + "".join(specification.hints.notes)).encode()
    assert specification.hints.notes
    assert specification.hints.of("x").unit == ("" if key == "x-unit" else "TeV")
    back = LaunchForm(
        {f"p-{name}": sent(field, field.initial) for name, field in form.parameter_fields.items()}, specification=specification
    )
    assert "p-x" not in back.errors
    assert json.dumps(back.parameters, allow_nan=False).encode()


def test_hints_reach_the_parameters_of_a_file() -> None:
    specification = made("vre: {parameters: {level: {label: Depth, min: 1}}}\n", editors={"level": {"max": 9}})
    specification.input_parameters = {"level": 3}
    assert specification.hints.of("level") == Hint(label="Depth", min=1, max=9)
    assert specification.hints.notes == ()
    assert LaunchForm({"p-level": "10"}, specification=specification).errors["p-level"]


def test_a_schema_in_parts_makes_groups() -> None:
    found = made(
        schema={
            "$defs": {
                "cuts": {"title": "Cuts", "properties": {"ratio": {"description": "A share."}, "count": {"hidden": True}}},
                "more": {"properties": {"mode": {"x-group": "Own"}}},
            },
            "allOf": [{"$ref": "#/$defs/cuts"}, {"$ref": "#/$defs/more"}],
        }
    ).hints
    assert found.notes == ()
    assert (found.of("ratio").group, found.of("ratio").help, found.of("count").advanced) == ("Cuts", "A share.", True)
    assert found.of("mode").group == "Own"
    odd = made(schema={"$defs": {"cuts": 3}, "allOf": [{"$ref": "#/$defs/cuts"}], "properties": {"ratio": {"title": "R"}}}).hints
    assert odd.of("ratio").label == "R"
    assert len(odd.notes) == 2


pytestmark = pytest.mark.django_db


def test_an_editor_gives_a_hint_and_the_launch_form_shows_it(specification: Specification, signed_in: Callable[[str], Client]) -> None:
    address = reverse("workflows:hints", args=[specification.project.slug, "fit"])
    lead = signed_in("lead")
    page = lead.get(f"{address}?parameter=count")
    version = page.context["form"]["version"].value()
    said = {"version": version, "label": "Events", "max": "5", "choices": "", "advanced": "no", "help": "How many."}
    assert lead.post(f"{address}?parameter=count", said).status_code == 302
    specification = Specification.objects.get()
    assert specification.editor_hints == {"count": {"label": "Events", "max": 5, "advanced": False, "help": "How many."}}
    assert LaunchForm(specification=specification).fields["p-count"].help_text == "How many. At most 5."
    assert AuditEntry.objects.filter(action="specification.hints").count() == 1
    assert lead.post(f"{address}?parameter=count", said).status_code == 302  # the same again changes nothing
    assert AuditEntry.objects.filter(action="specification.hints").count() == 1
    late = lead.post(f"{address}?parameter=years", {"version": version, "label": "Mine"})
    assert late.status_code == 409
    assert "were changed while you were editing" in late.content.decode()
    assert 'value="Mine"' in late.content.decode()
    refused = lead.post(f"{address}?parameter=kind", {"version": version, "choices": "two\nthree"})
    assert refused.status_code == 400
    assert "the default must be one of them" in refused.content.decode()
    assert signed_in("member").get(address).status_code == 403


@pytest.mark.parametrize(("typed", "saved"), [("1\n1.5", [1, 1.5]), ("007", None), ("no", None), ('"007"\none', ["007", "one"])])
def test_choices_keep_their_types(specification: Specification, signed_in: Callable[[str], Client], typed: str, saved: Any) -> None:
    Specification.objects.update(text="inputs: {parameters: {x: null}}\n" + WORKFLOW)
    address = reverse("workflows:hints", args=[specification.project.slug, "fit"])
    lead = signed_in("lead")
    version = lead.get(address).context["form"]["version"].value()
    reply = lead.post(address, {"version": version, "choices": f"null\n{typed}"})
    assert reply.status_code == (302 if saved else 400)
    assert Specification.objects.get().editor_hints.get("x", {}).get("choices") == ([None, *saved] if saved else None)
