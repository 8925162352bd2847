"""The searches of a person: the last ones, and those that they saved under a name."""

from django.db import transaction
from django.utils import timezone

from vre_portal.iam.models import User
from vre_portal.search.models import RecentSearch, StoredSearch

MAX_RECENT, MAX_SAVED = 20, 100


class NameTaken(Exception):
    """Another saved search of the person has this name."""


class TooManySaved(Exception):
    """The person has as many saved searches as one may have."""


@transaction.atomic
def remember(text: str, *, by: User) -> None:
    """Put a search before all other recent ones, and forget those beyond MAX_RECENT."""
    _, is_new = RecentSearch.objects.update_or_create(user=by, query=text, defaults={"used_at": timezone.now()})
    if is_new:
        kept = RecentSearch.objects.filter(user=by).values("pk")[:MAX_RECENT]
        RecentSearch.objects.filter(user=by).exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()


def forget(*, by: User) -> None:
    """Forget all recent searches."""
    RecentSearch.objects.filter(user=by).delete()


@transaction.atomic
def save(name: str, text: str, *, by: User) -> StoredSearch:
    """Save a search; one of the same name is replaced. Raises TooManySaved."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)  # two forms at once count the same
    mine = StoredSearch.objects.filter(user=by)
    if not mine.filter(name=name).exists() and mine.count() >= MAX_SAVED:
        raise TooManySaved
    return mine.update_or_create(user=by, name=name, defaults={"query": text})[0]


@transaction.atomic
def rename(pk: int, name: str, *, by: User) -> bool:
    """Give a saved search another name; False where it is not the person's, or gone. Raises NameTaken."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    mine = StoredSearch.objects.filter(user=by)
    if mine.filter(name=name).exclude(pk=pk).exists():
        raise NameTaken
    return bool(mine.filter(pk=pk).update(name=name))


def delete(pk: int, *, by: User) -> StoredSearch | None:
    """Delete a saved search, and return what it was; one that is not the person's, or gone, is left."""
    item = saved_one(pk, by)
    if item is not None:
        StoredSearch.objects.filter(pk=pk, user=by).delete()
    return item


def recent(user: User, most: int = MAX_RECENT) -> list[str]:
    """What the person searched for, the last first."""
    return list(RecentSearch.objects.filter(user=user).values_list("query", flat=True)[:most])


def saved(user: User) -> list[StoredSearch]:
    """The saved searches of a person by name."""
    return list(StoredSearch.objects.filter(user=user))


def saved_one(pk: int, user: User) -> StoredSearch | None:
    """A saved search; None where it is not the person's, or gone."""
    return StoredSearch.objects.filter(pk=pk, user=user).first()
