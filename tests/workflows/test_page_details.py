"""Small things on pages of runs and results: what is said while REANA does not answer, of runs that failed, and in lists."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from datalake.pages.provenance import Provenance
from projects.workflows.models import Result, Run, RunFile
from tests.page_text import text_of
from tests.workflows.lists.made_runs import another

SignIn = Callable[[str], Client]
RunState = RunFile.State


def files_page(client: Client, run: Run) -> str:
    return text_of(client.get(f"{run.get_absolute_url()}files/").content)


def test_the_files_page_says_that_reana_does_not_answer(signed_in: SignIn, run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(status="running", remote_id="r", started_at=timezone.now(), error="REANA cannot be reached.")
    run.refresh_from_db()
    run.ask_for_list()
    text = files_page(signed_in("lead"), run)
    assert "Reading the list of files from REANA." in text
    assert "The list of files has not been read yet. REANA cannot be reached. The portal retries automatically." in text
    assert "Files are listed here when the run has ended." not in text


def test_a_zip_without_files_is_not_offered(signed_in: SignIn, run: Run, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(status="failed", remote_id="r", started_at=now, finished_at=now, listed_at=now)
    RunFile.objects.create(run=run, path="a.csv", state=RunState.MISSING)
    text = files_page(signed_in("lead"), run)
    assert "Download all as zip" not in text
    assert "The run did not finish, so its files stay at REANA." in text
    RunFile(run=run, path="b.csv", size=1).file.save("x", ContentFile(b"x"))
    text = files_page(signed_in("lead"), run)
    assert "Download all as zip" in text
    assert "The zip does not hold 1 file" in text


@pytest.mark.parametrize(("log", "times"), [("image not found: x", 1), ("Traceback\nValueError: no data\n", 2)])
def test_the_cause_of_a_failure_is_not_said_again_below_it(signed_in: SignIn, run: Run, log: str, times: int) -> None:
    job = {"name": "step1", "state": "failed", "log_end": log}
    Run.objects.filter(pk=run.pk).update(status="failed", finished_at=timezone.now(), steps=[job])
    page = signed_in("lead").get(run.get_absolute_url()).content
    notice = text_of(page.split(b'id="failure"')[1].split(b"</div>\n</div>")[0])
    assert notice.count(log.strip().splitlines()[-1]) == times
    assert "To change an image, a command or a file, change the workflow" in notice


@pytest.mark.parametrize(("state", "words"), [("finished", "No output."), ("running", "No output yet.")])
def test_a_job_that_has_ended_writes_nothing_more(signed_in: SignIn, run: Run, state: str, words: str) -> None:
    job = {"name": "step1", "state": state, "log": "", **({"finished": "2026-11-01T10:00:00"} if state == "finished" else {})}
    Run.objects.filter(pk=run.pk).update(status="running", started_at=timezone.now(), steps=[job])
    lead = signed_in("lead")
    for address in (f"{run.get_absolute_url()}?step=1", f"{run.get_absolute_url()}logs/1/"):
        assert words in text_of(lead.get(address).content)


def test_lists_say_that_a_result_was_withdrawn(signed_in: SignIn, run: Run) -> None:
    Result.objects.present(another(run, 2))
    lead, address = signed_in("lead"), f"/projects/{run.project.slug}/workflows/"
    assert "result withdrawn" not in text_of(lead.get(address).content)
    Result.objects.update(withdrawn_at=timezone.now())
    assert "result withdrawn" in text_of(lead.get(address).content)


def test_one_result_has_no_order(signed_in: SignIn, run: Run) -> None:
    lead, address = signed_in("lead"), f"/projects/{run.project.slug}/results/"
    for number, has_order in ((2, False), (3, True)):
        made = another(run, number)
        made.values.create(kind="result", name="chi2", number=1.0, text="1")
        Result.objects.present(made)
        assert ('name="sort"' in lead.get(address).content.decode()) == has_order


def test_a_followed_log_is_scrolled_to(signed_in: SignIn, run: Run) -> None:
    job = {"name": "step1", "state": "running", "log": "begun\n"}
    Run.objects.filter(pk=run.pk).update(status="running", started_at=timezone.now(), steps=[job])
    lead = signed_in("lead")
    assert 'href="?follow=1#job-log"' in lead.get(f"{run.get_absolute_url()}logs/1/").content.decode()
    followed = lead.get(f"{run.get_absolute_url()}logs/1/?follow=1").content.decode()
    assert "Stop following" in followed.split('id="job-log"')[1]


def test_the_run_and_the_workflow_of_data_are_named() -> None:
    found = Provenance(run="/projects/km3net/workflows/3/", workflow="/projects/km3net/workflows/specifications/fit/")
    assert (found.project, found.run_number, found.workflow_name) == ("km3net", "3", "fit")
    assert (Provenance().project, Provenance().run_number) == ("", "")
