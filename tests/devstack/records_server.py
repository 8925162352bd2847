"""Start a records server of a test's own, with its own data, limits and port."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack import address

PYTHON = address.ENVS / "records" / "bin" / "python"
GENEROUS = {"RECORDS_RATE_GUEST": "100000", "RECORDS_RATE_SEARCH": "100000"}


@dataclass
class RecordsServer:
    """A running server; it can be stopped and started again at the same address, and its data replaced."""

    port: int
    folder: Path
    settings: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data.json"

    @property
    def requests(self) -> list[str]:
        """The access log, one line for each request; a line is written after its answer, so it is whole once the server has stopped."""
        lines = (self.folder / "log").read_text().splitlines()
        return [line for line in lines if line.startswith(("GET /", "POST /", "HEAD /"))]

    def put(self, entries: list[dict[str, Any]]) -> None:
        """Replace the data; the running server reads them at the next request."""
        self.data.write_text(json.dumps({"gathered": "2026-11-20", "entries": entries}))

    def start(self) -> None:
        own = {"PORT_BASE": str(self.port - 5), "STACK_STATE": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        if self.data.exists():
            own["RECORDS_DATA"] = str(self.data)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [PYTHON, "-m", "devstack.records.start"],
                cwd=address.ROOT,
                env={**os.environ, **own, **self.settings},  # noqa: TID251 -- handed on to the server
                stdout=log,
                stderr=log,
            )
        address.wait_for(f"{self.url}/oai2d?verb=Identify", 20)

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(15)
            self.process = None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def records_server(folder: Path, entries: list[dict[str, Any]] | None = None, **settings: str) -> Iterator[RecordsServer]:
    """A server with the demonstration's data, or with `entries`; limits out of the way unless given."""
    server = RecordsServer(free_port(), folder, {**GENEROUS, **settings})
    if entries is not None:
        server.put(entries)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def make_entry(number: int, name: str = "", **changes: Any) -> dict[str, Any]:
    """One entry as devstack/records/ossr.json holds them, with a number of its own and no DOI."""
    return {
        "name": name or f"Tool {number}",
        "description": f"Does thing {number}",
        "repository": f"https://git.example/tool-{number}",
        "licence": "MIT",
        "licence_note": None,
        "keywords": ["testing"],
        "creators": [{"name": "Doe, Jo", "type": "personal", "orcid": "0000-0002-1825-0097", "affiliation": None}],
        "codemeta": None,
        "concept_doi": None,
        "versions": [{"doi": None, "id": 900_010_000 + number, "version": "1.0", "published": "2026-01-02"}],
        **changes,
    }
