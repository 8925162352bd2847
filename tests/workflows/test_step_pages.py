"""The page of a run draws its steps with a timeline and opens the log of the step that failed; the launch form draws them before."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.workflows.engines import stored
from projects.workflows.engines.reading import Node, Reading
from projects.workflows.models import Run, Specification
from projects.workflows.validation_results import Check

SignIn = Callable[[str], Client]
EVIL = "<script>alert(1)</script>\u202eevil"
START = 1_700_000_000.0


def job(number: int, name: str, state: str = "finished", log: str = "", length: float = 10) -> dict[str, Any]:
    start, end = START + 10 * number, None if state == "running" else START + 10 * number + length

    def iso(moment: float | None) -> str | None:
        return datetime.fromtimestamp(moment, UTC).isoformat() if moment else None

    return {
        "number": number, "name": name, "state": state, "command": f"run {name}", "environment": "python:3.13", "log": log,
        "log_length": len(log), "log_end": "\n".join(log.split("\n")[-50:]), "started": iso(start), "finished": iso(end),
        "started_seconds": start, "finished_seconds": end,
    }  # fmt: skip


def serial(count: int) -> str:
    steps = ", ".join(f"{{name: step-{n}, environment: 'python:3.13', commands: ['run step-{n}']}}" for n in range(1, count + 1))
    return f"workflow: {{type: serial, specification: {{steps: [{steps}]}}}}"


@pytest.fixture
def open_page(run: Run, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The page, or the part of it that is polled, of a run with these jobs."""

    def get(
        text: str, jobs: list[dict[str, Any]], status: str = "finished", *, query: str = "", part: bool = False, error: str = "",
        reading: Reading | None = None, launch: bool = False,
    ) -> str:  # fmt: skip
        kept = stored.to_json(reading) if reading else {}
        for model in (Run, Specification):
            monkeypatch.setattr(model, "stored_reading", kept)
        Run.objects.filter(pk=run.pk).update(
            text=text, steps=jobs, status=status, error=error, started_at=timezone.now(), finished_at=timezone.now()
        )
        Specification.objects.filter(pk=run.specification_id).update(text=text)
        where = f"/projects/{run.project.slug}/workflows/new/" if launch else run.get_absolute_url()
        answer = signed_in("lead").get(where + query, headers={"HX-Request": "true"} if part else {})
        assert answer.status_code == 200
        return answer.content.decode()

    return get


def test_a_failed_run_says_which_step_failed_and_why_with_its_last_lines(open_page: Callable[..., str]) -> None:
    log = "\n".join(f"line {n}" for n in range(200)) + "\n\x1b[31mValueError: no events\x1b[0m\nEnd of step."
    shown = open_page(serial(3), [job(1, "step-1"), job(2, "step-2", "failed", log)], "failed")
    words = re.sub(r"\s+|<[^>]+>", " ", shown)
    assert re.search(r"Step “ ?step-2 ?” failed: +ValueError: no events", words)
    notice = shown[shown.index('id="failure"') : shown.index('id="steps"')]
    assert "line 152" in notice
    assert "line 151\n" not in notice
    assert '<span class="ansi-1">ValueError: no events</span>' in notice
    assert "?step=2#log" in notice
    assert "Log of <bdi>step-2</bdi>" in shown


def test_a_snakemake_run_without_job_logs_says_which_rule_failed(open_page: Callable[..., str]) -> None:
    reading = Reading(engine="snakemake", nodes=(Node("1", "align"), Node("2", "merge", after=("1",))))
    error = "Error in rule merge:\n    jobid: 0\nWorkflowError: no input"
    shown = open_page("workflow: {type: snakemake, file: Snakefile}", [], "failed", reading=reading, error=error)
    words = re.sub(r"\s+|<[^>]+>", " ", shown)
    assert re.search(r"Step “ ?merge ?” failed: +WorkflowError: no input", words)


def test_the_address_chooses_the_step_whose_log_is_shown(open_page: Callable[..., str]) -> None:
    jobs = [job(1, "step-1", log="words of one"), job(2, "step-2", "failed", "words of two")]
    assert "words of one" not in open_page(serial(2), jobs, "failed")
    shown = open_page(serial(2), jobs, "failed", query="?step=1")
    assert "words of one" in shown
    for odd in ("0", "9", "-1", "x", "9" * 30):
        assert "Log of <bdi>step-2</bdi>" in open_page(serial(2), jobs, "failed", query=f"?step={odd}")


def test_the_part_that_is_polled_keeps_the_chosen_step(open_page: Callable[..., str]) -> None:
    shown = open_page(serial(3), [job(1, "step-1"), job(2, "step-2", "running")], "running", query="?step=1", part=True)
    assert re.search(r'hx-get="[^"]+\?seen=\w+&amp;step=1"', shown)
    assert "Log of <bdi>step-1</bdi>" in shown


def test_what_is_polled_of_sixty_steps_is_small_whatever_their_logs_hold(open_page: Callable[..., str]) -> None:
    jobs = [job(n, f"step-{n}", "running" if n == 40 else "finished", "x" * 79 + "\n" + "y\n" * 10_000) for n in range(1, 41)]
    assert len(open_page(serial(60), jobs, "running", part=True).encode()) <= 64_000


def test_five_hundred_jobs_are_bounded_and_the_list_offers_all(open_page: Callable[..., str]) -> None:
    jobs = [job(n, f"step-{n}") for n in range(1, 501)]
    shown = open_page(serial(500), jobs)
    assert "The graph of 500 steps is too large to draw." in re.sub(r"\s+", " ", shown)
    assert len(shown.encode()) < 128_000
    assert "step-500" not in shown.split('id="log"')[0]
    assert "step-500" in open_page(serial(500), jobs, query="?steps=all").split('id="log"')[0]


def test_times_and_durations_are_in_words_beside_the_bars(open_page: Callable[..., str]) -> None:
    shown = open_page(serial(2), [job(1, "step-1"), job(2, "step-2", length=75)])
    assert "14 Nov 2023, 22:13:30 UTC" in shown
    assert "1 min 15 s" in shown
    assert len(re.findall(r'<path data-tone="ok" d="M', shown)) == 2


@pytest.mark.parametrize("launch", [False, True])
def test_hostile_names_are_text(open_page: Callable[..., str], launch: bool) -> None:
    nodes = (Node("a", EVIL, EVIL, (EVIL,), (EVIL,), (EVIL,), {EVIL: EVIL}, ("nobody" + EVIL, "a"), file=EVIL),)
    checks = (Check(EVIL, "warning", (EVIL,), EVIL, 3, EVIL, EVIL),)
    shown = open_page(
        "workflow: {type: cwl, file: x}", [job(1, EVIL, "failed", EVIL)], "failed", launch=launch,
        reading=Reading(engine="cwl", nodes=nodes, checks=checks, why_not=EVIL),
    )  # fmt: skip
    assert "<script>alert" not in shown
    assert "\u202e" not in shown
    assert "waits for itself" in shown
    assert "is not a step of this workflow" in re.sub(r"\s+", " ", shown)


def test_the_launch_form_shows_graph_steps_and_checks_before_anything_runs(open_page: Callable[..., str]) -> None:
    nodes = (
        Node("a", "align", "bio:1", ("in.fa",), ("out.bam",), ("bwa mem",), {"kubernetes_memory_limit": "4Gi"}, file="Snakefile", line=7),
        Node("b", "extra", after=("a",), needed=False),
    )
    checks = (
        Check(
            "Workflow parameters and commands",
            "warning",
            ("Unknown: yeras.",),
            line=1,
            suggestion="Did you mean years?",
            decided_by="portal",
        ),
        Check("Images", "not checked", ("Nobody looked.",)),
        Check("Server", "ok", ("fine",), decided_by="REANA A"),
    )
    text = "workflow: {type: snakemake, file: Snakefile}"
    shown = open_page(text, [], launch=True, reading=Reading(engine="snakemake", nodes=nodes, checks=checks))
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", shown))
    for told in (
        "bio:1",
        "in.fa",
        "out.bam",
        "bwa mem",
        "4Gi",
        "Snakefile :7",
        "Did you mean years?",
        "Checked by REANA A",
        "Checked by the portal",
    ):
        assert told in words or told.replace(" ", "") in words, told
    assert shown.count('href="#step-1"') == 1
    assert 'id="step-1"' in shown
    assert 'href="#yaml-1"' in shown
    assert 'id="yaml-1"' in shown
    grey = re.findall(r'data-tone="(\w+)" data-state="(not needed|not checked)"', shown)
    assert {tone for tone, _ in grey} == {"idle"}
    assert {state for _, state in grey} == {"not needed", "not checked"}


def test_where_there_is_no_graph_both_pages_say_why(open_page: Callable[..., str]) -> None:
    text = "workflow: {type: yadage, file: x.yml}"
    for launch in (True, False):
        shown = open_page(text, [], "running", launch=launch)
        assert "its steps are not known before it runs" in re.sub(r"\s+", " ", shown)
    reading = Reading(engine="yadage", why_not="This machine cannot isolate it.")
    assert "This machine cannot isolate it." in open_page(text, [], launch=True, reading=reading)


def test_a_step_of_many_jobs_shows_the_one_that_failed_and_links_the_others(open_page: Callable[..., str]) -> None:
    nodes = tuple(Node(f"f{n}", "fit") for n in range(100))
    jobs = [job(n, "fit", "failed" if n == 60 else "finished", f"log of {n};") for n in range(1, 101)]
    text = "workflow: {type: snakemake, file: Snakefile}"
    shown = open_page(text, jobs, "failed", reading=Reading(engine="snakemake", nodes=nodes))
    log = shown[shown.index('id="log"') :]
    assert "log of 60;" in log
    assert "log of 61;" not in log
    assert log.count("/logs/") < 60
    assert "49 more jobs" in re.sub(r"\s+", " ", log)
