"""Several runs on one page: headline numbers with the best marked, durations, parameters, inputs and pictures, a column for each run."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from projects.models import Project
from projects.workflows.models import BestNumber, Run, RunFile, RunOrigin, RunValue
from projects.workflows.models.label import exported_result, result_values
from projects.workflows.side_by_side import SideBySide, _seconds
from tests.page_text import text_of
from tests.test_page_costs import asked_by
from tests.workflows.lists.made_runs import BEGIN, another, join
from vre_portal.iam.models import User

SignIn = Callable[[str], Client]
FILE = {"lake": "escape", "did": "TEST_SP:a"}


@pytest.fixture
def three(run: Run, settings: Any, tmp_path: Any) -> list[Run]:
    """Runs 2 to 4 with a number each, of which the second is best; the last one has another parameter and no picture."""
    settings.MEDIA_ROOT = str(tmp_path)
    made = []
    for number, chi2, more in ((2, 3.0, {}), (3, 1.23456789, {}), (4, 2.0, {"seed": 7})):
        item = another(run, number, parameters={"cut": number / 2, "mode": "fast", **more}, inputs={"a.csv": FILE})
        RunValue.objects.bulk_create(result_values(item, [("chi2", chi2, f"{chi2:.12g}"), (f"only {number}", 1.0, "1")]))
        if number < 4:
            RunFile(run=item, path="plots/fit.png", size=4, is_declared=True).file.save("x", ContentFile(b"\x89PNG"))
        made.append(item)
    BestNumber.objects.create(specification=run.specification, name="chi2", is_larger_better=False)
    return made


def address(run: Run, *numbers: int) -> str:
    return f"/projects/{run.project.slug}/workflows/compare/?{'&'.join(f'run={number}' for number in numbers)}"


def page_of(client: Client, run: Run, *numbers: int) -> str:
    reply = client.get(address(run, *numbers))
    assert reply.status_code == 200
    return reply.content.decode()


def test_each_run_is_a_column_and_what_differs_comes_first(signed_in: SignIn, run: Run, three: list[Run]) -> None:
    page = page_of(signed_in("lead"), run, 4, 2, 3)
    words = text_of(page.encode())
    assert page.index('workflows/2/">') < page.index('workflows/3/">') < page.index('workflows/4/">')
    assert "chi2 lowest is best 3 1.23457 best 2" in words
    assert "Whole run 2 min 00 s 3 min 00 s 4 min 00 s" in words
    assert "cut 1.0 1.5 2.0 seed — Not in this run — Not in this run 7" in words
    assert "Same parameters mode fast fast fast" in words
    assert "only 3 — Not in this run 1 — Not in this run" in words
    assert page.count("<img") == 2
    found = [words.index(name) for name in ("chi2", "Whole run", "cut 1.0", "mode fast", "a.csv", "plots/fit.png")]
    assert found == sorted(found)


def test_programs_get_the_numbers_in_full(signed_in: SignIn, run: Run, three: list[Run]) -> None:
    rows = signed_in("lead").get(f"{address(run, 2, 3)}&format=json").json()["items"]
    assert rows[0] == {"part": "result", "name": "chi2", "run 2": 3.0, "run 3": 1.23456789}
    assert {"part": "seconds", "name": "whole run", "run 2": 120.0, "run 3": 180.0} in rows
    assert {"part": "parameter", "name": "mode", "run 2": "fast", "run 3": "fast"} in rows
    assert "result,chi2,3,1.23456789" in signed_in("lead").get(f"{address(run, 2, 3)}&format=csv").content.decode()


def test_programs_get_errors_and_whole_values(run: Run, three: list[Run]) -> None:
    RunValue.objects.bulk_create(result_values(three[0], [("mass", 14.2, "14.2 ± 0.3")]))
    for item in three[:2]:
        item.parameters |= {"long": "x" * 500, "steered": f"{item.number}{'y' * 500}"}
    rows = list(SideBySide(tuple(three[:2])).rows())
    assert {"part": "result", "name": "mass", "run 2": 14.2, "run 3": None} in rows
    assert {"part": "result (text)", "name": "mass", "run 2": "14.2 ± 0.3", "run 3": None} in rows
    assert {"part": "parameter", "name": "long", "run 2": "x" * 500, "run 3": "x" * 500} in rows
    assert {"part": "parameter", "name": "steered", "run 2": f"2{'y' * 500}", "run 3": f"3{'y' * 500}"} in rows
    assert not [row for row in rows if row["part"] == "result (text)" and row["name"] == "chi2"]


def test_programs_get_parameters_as_values_and_pages_without_quotes(signed_in: SignIn, run: Run, three: list[Run]) -> None:
    for item, more in zip(three[:2], ({"bins": [1, 2.5], "cut": 2.0}, {"bins": [1], "cut": 3}), strict=True):
        item.parameters = {"version": "3.10", "path": "/eos/a b", "lines": "one\ntwo", "empty": "", **more}
        item.save()
    lead = signed_in("lead")
    rows = {row["name"]: row for row in lead.get(f"{address(run, 2, 3)}&format=json").json()["items"] if row["part"] == "parameter"}
    assert {name: row["run 2"] for name, row in rows.items()} == three[0].parameters
    assert (rows["cut"]["run 3"], rows["bins"]["run 3"]) == (3, [1])
    text = lead.get(f"{address(run, 2, 3)}&format=csv").content.decode()
    assert "parameter,version,3.10,3.10" in text
    assert "parameter,bins,1 2.5,1" in text
    page = page_of(lead, run, 2, 3)
    assert "version 3.10 3.10" in text_of(page.encode())
    assert "<bdi>one\ntwo</bdi>" in page
    assert "<bdi>&quot;&quot;</bdi>" in page  # an empty text can be seen


def test_texts_that_look_like_other_values_keep_their_quotes(run: Run, three: list[Run]) -> None:
    three[0].parameters, three[1].parameters = {"n": "10"}, {"n": 10}
    [row] = SideBySide(tuple(three[:2])).parameters
    assert row.texts == ('"10"', "10")


def test_whole_numbers_have_all_their_digits_and_no_point(run: Run, three: list[Run]) -> None:
    seed = 12345678901234567890
    RunValue.objects.bulk_create(result_values(three[0], [("events", 42.0, "42"), ("seed", float(seed), str(seed))]))
    numbers = {row["name"]: row["run 2"] for row in SideBySide(tuple(three[:2])).rows() if row["part"] == "result"}
    assert (str(numbers["events"]), numbers["seed"]) == ("42", seed)


def test_inputs_that_are_the_same_in_all_runs_stand_once(signed_in: SignIn, run: Run, three: list[Run]) -> None:
    words = text_of(page_of(signed_in("lead"), run, 2, 3, 4).encode())
    assert words.count("TEST_SP:a") == 1
    assert "Same inputs a.csv" in words


def test_programs_get_all_digits_of_whole_numbers(signed_in: SignIn, run: Run, three: list[Run]) -> None:
    for item, number in zip(three, (2**53 + 1, 2**53 + 3), strict=False):
        RunValue.objects.bulk_create(result_values(item, [("event", float(number), str(number))]))
    rows = signed_in("lead").get(f"{address(run, 2, 3)}&format=json").json()["items"]
    event = next(row for row in rows if row["name"] == "event")
    assert (event["run 2"], event["run 3"]) == (2**53 + 1, 2**53 + 3)
    assert (event["run 2_exact"], event["run 3_exact"]) == (str(2**53 + 1), str(2**53 + 3))
    assert f"result,event,{2**53 + 1},{2**53 + 3}" in signed_in("lead").get(f"{address(run, 2, 3)}&format=csv").content.decode()


def test_a_text_with_fewer_digits_than_its_number_is_not_exported_in_its_place() -> None:
    assert exported_result("n", 123456.0000001, "123456") == {"result n": 123456.0000001}
    assert exported_result("n", 9007199254740992.0, "9007199254740993 ± 4")["result n"] == 9007199254740992.0


def test_steps_of_one_name_have_a_row_each() -> None:
    assert _seconds([("fit", 10.0), ("plot", 1.0), ("fit", 300.0)]) == {"fit": 10.0, "plot": 1.0, "fit (2)": 300.0}


def test_a_setting_that_a_run_leaves_is_that_of_the_workflow(signed_in: SignIn, run: Run, three: list[Run]) -> None:
    Run.objects.filter(pk=three[0].pk).update(overrides={"0": {"step": "fit", "memory": "8Gi"}})
    assert "8Gi As in the workflow" in text_of(page_of(signed_in("lead"), run, 2, 3).encode())


def test_what_a_page_leaves_out_is_counted_and_in_the_export(signed_in: SignIn, run: Run, three: list[Run]) -> None:
    RunValue.objects.bulk_create(result_values(three[0], [(f"n{number}", 1.0, "1") for number in range(120)]))
    words = text_of(page_of(signed_in("lead"), run, 2, 3).encode())
    assert "23 more rows are not shown. The exports have all but pictures." in words
    rows = signed_in("lead").get(f"{address(run, 2, 3)}&format=json").json()["items"]
    assert len([row for row in rows if row["part"] == "result"]) == 123


def test_best_is_marked_among_the_runs_of_the_workflow_alone(run: Run, three: list[Run]) -> None:
    other = another(run, 5)
    other.specification = run.project.specifications.create(name="other", title="Other", text=run.text)
    other.save()
    RunValue.objects.bulk_create(result_values(other, [("chi2", 0.1, "0.1")]))
    row = SideBySide((*three, other)).numbers[0]
    assert [cell.pk in row.best for cell in row.cells if cell] == [False, True, False, False]
    assert not SideBySide((three[0], other)).numbers[0].best  # one of a workflow is not the best of several


def test_runs_that_the_reader_does_not_see_are_missing_whether_or_not_there_are_any(
    signed_in: SignIn, run: Run, three: list[Run], people: dict[str, User]
) -> None:
    RunOrigin.objects.create(run=three[0], lake="escape", scope="KM3NET_EMBARGO_SP")
    join(run.project, people["outsider"])
    words = text_of(page_of(signed_in("outsider"), run, 2, 3, 4, 99).encode())
    assert "Runs 2, 99 do not exist, or you cannot see them." in words
    assert "Run 3" in words
    assert "3 min 00 s" in words
    Project.objects.filter(pk=run.project_id).update(visibility=Project.Visibility.PUBLIC)
    Run.objects.filter(number=3).update(published_at=BEGIN)
    visitor = text_of(page_of(Client(), run, 3, 4).encode())
    assert "Run 4 does not exist, or you cannot see it. Nothing to compare" in visitor


def test_visitors_choose_runs_to_compare_in_the_list(run: Run, three: list[Run]) -> None:
    Project.objects.filter(pk=run.project_id).update(visibility=Project.Visibility.PUBLIC)
    runs, visitor = Run.objects.filter(project=run.project), Client()
    runs.filter(number=3).update(published_at=BEGIN)
    where = f"/projects/{run.project.slug}/workflows/"
    assert 'name="run"' not in visitor.get(where).content.decode()  # of one alone there is nothing to compare
    runs.filter(number=2).update(published_at=BEGIN)
    page = visitor.get(f"{where}?sort=oldest").content.decode()
    chosen = re.findall(r'name="run" value="(\d+)" form="run-acts"', page)
    assert chosen == ["2", "3"]
    assert f'method="get" action="{where}compare/"' in page
    assert "csrfmiddlewaretoken" not in page[page.index('id="run-acts"') :][:300]
    assert "Same parameters mode fast fast" in text_of(page_of(visitor, run, *map(int, chosen)).encode())


@pytest.mark.parametrize("query", ["", "run=", "run=x&run=0", f"run={10**30}&run=2", "run=2", "run=2&run=2"])
def test_odd_addresses_say_what_to_do(signed_in: SignIn, run: Run, three: list[Run], query: str) -> None:
    reply = signed_in("lead").get(f"/projects/{run.project.slug}/workflows/compare/?{query}")
    assert reply.status_code == 200
    assert "Select 2 to 6 runs in the list of runs" in text_of(reply.content)


def test_who_cannot_select_runs_is_told_why(signed_in: SignIn, run: Run, three: list[Run]) -> None:
    Project.objects.filter(pk=run.project_id).update(visibility=Project.Visibility.PUBLIC)
    assert "You can see fewer than 2 runs of this project." in text_of(page_of(Client(), run, 2).encode())
    Run.objects.filter(number__in=(2, 3)).update(published_at=BEGIN)
    assert "choose Compare selected runs." in text_of(page_of(Client(), run, 2).encode())
    assert "Compare runs Run 2" in text_of(page_of(Client(), run, 2, 3).encode())


def test_more_runs_than_fit_are_counted_and_cost_the_same(signed_in: SignIn, run: Run, three: list[Run]) -> None:
    for number in range(5, 10):
        another(run, number, created_at=BEGIN + timedelta(days=number))
    lead = signed_in("lead")
    words = text_of(page_of(lead, run, *range(2, 10)).encode())
    assert "At most 6 runs are compared at once" in words
    assert "Run 8" not in words
    assert len(asked_by(lead, address(run, 2, 3))) == len(asked_by(lead, address(run, 2, 3, 4, 5, 6, 7)))


def test_members_who_launched_none_choose_runs_to_compare(signed_in: SignIn, run: Run, three: list[Run], people: dict[str, User]) -> None:
    join(run.project, people["outsider"])
    outsider = signed_in("outsider")
    page = outsider.get(f"/projects/{run.project.slug}/workflows/")
    assert page.context["acts"] == (("compare", "Compare"),)
    assert page.content.decode().count('name="run"') == 4
    sent = {"act": "compare", "run": [three[2].pk, three[0].pk]}
    assert outsider.post("/dashboard/runs/change/", sent).headers["Location"] == address(run, 2, 4)
