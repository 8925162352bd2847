"""Every place where a token could lie open: tables, sessions, Redis, logs, files, temporary files, pages and addresses, processes."""

import base64
import os
import re
import stat
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
import requests
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from psycopg import sql

from devstack.address import STATE, subject
from vre_portal.encryption import decrypt

Place = tuple[str, str]  # its name, and what it holds
MOST = 4_000_000  # bytes read of one file
OWN = ("portal", "worker", "beat")


def held(cursor: Any, name: str) -> set[str]:
    """The values of a person's tokens, also of those that were put out of use, opened with the stack's own key."""
    query = "SELECT t.user_id, t.service, t.access, t.refresh FROM iam_token t JOIN iam_user u ON u.id = t.user_id WHERE u.subject = %s"
    rows = cursor.execute(query, [subject(name)]).fetchall()
    return {decrypt(sealed, owner=f"{user}/{service}") for user, service, *values in rows for sealed in values if sealed}


def shapes(secret: str) -> set[str]:
    """How a secret may look: itself, the signature of a token, and either in base64 at any offset."""
    parts = {secret, secret.rpartition(".")[2]}
    coded = {base64.b64encode(b"x" * offset + part.encode()).decode()[4:-4] for part in parts for offset in range(3)}
    return {shape for shape in parts | coded if len(shape) > 15}


def hits(places: Iterable[Place], secrets: Iterable[str]) -> list[str]:
    """The places that hold one of the secrets in any shape."""
    wanted = re.compile("|".join(re.escape(shape) for secret in secrets for shape in shapes(secret)))
    return [place for place, text in places if wanted.search(text)]


def tables(cursor: Any) -> Iterator[Place]:
    """The whole database as text; sessions are unpacked, for what is in them is compressed."""
    cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    for (name,) in cursor.fetchall():
        rows = cursor.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name))).fetchall()
        yield f"table {name}", "\n".join(row[0] for row in rows)
    for key, data in cursor.execute("SELECT session_key, session_data FROM django_session").fetchall():
        yield f"session {key[:4]}", repr(SessionStore().decode(data))


def value_in_redis(connection: Any, key: bytes) -> object:
    kind = connection.type(key)
    if kind == b"list":
        return connection.lrange(key, 0, -1)
    if kind == b"zset":
        return connection.zrange(key, 0, -1)
    readers = {b"string": connection.get, b"hash": connection.hgetall, b"set": connection.smembers, b"stream": connection.xrange}
    return readers[kind](key) if kind in readers else ""


def in_redis() -> Iterator[Place]:
    """Broker, results and cache."""
    for url in (settings.REDIS_URL, settings.CACHES["default"]["LOCATION"]):
        connection = redis.Redis.from_url(url)
        for key in connection.scan_iter(count=500):
            yield f"Redis {key!r}", f"{key!r} {value_in_redis(connection, key)!r}"


def files() -> Iterator[Place]:
    """All that the servers logged, access logs among it, of every one of them; and what the portal's own processes wrote."""
    for path in (STATE / "logs").rglob("*"):
        yield str(path), content(path)
    for folder in OWN:
        for path in (STATE / folder).rglob("*"):
            if "static" not in path.parts and path.name != "vault.key":
                yield str(path), content(path)


def content(path: Path) -> str:
    """The end of a file; nothing of a folder, a socket, or of what is gone meanwhile."""
    try:
        with path.open("rb") as handle:
            handle.seek(max(0, path.stat().st_size - MOST))
            return handle.read().decode("latin-1")
    except OSError:
        return ""


def temporary(since: float) -> Iterator[Place]:
    """What was written to the temporary folders since then, not deep: other programs keep whole trees there."""
    for root in {tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"}:
        for folder, below, names in os.walk(root):
            below[:] = [] if folder.count("/") - root.count("/") >= 3 else [name for name in below if not name.startswith("pytest-")]
            for path in (Path(folder, name) for name in names):
                if is_file_since(path, since):
                    yield str(path), content(path)


def is_file_since(path: Path, since: float) -> bool:
    """Whether a file was written since then; not where it is gone meanwhile, as files of programs beside this one may be."""
    try:
        facts = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(facts.st_mode) and facts.st_mtime >= since


class Watched:
    """Keeps every answer that a browser got, each step of a redirect by itself: address, headers and text."""

    def __init__(self) -> None:
        self.places: list[Place] = []

    def watch(self, browser: requests.Session) -> requests.Session:
        browser.hooks["response"].append(self.note)
        return browser

    def note(self, reply: requests.Response, *_: Any, **__: Any) -> None:
        asked = reply.request
        self.places.append((f"{asked.method} {asked.url}", f"{reply.status_code} {reply.url} {reply.headers} {reply.text}"))


@contextmanager
def processes() -> Iterator[dict[str, str]]:
    """Arguments and environment of every process of the stack and of its children, looked at all the while; filled as they come."""
    found: dict[str, str] = {}
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            for folder in Path("/proc").glob("[0-9]*"):
                try:
                    arguments, environment = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
                except OSError:
                    continue
                if arguments and (str(STATE).encode() in environment + arguments or b"vre-previews" in environment):
                    words = arguments.replace(b"\0", b" ").decode("latin-1")
                    found[f"process {folder.name} {words[:200]}"] = f"{words}\n{environment.decode('latin-1')}"

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join(10)
        time.sleep(0)
