"""REQUESTS_FILE: everything that is wrong with it is told at once, and its fields take what people type."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django import forms

from projects.requests import standard
from projects.requests.configuration import read
from projects.requests.numbers import NumberField
from projects.requests.standard.configured import kind_from

KIND = '[[request]]\nkey = "a"\ntitle = "x"\ndescription = "y"\n'


@pytest.mark.parametrize(
    "text",
    [
        "nothing = ",
        '[[request]]\nkey = "A b"\ntitle = "x"\ndescription = "y"',
        '[[request]]\nkey = "a"\ntitle = "x"',
        '[[request]]\nkey = "a"\ntitle = "x"\ndescription = "y"\nfields = [{name = "text", label = "z"}]',
        '[[request]]\nkey = "a"\ntitle = "x"\ndescription = "y"\nfields = [{name = "b", label = "z", type = "choice"}]',
        '[[request]]\nkey = "a"\ntitle = "x"\ndescription = "y"\napprover = ["z"]',
        '[approvers]\nenvironment = "escape"',
        'request = "x"',
        "[other]\nx = 1",
    ],
)
def test_a_wrong_file_is_refused_in_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "requests.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"requests\.toml cannot be"):
        read(path)


def test_the_file_of_the_documentation_can_be_read(tmp_path: Path) -> None:
    example = Path("docs/requests.md").read_text().split("```toml\n")[1].split("```")[0]
    path = tmp_path / "requests.toml"
    path.write_text(example)
    assert read(path).kinds


FAULTY = """
[approvers]
enviroment = ["escape"]
[[answer]]
kind = "beam-tme"
title = "Done"
text = "It is done."
[[answer]]
title = "Sorry"
text = "No."
[[answer]]
title = "Sorry"
text = "No!"
[[request]]
key = "beam-time"
title = "Beam time"
description = "Hours"
approvers = ["a", "a"]
requird = true
[[request.fields]]
name = "hours"
label = "Hours"
type = "number"
required = "false"
help_text = "x"
[[request.fields]]
name = "detector"
type = "choice"
choices = ["a", "a"]
minimum = 3
"""
FAULTS = [
    "approvers: enviroment is not one of environment",
    "answer: no request has the kind beam-tme",
    "answer 3 (Sorry): an answer before it has the same title",
    "request 1 (beam-time): nothing is called requird",
    "request 1 (beam-time): approvers has twice: a",
    "field hours: nothing is called help_text",
    "field hours: required has to be true or false",
    "field detector: label has to be a text",
    "field detector: choices has twice: a",
    "field detector: only a number has a minimum",
]


def test_all_faults_stop_the_start_together(settings: Any, tmp_path: Path) -> None:
    path = tmp_path / "requests.toml"
    path.write_text(FAULTY)
    settings.REQUESTS_FILE = str(path)
    with pytest.raises(ValueError, match="cannot be used") as error:
        standard.check()
    assert [fault for fault in FAULTS if fault not in str(error.value)] == []


def test_a_good_file_with_a_mark_of_its_encoding_starts(settings: Any, tmp_path: Path) -> None:
    path = tmp_path / "requests.toml"
    answers = "".join(f'[[answer]]\nkind = "{kind}"\ntitle = "Done"\ntext = "Done"\n' for kind in ("a", "limit", "*", "project-need"))
    path.write_text(f'{KIND}{answers}[approvers]\niam-group = ["escape"]\n', encoding="utf-8-sig")
    settings.REQUESTS_FILE = str(path)
    standard.check()
    assert read(path).kinds[0].key == "local.a"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, 1500) for text in ("1500", "1 500", "1\u202f500", "1\u00a0500", "1,500", "1'500", " 1500 ")),
        *((text, Decimal("1500.5")) for text in ("1500,5", "1500.5", "1 500,5", "1.500,5", "1,500.5")),
        *(("10 000", 10_000), ("0,125", Decimal("0.125")), ("12,345,678", 12_345_678)),
        *((text, None) for text in ("-1", "1 2", "1,2,3", "ten", "NaN", "1e999", "1,,5")),
    ],
)
def test_numbers_are_read_as_people_type_them(text: str, value: Any) -> None:
    field = NumberField(min_value=Decimal(0))
    if value is not None:
        assert field.clean(text) == value
        return
    with pytest.raises(forms.ValidationError):
        field.clean(text)


def test_a_number_may_have_another_minimum_and_is_shown_with_its_thousands_apart(tmp_path: Path) -> None:
    path = tmp_path / "requests.toml"
    path.write_text(f'{KIND}[[request.fields]]\nname = "n"\nlabel = "N"\ntype = "number"\nminimum = -273.15\n')
    form = kind_from(read(path).kinds[0]).form
    assert form.base_fields["n"].clean("-200") == -200
    with pytest.raises(forms.ValidationError, match="273"):
        form.base_fields["n"].clean("-300")
    with pytest.raises(forms.ValidationError, match="for example 1500"):
        form.base_fields["n"].clean("many")
    assert form.describe({"n": "12345.5"}) == [("N", "12,345.5")]
