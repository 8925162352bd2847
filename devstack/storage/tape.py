"""A tape library behind the storage: a file on it is read only after it was asked for, and a drive has brought it to disk.

It speaks the part of the WLCG tape REST API that a transfer service uses. One drive takes one file after the other; what it brought stays on
disk for a while; a request that it does not know, such as one of before its restart, is lost.
"""

import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from devstack.storage.refusals import Refused, asked, inside

FOLDER = "tape"
API = "/api/v1/"
DRIVE_SECONDS = float(os.environ.get("VRE_TAPE_SECONDS", "8"))  # that the drive takes for a file
PINNED_SECONDS = 600  # that a file stays on disk
MAX_BODY = 1_000_000


class Library:
    """Which files of the tape folder are on disk, now or soon."""

    def __init__(self, folder: Path, *, now: Callable[[], float] = time.monotonic) -> None:
        self.folder, self.now = folder, now
        self.lock = threading.Lock()
        self.arrives: dict[Path, float] = {}
        self.drive_is_free = 0.0
        self.requests: dict[str, list[Path]] = {}

    def is_on_disk(self, path: Path) -> bool:
        arrives = self.arrives.get(path)
        return arrives is not None and arrives <= self.now() < arrives + PINNED_SECONDS

    def stage(self, paths: Iterable[Path]) -> str:
        """Have the drive bring them, in their turn; the id of the request."""
        with self.lock:
            request, now = uuid.uuid4().hex, self.now()
            self.requests[request] = list(paths)
            for path in self.requests[request]:
                if path.is_file() and self.arrives.get(path, -PINNED_SECONDS) + PINNED_SECONDS <= now:
                    self.drive_is_free = max(self.drive_is_free, now) + DRIVE_SECONDS
                    self.arrives[path] = self.drive_is_free
            return request

    def state(self, path: Path) -> dict[str, Any]:
        """How far a file of a request is."""
        if not path.is_file():
            return {"path": self._name(path), "state": "FAILED", "onDisk": False, "error": "No such file or directory"}
        is_there = self.is_on_disk(path)
        return {"path": self._name(path), "state": "COMPLETED" if is_there else "STARTED", "onDisk": is_there}

    def locality(self, path: Path) -> dict[str, str]:
        if not path.is_file():
            return {"path": self._name(path), "error": "No such file or directory"}
        return {"path": self._name(path), "locality": "DISK_AND_TAPE" if self.is_on_disk(path) else "TAPE"}

    def _name(self, path: Path) -> str:
        return f"/{path.relative_to(self.folder).as_posix()}"

    def check_read(self, environ: dict[str, Any]) -> None:
        """Raise Refused where the bytes of a file are asked for that is on tape alone."""
        path = inside(self.folder, asked(environ["PATH_INFO"]))
        if environ["REQUEST_METHOD"] == "GET" and self.is_of_tape(path) and path.is_file() and not self.is_on_disk(path):
            raise Refused("403 Forbidden", "The file is on tape and not on disk: its locality is TAPE (NEARLINE).")

    def is_of_tape(self, path: Path) -> bool:
        return path.is_relative_to(self.folder / FOLDER)

    def answer(self, environ: dict[str, Any]) -> tuple[str, Any]:
        """Status and content for a request of the API. Raises Refused."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix(API)
        if (method, path) == ("POST", "stage"):
            files = [item["path"] for item in _body(environ)["files"]]
            return "201 Created", {"requestId": self.stage(self._paths(files))}
        if (method, path) == ("POST", "archiveinfo"):
            return "200 OK", [self.locality(item) for item in self._paths(_body(environ)["paths"])]
        if method == "GET" and path.startswith("stage/"):
            request = path.removeprefix("stage/")
            if request not in self.requests:
                raise Refused("404 Not Found", "There is no such request.")
            return "200 OK", {"id": request, "files": [self.state(item) for item in self.requests[request]]}
        raise Refused("404 Not Found", "There is no such thing in the tape API.")

    def _paths(self, names: list[str]) -> list[Path]:
        paths = [inside(self.folder, name.encode()) for name in names]
        if not all(self.is_of_tape(path) for path in paths):
            raise Refused("400 Bad Request", "Only files of the tape library can be staged.")
        return paths


def _body(environ: dict[str, Any]) -> Any:
    try:
        size = min(int(environ.get("CONTENT_LENGTH") or 0), MAX_BODY)
        return json.loads(environ["wsgi.input"].read(size))
    except ValueError:
        raise Refused("400 Bad Request", "The request is not JSON.") from None
