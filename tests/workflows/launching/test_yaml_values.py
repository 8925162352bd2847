"""YAML in and out: nothing is changed in silence, and every fault has its line."""

from typing import Any

import pytest
import yaml

from projects.workflows.launching import yaml_values
from projects.workflows.launching.plain_values import written
from projects.workflows.launching.yaml_values import YamlFault
from tests.workflows.test_exact_values import DEFAULTS

ODD = {
    "text of a number": "1e3", "word": "no", "time": "1:30", "octal": "012", "null text": "null", "hex": "0x1F", "nan": ".nan", "colon": "a: b",
    "comment": "# x", "underscore": "1_000", "separator": "\u2028", "next line": "\x85x", "return": "a\r\nb", "1": 2, "true": 1, "merge": "<<",
    "spaces at ends of lines": "a \nb \n", "eight": "08", "dot": "1.", "dash": "-", "delete": "\x7f", "nested": [{"a": [1, [2]]}], "none": {},
}  # fmt: skip


def test_what_is_written_is_read_unchanged_here_and_by_other_readers_of_yaml() -> None:
    values = {**DEFAULTS, **ODD}
    text = yaml_values.dump(values)
    assert written({entry.name: entry.value() for entry in yaml_values.entries(text)}) == written(values)
    assert written(yaml.safe_load(text)) == written(values)


@pytest.mark.parametrize("value", [*DEFAULTS.values(), *ODD.values()], ids=str)
def test_a_single_value_too(value: Any) -> None:
    assert written(yaml_values.value(yaml_values.dump(value))) == written(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e3", 1000.0), ("1.0", 1.0), ("+1", 1), (".5", 0.5), ("0x1f", 31), ("2024-01-31", "2024-01-31"), ("!!str 5", "5"), ("TRUE", True),
        ('{"a": [1e22, null]}', {"a": [1e22, None]}), ("a b", "a b"), ("'no'", "no"),
    ],
)  # fmt: skip
def test_numbers_and_texts_are_what_they_look_like(text: str, value: Any) -> None:
    assert written(yaml_values.value(text)) == written(value)


@pytest.mark.parametrize(
    "text",
    ["no", "yes", "on", "Off", "012", "08", "1:30", "1_000", "0b11", "0o17", "nan", ".inf", "[NaN]", "{1: a}", "a:", "0.12345678901234567890", "1e999",
     "{a: 1, a: 2}", "[", "*a", "!!binary aGk=", "!!python/object:x {}", "[" * 5000],
)  # fmt: skip
def test_what_readers_would_change_is_refused(text: str) -> None:
    with pytest.raises(YamlFault):
        yaml_values.value(text)


def test_a_surprise_is_told_with_its_line_and_both_ways_out() -> None:
    with pytest.raises(YamlFault) as told:
        yaml_values.value("- a\n- no\n")
    assert told.value.line == 2
    assert str(told.value) == 'YAML reads “no” as false. Write false, or "no" for the text.'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"class": "File", "path": "data/x y.txt"}, "{class: File, path: data/x y.txt}"),
        (["a", "1", 1, 2.5, True, None], '[a, "1", 1, 2.5, true, null]'),
        ({"deep": [{"x": False}]}, "{deep: [{x: false}]}"),
        ("no", '"no"'),
        ("a, b", '"a, b"'),
        ("two\nlines", '"two\\nlines"'),
        ("", '""'),
        (5e-11, "5e-11"),
    ],
)
def test_values_stand_on_one_line_as_yaml_reads_them(value: Any, text: str) -> None:
    assert yaml_values.inline(value) == text
    assert yaml_values.value(text) == value


@pytest.mark.parametrize("text", ["8" * 5000, "-" + "8" * 5000, "0x" + "f" * 5000, "0b" + "1" * 15_000, ":".join("1" * 2500)])
def test_a_text_that_is_a_number_too_long_to_be_one_stays_text_in_quotes(text: str) -> None:
    assert yaml_values.inline(text) == f'"{text}"'
    assert yaml_values.dump({"a": text}) == f"a: '{text}'\n"
    assert yaml_values.value(f"'{text}'") == text
    assert yaml_values.as_read(text) == text
    with pytest.raises(YamlFault, match=r"too many digits|characters; at most"):
        yaml_values.value(text)
    with pytest.raises(YamlFault, match="too many digits"):
        yaml_values.scalar(text)


def test_a_page_shows_texts_as_they_are_and_no_python() -> None:
    assert [yaml_values.as_shown(value) for value in ("no", "two\nlines", True, None, ["a"])] == ["no", "two\nlines", "true", "null", "[a]"]
