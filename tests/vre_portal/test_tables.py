"""Rows as CSV: no column and no part of a value is lost."""

import csv
import io
import json

from django.test import RequestFactory

from vre_portal.tables import listing


def rows_of(rows: list[dict[str, object]]) -> list[dict[str, str]]:
    reply = listing(RequestFactory().get("/", {"format": "csv"}), rows, following=None, filename="x")
    assert reply is not None
    return list(csv.DictReader(io.StringIO(reply.content.decode())))


def test_what_has_parts_is_written_as_json() -> None:
    (row,) = rows_of([{"facts": {"a": 1, "é": [True, None]}, "steps": [{"name": "x"}], "words": ["a", "b"], "none": None, "yes": True}])
    assert json.loads(row["facts"]) == {"a": 1, "é": [True, None]}
    assert json.loads(row["steps"]) == [{"name": "x"}]
    assert (row["words"], row["none"], row["yes"]) == ("a b", "", "true")


def test_columns_that_the_first_row_lacks_are_there() -> None:
    assert rows_of([{"a": 1}, {"a": 2, "b": 3}, {"c": 4}]) == [
        {"a": "1", "b": "", "c": ""},
        {"a": "2", "b": "3", "c": ""},
        {"a": "", "b": "", "c": "4"},
    ]


def test_names_of_columns_are_no_formulas_either() -> None:
    assert list(rows_of([{"=1+1": "=2"}])[0].items()) == [("'=1+1", "'=2")]
