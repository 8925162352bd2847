"""The cache while Redis is there and while it is away."""

from typing import Any

import pytest
from django.core.cache import caches

from vre_portal import cache


@pytest.fixture
def away(settings: Any) -> Any:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    return caches["default"]


@pytest.mark.integration("redis")
def test_what_is_kept_is_found() -> None:
    there = caches["default"]
    there.set("test-cache", {"a": 1}, 10)
    assert there.get("test-cache") == {"a": 1}
    assert not there.add("test-cache", 2)
    assert there.delete("test-cache")
    assert cache.answers()


def test_while_redis_is_away_it_is_empty_and_gives_no_lock(away: Any) -> None:
    away.set("test-cache", 1, 10)
    assert away.get("test-cache", "nothing") == "nothing"
    assert away.get_or_set("test-cache", lambda: 7) == 7
    assert not away.add("test-cache", 1)
    assert not away.delete("test-cache")
    assert "test-cache" not in away
    assert not cache.answers()
