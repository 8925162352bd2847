"""Reporting an event: one row for it, and one notice for each person whom it concerns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from vre_portal.iam.models import User
from vre_portal.notices import cleaning
from vre_portal.notices.kinds import Delivery, kind_of
from vre_portal.notices.models import MAX_TITLE, Event, EventAudience, Follow, Notice, Preference
from vre_portal.text import storable

_channels: list[Callable[[Event, Sequence[Notice]], None]] = []


def register_channel(channel: Callable[[Event, Sequence[Notice]], None]) -> None:
    """Let a way of delivery store what it has to send; called in the transaction of the event, with the notices that are new."""
    if channel not in _channels:
        _channels.append(channel)


def topic(name: str, value: object) -> str:
    """What can be followed, as text: `project:5`."""
    return f"{name}:{value}"


@transaction.atomic
def notify(
    kind: str,
    key: str,
    *,
    title: object,
    url: str,
    audience: str,
    to: Iterable[User | int] = (),
    topics: Iterable[str] = (),
    text: object = "",
    group: str = "",
    actor: User | None = None,
    data: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> Event | None:
    """Report an event, in the transaction of what happened; None where it was reported before.

    `to` are the people whom it concerns; who follows one of `topics` is told, too, but for the actor. `audience` is a rule of
    `vre_portal.search.audiences`: nobody sees the notice, in whatever way, for whom it does not hold at that moment. What comes from
    elsewhere is cut and cleaned here, so that no text of anybody undoes what happened.
    """
    kind_of(kind)
    event, is_new = Event.objects.get_or_create(
        kind=kind,
        key=cleaning.key(key),
        defaults={
            "title": storable(title)[:MAX_TITLE],
            "text": storable(text),
            "url": cleaning.url(url),
            "topics": cleaning.topics(topics),
            "group": cleaning.key(group),
            "audience": EventAudience.of(audience),
            "actor": actor,
            "data": cleaning.data(data or {}),
            "at": at or timezone.now(),
        },
    )
    if not is_new:
        return None
    people = {item if isinstance(item, int) else item.pk for item in to}
    followers = set(Follow.objects.filter(topic__in=event.topics).values_list("user", flat=True))
    notices = _give(event, people, followers - people - {actor.pk if actor else None})
    for channel in _channels:
        channel(event, notices)
    return event


def unreported(kind: str, keys: Iterable[str]) -> set[str]:
    """Those of some keys of which no event is known: for tasks that look at much and report little."""
    stored = {key: cleaning.key(key) for key in keys}
    known = set(Event.objects.filter(kind=kind, key__in=stored.values()).values_list("key", flat=True)) if stored else set()
    return {key for key, its in stored.items() if its not in known}


@transaction.atomic
def change_audience(kind: str, keys: str, audience: str) -> None:
    """Let events whose keys begin so be seen by others from now on, because what they tell of is."""
    row = EventAudience.of(audience)
    events = Event.objects.filter(kind=kind, key__startswith=keys)
    Notice.objects.filter(event__in=events).update(audience=row)
    events.update(audience=row)


def _give(event: Event, concerned: set[int], followers: set[int]) -> list[Notice]:
    """A notice for each of these people who has not turned the kind off."""
    kind, people = kind_of(event.kind), concerned | followers
    chosen = dict(Preference.objects.filter(kind=event.kind, user__in=people).values_list("user", "delivery"))
    active = User.objects.filter(pk__in=people, is_active=True).order_by("pk").values_list("pk", flat=True)
    notices = []
    for pk in active:
        delivery = chosen.get(pk, kind.default if pk in concerned else kind.followers)
        if delivery == Delivery.NONE and not kind.can_turn_off:
            delivery = Delivery.INBOX
        if delivery != Delivery.NONE:
            notices.append(Notice(event=event, user_id=pk, audience_id=event.audience_id, delivery=delivery, at=event.at))
    return Notice.objects.bulk_create(notices)
