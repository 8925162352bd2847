"""What a benchmark of launches runs on: a database, a Redis, a REANA behind a proxy and workers of its own, and a person who may launch."""

import logging
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.faulty_proxy import Proxy
from devstack import address
from devstack.portal.worker import WORKER
from tests.devstack import reana_server

NAME, HEALTHY = "measured", "healthy"  # the second one is the same server without the proxy
SERVICES = """
[[service]]
kind = "iam"
name = "iam"
title = "IAM"
url = "${IAM_ISSUER}"
audience = "portal"
options = { client_id = "portal", client_secret = "${IAM_CLIENT_SECRET}", scope = "openid" }

[[service]]
kind = "reana"
name = "measured"
title = "REANA"
url = "%s"
options = { dialect = "query", requests_per_second = 0, fetches_inputs = true }

[[service]]
kind = "reana"
name = "healthy"
title = "Another REANA"
url = "%s"
options = { dialect = "query", requests_per_second = 0 }
"""
TEXT = """
inputs: {files: [a.py, b.py, c.py, d.py]}
workflow: {type: serial, specification: {steps: [{name: one, environment: "python:3.13-slim", commands: ["python a.py"]}]}}
"""
BEAT = ["beat", "--pidfile=", "--loglevel", "INFO"]


class Process:
    """A process of the portal; while it is wanted it is started again when it ends, as a supervisor does."""

    def __init__(self, words: list[str], folder: Path, log: str) -> None:
        self.words, self.folder, self.log = words, folder, folder / f"{log}.log"
        self.is_wanted, self.starts, self.begun_at = False, 0, 0
        self.process: subprocess.Popen[bytes] | None = None
        self.lock = threading.Lock()
        threading.Thread(target=self._keep, daemon=True).start()

    @property
    def is_ready(self) -> bool:
        """Whether a worker has said so since it was last started."""
        return self.log.stat().st_size > self.begun_at and "ready." in self.log.read_bytes()[self.begun_at :].decode(errors="replace")

    def start(self) -> None:
        with self.lock:
            if not self.is_wanted:
                self.is_wanted = True
                self._start()

    def _start(self) -> None:
        self.starts += 1
        command = [sys.executable, "-m", "celery", "-A", "vre_portal", *self.words]
        with self.log.open("ab") as log:
            self.begun_at = log.tell()
            self.process = subprocess.Popen(
                command,
                cwd=address.ROOT,
                env=environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL; it comes back while it is wanted."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)

    def stop(self) -> None:
        with self.lock:
            self.is_wanted = False
            self.kill()

    def _keep(self) -> None:
        while True:
            time.sleep(0.2)
            with self.lock:
                if self.is_wanted and self.process is not None and self.process.poll() is not None:
                    self._start()


def environment() -> dict[str, str]:
    """The settings of the portal's other processes: the same, with the database of the benchmark."""
    from django.db import connection

    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return {**os.environ, "DATABASE_URL": url.geturl()}


class LaunchStack:
    """Everything together; `person` may launch `specification` at the REANA behind `proxy`."""

    def __init__(self, folder: Path, redis: Any, server: reana_server.Server, proxy: Proxy) -> None:
        from projects.workflows.models import Run, Specification
        from tests.factories import make_person, make_project
        from vre_portal.iam.models import User
        from vre_portal.iam.stored import services as stored
        from vre_portal.services import ServiceKind, service

        self.folder, self.redis, self.server, self.proxy = folder, redis, server, proxy
        self.person = make_person("lead")
        Run.objects.update(status=Run.Status.STOPPED)  # of an earlier benchmark
        User.objects.update(groups_seen_at=None)  # there is no IAM to ask
        self.person.refresh_from_db()
        for name in (NAME, HEALTHY):
            stored.store(by=self.person, service=service(ServiceKind.REANA, name), secret=server.token("lead"))
        self.project = make_project(lead=self.person, slug=f"measured-{uuid.uuid4().hex[:8]}")
        code = {f"{name}.py": f"print('{name}')\n" for name in "abcd"}
        self.specification = Specification.objects.create(project=self.project, name="small", title="Small", text=TEXT, code=code)
        self.workers = [Process([*WORKER, "--hostname", f"w{number}@%h"], folder, f"worker-{number}") for number in (1, 2)]
        self.beat = Process([*BEAT, "--schedule", str(folder / "schedule")], folder, "beat")

    def begin(self, workers: int = 1) -> None:
        """Start workers and the schedule, where they do not run yet; two workers stay two."""
        for process in (*self.workers[:workers], self.beat):
            process.start()

    def wait_for_workers(self) -> None:
        """Until those that were started consume; Python's start takes long on a busy machine."""
        for process in self.workers:
            if process.is_wanted:
                wait_until(lambda process=process: process.is_ready, 300)  # type: ignore[misc]

    def end(self) -> None:
        """Stop them at once."""
        for process in (*self.workers, self.beat):
            process.stop()

    def launch(self, key: uuid.UUID, specification: Any = None, *, server: str = NAME) -> Any:
        """One run, as a person's press of the button makes it."""
        from projects.workflows import services

        what = specification or self.specification
        words = {"by": self.person, "project": self.project, "specification": what, "key": key, "server": server}
        return services.launch(parameters={}, inputs={}, **words)

    def at_reana(self) -> list[tuple[str, str, str]]:
        """Id, name and state of each workflow there, deleted ones, too; read from the server's own database."""
        with sqlite3.connect(f"file:{self.server.state / 'reana' / 'reana.sqlite3'}?mode=ro", uri=True, timeout=30) as database:
            return database.execute("select id, name, status from workflow").fetchall()


def wait_until(is_so: Callable[[], bool], seconds: float) -> float | None:
    """How many seconds it took until it was so; None where it is not within this time."""
    begin = time.monotonic()
    while not is_so():
        if time.monotonic() - begin > seconds:
            return None
        time.sleep(0.1)
    return time.monotonic() - begin


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def launch_stack(*, is_direct: bool = False, **reana: str) -> Iterator[LaunchStack]:
    """Make it and take it away again, with or without the proxy between. REANA queues what is started and runs nothing of it."""
    with tempfile.TemporaryDirectory(prefix="launches-") as name:
        folder = Path(name)
        options = {"REANA_QUEUED_SECONDS": "86400", "REANA_WORKFLOWS_AT_ONCE": "1", **reana}
        port = free_port()
        with reana_server.beside_the_stack(folder / "reana", **options) as server:
            proxy = Proxy(server.query_url)
            (folder / "services.toml").write_text(SERVICES % (server.query_url if is_direct else proxy.url, server.query_url))
            os.environ |= {
                "SERVICES_FILE": str(folder / "services.toml"),
                "REDIS_URL": f"redis://127.0.0.1:{port}/0",
                "CACHE_URL": f"redis://127.0.0.1:{port}/1",
                "ACTIVE_RUNS": "1000000",
            }
            with _portal(folder, port, server, proxy) as found:
                yield found


@contextmanager
def _portal(folder: Path, port: int, server: reana_server.Server, proxy: Proxy) -> Iterator[LaunchStack]:
    import django

    django.setup()
    logging.disable(logging.ERROR)  # what goes wrong is in the table; the workers have logs of their own
    from django.conf import settings
    from django.db import connection, connections

    from tests.events.streams import OwnRedis

    settings.ALLOWED_HOSTS = ["*"]
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # without a build of them
    redis = OwnRedis(folder, port)
    connection.settings_dict["TEST"]["NAME"] = "launches_benchmark"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False, keepdb=True)  # migrations take a minute
    found = LaunchStack(folder, redis, server, proxy)
    try:
        yield found
    finally:
        found.end()
        connections.close_all()
        redis.stop()
