"""A cache that may be away: then nothing is remembered, and no page fails for it."""

import logging
from collections.abc import Callable
from typing import Any, override

import redis
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache

logger = logging.getLogger(__name__)


def _or[T](otherwise: T, ask: Callable[..., T], *words: Any) -> T:
    """What Redis says, or what an empty cache would say."""
    try:
        return ask(*words)
    except redis.RedisError as error:
        logger.warning("the cache is away: %s", type(error).__name__)
        return otherwise


class ForgetfulCache(RedisCache):
    """Django's Redis cache, which raises what Redis raises, made into one that is empty while Redis is away.

    Nothing that has to be true may live in it. Who takes a lock by `add` gets none while it is away.
    """

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
    def delete(self, key: Any, version: int | None = None) -> bool:
        return _or(False, super().delete, key, version)

    @override
    def has_key(self, key: Any, version: int | None = None) -> bool:
        return _or(False, super().has_key, key, version)

    def count(self, key: str, seconds: int) -> tuple[int, int]:
        """Count one more under the key, atomically; how many there are, and after how many seconds counting begins anew."""
        return _or((0, 0), self._count, self.make_and_validate_key(key), seconds)

    def _count(self, key: str, seconds: int) -> tuple[int, int]:
        steps = self._cache.get_client(key, write=True).pipeline(transaction=True)
        steps.set(key, 0, ex=seconds, nx=True)
        steps.incr(key)
        steps.ttl(key)
        _, number, left = steps.execute()
        return int(number), int(left)


def count(key: str, seconds: int) -> tuple[int, int]:
    """Count one more in the cache; (0, 0) while nothing can be counted."""
    backend = caches["default"]
    return backend.count(key, seconds) if isinstance(backend, ForgetfulCache) else (0, 0)


def answers() -> bool:
    """Whether the broker and the cache answer."""
    limits = {"socket_connect_timeout": 1, "socket_timeout": 2}
    places = {settings.CELERY_BROKER_URL, settings.CACHES["default"]["LOCATION"]}
    try:
        return all(redis.Redis.from_url(place, **limits).ping() for place in places)
    except (redis.RedisError, OSError):
        return False
