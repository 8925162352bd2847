"""Slots: so many at the same time, in one process and in several, given back in any case."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.conf import settings as portal_settings

from vre_portal import slots
from vre_portal.slots import NoSlot, Slot

pytestmark = pytest.mark.integration("redis")
REDIS = portal_settings.CACHES["default"]


@pytest.fixture(autouse=True)
def _own_cache(settings: Any) -> Iterator[None]:
    settings.CACHES = {"default": {**REDIS, "KEY_PREFIX": "slots-test"}}
    forget()
    yield
    forget()
    slots._taken.clear()


def keys() -> list[bytes]:
    return list(redis.Redis.from_url(REDIS["LOCATION"]).scan_iter("slots-test:*"))


def forget() -> None:
    for key in keys():
        redis.Redis.from_url(REDIS["LOCATION"]).delete(key)


def test_there_are_so_many_and_each_is_given_back_once() -> None:
    held = [Slot("a", 2), Slot("a", 2)]
    with pytest.raises(NoSlot) as full:
        Slot("a", 2)
    assert full.value.name == "a"
    Slot("b", 1)
    held[0].release()
    held[0].release()
    Slot("a", 2)
    with pytest.raises(NoSlot):
        Slot("a", 2)


def test_what_another_process_holds_is_held() -> None:
    code = (
        "import django, sys; django.setup()\n"
        "from django.conf import settings\n"
        "settings.CACHES['default']['KEY_PREFIX'] = 'slots-test'\n"
        "from vre_portal.slots import Slot\n"
        "Slot('a', 2); print('held', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdin
        assert other.stdout.readline() == "held\n"
        Slot("a", 2)
        with pytest.raises(NoSlot):
            Slot("a", 2)
        assert slots._taken["a"] == 1
        other.stdin.close()


def test_one_whose_process_died_is_free_after_a_while_and_one_that_goes_on_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "RENEW_SECONDS", 0)
    slot = Slot("a", 1)
    (key,) = keys()
    server = redis.Redis.from_url(REDIS["LOCATION"])
    assert 0 < server.ttl(key) <= slots.HELD_SECONDS  # type: ignore[operator]
    server.expire(key, 5)
    slot.renew()
    assert server.ttl(key) > 5  # type: ignore[operator]
    slot.release()
    assert keys() == []


def test_a_late_release_takes_nothing_from_a_successor() -> None:
    slot = Slot("a", 1)
    forget()  # its time ran out
    slots._taken.clear()  # as in another process
    successor = Slot("a", 1)
    slots._taken["a"] += 1
    slot.release()
    assert len(keys()) == 1
    successor.release()
    assert keys() == []


def test_without_the_cache_each_process_counts_for_itself(settings: Any) -> None:
    settings.CACHES = {"default": {**REDIS, "LOCATION": "redis://127.0.0.1:1/0"}}
    slot = Slot("a", 1)
    with pytest.raises(NoSlot):
        Slot("a", 1)
    slot.renew()
    slot.release()
    Slot("a", 1).release()


def test_one_given_back_between_two_looks_is_held_and_not_taken_for_a_cache_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Slot("a", 1)
    slots._taken.clear()  # as in another process
    real = Slot._take_free

    def given_back_just_after(slot: Slot) -> bool:
        taken = real(slot)
        slots.cache.delete(other._key)
        monkeypatch.setattr(Slot, "_take_free", real)
        return taken

    monkeypatch.setattr(Slot, "_take_free", given_back_just_after)
    slot = Slot("a", 1)
    assert len(keys()) == 1  # other processes know of it
    slot.release()
    assert keys() == []


def test_one_that_waits_gets_what_is_given_back_and_only_so_many_wait() -> None:
    held = Slot("a", 1)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(Slot, "a", 1, wait_seconds=10, max_waiting=1)
        while not slots._waiting["a"]:
            time.sleep(0.01)
        with pytest.raises(NoSlot):
            Slot("a", 1, wait_seconds=10, max_waiting=1)
        held.release()
        with waiting.result() as second, pytest.raises(NoSlot):
            Slot(second.name, 1, wait_seconds=0.1)
    assert keys() == []
    assert not slots._taken


def test_slots_of_this_process_alone_are_not_in_the_cache() -> None:
    with Slot("a", 1, shared=False):
        assert keys() == []
        with pytest.raises(NoSlot):
            Slot("a", 1, shared=False)
    Slot("a", 1, shared=False).release()
