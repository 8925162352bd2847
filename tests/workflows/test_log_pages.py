"""The log of a job has a page: searched without JavaScript, followed while it runs, as a text file, and honest about what is missing."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from projects.workflows.job_logs import TAIL_CHARACTERS, TAIL_LINES, JobLog
from projects.workflows.models import Run

SignIn = Callable[[str], Client]
LOG = "\x1b[32mstart\x1b[0m\n10%\r100%\nA <b>Warning</b>: low\nend warning\n"


@pytest.fixture
def job(run: Run) -> dict[str, Any]:
    """The one job of the run, which goes on."""
    made = {"number": 1, "name": "fit", "state": "running", "command": "fit", "environment": "e", "log": LOG, "log_length": len(LOG)}
    Run.objects.filter(pk=run.pk).update(steps=[made], status="running")
    return made


def get(browser: Client, run: Run, query: str = "", **headers: str) -> str:
    answer = browser.get(f"{run.get_absolute_url()}logs/1/{query}", headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_shows_colours_and_the_last_state_of_progress(run: Run, job: dict[str, Any], signed_in: SignIn) -> None:
    page = get(signed_in("lead"), run)
    assert '<span id="line-1"><span class="ansi-2">start</span>\n</span><span id="line-2">100%\n</span>' in page
    assert "A &lt;b&gt;Warning" in page
    assert "characters before" not in page


@pytest.mark.parametrize("before", range(TAIL_CHARACTERS - 12, TAIL_CHARACTERS + 3))
def test_the_last_lines_are_in_their_colours_wherever_they_are_cut(before: int) -> None:
    text = "first\n\x1b[38;5;208m" + "y" * before
    assert JobLog(1, {"log": text}).tail.strip() == f'<span class="ansi-1">{"y" * min(before, TAIL_CHARACTERS)}</span>'  # type: ignore[typeddict-item]
    short = JobLog(1, {"log": "\x1b[31m" + "a\n" * 100})  # type: ignore[typeddict-item]
    assert short.tail.startswith('<span class="ansi-1">a</span>\n')
    assert short.tail.count("\n") == TAIL_LINES - 1
    assert not short.is_tail_all


def test_the_search_lists_lines_with_their_numbers_whatever_the_case(run: Run, job: dict[str, Any], signed_in: SignIn) -> None:
    page = get(signed_in("lead"), run, "?q=WARNing")
    assert "2 lines with" in re.sub(r"\s+", " ", page)
    assert '<li value="3"><a href="?#line-3">3</a> A &lt;b&gt;<mark>Warning</mark>&lt;/b&gt;: low</li>' in page
    assert '<a href="?#line-4">4</a> end <mark>warning</mark></li>' in page
    assert "0 lines with" in re.sub(r"\s+", " ", get(signed_in("lead"), run, "?q=nothing"))
    assert "every 2s" not in page


def test_it_is_followed_until_the_run_has_ended(run: Run, job: dict[str, Any], signed_in: SignIn) -> None:
    browser = signed_in("lead")
    assert 'hx-get="?follow=1&amp;seen=' in get(browser, run, "?follow=1")
    assert "every 2s" not in get(browser, run)
    part = get(browser, run, "?follow=1", **{"HX-Request": "true"})
    assert part.strip().startswith('<div class="stack" id="job-log"')
    Run.objects.filter(pk=run.pk).update(status="finished")
    assert "every 2s" not in get(browser, run, "?follow=1")


def test_nothing_is_sent_again_while_nothing_is_new(run: Run, job: dict[str, Any], signed_in: SignIn) -> None:
    Run.objects.filter(pk=run.pk).update(status="finished")
    run.refresh_from_db()
    where = f"{run.get_absolute_url()}logs/1/?follow=1&seen={run.digest}"
    assert signed_in("lead").get(where, headers={"HX-Request": "true"}).status_code == 204


def test_the_download_is_the_text_that_is_stored(run: Run, job: dict[str, Any], signed_in: SignIn) -> None:
    answer = signed_in("lead").get(f"{run.get_absolute_url()}logs/1/?format=text")
    assert answer.content.decode() == LOG
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]


def test_it_says_how_much_of_the_beginning_is_missing(run: Run, job: dict[str, Any], signed_in: SignIn) -> None:
    Run.objects.filter(pk=run.pk).update(steps=[{**job, "log_length": len(LOG) + 100_000_000}])
    assert "100,000,000 characters before it are missing." in re.sub(r"\s+", " ", get(signed_in("lead"), run))


def test_a_job_that_is_not_there_is_404_and_jobs_without_numbers_count_by_place(run: Run, job: dict[str, Any], signed_in: SignIn) -> None:
    browser = signed_in("lead")
    assert browser.get(f"{run.get_absolute_url()}logs/2/").status_code == 404
    Run.objects.filter(pk=run.pk).update(steps=[{"name": "old", "state": "finished", "log": "old words"}])
    assert "old words" in get(browser, run)


def test_who_does_not_see_the_run_does_not_see_its_logs(run: Run, job: dict[str, Any], signed_in: SignIn) -> None:
    assert signed_in("outsider").get(f"{run.get_absolute_url()}logs/1/").status_code == 404
