"""Runs as files for spreadsheets: all of them, with the values of their parameters."""

import csv
import io
import json
import uuid
from collections.abc import Callable

from django.test import Client

from projects.workflows.lists.query import PAGE
from projects.workflows.models import Run, RunFile


def again(run: Run, number: int, **facts: object) -> Run:
    return Run.objects.create(
        project=run.project, number=number, by=run.by, specification=run.specification, text=run.text, key=uuid.uuid4(), server=run.server,
        name=Run.new_name(), **facts,
    )  # fmt: skip


def rows_of(lead: Client, run: Run, query: str = "?format=csv") -> list[dict[str, str]]:
    reply = lead.get(f"{run.project.get_absolute_url()}workflows/{query}")
    assert reply["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(reply.content.decode())))


def test_parameters_have_their_values_and_their_own_columns(run: Run, signed_in: Callable[[str], Client]) -> None:
    again(
        run, 2, parameters={"years": 10, "model": "power law", "fast": True, "energies": [1, 2.5], "file": {"class": "File"}, "none": None}
    )
    again(
        run,
        3,
        parameters={"years": 12, "text": "two\nlines", "formula": "=1+1"},
        inputs={"data/a.fits": {"lake": "escape", "did": "S:a.fits"}},
    )
    third, second, first = rows_of(signed_in("lead"), run)
    assert (second["parameter years"], third["parameter years"], first["parameter years"]) == ("10", "12", "")
    assert (second["parameter model"], second["parameter fast"], second["parameter none"]) == ("power law", "true", "")
    assert json.loads(second["parameter file"]) == {"class": "File"}
    assert second["parameter energies"] == "1 2.5"
    assert (third["parameter text"], third["parameter formula"]) == ("two\nlines", "'=1+1")
    assert third["input data/a.fits"] == "S:a.fits"
    assert not any("{'" in value or "['" in value for row in (first, second, third) for value in row.values())


def test_all_runs_are_in_the_file(run: Run, signed_in: Callable[[str], Client]) -> None:
    for number in range(2, PAGE + 12):
        again(run, number)
    rows = rows_of(signed_in("lead"), run)
    assert [int(row["number"]) for row in rows] == list(range(PAGE + 11, 0, -1))


def test_json_pages_lead_to_all_runs_with_steps_but_without_their_logs(run: Run, signed_in: Callable[[str], Client]) -> None:
    for number in range(2, PAGE + 3):
        again(run, number, steps=[{"name": "s", "state": "finished", "log": "a long log"}])
    lead, numbers, page = signed_in("lead"), [], f"{run.project.get_absolute_url()}workflows/?format=json"
    while page:
        answer = lead.get(page).json()
        assert "a long log" not in json.dumps(answer)
        numbers += [item["number"] for item in answer["items"]]
        page = answer["next"]
    assert numbers == list(range(PAGE + 2, 0, -1))


def test_a_run_as_json_says_of_its_files_what_is_not_here(run: Run, signed_in: Callable[[str], Client]) -> None:
    RunFile.objects.create(run=run, path="big\n.bin", size=2**62, state=RunFile.State.LEFT, reason="Larger than 50.0 MB.")
    found = signed_in("lead").get(f"{run.get_absolute_url()}?format=json").json()
    assert found["files"][0] | {"id": 0} == {
        "id": 0, "name": "big\n.bin", "size": 2**62, "state": "left", "reason": "Larger than 50.0 MB.", "declared": True, "sha256": "",
    }  # fmt: skip
    assert found["files_url"].endswith(f"/workflows/{run.number}/files/?format=json")
