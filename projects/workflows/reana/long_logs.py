"""Logs of any length, read as REANA sends them: JSON in a text of a JSON, of which the end of each job's log is kept, or one log as a whole."""

import codecs
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from projects.workflows.reana.answers import Logs, ReanaJob, in_turn, without_frame
from projects.workflows.reana.json_pieces import JsonPieces
from vre_portal.terminal_text import end_of

KEPT = 128 * 1024  # characters at the end of a log
KEPT_OF_ALL = 32 * 1024 * 1024  # characters of all ends together
MAX_JOBS = 20_000


class Tail:
    """The end of a text that comes in pieces, and its length."""

    def __init__(self, most: int = KEPT) -> None:
        self.length, self._most, self._held = 0, most, 0
        self._parts: deque[str] = deque()

    def add(self, piece: str) -> None:
        self._parts.append(piece)
        self.length += len(piece)
        self._held += len(piece)
        while self._held - len(self._parts[0]) >= self._most:
            self._held -= len(self._parts.popleft())

    def __str__(self) -> str:
        return end_of("".join(self._parts), self._most)


def read(body: Iterator[bytes]) -> Logs:
    """The logs as `Logs.of` has them, with the ends of long ones. Raises ValueError where they are none."""
    engine, jobs, live = Tail(), [], False
    outer = JsonPieces(_decoded(body))
    for name in outer.names():
        if name == "live_logs_enabled":
            live = bool(outer.value())
        elif name != "logs":
            outer.skip()
        else:
            text = outer.text()
            inner = JsonPieces(text)
            for part in inner.names():
                if part == "workflow_logs":
                    _fill(engine, inner.text())
                elif part == "job_logs":
                    jobs = _jobs(inner)
                else:
                    inner.skip()
            for _rest in text:  # what stands behind the JSON in the text
                pass
    return Logs(str(engine), in_turn(jobs), live)


def log_of(body: Iterator[bytes], job: str) -> Iterator[str]:
    """The log of one job in pieces. Raises KeyError where there is no such job, ValueError where the answer cannot be read."""
    outer = JsonPieces(_decoded(body))
    for name in outer.names():
        if name != "logs":
            outer.skip()
            continue
        inner = JsonPieces(outer.text())
        for part in inner.names():
            if part != "job_logs":
                inner.skip()
                continue
            for key in inner.names():
                if key != job:
                    inner.skip()
                    continue
                for column in inner.names():
                    if column == "logs":
                        yield from without_frame(inner.text())
                        return
                    inner.skip()
                return
    raise KeyError(job)


def _jobs(inner: JsonPieces) -> list[ReanaJob]:
    """All jobs; the more they have written together, the shorter is the end that is kept of each."""
    jobs: list[ReanaJob] = []
    held, most = 0, KEPT
    for number, key in enumerate(inner.names()):
        if number >= MAX_JOBS:
            raise ValueError("there are too many jobs")
        facts: dict[str, Any] = {}
        tail = Tail(most)
        for column in inner.names():
            if column == "logs":
                _fill(tail, without_frame(inner.text()))
            else:
                facts[column] = inner.value()
        jobs.append(ReanaJob.of(key, {**facts, "logs": str(tail)}, log_length=tail.length))
        held += len(jobs[-1].log)
        while held > KEPT_OF_ALL and most > 1:
            most //= 2
            jobs = [replace(job, log=end_of(job.log, most)) for job in jobs]
            held = sum(len(job.log) for job in jobs)
    return jobs


def _fill(tail: Tail, pieces: Iterator[str]) -> None:
    for piece in pieces:
        tail.add(piece)


def _decoded(body: Iterator[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for block in body:
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)
