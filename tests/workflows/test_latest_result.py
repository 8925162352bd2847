"""The newest published run stands first on its project's page, with its plot and its numbers; what is not published never does."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from projects import latest_result
from projects.models import Project, Role
from projects.workflows.headline import MAX_BYTES, MAX_FILES, _of_json, _of_table, figures_of, note_results
from projects.workflows.models import Run, RunFile, RunOrigin, RunValue, Specification
from projects.workflows.models.label import result_values
from tests.factories import make_public
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
TABLE = "quantity,value,error,unit\npeak_height,1.234567e-11,2e-13,erg cm-2 s-1\nindex,2.5,,\nname,abc,,\n"


@pytest.fixture
def project(people: dict[str, User], settings: Any, tmp_path: Any) -> Project:
    settings.MEDIA_ROOT = str(tmp_path)
    return make_public(slug="km3net", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})


def make_run(project: Project, by: User, number: int, files: dict[str, str], *, published: bool = True) -> Run:
    specification, _ = Specification.objects.get_or_create(project=project, name="fit", defaults={"title": "Fit", "text": "x"})
    now = timezone.now()
    run = Run.objects.create(
        project=project, number=number, by=by, specification=specification, text="x", key=uuid.uuid4(), server="reana",
        name=f"vre-{uuid.uuid4()}", status=Run.Status.FINISHED, finished_at=now, published_at=now if published else None,
    )  # fmt: skip
    for path, content in files.items():
        output = RunFile(run=run, path=path, size=len(content), sha256="0" * 64)
        output.file.save(path.replace("/", "-"), ContentFile(content.encode()))
    return run


def test_the_newest_published_run_stands_first_with_plot_and_numbers(client: Client, project: Project, people: dict[str, User]) -> None:
    make_run(project, people["lead"], 1, {"old.png": "x"})
    run = make_run(project, people["lead"], 2, {"results/parameters.csv": TABLE, "results/sed.png": "x"})
    make_run(project, people["lead"], 3, {"new.png": "x"}, published=False)
    body = client.get("/projects/km3net/").content.decode()
    section = body.split("Latest result")[1].split("</section>")[0]
    assert f'src="{run.outputs.get(path="results/sed.png").get_absolute_url()}"' in section
    assert "<strong>1.235e-11 ± 2e-13</strong>" in section
    assert "peak height" in section
    assert "Run 2: Fit" in section
    assert body.index("Latest result") < body.index("Latest runs")
    described = client.get("/projects/km3net/?format=json").json()["latest_result"]
    assert described["title"] == "Run 2: Fit"
    assert described["numbers"] == [
        {"label": "peak height", "value": "1.235e-11 ± 2e-13", "unit": "erg cm-2 s-1"},
        {"label": "index", "value": "2.5", "unit": None},
    ]


def test_a_member_sees_no_unpublished_run_as_the_result_either(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    make_run(project, people["lead"], 1, {"new.png": "x"}, published=False)
    for name in ("anonymous", "member", "lead"):
        assert "Latest result" not in signed_in(name).get("/projects/km3net/").content.decode()


def test_a_run_of_restricted_data_that_no_owner_confirmed_is_not_shown(client: Client, project: Project, people: dict[str, User]) -> None:
    run = make_run(project, people["lead"], 1, {"new.png": "x"})
    RunOrigin.objects.create(run=run, lake="nosuch-lake", scope="SECRET")  # of a lake that nobody knows, so that nothing of it is public
    assert "Latest result" not in client.get("/projects/km3net/").content.decode()


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ('{"a": 1, "b": "x", "c": true, "d": NaN, "e": 2.34567}', [("a", "1", ""), ("d", "NaN", ""), ("e", "2.34567", "")]),
        (
            '{"mu": {"value": NaN, "error": 0.1, "unit": "GeV"}, "low": -Infinity, "word": "nan"}',
            [("mu", "NaN", "GeV"), ("low", "-Infinity", "")],
        ),
        ('{"headline": {"events [1/yr]": 12.5}, "a": 1}', [("events", "12.5", "1/yr")]),
        ('{"parameters": {"x": 1}, "after_years": {"signal [events]": 3}}', [("signal", "3", "events")]),
        (
            '{"mjd": 60310.12345, "run": 123456, "events": 1234567, "gps": 1126259462.4}',
            [("mjd", "60310.12345", ""), ("run", "123456", ""), ("events", "1234567", ""), ("gps", "1126259462.4", "")],
        ),
        (
            '{"mu": {"value": 1.23456, "error": 0.0312, "unit": "GeV"}, "sigma": {"value": 3.4, "hesse": 0.1}, "note": {"text": "x"}}',
            [("mu", "1.235 ± 0.031", "GeV"), ("sigma", "3.40 ± 0.10", "")],
        ),
        ('{"mu": {"value": 125.2512, "error_up": 0.213, "error_down": -0.149}}', [("mu", "125.25 +0.21 \u22120.15", "")]),
        ('{"mu": {"value": 125.2512, "error": [-0.149, 0.213]}}', [("mu", "125.25 +0.21 \u22120.15", "")]),
        ('{"mu": {"value": 1.5, "error": [1, 2, 3]}}', [("mu", "1.5", "")]),
        ('{"index": {"value": 2.31, "errn": 0.2, "errp": 0.3}, "step": 10}', [("index", "2.31 +0.30 \u22120.20", ""), ("step", "10", "")]),
        ('{"mu": {"value": 9.9961, "error": 0.0996}}', [("mu", "10.00 ± 0.10", "")]),
        (
            '{"mu": {"value": 1.5, "error": NaN}, "b": {"value": 2, "error": -Infinity}}',
            [("mu", "1.5 ± NaN", ""), ("b", "2 ± Infinity", "")],
        ),
        ('{"id": 12345678901234567891}', [("id", "12345678901234567891", "")]),
        (
            '{"fit": {"mu": 1.5, "seed": 3, "chi2": 4}, "metadata": {"pid": 12, "n": 1}}',
            [("mu", "1.5", ""), ("chi2", "4", ""), ("seed", "3", "")],
        ),
        ('{"seed": 1, "fit": {"mu": 2}, "meta": {"n": 1}}', [("mu", "2", "")]),
        ('{"meta": {"seed": 1}}', [("seed", "1", "")]),
        ('{"fval": 3.5, "parameters": {"mu": {"value": 1, "error": 0.1}}}', [("mu", "1.00 ± 0.10", ""), ("fval", "3.5", "")]),
        ('{"fval": 3.5, "params": [{"name": "mu", "value": 1, "error": 0.1}]}', [("mu", "1.00 ± 0.10", ""), ("fval", "3.5", "")]),
        ('{"fval": 3.5, "parameters": {"n": 5}}', [("fval", "3.5", "")]),
        ("[1, 2]", []),
        ("{}", []),
    ],
)
def test_the_numbers_of_a_json_file(text: str, figures: list[tuple[str, str, str]]) -> None:
    assert [(item.label, item.shown, item.unit) for item in _of_json(text)] == figures


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("quantity,value,error\nmjd,60310.12345,0.00002\n", ["60310.123450 ± 0.000020"]),
        ("quantity,value,error\nevents,1234567,1111\n", ["1234567 ± 1111"]),
        ("quantity,value,error\nx,0.30000000000000004,0\n", ["0.3 ± 0"]),
        ("quantity,value,error\nx,1.5,nan\ny,2,inf\n", ["1.5 ± NaN", "2 ± Infinity"]),
        ("quantity,value,error\nx,nan,1\ny,,2\nz,-inf,1\n", ["NaN", "-Infinity"]),
        ("# made by fit\nname,value\nx,1\n", ["1"]),
        ("name\tvalue\nx\t2.5\n", ["2.5"]),
        ("name,value,error_up,error_down\nx,1.234,0.25,0.1\ny,1.5,0.1,0.1\n", ["1.23 +0.25 \u22120.10", "1.50 ± 0.10"]),
        ("name,value,err_lo,err_hi\nx,3,1,\n", ["3"]),
        ("name;value;error\nx;1,55;0,2\n", ["1.55 ± 0.20"]),
        ("name,value\nx,1_000\ny,\u0661\n", []),
    ],
)
def test_the_numbers_of_a_table_as_programs_write_it(text: str, shown: list[str]) -> None:
    assert [item.shown for item in _of_table(text)] == shown


@pytest.mark.parametrize("error", ["", ",error"])
def test_the_numbers_of_rows_as_pandas_writes_them_are_no_errors_and_no_units(error: str) -> None:
    text = f",quantity,value{error}\n0,chi2,60310.123\n1,mass,91.1876\n12,ndf,1234.5"
    assert [(item.shown, item.unit) for item in _of_table(text)] == [("60310.123", ""), ("91.1876", ""), ("1234.5", "")]
    assert [item.shown for item in _of_json('{"mass": {"value": 91.1876, "": 12}}')] == ["91.1876"]


@pytest.mark.parametrize("text", ["", "a,b\n1,2", "value\n1", "\x00", "quantity,value\n<b>,infinite"])
def test_a_table_of_something_else_has_no_numbers(text: str) -> None:
    assert list(_of_table(text)) == []


def test_outputs_that_cannot_be_read_cost_only_themselves(client: Client, project: Project, people: dict[str, User]) -> None:
    files = {
        "a.csv": '"',
        "b.json": "{",
        "c.json": "[" * 50_000,
        "d.json": '{"x": [1e999]}',
        "e.json": '{"fine": 7}',
        "f.json": " " * (MAX_BYTES + 1),
    }
    run = make_run(project, people["lead"], 1, files)
    run.outputs.get(path="a.csv").file.delete(save=False)
    assert client.get("/projects/km3net/?format=json").json()["latest_result"]["numbers"] == [{"label": "fine", "value": "7", "unit": None}]


def test_a_feature_that_fails_leaves_the_page_whole(
    client: Client, project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("away")

    monkeypatch.setattr(latest_result, "_sources", [broken])
    assert client.get("/projects/km3net/").status_code == 200
    assert "cannot be read" in caplog.text


NUMBERS = {
    "early.csv": "quantity,value\ncsv,1\n",
    "fit.json": '{"json": 2}',
    "results/deep/x.json": '{"deep": 3}',
    "results/x.json": '{"results": 4}',
    "results/y.json": '{"second": 5}',
}


@pytest.mark.parametrize(
    ("block", "left_out", "label"),
    [
        ("", (), "results"),
        ("", ("results/x.json",), "second"),
        ("", ("results/x.json", "results/y.json"), "json"),
        ("", ("results/x.json", "results/y.json", "fit.json", "results/deep/x.json"), "csv"),
        ("vre: {headline: early.csv}", (), "csv"),
        ("vre: {headline: ./results/deep/x.json}", (), "deep"),
        ("vre: {headline: nosuch.json}", (), "results"),
        ("vre: {headline: 5}", (), "results"),
        ("vre: [headline]", (), "results"),
    ],
)
def test_the_author_or_the_convention_says_which_file_has_the_headline_numbers(
    project: Project, people: dict[str, User], block: str, left_out: tuple[str, ...], label: str
) -> None:
    run = make_run(project, people["lead"], 1, {path: text for path, text in NUMBERS.items() if path not in left_out})
    run.text = f"workflow: {{type: serial, specification: {{steps: []}}}}\n{block}"
    note_results(run)
    assert [row.name for row in figures_of(run)] == [label]


def test_of_many_outputs_the_conventional_one_is_read(project: Project, people: dict[str, User]) -> None:
    files = {f"a{number}.csv": "quantity,value\ncsv,1\n" for number in range(MAX_FILES + 1)}
    run = make_run(project, people["lead"], 1, files | {"results/x.json": '{"results": 4}'})
    note_results(run)
    assert [row.name for row in figures_of(run)] == ["results"]


def test_the_latest_result_has_the_numbers_that_were_written_down(client: Client, project: Project, people: dict[str, User]) -> None:
    run = make_run(project, people["lead"], 1, {"results/x.json": '{"results": 4}'})
    RunValue.objects.bulk_create(result_values(run, [("mass [GeV]", 91.2, "91.2 ± 0.3")]))
    numbers = client.get("/projects/km3net/?format=json").json()["latest_result"]["numbers"]
    assert numbers == [{"label": "mass", "value": "91.2 ± 0.3", "unit": "GeV"}]
