"""Followed searches: what the index has found anew for each, told as one event.

A document is new that the index has got since the last look. One that was there before, and that the person may only see since, is left out.
"""

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vre_portal import things
from vre_portal.iam.models import User
from vre_portal.notices import kinds
from vre_portal.notices.models import Follow, SearchWatch
from vre_portal.notices.services import notify, topic
from vre_portal.search import audiences, find, query
from vre_portal.search.models import SearchDocument, StoredSearch
from vre_portal.things import Reader, ThingPage

logger = logging.getLogger(__name__)
TOPIC = "search"
MAX_COUNTED = 100  # new documents of one search; beyond, the notice says "more than"
MAX_SEARCHES = 200  # that one pass looks at
LATEST = timedelta(hours=1)  # so long a look waits for the index to be up to date
KIND = kinds.NoticeKind("search.new-results", gettext_lazy("New results for a saved search"), gettext_lazy("Search"), icon="search")


def register() -> None:
    """The kind of notice, and saved searches as something to follow."""
    kinds.register(KIND)
    things.register(TOPIC, label=gettext_lazy("Saved search"), icon="search", pages=pages, can_be_followed=True)


def pages(reader: Reader, values: Any) -> dict[str, ThingPage]:
    """The person's own saved searches."""
    if not isinstance(reader, User):
        return {}
    numbers = [int(value) for value in values if value.isascii() and value.isdecimal() and len(value) < 19]
    return {str(item.pk): ThingPage(item.name, _address(item)) for item in StoredSearch.objects.filter(user=reader, pk__in=numbers)}


def _address(item: StoredSearch) -> str:
    return reverse("search:saved", args=[item.pk])


def forget(number: int) -> None:
    """A saved search was deleted: nobody follows it any more."""
    Follow.objects.filter(topic=topic(TOPIC, number)).delete()


def look_at_all() -> int:
    """Look at the followed searches whose turn it is, each in a transaction of its own; how many new events that gave."""
    _watch_new_ones()
    due = timezone.now() - timedelta(minutes=settings.SAVED_SEARCH_MINUTES)
    waiting = SearchWatch.objects.filter(looked_at__lt=due).order_by("looked_at").values_list("pk", flat=True)
    return sum(_look_alone(number) for number in list(waiting[:MAX_SEARCHES]))


def _look_alone(number: int) -> bool:
    """Look at one; a search that fails waits for its next turn, and costs no other."""
    try:
        return look_at(number)
    except InterfaceError:
        raise
    except Exception:
        logger.exception("the followed search %s could not be looked at", number)
        SearchWatch.objects.filter(pk=number).update(looked_at=timezone.now())
        return False


def _watch_new_ones() -> None:
    """Who begins to follow a search is told of what comes from then on."""
    unwatched = Follow.objects.filter(topic__startswith=f"{TOPIC}:", watch=None)
    last = SearchDocument.objects.aggregate(last=Max("pk"))["last"] or 0
    SearchWatch.objects.bulk_create([SearchWatch(follow=item, last_document=last) for item in unwatched], ignore_conflicts=True)


@transaction.atomic
def look_at(number: int) -> bool:
    """Look at one; True where there is something new. One that another worker looks at, or whose search is gone, is passed over."""
    watch = SearchWatch.objects.select_for_update(skip_locked=True, of=("self",)).select_related("follow__user").filter(pk=number).first()
    if watch is None:
        return False
    user, now = watch.follow.user, timezone.now()
    item = StoredSearch.objects.filter(pk=watch.follow.topic.partition(":")[2], user=user).first()
    if item is None:
        watch.follow.delete()
        return False
    findable = find.findable_by(user)
    if findable.waits and now - watch.looked_at < LATEST:
        return False  # what waits to be indexed has its number, and would be passed over
    found = find.new_documents(query.read(item.query), findable, beyond=watch.last_document, most=MAX_COUNTED + 1)
    watch.looked_at = now
    if found:
        _tell(user, item, found)
        watch.last_document = SearchDocument.objects.aggregate(last=Max("pk"))["last"] if len(found) > MAX_COUNTED else found[-1]
    watch.save(update_fields=["looked_at", "last_document"])
    return bool(found)


def _tell(user: User, item: StoredSearch, found: list[int]) -> None:
    count = min(len(found), MAX_COUNTED)
    if len(found) > MAX_COUNTED:
        title = _("More than %(count)s new results for “%(name)s”") % {"count": count, "name": item.name}
    else:
        title = ngettext("%(count)s new result for “%(name)s”", "%(count)s new results for “%(name)s”", count)
        title %= {"count": count, "name": item.name}
    key = f"search:{item.pk}:{found[-1]}"
    notify(
        KIND.key, key, title=title, url=_address(item), audience=audiences.rule(audiences.person(user.pk)), to=[user], data={"count": count}
    )
