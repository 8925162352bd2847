"""Datasets and files that people follow: how the index had each at the last look, and what is reported where that has changed.

The index knows names, sizes, numbers of files, and what is open; of copies it knows nothing, so that a new copy is no event.
"""

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from datalake.index import search_source
from datalake.index.models import FollowedDid, IndexedScope, IndexEntry
from datalake.index.things import PARTS, TOPIC
from datalake.pages.addresses import did_address
from vre_portal.notices import kinds
from vre_portal.notices.batches import one_of_many
from vre_portal.notices.kinds import NoticeKind
from vre_portal.notices.models import Follow
from vre_portal.notices.services import notify, topic
from vre_portal.text import plain, size

BATCH = 500


def _changed(count: int, _title: str) -> str:
    return ngettext("%(count)s change in the same scope", "%(count)s changes in the same scope", count) % {"count": count}


KIND = NoticeKind(
    "lake.changed", gettext_lazy("Data that you follow changed"), gettext_lazy("Data Lake"), icon="database", group_title=_changed
)


def register() -> None:
    """The kind of notice."""
    kinds.register(KIND)


def report_changes() -> int:
    """Look at all that is followed, in parts; how many changes were reported. What is followed by nobody any more is forgotten."""
    followed = Follow.objects.filter(topic__startswith=f"{TOPIC}:").order_by("topic").values_list("topic", flat=True).distinct()
    values = [name.partition(":")[2] for name in followed if name.count(":") >= PARTS]
    FollowedDid.objects.exclude(did__in=values).delete()
    return sum(_look_at(part) for part in batched(values, BATCH))


@transaction.atomic
def _look_at(values: Sequence[str]) -> int:
    FollowedDid.objects.bulk_create([FollowedDid(did=value) for value in values], ignore_conflicts=True)
    rows = FollowedDid.objects.select_for_update(skip_locked=True).filter(did__in=values).order_by("did")
    count = 0
    for row, facts in _facts(list(rows)):
        if row.is_known and row.facts == facts:
            continue
        with one_of_many(f"followed data {row.pk}"):
            if row.is_known:
                row.changes += 1
                _report(row, row.facts, facts)
            was_known, row.facts, row.is_known = row.is_known, facts, True
            row.save(update_fields=["facts", "is_known", "changes"])
            count += was_known
    return count


def _facts(rows: Sequence[FollowedDid]) -> Iterator[tuple[FollowedDid, dict[str, Any] | None]]:
    """What the index has of each; rows of scopes that it has not read as a whole are left out, for there nobody knows what is gone."""
    by_scope: dict[tuple[str, str], list[tuple[str, FollowedDid]]] = {}
    for row in rows:
        lake, scope, name = row.did.split(":", PARTS - 1)
        by_scope.setdefault((lake, scope), []).append((name, row))
    for (lake, scope), named in by_scope.items():
        indexed = IndexedScope.objects.filter(lake=lake, name=scope, gone=False).first()
        if indexed is None or not indexed.ready:
            continue
        entries = {entry.name: entry for entry in IndexEntry.objects.filter(scope=indexed, name__in=[name for name, _ in named])}
        for name, row in named:
            yield row, _of(entries.get(name))


def _of(entry: IndexEntry | None) -> dict[str, Any] | None:
    return None if entry is None else {"open": entry.open, "bytes": entry.size, "files": entry.length}


def _report(row: FollowedDid, was: dict[str, Any] | None, now: dict[str, Any] | None) -> None:
    lake, scope, name = row.did.split(":", PARTS - 1)
    url = did_address("did", lake, scope, name) if now else f"{reverse('datalake:lake', args=[lake])}?{urlencode({'scope': scope})}"
    notify(
        KIND.key, f"{row.did}#{row.changes}", title=_words(plain(name), was, now), text=_sizes(now), url=url,
        audience=search_source.rule_of(lake, scope), topics=[topic(TOPIC, row.did)], group=f"scope:{lake}:{scope}",
        data={"lake": lake, "scope": scope, "name": name},
    )  # fmt: skip


def _words(name: str, was: dict[str, Any] | None, now: dict[str, Any] | None) -> str:
    if now is None:
        return _("Deleted: %(name)s") % {"name": name}
    if was is None:
        return _("New: %(name)s") % {"name": name}
    if was["open"] and now["open"] is False:
        return _("Closed: %(name)s") % {"name": name}
    return _("Contents changed: %(name)s") % {"name": name}


def _sizes(now: dict[str, Any] | None) -> str:
    if now is None or now["bytes"] is None:
        return ""
    if now["files"] is None:
        return size(now["bytes"])
    count = {"files": now["files"], "size": size(now["bytes"])}
    return ngettext("%(files)s file, %(size)s", "%(files)s files, %(size)s", now["files"]) % count
