"""What REANA answers, as plain values."""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from vre_portal.text import moment

logger = logging.getLogger(__name__)


def _text(answer: Mapping[str, Any], key: str) -> str:
    """A text that may be null or missing."""
    return str(answer.get(key) or "")


def _count(progress: Mapping[str, Any], key: str) -> int:
    """How many jobs are in one state; not every listing says."""
    return int((progress.get(key) or {}).get("total") or 0)


@dataclass(frozen=True)
class Usage:
    """How much of something is used, in the smallest unit and in words; `limit` is None where there is none."""

    used: int
    text: str
    limit: int | None

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """One kind of quota."""
        usage, limit = answer.get("usage") or {}, answer.get("limit") or {}
        return cls(int(usage.get("raw") or 0), str(usage.get("human_readable") or ""), int(limit.get("raw") or 0) or None)


@dataclass(frozen=True)
class Person:
    """Who REANA says that we are. CPU in milliseconds, disk in bytes."""

    email: str
    name: str
    version: str
    cpu: Usage
    disk: Usage

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """`GET /you`; the token that it holds is left out."""
        quota = answer.get("quota") or {}
        return cls(
            email=_text(answer, "email"),
            name=_text(answer, "full_name"),
            version=_text(answer, "reana_server_version"),
            cpu=Usage.of(quota.get("cpu") or {}),
            disk=Usage.of(quota.get("disk") or {}),
        )


@dataclass(frozen=True)
class RemoteRun:
    """A workflow at REANA. Counts of jobs are 0 and the step is empty where progress was not asked for."""

    id: str
    name: str  # without the run number
    run_number: tuple[int, ...]
    status: str
    created: datetime | None
    started: datetime | None
    ended: datetime | None
    total: int
    finished: int
    failed: int
    step: str
    command: str

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """One line of a listing, or a status."""
        progress = answer.get("progress") or {}
        name, _, number = str(answer["name"]).partition(".")
        return cls(
            id=str(answer["id"]),
            name=name,
            run_number=tuple(int(part) for part in number.split(".") if part.isdecimal()),
            status=str(answer["status"]),
            created=moment(answer.get("created")),
            started=moment(progress.get("run_started_at")),
            ended=moment(progress.get("run_finished_at") or progress.get("run_stopped_at")),
            total=_count(progress, "total"),
            finished=_count(progress, "finished"),
            failed=_count(progress, "failed"),
            step=_text(progress, "current_step_name"),
            command=_text(progress, "current_command"),
        )


FRAME = "job: :\n"  # REANA writes it, the name of the container, before what the job itself wrote


def without_frame(pieces: Iterable[str]) -> Iterator[str]:
    """A log in pieces, from where the job's own words begin."""
    left, begin = iter(pieces), ""
    for piece in left:
        begin += piece
        if len(begin) >= len(FRAME):
            break
    if own := begin.removeprefix(FRAME):
        yield own
    yield from left


@dataclass(frozen=True)
class ReanaJob:
    """One command of a workflow; `log` is all that it has written so far, without the line that REANA puts before it."""

    id: str
    name: str
    state: str
    command: str
    environment: str
    backend: str
    log: str
    started: datetime | None
    finished: datetime | None
    length: int = 0  # characters of all of the log, of which a long one has only its end here

    @classmethod
    def of(cls, key: str, answer: Any, log_length: int | None = None) -> Self:
        """One member of `job_logs`; one of another shape is a job of which nothing is known. With a length it has a log without its frame."""
        answer = answer if isinstance(answer, dict) else {}
        log = _text(answer, "logs")
        log = log if log_length is not None else log.removeprefix(FRAME)
        return cls(
            id=key,
            name=_text(answer, "job_name"),
            state=_text(answer, "status"),
            command=_text(answer, "cmd"),
            environment=_text(answer, "docker_img"),
            backend=_text(answer, "compute_backend"),
            log=log,
            started=moment(answer.get("started_at")),
            finished=moment(answer.get("finished_at")),
            length=len(log) if log_length is None else log_length,
        )


@dataclass(frozen=True)
class Logs:
    """What the engine says and what each job says, the jobs in the order in which they began, none merged with another.

    `engine` is the engine's own report of its work, mostly lines that nothing is wrong.
    """

    engine: str
    jobs: tuple[ReanaJob, ...]
    live: bool

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """The logs are JSON inside a text."""
        inside = json.loads(answer["logs"] or "{}")
        jobs = [ReanaJob.of(key, job) for key, job in (inside.get("job_logs") or {}).items()]
        return cls(str(inside.get("workflow_logs") or ""), in_turn(jobs), bool(answer.get("live_logs_enabled")))


def in_turn(jobs: Iterable[ReanaJob]) -> tuple[ReanaJob, ...]:
    """The jobs in the order in which they began."""
    return tuple(sorted(jobs, key=_turn))


def _turn(job: ReanaJob) -> tuple[bool, float, bool, float]:
    """When a job began, then when it ended: REANA counts whole seconds, and keeps the order of those that are equal."""
    began, ended = job.started, job.finished
    return began is None, began.timestamp() if began else 0, ended is None, ended.timestamp() if ended else 0


@dataclass(frozen=True)
class File:
    """A file of a workspace; the size is -1 and the name empty where the server does not say them."""

    name: str
    size: int
    modified: datetime | None

    @classmethod
    def of(cls, answer: Any) -> Self:
        """One line of a listing; a line of another shape is a file all the same, of which nothing is known."""
        answer = answer if isinstance(answer, dict) else {}
        size, name = answer.get("size"), answer.get("name")
        raw = size.get("raw") if isinstance(size, dict) else None
        modified = moment(answer.get("last-modified"))
        return cls(name if isinstance(name, str) else "", raw if isinstance(raw, int) and raw >= 0 else -1, modified)


@dataclass(frozen=True)
class AnswerPage[Item]:
    """A part of a listing; lines that cannot be read are left out, counted, and noted in the log."""

    items: tuple[Item, ...]
    total: int
    has_next: bool
    unreadable: int = 0

    @classmethod
    def of(cls, answer: Mapping[str, Any], item: Callable[[Mapping[str, Any]], Item]) -> "AnswerPage[Item]":
        """Any of REANA's paged answers."""
        lines = list(answer["items"])
        items = tuple(_readable(lines, item))
        return cls(items, int(answer["total"]), bool(answer.get("has_next")), len(lines) - len(items))


def _readable[Item](lines: list[Any], item: Callable[[Mapping[str, Any]], Item]) -> Iterator[Item]:
    for line in lines:
        try:
            found = item(line)
        except (KeyError, TypeError, ValueError, AttributeError):
            logger.warning("a line of a listing of REANA could not be read: %r", str(line)[:200])
        else:
            yield found
