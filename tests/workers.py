"""What each of several pytest processes has of its own beside a test database, which pytest-django gives it: Redis and folders."""

import os
import shutil
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis

MAX_WORKERS = 7  # Redis has 16 databases unless told otherwise; 0 and 1 are the running portal's


def number() -> int | None:
    """Which of the workers of pytest-xdist this process is, from 0; None where the tests run in one process."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "")  # noqa: TID251 -- set by pytest-xdist
    return int(name.removeprefix("gw")) if name else None


def redis_database(url: str, database: int) -> str:
    """The same Redis, another of its databases."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()


def separate(settings: Any, worker: int) -> None:
    """Give a worker a broker, a cache and folders that no other worker has, empty; a cache is cleared as a whole, so a prefix would not do.

    Raises pytest.UsageError where there are more workers than Redis has databases for.
    """
    if worker >= MAX_WORKERS:
        raise pytest.UsageError(f"Redis has databases for {MAX_WORKERS} workers: use -n {MAX_WORKERS} or fewer.")
    settings.REDIS_URL = settings.CELERY_BROKER_URL = redis_database(settings.REDIS_URL, 2 + 2 * worker)
    default = settings.CACHES["default"]
    default["LOCATION"] = redis_database(default["LOCATION"], 3 + 2 * worker)
    for name in ("MEDIA_ROOT", "UPLOAD_SPOOL"):
        folder = Path(f"{getattr(settings, name)}-{worker}")
        shutil.rmtree(folder, ignore_errors=True)  # of an earlier run
        setattr(settings, name, str(folder))


def empty(url: str) -> None:
    """Delete all keys of one database; without Redis the tests that need it say so."""
    with suppress(redis.RedisError):
        _client(url).flushdb()


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_connect_timeout=2)


def sendable(value: Any) -> Any:
    """A report without what cannot be sent between processes: halves of surrogate pairs, which some tests are about."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {sendable(name): sendable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(sendable(item) for item in value)
    return value
