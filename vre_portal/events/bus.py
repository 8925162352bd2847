"""What goes through Redis: that something changed, never what. Without Redis pages ask by themselves, and nobody else notices."""

import logging
import time
from collections.abc import Collection, Iterable, Mapping
from functools import cache, partial
from typing import Any

import redis
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)
STREAM, OPEN = "events:stream", "events:open"
MAX_EVENTS = 10_000  # in the stream; a page that was away for longer reads its parts again
KEPT_SECONDS = 600
OPEN_SECONDS = 30  # how long a topic counts as open after its page was last heard of
PAUSE_SECONDS = 5.0  # after Redis did not answer: no worker waits for it at each change
TOPIC, KIND, RECHECK = "topic", "kind", "recheck"
EVERYBODY = 0
_away_until = 0.0


def publish(topic: str, kind: str, data: Mapping[str, int] | None = None) -> None:
    """Tell pages that listen to the topic, once the transaction is through, that it changed; never raises.

    `data` are numbers: what people wrote cannot get in by mistake. The page fetches what it shows itself.
    """
    numbers = {name: int(value) for name, value in (data or {}).items() if isinstance(value, int)}
    _send_after_commit({**numbers, TOPIC: topic, KIND: kind})


def recheck(user: int | None) -> None:
    """Ask at once, once the transaction is through, what the open pages of a person may still see; None for everybody's."""
    _send_after_commit({RECHECK: user or EVERYBODY})


def are_open(topics: Iterable[str]) -> frozenset[str]:
    """Those of the topics to which a page listens; none while Redis is away."""
    names = list(topics)
    if not names or not settings.EVENTS_URL or time.monotonic() < _away_until:
        return frozenset()
    try:
        moments = _client().zmscore(OPEN, names)
    except (redis.RedisError, OSError) as error:
        _pause(error)
        return frozenset()
    since = time.time() - OPEN_SECONDS
    return frozenset(name for name, moment in zip(names, moments, strict=True) if moment is not None and float(moment) > since)


def mark_open(topics: Collection[str]) -> None:
    """Note that pages listen to these topics now, and forget those that nobody has listened to for a while."""
    now = time.time()
    with _client().pipeline(transaction=False) as pipe:
        if topics:
            pipe.zadd(OPEN, dict.fromkeys(topics, now))
        pipe.zremrangebyscore(OPEN, "-inf", now - OPEN_SECONDS)
        pipe.xtrim(STREAM, minid=f"{int((now - KEPT_SECONDS) * 1000)}-0", approximate=True)
        pipe.execute()


def _send_after_commit(fields: dict[str, str | int]) -> None:
    if settings.EVENTS_URL:
        transaction.on_commit(partial(_send, fields), robust=True)


def _send(fields: dict[Any, Any]) -> None:
    if time.monotonic() < _away_until:
        return
    try:
        _client().xadd(STREAM, fields, maxlen=MAX_EVENTS, approximate=True)
    except (redis.RedisError, OSError) as error:
        _pause(error)


def _pause(error: Exception) -> None:
    global _away_until
    _away_until = time.monotonic() + PAUSE_SECONDS
    logger.warning("events do not reach open pages: %s", error)


def _client() -> redis.Redis:
    return _client_of(settings.REDIS_URL)


@cache
def _client_of(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=1, decode_responses=True)
