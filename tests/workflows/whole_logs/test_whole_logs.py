"""Logs of any length: read in pieces, stored in pages that a process never holds together, searched, downloaded, and forgotten."""

import json
import random
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.workflows import reana
from projects.workflows.job_logs import numbered_html
from projects.workflows.models import Run, WholeLog
from projects.workflows.reana import long_logs
from projects.workflows.refusals import NotNow
from projects.workflows.whole_logs import services, worker
from projects.workflows.whole_logs.pages import PAGE_BYTES, PageWriter, matching_lines, page_of_line, read_page, style_of
from vre_portal.http import RemoteRefused
from vre_portal.services import Service

SignIn = Callable[[str], Client]
LOG = "".join(f"line {number} of the log ✓\n" for number in range(1, 20_001))
STRANGE = ("a", "\n", '"', "\\", "ሴ", "😀", "\x1b", "{", "}", "\ud83d", "\udc00")


def blocks(text: str, size: int) -> Iterator[bytes]:
    body = text.encode()
    return (body[start : start + size] for start in range(0, len(body), size))


def answer_of(logs: dict[str, str]) -> str:
    jobs = {key: {"job_name": "fit", "status": "finished", "odd": [{"]": 1}], "logs": text} for key, text in logs.items()}
    return json.dumps({"live_logs_enabled": True, "logs": json.dumps({"workflow_logs": "engine", "job_logs": jobs, "more": {}}), "z": [1]})


def test_pieces_of_any_size_give_what_json_gives() -> None:
    chosen = random.Random(7)  # noqa: S311 -- texts, no secrets
    for _ in range(300):
        text = "".join(chosen.choice(STRANGE) for _ in range(chosen.randint(0, 40)))
        whole = answer_of({"j-1": "x", "j-2": text})
        found = "".join(long_logs.log_of(blocks(whole, chosen.randint(1, 30)), "j-2"))
        wanted = json.loads(json.loads(whole)["logs"])["job_logs"]["j-2"]["logs"]
        assert found.encode("utf-16", "surrogatepass") == wanted.encode("utf-16", "surrogatepass")


def test_long_logs_are_read_as_short_ones_with_their_ends() -> None:
    whole = answer_of({"j-1": LOG, "j-2": "short"})
    found, wanted = long_logs.read(blocks(whole, 1000)), reana.Logs.of(json.loads(whole))
    assert [(job.id, job.state, job.length) for job in found.jobs] == [(job.id, job.state, len(job.log)) for job in wanted.jobs]
    assert (found.engine, found.live) == ("engine", True)
    assert LOG.endswith(found.jobs[0].log)
    assert len(found.jobs[0].log) == long_logs.KEPT


@pytest.mark.parametrize("said", ["", "hello\n", "job: :\n", "j", LOG])
def test_the_line_that_reana_puts_before_a_log_is_no_part_of_it(said: str) -> None:
    whole = answer_of({"j-1": f"job: :\n{said}"})
    for size in (1, 7, 1000):
        assert "".join(long_logs.log_of(blocks(whole, size), "j-1")) == said
    for logs in (long_logs.read(blocks(whole, 7)), reana.Logs.of(json.loads(whole))):
        assert said.endswith(logs.jobs[0].log)
        assert logs.jobs[0].length == len(said)


def test_the_ends_of_many_logs_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_logs, "KEPT_OF_ALL", 2000)
    whole = answer_of({f"j-{number}": f"{number} {LOG[:1000]}end {number}" for number in range(50)})
    found = long_logs.read(blocks(whole, 1000))
    assert sum(len(job.log) for job in found.jobs) <= 2000
    assert all(job.log.endswith(f"end {job.id.removeprefix('j-')}") for job in found.jobs)
    assert all(job.length > 1000 for job in found.jobs)


@pytest.mark.parametrize("text", ["", "{", '{"logs": "{', "[]", '{"logs": 7}', '{"logs": "{\\"job_logs\\": []}"}'])
def test_what_is_no_answer_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- whatever is wrong
        long_logs.read(blocks(text, 10))


def test_pages_hold_whole_lines_and_all_of_the_text() -> None:
    with tempfile.TemporaryFile() as file:
        writer = PageWriter(file, 10**9)
        writer.write(iter([LOG[:100_000], LOG[100_000:], "no end"]))
        text = "".join(read_page(file, writer.pages, number) for number in range(1, len(writer.pages) + 1))
        assert text == f"{LOG}no end"
        assert (writer.size, writer.lines, writer.is_cut) == (len(text.encode()), 20_001, False)
        second = read_page(file, writer.pages, 2)
        assert second.startswith(f"line {writer.pages[1][1]} of")
        assert len(second.encode()) <= PAGE_BYTES
        file.seek(0)
        found = list(matching_lines(file, "LINE 20000 OF"))
        assert found == [(20_000, "line 20000 of the log ✓")]
        assert page_of_line(writer.pages, 20_000) == len(writer.pages)


def test_a_line_longer_than_a_page_and_a_log_longer_than_is_stored() -> None:
    with tempfile.TemporaryFile() as file:
        writer = PageWriter(file, 200_000)
        writer.write(iter(["é" * 50_000, "\n", "x" * 500_000]))
        assert (writer.pages[1][1], writer.is_cut) == (1, True)
        assert read_page(file, writer.pages, 1) == "é" * (PAGE_BYTES // 2)
        assert writer.size <= 700_000


def test_a_page_begins_behind_a_sequence_and_in_the_colours_before_it() -> None:
    for before in range(PAGE_BYTES - 14, PAGE_BYTES + 2):
        with tempfile.TemporaryFile() as file:
            writer = PageWriter(file, 10**9)
            writer.write(iter(["x" * before, "\x1b[38;5;208m", "y" * 100]))
            second = numbered_html(read_page(file, writer.pages, 2), 1, style_of(writer.pages, 2))
            assert re.fullmatch(r'<span id="line-1">x?<span class="ansi-1">y+</span>\n</span>', second)
    assert style_of([[0, 1]], 1) == {}  # of a log that was fetched before


@pytest.fixture
def job(run: Run, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> Run:
    """A run that ended, of whose one job the end of the log is stored; REANA has all of it."""
    settings.MEDIA_ROOT = str(tmp_path)
    steps = [{"number": 1, "id": "j-1", "name": "fit", "state": "finished", "command": "fit", "log": LOG[-500:], "log_length": len(LOG)}]
    ended = timezone.now() - timedelta(minutes=1)
    Run.objects.filter(pk=run.pk).update(status="finished", remote_id="r-1", steps=steps, finished_at=ended, collected_at=ended)

    @contextmanager
    def whole_log(_server: Any, _token: str, workflow: str, wanted: str) -> Iterator[Iterator[str]]:
        assert (workflow, wanted) == ("r-1", "j-1")
        yield iter([LOG])

    monkeypatch.setattr(reana, "whole_log", whole_log)
    monkeypatch.setattr(worker, "access_token", lambda *_, **__: "token")
    monkeypatch.setattr(worker, "service", lambda kind, name: Service(kind, name, "Test server", "http://127.0.0.1:9"))
    monkeypatch.setattr(services, "require_sign_in", lambda *_: None)
    return Run.objects.select_related("project", "by").get(pk=run.pk)


def test_a_whole_log_is_fetched_once_and_read_searched_and_downloaded(job: Run, signed_in: SignIn) -> None:
    lead, address = signed_in("lead"), f"{job.get_absolute_url()}logs/1/"
    assert "Fetch the whole log from REANA" in lead.get(address).content.decode()
    assert lead.post(f"{address}fetch/").status_code == 302
    assert "is being fetched" in lead.get(address).content.decode()
    part = lead.get(address, headers={"HX-Request": "true", "HX-Target": "whole-log"}).content.decode()
    assert 'id="whole-log"' in part
    worker.fetch_log(WholeLog.objects.get().pk)
    assert lead.post(f"{address}fetch/").status_code == 302
    log = WholeLog.objects.get()
    assert (log.state, log.lines, log.size) == ("ready", 20_000, len(LOG.encode()))
    page = lead.get(f"{address}?page=2").content.decode()
    first = log.pages[1][1]
    assert f'<span id="line-{first}">line {first} of the log' in page
    assert len(page) < 4 * PAGE_BYTES
    search = lead.get(f"{address}?q=line+19999").content.decode()
    assert f'<a href="?page={len(log.pages)}#line-19999">19999</a>' in search
    download = lead.get(f"{address}?format=text")
    assert b"".join(download.streaming_content).decode() == LOG
    job.project.memberships.create(group="escape/km3net", role="member")
    member = signed_in("member")
    assert f'id="line-{first}"' in member.get(f"{address}?page=2").content.decode()
    assert member.post(f"{address}fetch/").status_code == 403


def test_the_second_of_two_presses_gets_the_log_of_the_first(job: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It looked before the first had made its row, and comes to the person's lock after it."""
    first = services.ask_for(by=job.by, run=job, number=1)
    looked, usable = [], services._usable

    def late(run: Run, number: int) -> WholeLog | None:
        looked.append(number)
        return usable(run, number) if len(looked) > 1 else None

    monkeypatch.setattr(services, "_usable", late)
    assert services.ask_for(by=job.by, run=job, number=1) == first
    assert WholeLog.objects.count() == 1


def test_a_log_that_was_fetched_before_the_run_ended_is_called_so_and_fetched_again(job: Run, signed_in: SignIn) -> None:
    worker.fetch_log(services.ask_for(by=job.by, run=job, number=1).pk)
    WholeLog.objects.update(fetched_at=timezone.now() - timedelta(hours=1))
    lead, address = signed_in("lead"), f"{job.get_absolute_url()}logs/1/"
    page = lead.get(address).content.decode()
    assert "Fetch again" in page
    assert "Whole log:" not in page
    assert "before the run ended" in page
    assert lead.get(f"{address}?format=text").content.decode() == LOG[-500:]
    assert b"".join(lead.get(f"{address}?format=text&whole=1").streaming_content).decode() == LOG
    assert "0 lines with" in " ".join(lead.get(f"{address}?q=line+19000+").content.decode().split())
    lead.post(f"{address}fetch/")
    worker.fetch_log(WholeLog.objects.get().pk)
    page = lead.get(address).content.decode()
    assert "Whole log:" in page
    assert "Fetch again" not in page


def test_somebody_has_only_so_many_whole_logs_and_the_oldest_go(job: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_LOGS", 2)
    for number in (1, 2, 3):
        services.ask_for(by=job.by, run=job, number=number)
    assert sorted(WholeLog.objects.values_list("number", flat=True)) == [2, 3]


def test_nothing_is_fetched_for_somebody_whose_role_ended(job: Run) -> None:
    log = services.ask_for(by=job.by, run=job, number=1)
    job.project.memberships.all().delete()
    worker.fetch_log(log.pk)
    log.refresh_from_db()
    assert (log.state, log.file.name) == ("failed", "")


def test_a_worker_that_lost_the_log_leaves_no_file(job: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    @contextmanager
    def taken(*_: Any) -> Iterator[Iterator[str]]:
        WholeLog.objects.update(attempt=9)  # another worker has it
        yield iter([LOG])

    log = services.ask_for(by=job.by, run=job, number=1)
    monkeypatch.setattr(reana, "whole_log", taken)
    worker.fetch_log(log.pk)
    assert WholeLog.objects.get().is_fetching
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_it_is_forgotten_with_its_file(job: Run, django_capture_on_commit_callbacks: Any) -> None:
    worker.fetch_log(services.ask_for(by=job.by, run=job, number=1).pk)
    log = WholeLog.objects.get()
    worker.forget()
    assert log.file.storage.exists(log.file.name)
    WholeLog.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        worker.forget()
    assert not WholeLog.objects.exists()
    assert not log.file.storage.exists(log.file.name)


def test_a_refusal_is_said_and_a_deleted_workspace_has_no_whole_log(job: Run, monkeypatch: pytest.MonkeyPatch, signed_in: SignIn) -> None:
    def refuse(*_: Any) -> Any:
        raise RemoteRefused("no such job")

    monkeypatch.setattr(reana, "whole_log", refuse)
    log = services.ask_for(by=job.by, run=job, number=1)
    worker.fetch_log(log.pk)
    log.refresh_from_db()
    assert (log.state, log.error) == ("failed", "no such job")
    assert "no such job" in signed_in("lead").get(f"{job.get_absolute_url()}logs/1/").content.decode()
    job.workspace_deleted_at = timezone.now()
    with pytest.raises(NotNow):
        services.ask_for(by=job.by, run=job, number=1)
