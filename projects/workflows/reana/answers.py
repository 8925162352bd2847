"""What REANA answers, as plain values."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from vre_portal.text import moment


def _text(answer: Mapping[str, Any], key: str) -> str:
    """A text that may be null or missing."""
    return str(answer.get(key) or "")


def _count(progress: Mapping[str, Any], key: str) -> int:
    """How many jobs are in one state; not every listing says."""
    return int((progress.get(key) or {}).get("total") or 0)


@dataclass(frozen=True)
class Ping:
    """A server that is up. `bearer` says that it takes the person's own token in the header."""

    bearer: bool
    capabilities: tuple[str, ...]

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """Only servers of the newer line list capabilities, and only they take tokens in the header."""
        return cls("capabilities" in answer, tuple(str(item) for item in answer.get("capabilities") or ()))


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
            run_number=tuple(int(part) for part in number.split(".") if part.isdigit()),
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


@dataclass(frozen=True)
class Job:
    """One command of a workflow; `log` is all that it has written so far."""

    id: str
    name: str
    state: str
    command: str
    environment: str
    backend: str
    log: str
    started: datetime | None
    finished: datetime | None

    @classmethod
    def of(cls, key: str, answer: Mapping[str, Any]) -> Self:
        """One member of `job_logs`."""
        return cls(
            id=key,
            name=_text(answer, "job_name"),
            state=_text(answer, "status"),
            command=_text(answer, "cmd"),
            environment=_text(answer, "docker_img"),
            backend=_text(answer, "compute_backend"),
            log=_text(answer, "logs"),
            started=moment(answer.get("started_at")),
            finished=moment(answer.get("finished_at")),
        )


@dataclass(frozen=True)
class Logs:
    """What the workflow says and what each job says, the jobs in the order in which they began."""

    workflow: str
    jobs: tuple[Job, ...]
    live: bool

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """The logs are JSON inside a text."""
        inside = json.loads(answer["logs"] or "{}")
        jobs = [Job.of(key, job) for key, job in (inside.get("job_logs") or {}).items()]
        begun = sorted(jobs, key=lambda job: (job.started is None, job.started.timestamp() if job.started else 0))
        return cls(str(inside.get("workflow_logs") or ""), tuple(begun), bool(answer.get("live_logs_enabled")))


@dataclass(frozen=True)
class File:
    """A file of a workspace."""

    name: str
    size: int
    modified: datetime | None

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """One line of a listing."""
        return cls(str(answer["name"]), int(answer["size"]["raw"]), moment(answer.get("last-modified")))


@dataclass(frozen=True)
class Page[Item]:
    """A part of a listing."""

    items: tuple[Item, ...]
    total: int
    has_next: bool

    @classmethod
    def of(cls, answer: Mapping[str, Any], item: Callable[[Mapping[str, Any]], Item]) -> "Page[Item]":
        """Any of REANA's paged answers."""
        return cls(tuple(item(line) for line in answer["items"]), int(answer["total"]), bool(answer.get("has_next")))
