"""How many notices of a person are unread: kept for some seconds, and told again at once after each change.

Each change of somebody's notices gives them a new version in the cache, and open pages are told. They ask with the tag of the version that they
show; while it is the same the answer costs one question to Redis, none to the database, and no session.
"""

import secrets
import time
from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.db import transaction

from vre_portal import events
from vre_portal.iam.models import User
from vre_portal.notices.models import Event, Notice
from vre_portal.notices.visibility import VisibleNotices

VERSION_SECONDS = 86_400
TAG_SECONDS = 30  # after which the whole way is gone: the session, the person, and what they may still see
MAX_SHOWN = 99
_signer = signing.TimestampSigner(salt="notices.bell")


class Bell(NamedTuple):
    """What the bell shows, its version, and the tag of that; neither while nothing can be kept."""

    unread: int
    tag: str = ""
    version: str = ""

    @property
    def shown(self) -> str:
        """The number as the bell has room for it."""
        return str(self.unread) if self.unread <= MAX_SHOWN else f"{MAX_SHOWN}+"


def of(user: User) -> Bell:
    """The bell of a person, at most NOTICE_COUNT_SECONDS old where only their roles have changed."""
    known = cache.get_many([_version_key(user.pk), _count_key(user.pk)])
    version, counted = known.get(_version_key(user.pk)), known.get(_count_key(user.pk))
    if version is not None and counted is not None:
        its_version, unread, moment = counted
        if its_version == version and time.time() - moment < settings.NOTICE_COUNT_SECONDS:
            return Bell(unread, _tag(user, version), version)
    return fresh(user)


def fresh(user: User) -> Bell:
    """The same, counted now."""
    return with_notices(user)[0]


def with_notices(user: User) -> tuple[Bell, VisibleNotices]:
    """The same, and what was counted. The version is read before the rows: what changes in between makes another one."""
    version = _version(user.pk)
    visible = VisibleNotices.of(user)
    if version is None:
        return Bell(visible.unread_count), visible
    cache.set(_count_key(user.pk), (version, visible.unread_count, time.time()), VERSION_SECONDS)
    return Bell(visible.unread_count, _tag(user, version), version), visible


def is_current(tag: str) -> bool:
    """Whether what a page with this tag shows is as it was a moment ago; asks the cache alone."""
    try:
        person, _, version = _signer.unsign(tag, max_age=TAG_SECONDS).partition(":")
    except signing.BadSignature:
        return False
    return bool(cache.get(_version_key(int(person))) == version)


def changed(people: Iterable[int]) -> None:
    """The notices of these people have changed: a new version each, once the transaction is through."""
    numbers = sorted(set(people))
    if numbers:
        transaction.on_commit(partial(_renew, numbers), robust=True)


def new_notices(_event: Event, notices: Sequence[Notice]) -> None:
    """The bell as a channel of delivery."""
    changed(notice.user_id for notice in notices)


def _renew(people: Sequence[int]) -> None:
    cache.set_many({_version_key(number): secrets.token_hex(8) for number in people}, VERSION_SECONDS)
    for number in people:
        events.publish(f"bell-{number}", "notices")


def _version(person: int) -> str | None:
    """The version of somebody's notices, a new one where there is none; None while the cache is away."""
    key = _version_key(person)
    found = cache.get(key)
    if found is None:
        cache.add(key, secrets.token_hex(8), VERSION_SECONDS)
        found = cache.get(key)
    return found if isinstance(found, str) else None


def _tag(user: User, version: str) -> str:
    return _signer.sign(f"{user.pk}:{version}")


def _version_key(person: int) -> str:
    return f"notices:version:{person}"


def _count_key(person: int) -> str:
    return f"notices:unread:{person}"
