"""Bring the index of a lake up to date: every part may be interrupted anywhere, and the next run goes on from there."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from itertools import batched
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from datalake import rucio, service_account
from datalake.index import store
from datalake.index.models import Entry, Pending, Run, Scope, Seen
from datalake.rucio import bulk
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.services import Service

# Rucio writes a time at the begin of a transaction that others see at its end.
OVERLAP = timedelta(minutes=10)
FULL_EVERY = timedelta(days=1)
AT_ONCE = 2  # questions to Rucio at the same time
MEASURED = 100  # open collections of a scope whose size is asked for in one run
AGAIN, OLD, SELDOM = timedelta(minutes=5), timedelta(days=7), timedelta(days=1)  # how often: new ones, and old ones
logger = logging.getLogger(__name__)


class TakenOver(Exception):
    """Another run has the lake."""


class Filling:
    """One run over one lake."""

    def __init__(self, lake: Service, run: Run) -> None:
        self.lake, self.run = lake, run
        self.pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="lake-index")

    def __enter__(self) -> "Filling":
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown(wait=True, cancel_futures=True)

    @property
    def token(self) -> str:
        return service_account.token(self.lake)

    def heard(self, **counts: int) -> None:
        if not self.run.heard(**counts):
            raise TakenOver

    def asked[T](self, ask: Callable[[Service, str, str, Sequence[str]], T], scope: Scope, names: Sequence[str]) -> Iterator[T]:
        """The answers to many names, a thousand at a time and a few questions at once, in order."""
        token = self.token
        parts = list(batched(names, bulk.MOST_AT_ONCE))
        yield from self.pool.map(lambda part: ask(self.lake, token, scope.name, part), parts)

    def collections_only(self, scope: Scope) -> bool:
        """Whether the files of the scope stay out of the index."""
        wanted = self.lake.options.get("index_files", ["*"])
        return not any(fnmatchcase(scope.name, pattern) for pattern in wanted)

    def scopes(self) -> list[Scope]:
        """The lake's scopes as rows; one that the lake no longer names is hidden with all it holds."""
        told = {item.name: item.account for item in rucio.list_scopes(self.lake, self.token)}
        known = {item.name: item for item in Scope.objects.filter(lake=self.lake.name)}
        for name, account in told.items():
            row = known.get(name)
            if row is None:
                known[name] = Scope.objects.create(lake=self.lake.name, name=name, account=account)
            elif row.account != account or row.gone:
                Scope.objects.filter(pk=row.pk).update(account=account, gone=False)
        Scope.objects.filter(pk__in=[item.pk for item in known.values() if item.name not in told]).update(gone=True)
        return [known[name] for name in sorted(told)]

    def fill(self) -> None:
        """All scopes; a scope that fails does not hold up the others."""
        failed: RemoteError | None = None
        for scope in self.scopes():
            self.run.scope = scope.name
            self.heard()
            before = self.run.changed, self.run.described, self.run.removed
            try:
                self.scope(scope)
            except RemoteRefused as error:
                failed = error
                logger.warning("The scope %s of %s could not be indexed: %s", scope, self.lake, error)
            if (self.run.changed, self.run.described, self.run.removed) != before or scope.counted_at is None:
                self.count(scope)
        if failed is not None:
            raise failed

    def count(self, scope: Scope) -> None:
        """Sums take a look at everything: those of a large scope are not taken with every small change."""
        known = scope.counted_at
        if known is None or self.run.full or timezone.now() - known > timedelta(seconds=30 * scope.count_seconds):
            store.count(scope)

    def scope(self, scope: Scope) -> None:
        began = timezone.now()
        if not scope.ready or (self.run.full and (scope.walked_at or began) < self.run.began_at):
            self.walk(scope)
        else:
            since = (scope.names_until or bulk.NEVER) - OVERLAP
            only = self.collections_only(scope)
            store.remember(scope, bulk.new_names(self.lake, self.token, scope.name, since, collections=only), words=False)
            store.remember(scope, bulk.closed_names(self.lake, self.token, scope.name, since), words=False)
            scope.names_until = began
            scope.save(update_fields=["names_until"])
        self.ask_pending(scope, bulk.facts_of, self.keep_facts, words=False)
        since = bulk.NEVER if scope.words_until is None else scope.words_until - OVERLAP
        began = timezone.now()
        store.remember(scope, bulk.described_names(self.lake, self.token, scope.name, since), words=True)
        scope.words_until = began
        scope.save(update_fields=["words_until"])
        self.ask_pending(scope, bulk.words_of, self.keep_words, words=True)
        self.measure(scope)

    def walk(self, scope: Scope) -> None:
        """Every name of the scope, stretch by stretch, from where an interrupted pass stood."""
        if scope.walk_began is None:
            Seen.objects.filter(scope=scope).delete()
            scope.walk_began, scope.walk_after = timezone.now(), ""
            scope.save(update_fields=["walk_began", "walk_after"])
        only, end = self.collections_only(scope), scope.walk_after or None
        while True:
            stretch = bulk.names_after(self.lake, self.token, scope.name, scope.walk_after, collections=only)
            rows = [row for part in self.asked(bulk.facts_of, scope, stretch.names) for row in part]
            changed = store.walked(scope, stretch.names, rows, stretch.end or scope.walk_after)
            self.heard(read=len(stretch.names), changed=changed)
            end = stretch.end
            if end is None:
                break
        self.forget(scope)
        scope.walked_at, scope.names_until = timezone.now(), min(scope.walk_began, scope.names_until or scope.walk_began)
        scope.walk_began, scope.walk_after = None, ""
        scope.save(update_fields=["walked_at", "names_until", "walk_began", "walk_after"])
        Seen.objects.filter(scope=scope).delete()

    def forget(self, scope: Scope) -> None:
        """What the pass has not met is asked for by name, and dropped where Rucio does not know it."""
        store.weigh()
        while names := store.missing(scope, bulk.MOST_AT_ONCE):
            rows = bulk.facts_of(self.lake, self.token, scope.name, names)
            there = {row.name for row in rows}
            store.walked(scope, sorted(there), rows, scope.walk_after)
            self.heard(removed=store.forget(scope, [name for name in names if name not in there]))

    def ask_pending(self, scope: Scope, ask: Callable[..., Any], keep: Callable[[Scope, Any], None], *, words: bool) -> None:
        """Ask about the names that wait, and take them off the list once the answer is kept."""
        waiting = Pending.objects.filter(scope=scope, words=words)
        while names := list(waiting.order_by("name").values_list("name", flat=True)[: AT_ONCE * bulk.MOST_AT_ONCE]):
            for answer in self.asked(ask, scope, names):
                keep(scope, answer)
            waiting.filter(name__in=names).delete()

    def keep_facts(self, scope: Scope, rows: Sequence[bulk.Facts]) -> None:
        wanted = [row for row in rows if row.type != "FILE"] if self.collections_only(scope) else rows
        self.heard(read=len(rows), changed=store.facts(scope, wanted))

    def keep_words(self, scope: Scope, said: dict[str, dict[str, Any]]) -> None:
        self.heard(described=store.words(scope, said))

    def measure(self, scope: Scope) -> None:
        """Rucio keeps no size of an open collection and adds it up when asked: a few in each run, the oldest answers first."""
        now = timezone.now()
        again = Q(measured__lt=now - AGAIN, created__gt=now - OLD) | Q(measured__lt=now - SELDOM) | Q(measured=None)
        waiting = Entry.objects.filter(again, scope=scope, open=True).order_by(
            F("measured").asc(nulls_first=True), F("created").desc(nulls_last=True)
        )
        for entry in waiting[:MEASURED]:
            entry.measured = timezone.now()
            try:
                found = rucio.get_did(self.lake, self.token, scope.name, entry.name)
            except RemoteRefused as error:
                if error.status != 404:
                    raise
                self.heard(removed=store.forget(scope, [entry.name]))
                continue
            changed = (entry.bytes, entry.length) != (found.bytes, found.length)
            entry.bytes, entry.length = found.bytes, found.length
            entry.save(update_fields=["bytes", "length", "measured"])
            self.heard(changed=int(changed))


def fill(lake: Service, *, full: bool = False) -> Run | None:
    """One run; None while another is at work. What became of it stands in the row."""
    run = Run.objects.begin(lake.name, full=full)
    if run is None:
        return None
    try:
        with Filling(lake, run) as filling:
            filling.fill()
    except TakenOver:
        logger.warning("Another run has taken over the index of %s.", lake)
        return None
    except RemoteError as error:
        run.end(Run.State.FAILED, str(error))
    except BaseException:
        run.end(Run.State.FAILED, "It stopped with an error of the portal's own.")
        raise
    else:
        run.end(Run.State.DONE)
    return run


def due(lake: Service) -> bool:
    """Whether it is time for a pass over all names."""
    oldest: datetime | None = (
        Scope.objects.filter(lake=lake.name, gone=False).order_by("walked_at").values_list("walked_at", flat=True).first()
    )
    return oldest is not None and timezone.now() - oldest > FULL_EVERY
