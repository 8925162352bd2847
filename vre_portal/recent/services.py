"""Remember what a person looked at, and list it as far as they may still see it."""

import hashlib
import logging
from collections.abc import Callable, Sequence

from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet

from vre_portal.iam.models import User
from vre_portal.recent.models import RecentItem, RecentSetting
from vre_portal.search.sources import PaletteAction
from vre_portal.text import plain

logger = logging.getLogger(__name__)
MAX_ITEMS = 20
AGAIN_SECONDS = 60
ICONS = {"did": "database", "project": "layers", "software": "package"}
# No page waits for the disk because of it: what a crash loses is the last half second.
NOTE = """
with quick as (select set_config('synchronous_commit', 'off', true)), noted as (
    insert into recent_recentitem (user_id, kind, service, identifier, title, url, seen_at)
    select %(user)s, %(kind)s, %(service)s, %(identifier)s, %(title)s, %(url)s, clock_timestamp() from quick
    where not exists (select from recent_recentsetting where user_id = %(user)s and not is_on)
    on conflict (user_id, kind, service, identifier)
    do update set title = excluded.title, url = excluded.url, seen_at = excluded.seen_at)
delete from recent_recentitem where id in (
    select id from recent_recentitem
    where user_id = %(user)s and (kind, service, identifier) <> (%(kind)s, %(service)s, %(identifier)s)
    order by seen_at desc, id desc offset %(others)s for update skip locked)
"""
Filter = Callable[[User, Sequence[RecentItem]], Sequence[RecentItem]]
_filters: dict[str, Filter] = {}


def register_filter(kind: str, visible: Filter) -> None:
    """Let the application of a kind of things say which of them a person may still see."""
    _filters[kind] = visible


def note(user: User, *, kind: str, service: str, identifier: str, title: str, url: str) -> None:
    """Remember that a person looked at something, unless they switched that off; a page that is loaded again is not written again.

    A page is shown also where it cannot be stored.
    """
    seen = hashlib.sha256("\0".join((kind, service, identifier, title, url)).encode(errors="replace")).hexdigest()[:32]
    if cache.get(_last(user)) == seen:
        return
    cache.set(_last(user), seen, AGAIN_SECONDS)
    values: dict[str, str | int] = {
        "user": user.pk,
        "kind": kind,
        "service": service,
        "identifier": identifier[:600],
        "title": plain(title)[:300],
        "url": url,
    }
    values["others"] = MAX_ITEMS - 1
    try:
        with connection.cursor() as cursor:  # one statement, so that it is a transaction of its own
            cursor.execute(NOTE, values)
    except DatabaseError:
        logger.exception("What somebody looked at was not noted.")


def items(user: User, *kinds: str) -> list[RecentItem]:
    """What a person looked at last, the latest first, as far as they may still see it; of these kinds, or of all."""
    rows = list(RecentItem.objects.filter(user=user, **({"kind__in": kinds} if kinds else {})))
    visible: set[int] = set()
    for kind in {row.kind for row in rows}:
        of_kind = [row for row in rows if row.kind == kind]
        visible |= {row.pk for row in (_filters[kind](user, of_kind) if kind in _filters else of_kind)}
    return [row for row in rows if row.pk in visible]


def for_palette(user: User) -> list[PaletteAction]:
    """The same for quick search."""
    return [
        PaletteAction(item.title, item.url, ICONS.get(item.kind, "file"), item.identifier if item.title != item.identifier else "")
        for item in items(user)
    ]


def readable(user: User, rows: QuerySet[RecentItem]) -> QuerySet[RecentItem]:
    """Those of a person's rows whose title they may still see."""
    return rows.filter(pk__in=[item.pk for item in items(user)])


def is_on(user: User) -> bool:
    """Whether what the person looks at is remembered."""
    return not RecentSetting.objects.filter(user=user, is_on=False).exists()


def clear(user: User) -> None:
    """Forget all of it."""
    cache.delete(_last(user))
    RecentItem.objects.filter(user=user).delete()


def _last(user: User) -> str:
    return f"recent:{user.pk}"


@transaction.atomic
def switch(user: User, *, to: bool) -> None:
    """Remember what the person looks at from now on, or forget it and remember nothing."""
    RecentSetting.objects.update_or_create(user=user, defaults={"is_on": to})
    cache.delete(_last(user))
    if not to:
        clear(user)
