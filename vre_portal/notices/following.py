"""Following things, and no longer following them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from vre_portal.iam.models import User
from vre_portal.notices import topics
from vre_portal.notices.models import Follow
from vre_portal.things import ThingKind, ThingPage

MAX_FOLLOWED = 500  # of one person


class TooManyFollowed(Exception):
    """The person follows as much as one may."""


@dataclass(frozen=True)
class FollowedThing:
    """Something that a person follows; without a page they may no longer see it."""

    follow: Follow
    kind: ThingKind | None
    page: ThingPage | None

    @property
    def icon(self) -> str:
        """The icon of the kind."""
        return self.kind.icon if self.kind else "bell"


@transaction.atomic
def follow(topic: str, *, by: User) -> bool:
    """Follow a thing that the person may see; True where they did not before. Raises TooManyFollowed."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)  # two forms at once count the same
    if Follow.objects.filter(user=by, topic=topic).exists():
        return False
    if Follow.objects.filter(user=by).count() >= MAX_FOLLOWED:
        raise TooManyFollowed
    Follow.objects.create(user=by, topic=topic)
    return True


def unfollow(topic: str, *, by: User) -> bool:
    """Follow it no longer; True where the person did."""
    return bool(Follow.objects.filter(user=by, topic=topic).delete()[0])


def is_followed(topic: str, user: User) -> bool:
    """Whether the person follows it."""
    return Follow.objects.filter(user=user, topic=topic).exists()


def followed_values(name: str, user: User) -> frozenset[str]:
    """The values of the things of one kind that the person follows."""
    found = Follow.objects.filter(user=user, topic__startswith=f"{name}:").values_list("topic", flat=True)
    return frozenset(topic.partition(":")[2] for topic in found)


def things(user: User, follows: Sequence[Follow]) -> list[FollowedThing]:
    """Some of what a person follows, with the pages of what they may still see."""
    pages = topics.pages_of(user, [item.topic for item in follows])
    return [FollowedThing(item, topics.kind_of(item.topic), pages.get(item.topic)) for item in follows]
