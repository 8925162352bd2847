"""A failed run tells the step that failed and its last lines, not that the engine was at work."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from projects.workflows import failures, reana
from projects.workflows.models import Run

BEGIN = datetime(2026, 11, 28, 12, tzinfo=UTC)
REAL = (
    "2026-11-28 14:16:59,253 | root | MainThread | INFO | Publishing step:0, cmd: echo hi 1, total steps 1 to MQ\n"
    "2026-11-28 14:17:05,359 | root | MainThread | INFO | Workflow 922a47fb failed. Files available at /var/reana/users/x.\n\n"
)


def job(state: str, log: str = "", name: str = "", command: str = "", second: int | None = 0, took: int | None = 1) -> reana.ReanaJob:
    begun = None if second is None else BEGIN + timedelta(seconds=second)
    ended = begun + timedelta(seconds=took) if begun and took is not None else None
    return reana.ReanaJob("j", name, state, command, "", "", log, begun, ended)


def reason(*jobs: reana.ReanaJob, engine: str = REAL) -> str:
    return failures.reason_of(reana.Logs(engine, jobs, False))


def test_the_first_failed_step_with_its_last_lines() -> None:
    log = "job: :\n" + "\n".join(f"line {number}" for number in range(100)) + "\nValueError: no events\n\n"
    found = reason(job("finished", "fine"), job("failed", log, "fit"), job("failed", "later", "plot"))
    assert found.startswith("Step “fit” failed.\n")
    assert found.endswith("line 99\nValueError: no events")
    assert "INFO" not in found
    assert len(found.splitlines()) == 1 + failures.LINES


def test_a_step_without_a_name_is_told_by_its_place_and_command() -> None:
    assert reason(job("finished"), job("failed", "boom", command="python fit.py")) == "Step 2 (python fit.py) failed.\nboom"
    fetched = [job("finished", name="vre-inputs", command="python3 .vre-inputs/fetch.py 1")] * 2
    assert reason(*fetched, job("finished"), job("failed", "boom", command="python fit.py")) == "Step 2 (python fit.py) failed.\nboom"


@pytest.mark.parametrize(
    ("engine", "told"),
    [
        (REAL, ""),
        ("", ""),
        ("ERROR:root:Job controller is not reachable.\nNoneType: None\n\n", "ERROR:root:Job controller is not reachable.\nNoneType: None"),
        (REAL + "2026-11-28 14:17:05,359 | root | MainThread | ERROR | Image not found\n  on any node\n", "Image not found\n  on any node"),
        (
            "2026-11-28 14:16:59,253 | root | MainThread | INFO | a\nsecond line of it\n2026-11-28 14:16:59,253 | root | MainThread | WARNING | b",
            "WARNING | b",
        ),
        ("no such form", "no such form"),
    ],
)
def test_of_the_engine_only_what_it_complains_of(engine: str, told: str) -> None:
    found = reason(job("finished"), engine=engine)
    assert found.endswith(told)
    assert "INFO" not in found
    assert "second line of it" not in found


def test_a_failed_run_without_any_reason_says_so(out_there: Callable[..., Run]) -> None:
    assert out_there("failed", logs=reana.Logs(REAL, (), False)).error == "Test server gave no reason."
    failed = out_there("failed", logs=reana.Logs(REAL, (job("failed", "ValueError: no events", "fit"),), False))
    assert failed.error == "Step “fit” failed.\nValueError: no events"


def test_jobs_keep_their_order_and_number_though_names_are_empty_or_equal(out_there: Callable[..., Run]) -> None:
    told: dict[str, Any] = {
        "c": {"job_name": "", "cmd": "third", "started_at": "2026-11-28T12:00:02", "finished_at": "2026-11-28T12:00:03"},
        "d": {"job_name": "", "cmd": "fourth", "started_at": "2026-11-28T12:00:02", "finished_at": None},
        "e": {"job_name": "same", "cmd": "waiting", "started_at": None},
        "a": {"job_name": "same", "cmd": "first", "started_at": "2026-11-28T12:00:01", "finished_at": "2026-11-28T12:00:01"},
        "b": {"job_name": "same", "cmd": "second", "started_at": "2026-11-28T12:00:01", "finished_at": "2026-11-28T12:00:02"},
    }
    logs = reana.Logs.of({"logs": json.dumps({"job_logs": told})})
    run = out_there("running", logs=logs)
    assert [(step["number"], step["command"]) for step in run.steps] == [
        (1, "first"),
        (2, "second"),
        (3, "third"),
        (4, "fourth"),
        (5, "waiting"),
    ]


CAUSES: dict[str, tuple[str, str]] = {
    "Python": ('Traceback (most recent call last):\n  File "a.py", line 3\nValueError: bad value 3\n', "ValueError: bad value 3"),
    "Snakemake": (
        "Building DAG of jobs...\nWorkflowError:\nTarget rules may not contain wildcards.\n",
        "WorkflowError: Target rules may not contain wildcards.",
    ),
    "Snakemake rule": (
        "RuleException:\nCalledProcessError in file Snakefile, line 5:\nCommand 'false' returned non-zero exit status 1.\nShutting down, this might take some time.\nComplete log: .snakemake/log/x.log\n",
        "CalledProcessError in file Snakefile, line 5:",
    ),
    "C++": (
        "terminate called after throwing an instance of 'std::runtime_error'\n  what():  cannot open events.root\nAborted (core dumped)\n",
        "what():  cannot open events.root",
    ),
    "CMSSW": (
        "----- Begin Fatal Exception 01-Dec-2026 -----\nAn exception of category 'FileOpenError' occurred while\n   [0] Constructing the EventProcessor\nException Message:\nCould not open file root://x\n----- End Fatal Exception -----\n",
        "Exception Message: Could not open file root://x",
    ),
    "Fortran": (
        "At line 12 of file fit.f90\nFortran runtime error: End of file\n\nError termination. Backtrace:\n#0  0x7f\n",
        "Fortran runtime error: End of file",
    ),
    "conda": (
        "PackagesNotFoundError: The following packages are not available from current channels:\n\n  - gammapy=9.9\n",
        "PackagesNotFoundError: The following packages are not available from current channels: - gammapy=9.9",
    ),
    "summary": ("Tests: 3 passed, 0 failed\nfit did not converge\n", "fit did not converge"),
    "a window": ("closing zoom window\nSegmentation fault (core dumped)\n", "Segmentation fault (core dumped)"),
    "a warning": ("ZeroDivisionError: division by zero\nUserWarning: error propagation is off\n", "ZeroDivisionError: division by zero"),
    "a level": ("FATAL: no calibration for run 7\nINFO: error summary written to out.txt\n", "FATAL: no calibration for run 7"),
    "memory": ("reading\noom-kill: task python\nKilled\n", "Killed"),
    "shell": ("+ python x.py\nbash: line 1: python: command not found\n", "bash: line 1: python: command not found"),
    "pytest": (
        "E       assert 1 == 2\nFAILED test_a.py::test_b - assert 1 == 2\n===== 1 failed in 0.1s =====\n",
        "FAILED test_a.py::test_b - assert 1 == 2",
    ),
    "make": ("make: *** [Makefile:3: all] Error 2\nexit status 2\n", "make: *** [Makefile:3: all] Error 2"),
    "only a status": ("stopped: no signal is expected\nThe command ended with status 1.\n", "stopped: no signal is expected"),
    "a signal": ("step 3 of 9\nThe command ended with status 137.\n", "The command ended with status 137."),
    "only the end": ("exit code 3\n", "exit code 3"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize("kind", CAUSES)
def test_the_line_that_says_why_is_found_among_what_follows_it(kind: str) -> None:
    log, cause = CAUSES[kind]
    assert failures.cause_of(log) == cause
