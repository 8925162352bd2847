"""The jobs that a workflow's engine asks for: taken from its folder, run a few at a time, and answered there (see children/submitting)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from devstack.reana import jobs, limits, store, wishes
from devstack.reana.children.submitting import PROGRESS, read, write

SECONDS_BETWEEN_LOOKS = 0.1
LONGEST = 64 * 1024  # characters of a name or an image; what is longer is no job
LARGEST = 4 * limits.MIB  # bytes of one submission


class Controller:
    """Serves one engine while it runs; as a context."""

    def __init__(self, workflow: store.Row, folder: Path, stopped: Callable[[], bool]) -> None:
        self.workflow, self.folder, self._stopped = workflow, folder, stopped
        self._ended = threading.Event()
        self._seen: set[str] = set()
        self._pool = ThreadPoolExecutor(limits.JOBS_AT_ONCE, thread_name_prefix="job")
        self._looking = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Controller":
        self._looking.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """The engine has ended: what it still waits for is stopped."""
        self._ended.set()
        self._looking.join()
        self._pool.shutdown(wait=True)

    def _stop(self) -> bool:
        return self._ended.is_set() or self._stopped()

    def _look(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN_LOOKS):
            self._read_progress()
            for file in sorted(self.folder.glob("[0-9]*.json")):
                if file.name not in self._seen:
                    self._seen.add(file.name)
                    with suppress(OSError):  # an engine that spoils its own folder gets no answer
                        self._take(file)
        self._read_progress()

    def _read_progress(self) -> None:
        """The first number of jobs that is not 0 counts, as in REANA."""
        try:
            total = int(read(self.folder / PROGRESS, LARGEST)["total"])
        except (OSError, ValueError, KeyError, TypeError):
            return
        store.change("update workflow set total = ? where id = ? and total <= 0", total, self.workflow["id"])

    def _take(self, file: Path) -> None:
        answer = file.with_suffix(".state")
        try:
            job = self._job(read(file, LARGEST))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            write(answer, {"status": "refused", "why": "The job cannot be read."})
        except wishes.NotTaken as error:
            write(answer, {"status": "refused", "why": str(error)})
        else:
            key = jobs.remember(self.workflow, job)
            write(answer, {"status": "created"})
            self._pool.submit(self._run, key, job, answer)

    def _job(self, asked: dict[str, Any]) -> jobs.Job:
        name, image = str(asked["name"])[:LONGEST], str(asked["image"])[:LONGEST]
        return wishes.job(name, image, str(asked["cmd"]), str(asked["shown"]), dict(asked["wishes"]))

    def _run(self, key: str, job: jobs.Job, answer: Path) -> None:
        status = "failed"
        try:
            status = jobs.run(self.workflow, key, job, self._stop)
        finally:
            write(answer, {"status": status})
