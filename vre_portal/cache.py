"""A cache that may be away: then nothing is remembered, and no page fails for it."""

import logging
from collections.abc import Callable
from typing import Any, override

import redis
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache, RedisCacheClient

logger = logging.getLogger(__name__)
SLOTS = 20  # parts of a window; what was taken in one is given back together, once all of it is a window old
# By the clock of Redis, so that all processes have one. However busy somebody is, a key has at most SLOTS + 1 numbers.
ACQUIRE_SLOTS = """
local slot, slots = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local current, wait = math.floor(now / slot), 0
for number, key in ipairs(KEYS) do
  local taken, total, stored = {}, 0, redis.call('HGETALL', key)
  for place = 1, #stored, 2 do
    local at, count = tonumber(stored[place]), tonumber(stored[place + 1])
    if at < current - slots then
      redis.call('HDEL', key, stored[place])
    else
      taken[at], total = count, total + count
    end
  end
  local allowed = tonumber(ARGV[number + 2])
  if total >= allowed then
    local at = current - slots
    while at < current and total - (taken[at] or 0) >= allowed do
      total, at = total - (taken[at] or 0), at + 1
    end
    wait = math.max(wait, (at + slots + 1) * slot - now)
  end
end
if wait == 0 then
  for _, key in ipairs(KEYS) do
    redis.call('HINCRBY', key, string.format('%.0f', current), 1)
    redis.call('PEXPIRE', key, slot * (slots + 1))
  end
end
return wait
"""


def _or[T](otherwise: T, ask: Callable[..., T], *words: Any) -> T:
    """What Redis says, or what an empty cache would say."""
    try:
        return ask(*words)
    except redis.RedisError as error:
        logger.warning("the cache is away: %s", type(error).__name__)
        return otherwise


class OneClient(RedisCacheClient):
    """Django makes a client of redis-py for each question, which takes longer than the question; here there is one for each pool."""

    @override
    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        pool = self._get_connection_pool(write)  # type: ignore[attr-defined]  # django-stubs leave it out
        clients = self.__dict__.setdefault("_clients", {})
        return clients.get(pool) or clients.setdefault(pool, self._client(connection_pool=pool))  # type: ignore[attr-defined]


class ForgetfulCache(RedisCache):
    """Django's Redis cache, which raises what Redis raises, made into one that is empty while Redis is away.

    Nothing that has to be true may live in it. Who takes a lock by `add` gets none while it is away.
    """

    @override
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = OneClient

    @override
    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return _or(False, super().add, key, value, timeout, version)

    @override
    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return _or(default, super().get, key, default, version)

    @override
    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        _or(None, super().set, key, value, timeout, version)

    @override
    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return _or(False, super().touch, key, timeout, version)

    @override
    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        return _or({}, super().get_many, keys, version)

    @override
    def set_many(self, data: dict[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> list[Any]:
        return _or(list(data), super().set_many, data, timeout, version)

    @override
    def delete_many(self, keys: Any, version: int | None = None) -> None:
        _or(None, super().delete_many, keys, version)

    @override
    def delete(self, key: Any, version: int | None = None) -> bool:
        return _or(False, super().delete, key, version)

    @override
    def has_key(self, key: Any, version: int | None = None) -> bool:
        return _or(False, super().has_key, key, version)

    def acquire_slots(self, allowed: dict[str, int], seconds: int) -> float:
        """Take one place under each key where all have one left, atomically; else the seconds until they have, and nothing is taken.

        No window of so many seconds, wherever it begins, has more than what is allowed. Raises what Redis raises.
        """
        names = [self.make_and_validate_key(key) for key in allowed]
        client = self._cache.get_client(names[0], write=True)
        slot = max(seconds * 1000 // SLOTS, 1)
        return int(client.eval(ACQUIRE_SLOTS, len(names), *names, slot, SLOTS, *allowed.values())) / 1000


def acquire_slots(allowed: dict[str, int], seconds: int) -> float | None:
    """As the cache's own `acquire_slots`; None while nothing can be counted."""
    backend = caches["default"]
    return _or(None, backend.acquire_slots, allowed, seconds) if isinstance(backend, ForgetfulCache) else None


def answers() -> bool:
    """Whether the broker and the cache answer."""
    limits = {"socket_connect_timeout": 1, "socket_timeout": 2}
    places = {settings.CELERY_BROKER_URL, settings.CACHES["default"]["LOCATION"]}
    try:
        return all(redis.Redis.from_url(place, **limits).ping() for place in places)
    except (redis.RedisError, OSError):
        return False
