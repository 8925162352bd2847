"""What a person does with their notices: mark as read or unread, delete, and undo; each is done once however often it is sent.

What is marked or deleted together gets one moment, by which it is found again to undo it.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.utils import timezone

from vre_portal.iam.models import User
from vre_portal.notices import bell
from vre_portal.notices.models import Event, Notice
from vre_portal.notices.visibility import VisibleNotices

KINDS_SECONDS = 3600


class Verb(StrEnum):
    """What can be done with notices."""

    READ = "read"
    UNREAD = "unread"
    DELETE = "delete"


class Done(NamedTuple):
    """What was done, so that it can be undone; `numbers` are given where the rows hold no moment to find them by."""

    verb: Verb
    number: int
    moment: str
    numbers: tuple[int, ...] = ()


def apply(verb: Verb, notices: QuerySet[Notice], *, by: User) -> Done:
    """Do it with those of the notices with which it was not done before."""
    moment = timezone.now()
    if verb is Verb.UNREAD:
        numbers = tuple(notices.exclude(read_at=None).values_list("pk", flat=True))
        count = Notice.objects.filter(pk__in=numbers, user=by).exclude(read_at=None).update(read_at=None)
    else:
        numbers = ()
        values = {"read_at": moment} if verb is Verb.READ else {"deleted_at": moment}
        count = notices.filter(**dict.fromkeys(values)).order_by().update(**values)
    if count:
        bell.changed([by.pk])
    return Done(verb, count, moment.isoformat(), numbers)


def undo(verb: Verb, moment: datetime, numbers: Collection[int], *, by: User) -> int:
    """Take it back, as far as nothing was done since; how many notices that were."""
    mine = Notice.objects.filter(user=by).order_by()
    if verb is Verb.READ:
        count = mine.filter(read_at=moment, deleted_at=None).update(read_at=None)
    elif verb is Verb.DELETE:
        count = mine.filter(deleted_at=moment).update(deleted_at=None)
    else:
        count = mine.filter(pk__in=numbers, read_at=None, deleted_at=None).update(read_at=timezone.now())
    if count:
        bell.changed([by.pk])
    return count


def unread_of(user: User) -> QuerySet[Notice]:
    """All that the person has not read, whether or not they may still see it."""
    return Notice.objects.filter(user=user, read_at=None, deleted_at=None)


def read_about(about: Q, *, by: User) -> None:
    """What the person was told of one thing counts as read: they have looked at it. `about` says which notices those are."""
    apply(Verb.READ, unread_of(by).filter(about), by=by)


def read_events(kinds: Collection[str], keys: Collection[str]) -> None:
    """What some events asked of people is settled: it counts as read for everybody, and mails that have not left yet are not sent."""
    unread = Notice.objects.filter(event__kind__in=kinds, event__key__in=keys, read_at=None, deleted_at=None).order_by()
    found = dict(unread.values_list("pk", "user"))
    if found:
        Notice.objects.filter(pk__in=list(found), read_at=None).update(read_at=timezone.now())
        bell.changed(set(found.values()))


def kinds_of(visible: VisibleNotices, version: str) -> frozenset[str]:
    """The kinds of these notices; kept while the version of the bell, and what the person may see, are the same."""
    key = f"notices:kinds:{visible.user.pk}:{version}:{hash(visible.audiences)}"
    found: frozenset[str] | None = cache.get(key) if version else None
    if found is None:
        events = Event.objects.filter(pk__in=visible.all().order_by().values("event"))
        found = frozenset(events.values_list("kind", flat=True).distinct())
        if version:
            cache.set(key, found, KINDS_SECONDS)
    return found


def read_one(number: int, *, by: User) -> Notice | None:
    """The notice, marked as read; None where there is none that the person may know of."""
    notice = VisibleNotices.of(by).all().select_related("event").filter(pk=number).first()
    if notice is not None and notice.read_at is None:
        apply(Verb.READ, Notice.objects.filter(pk=notice.pk, user=by), by=by)
    return notice
