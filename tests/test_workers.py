"""Several pytest processes side by side share no database of Redis and no folder."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache

from tests import workers
from vre_portal.celery import app


def separated(worker: int) -> Any:
    """The settings of one worker."""
    own_cache = {"LOCATION": "redis://:secret@127.0.0.1:9/1"}
    own = SimpleNamespace(
        REDIS_URL="redis://:secret@127.0.0.1:9/0", CELERY_BROKER_URL="", CACHES={"default": own_cache}, MEDIA_ROOT="/nowhere/media", UPLOAD_SPOOL="/nowhere/spool"
    )  # fmt: skip
    workers.separate(own, worker)
    return own


def test_no_two_workers_nor_the_running_portal_share_a_place() -> None:
    every = [separated(worker) for worker in range(workers.MAX_WORKERS)]
    places = [place for own in every for place in (own.REDIS_URL, own.CACHES["default"]["LOCATION"], own.MEDIA_ROOT, own.UPLOAD_SPOOL)]
    assert len(set(places)) == 4 * workers.MAX_WORKERS
    assert not {"redis://:secret@127.0.0.1:9/0", "redis://:secret@127.0.0.1:9/1", "/nowhere/media", "/nowhere/spool"} & set(places)
    assert all(own.CELERY_BROKER_URL == own.REDIS_URL for own in every)
    assert every[-1].CACHES["default"]["LOCATION"].endswith("/15")  # the last that Redis has


def test_more_workers_than_redis_has_databases_for_are_refused_in_words() -> None:
    with pytest.raises(pytest.UsageError, match="use -n 7 or fewer"):
        separated(workers.MAX_WORKERS)


def test_a_message_goes_to_the_broker_that_the_settings_name() -> None:
    assert app.conf.broker_url == django_settings.CELERY_BROKER_URL
    worker = workers.number()
    assert django_settings.REDIS_URL.endswith("/0" if worker is None else f"/{2 + 2 * worker}")


@pytest.mark.parametrize("turn", range(2))
def test_a_worker_finds_nothing_in_the_cache_that_another_test_left(turn: int) -> None:
    if workers.number() is None:
        pytest.skip("the cache is the running portal's, too: only with -n")
    assert cache.get("left") is None
    cache.set("left", turn)
    assert cache.get("left") == turn


def test_a_report_about_odd_text_can_be_sent() -> None:
    report = {"sections": [("Captured stdout", "half \ud83d of one")], "seconds": 0.5, "keywords": {"\udc80": 1}}
    assert workers.sendable(report) == {
        "sections": [("Captured stdout", "half \\ud83d of one")],
        "seconds": 0.5,
        "keywords": {"\\udc80": 1},
    }
