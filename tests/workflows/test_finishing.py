"""A run whose outputs are here is finished, whatever stands in them, and runs that fail hold up nobody else's files."""

from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import OperationalError
from django.utils import timezone

from projects.workflows import copying, headline, outputs
from projects.workflows.models import Run, RunFile, RunValue
from tests.workflows.conftest import failing

MAX_DOUBLE = "1.7976931348623157e308"  # programs write it for "not computed"


@pytest.fixture
def ended(run: Run, settings: Any, tmp_path: Any) -> Run:
    """A run that finished and was listed, whose outputs nobody has noted as complete."""
    settings.MEDIA_ROOT = str(tmp_path)
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(status=Run.Status.FINISHED, finished_at=now, listed_at=now)
    run.refresh_from_db()
    return run


def with_output(run: Run, path: str, text: str) -> RunFile:
    row = RunFile(run=run, path=path, size=len(text), state=RunFile.State.COPIED, sha256="0" * 64)
    row.file.save("x", ContentFile(text.encode()))
    return row


def copied(run: Run) -> Run:
    copying.copy_files(run.pk)
    return Run.objects.get(pk=run.pk)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("results/fit.json", f'{{"chi2": {{"value": 3.2, "error": {MAX_DOUBLE}}}}}'),
        ("fit.csv", f"name,value,error\nchi2,3.2,{MAX_DOUBLE}\nndf,-{MAX_DOUBLE},{MAX_DOUBLE}\n"),
    ],
)
def test_numbers_at_the_end_of_the_range_finish_the_run(ended: Run, path: str, text: str) -> None:
    with_output(ended, path, text)
    found = copied(ended)
    assert found.can_be_kept
    assert ended.values.filter(name="chi2").exists()


def test_a_number_that_cannot_be_written_costs_its_file_alone(ended: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [with_output(ended, "results/a.json", '{"mass": 1.5}'), with_output(ended, "results/b.json", '{"mass": 2.5}')]
    read = headline.text_of
    monkeypatch.setattr(headline, "text_of", lambda number, *rest: failing(OverflowError()) if number == 1.5 else read(number, *rest))
    assert [item.value for item in headline.quantities(files, 5)] == ["2.5"]


@pytest.mark.parametrize("error", [ZeroDivisionError("a mistake"), AttributeError("another")])
def test_a_mistake_with_the_numbers_leaves_no_run_unfinished(ended: Run, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr(headline, "quantities", lambda *_: failing(error))
    assert copied(ended).can_be_kept


def test_a_number_that_the_database_refuses_leaves_no_run_unfinished(ended: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headline, "result_values", lambda run, _named: [RunValue(run=run, kind="result", name="x" * 999, text="1")])
    assert copied(ended).can_be_kept
    assert not RunValue.objects.exists()


def test_where_the_database_is_away_the_run_is_tried_again(ended: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "note_results", lambda _run: failing(OperationalError("the server closed the connection")))
    with pytest.raises(OperationalError):
        copied(ended)
    assert Run.objects.get(pk=ended.pk).collected_at is None


def test_runs_that_always_fail_hold_up_no_others(ended: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {name: getattr(ended, name) for name in ("project", "by", "specification", "text", "server", "status", "listed_at")}
    later = Run.objects.create(**fields, number=2, key=ended.name.removeprefix("vre-"), name=Run.new_name())
    monkeypatch.setattr(copying, "MAX_SWEPT", 1)
    assert {pk for _ in range(60) for pk in copying.runs_with_work()} == {ended.pk, later.pk}


def test_a_run_rests_after_a_mistake(ended: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(copying, "finish", lambda run: calls.append(run.pk) or failing(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        copying.copy_files(ended.pk)
    copying.copy_files(ended.pk)
    assert calls == [ended.pk]
    cache.delete(f"copy-files-{ended.pk}")
