"""Headline numbers are shown with six digits, and with more where they would look alike; the title and the exports have them all."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from projects.workflows import number_text
from projects.workflows.headline import figures_of, note_results
from projects.workflows.models import Result, Run, RunFile, RunValue
from projects.workflows.models.label import result_values
from projects.workflows.number_text import short_text, short_texts
from tests.page_text import text_of
from tests.workflows.lists.made_runs import another

SignIn = Callable[[str], Client]


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("24.7801963287", "24.7802"),
        ("2.43356616813e-11", "2.43357e-11"),
        ("-0.000123456789", "-0.000123457"),
        ("60310.123456", "60310.1"),
        ("999999.7", "1000000"),
        ("1234567.25", "1234567"),
        ("1.23456789012e12", "1.23457e12"),
        ("12345678901234", "12345678901234"),  # may be an identifier
        ("2.5", "2.5"),
        ("0", "0"),
        ("1.23456789 ± 0.00000012", "1.23456789 ± 0.00000012"),
        ("1.2345678 +0.0000012 −0.0000031", "1.2345678 +0.0000012 −0.0000031"),
        ("NaN", "NaN"),
    ],
)
def test_numbers_are_shown_with_six_digits(text: str, short: str) -> None:
    assert short_text(text) == short


ODD = (0.0, 5e-324, 1e-300, 0.0996, 1.0, 5.3, 999.96, 1.5e15, 1e300, sys.float_info.max)


@pytest.mark.parametrize("error", ODD)
@pytest.mark.parametrize("number", [*ODD, *(-number for number in ODD)])
def test_each_number_and_error_that_a_double_holds_has_a_short_text(number: float, error: float) -> None:
    for text in number_text.text_of(number, error):
        assert len(text) < 26
        assert short_text(text)


@pytest.mark.parametrize(
    ("number", "error", "texts"),
    [
        (5.3, sys.float_info.max, ("5", "1.8e308")),  # an error that was not found, as many programs write it
        (1.0, 1e-300, ("1.0000000000000000e0", "1e-300")),
        (1234.5, 0.0996, ("1234.50", "0.10")),
        (123456.0, 1200.0, ("123456", "1200")),
        (2.5e-7, 1e-8, ("2.50e-7", "1e-8")),
    ],
)
def test_a_number_has_no_more_places_than_its_error(number: float, error: float, texts: tuple[str, str]) -> None:
    assert number_text.text_of(number, error) == texts


def test_numbers_of_one_name_do_not_look_alike() -> None:
    assert short_texts(["60310.12342", "60310.12351", "2.5"]) == ["60310.123", "60310.124", "2.5"]
    assert short_texts(["60310.123451", "60310.123452"]) == ["60310.123451", "60310.123452"]
    assert short_texts(["1.2345678", "1.2345678"]) == ["1.23457", "1.23457"]
    assert short_texts([]) == []


def test_lists_and_pages_show_them_short_and_have_them_all(run: Run, signed_in: SignIn) -> None:
    for number, events in ((2, 24.7801963287), (3, 24.7801963299)):
        RunValue.objects.bulk_create(result_values(another(run, number), [("events", events, f"{events:.12g}")]))
    lead, address = signed_in("lead"), f"/projects/{run.project.slug}/workflows/"
    page = lead.get(address).content.decode()
    assert "24.780196329 " in text_of(page.encode())
    assert "24.78019633 " in text_of(page.encode())
    assert 'title="24.7801963287"' in page
    assert "24.7801963287" in lead.get(f"{address}?format=csv").content.decode()
    alone = lead.get(f"{address}2/").content.decode()
    assert '<dd title="24.7801963287"><strong>24.7802</strong>' in alone


def test_what_was_put_in_comes_last(run: Run, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    made = another(run, 2, parameters={"years": 10, "cut_level": 0.5, "is_on": "yes"})
    file = RunFile(run=made, path="results/a.json", size=80, is_declared=True)
    file.file.save("x", ContentFile(b'{"years": 10, "Cut level": 0.5, "events": 24.5, "is_on": 3}'))
    note_results(made)
    assert [row.name for row in figures_of(made)] == ["events", "is on", "years", "Cut level"]


def test_the_export_of_results_has_each_number_in_full(run: Run, signed_in: SignIn) -> None:
    for number, events in ((2, 24.7801963287), (3, 1e-11)):
        inputs = {"a.csv": {"lake": "escape", "did": "TEST_SP:a"}}
        made = another(run, number, parameters={"years": number}, inputs=inputs, commit="c" * 40)
        RunValue.objects.bulk_create(result_values(made, [("events [1/yr]", events, f"{events:.12g}"), ("limit", None, "Infinity")]))
        Result.objects.present(made, title=f"Fit {number}")
    lead, address = signed_in("lead"), f"/projects/{run.project.slug}/results/"
    page = lead.get(address).content.decode()
    assert 'title="24.7801963287"' in page
    assert "?format=csv" in page
    found = lead.get(f"{address}?format=json&page_size=1").json()["items"]
    assert [(row["title"], row["run"], row["result events [1/yr]"]) for row in found] == [("Fit 3", 3, 1e-11), ("Fit 2", 2, 24.7801963287)]
    assert found[0]["result limit"] == "Infinity"
    assert (found[0]["parameter years"], found[0]["input a.csv"], found[0]["commit"]) == (3, "TEST_SP:a", "c" * 40)
    assert found[0]["page"].endswith(f"{address}3/")
    assert "24.7801963287" in lead.get(f"{address}?format=csv").content.decode()
    assert lead.get(f"{address}?format=json&of=kept").json() == {"items": [], "next": None}
