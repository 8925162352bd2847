"""Bring what the index knows of one scope up to date: what cannot be taken is noted as a problem, and costs only itself."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from itertools import batched
from typing import Any

from django.db import DataError
from django.db.models import F, Q
from django.utils import timezone

from datalake import rucio
from datalake.index import problems, store
from datalake.index.halving import Failed, halved, is_about_reader, reason_of
from datalake.index.models import Entry, Pending, Problem, Scope, Seen
from datalake.rucio import bulk
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

# Rucio writes a time at the begin of a transaction that others see at its end.
OVERLAP = timedelta(minutes=10)
AT_ONCE = 2  # questions to Rucio at the same time
MEASURED = 100  # open collections of a scope whose size is asked for in one run
RETRIED = 50  # names that failed before and are asked about alone in one run
AGAIN, OLD, SELDOM = timedelta(minutes=5), timedelta(days=7), timedelta(days=1)  # how often: new ones, and old ones
Part = Problem.Part
type Question[T] = Callable[[Service, str, str, Sequence[str]], T]
Words = dict[str, dict[str, Any]]


@dataclass
class ScopeSync:
    """One scope in one run. `heard` says that the run lives and counts what it did; it raises where another run has taken over."""

    lake: Service
    scope: Scope
    full: bool  # whether all names are to be read, which notices deletions
    token: Callable[[], str]
    pool: ThreadPoolExecutor
    heard: Callable[..., None]

    @property
    def collections_only(self) -> bool:
        """Whether the files of the scope stay out of the index."""
        wanted = self.lake.options.get("index_files", ["*"])
        return not any(fnmatchcase(self.scope.name, pattern) for pattern in wanted)

    def read(self) -> None:
        """All of it. Raises RemoteError where Rucio does not tell about the scope at all."""
        scope, began = self.scope, timezone.now()
        if self.full or not scope.ready:
            self.walk()
        else:
            since = (scope.names_until or bulk.NEVER) - OVERLAP
            self.remember(bulk.new_names(self.lake, self.token(), scope.name, since, collections=self.collections_only), words=False)
            self.remember(bulk.closed_names(self.lake, self.token(), scope.name, since), words=False)
            scope.names_until = began
            scope.save(update_fields=["names_until"])
        self.retry(Part.FACTS, bulk.facts_of, self.keep_facts)
        self.ask_pending(bulk.facts_of, self.keep_facts, words=False)
        since = bulk.NEVER if scope.words_until is None else scope.words_until - OVERLAP
        described_at = timezone.now()
        self.remember(bulk.described_names(self.lake, self.token(), scope.name, since), words=True)
        scope.words_until = described_at
        scope.save(update_fields=["words_until"])
        self.retry(Part.WORDS, bulk.words_of, self.keep_words)
        self.ask_pending(bulk.words_of, self.keep_words, words=True)
        self.measure()
        scope.read_at = began
        scope.save(update_fields=["read_at"])

    # --- questions about many names ---------------------------------------------------------------------------------------

    def note(self, part: Part, reasons: dict[str, str]) -> None:
        if reasons:
            problems.note(self.lake.name, self.scope.name, part, reasons)

    def is_answering(self) -> bool:
        return bulk.is_answering(self.lake, self.token(), self.scope.name)

    def ask[T](self, question: Question[T], names: Sequence[str], part: Part) -> Iterator[T]:
        """The answers about all names but those that fail alone, which are noted; a thousand at a time and a few questions at once."""
        token, failed = self.token(), dict[str, str]()

        def attempt(some: Sequence[str]) -> T:
            self.heard()
            return question(self.lake, token, self.scope.name, some)

        parts = list(batched(names, bulk.MOST_AT_ONCE))
        answers = [self.pool.submit(question, self.lake, token, self.scope.name, some) for some in parts]
        try:
            for some, answer in zip(parts, answers, strict=True):
                try:
                    yield answer.result()
                except RemoteError as error:
                    for item in halved(some, error, attempt, is_answering=self.is_answering):
                        if isinstance(item, Failed):
                            failed[item.item] = item.reason
                        else:
                            yield item[1]
        finally:
            for answer in answers:
                answer.cancel()
            self.note(part, failed)

    def keep[Item](self, items: Sequence[Item], save: Callable[[Sequence[Item]], int], part: Part, name_of: Callable[[Item], str]) -> int:
        """Write what was told; what the database cannot hold is noted. How many rows changed."""
        try:
            return save(items)
        except DataError as error:
            results = list(halved(items, error, save, is_answering=lambda: True))
        self.note(part, {name_of(item.item): item.reason for item in results if isinstance(item, Failed)})
        return sum(item[1] for item in results if not isinstance(item, Failed))

    def keep_facts(self, rows: Sequence[bulk.Facts]) -> None:
        wanted = [row for row in rows if row.type != "FILE"] if self.collections_only else rows
        changed = self.keep(wanted, lambda some: store.facts(self.scope, some), Part.FACTS, lambda row: row.name)
        self.heard(read=len(rows), changed=changed)

    def keep_words(self, said: Words) -> None:
        items = list(said.items())
        self.heard(described=self.keep(items, lambda some: store.words(self.scope, dict(some)), Part.WORDS, lambda item: item[0]))

    def usable(self, names: Iterable[str | bulk.Unusable]) -> Iterator[str]:
        """The rows of a listing that are names; the others are noted."""
        unusable: dict[str, str] = {}
        for name in names:
            if isinstance(name, str):
                yield name
            else:
                unusable[name.name] = name.reason
        self.note(Part.NAME, unusable)

    def remember(self, names: Iterable[str | bulk.Unusable], *, words: bool) -> None:
        store.remember(self.scope, self.usable(names), words=words)

    def ask_pending(self, question: Question[Any], keep: Callable[[Any], None], *, words: bool) -> None:
        """Ask about the names that wait, and take them off the list once the answer is kept."""
        waiting = Pending.objects.filter(scope=self.scope, words=words)
        while names := list(waiting.order_by("name").values_list("name", flat=True)[: AT_ONCE * bulk.MOST_AT_ONCE]):
            for answer in self.ask(question, names, Part.WORDS if words else Part.FACTS):
                keep(answer)
            waiting.filter(name__in=names).delete()

    # --- names that failed before -----------------------------------------------------------------------------------------

    def retry[T](self, part: Part, question: Question[T], keep: Callable[[T], None]) -> None:
        """Ask once more about names whose pause is over, each alone; those that Rucio no longer has leave the list."""
        for name in problems.due(self.scope, part, RETRIED):
            self.heard()
            if not self.is_there(name):
                self.heard(removed=store.forget(self.scope, [name]))
                continue
            asked_at = timezone.now()
            for answer in self.ask(question, [name], part):
                keep(answer)
            problems.of(self.scope, part).filter(name=name, failed_at__lt=asked_at).delete()

    def is_there(self, name: str) -> bool:
        """Whether Rucio lists the name; what it cannot say counts as yes, so that nothing is dropped that may be there."""
        try:
            return bulk.exists(self.lake, self.token(), self.scope.name, name)
        except RemoteError as error:
            if is_about_reader(error) or (isinstance(error, RemoteUnavailable) and not self.is_answering()):
                raise
            return True

    # --- the slow pass ----------------------------------------------------------------------------------------------------

    def walk(self) -> None:
        """Every name of the scope, stretch by stretch, from where an interrupted pass stood."""
        scope = self.scope
        if scope.walk_began is None:
            Seen.objects.filter(scope=scope).delete()
            scope.walk_began, scope.walk_after = timezone.now(), ""
            scope.save(update_fields=["walk_began", "walk_after"])
        while True:
            stretch = bulk.names_after(self.lake, self.token(), scope.name, scope.walk_after, collections=self.collections_only)
            self.note(Part.NAME, {row.name: row.reason for row in stretch.unusable})
            noted = set(problems.of(scope, Part.FACTS).values_list("name", flat=True))
            for rows in self.ask(bulk.facts_of, [name for name in stretch.names if name not in noted], Part.FACTS):
                self.keep_facts(rows)
            store.walked(scope, stretch.names, stretch.end or scope.walk_after)
            self.heard()
            if stretch.end is None:
                break
        self.forget()
        problems.forget_unseen(scope)
        scope.walked_at, scope.names_until = timezone.now(), min(scope.walk_began, scope.names_until or scope.walk_began)
        scope.walk_began, scope.walk_after = None, ""
        scope.save(update_fields=["walked_at", "names_until", "walk_began", "walk_after"])
        Seen.objects.filter(scope=scope).delete()

    def forget(self) -> None:
        """What the pass has not met is asked for by name, and dropped where Rucio does not know it."""
        store.weigh()
        while names := store.missing(self.scope, bulk.MOST_AT_ONCE):
            there = set[str]()
            for rows in self.ask(bulk.facts_of, names, Part.FACTS):
                self.keep_facts(rows)
                there |= {row.name for row in rows}
            failed = problems.of(self.scope, Part.FACTS).filter(name__in=names).values_list("name", flat=True)
            there |= {name for name in failed if self.is_there(name)}
            store.walked(self.scope, sorted(there), self.scope.walk_after)
            self.heard(removed=store.forget(self.scope, [name for name in names if name not in there]))

    # --- sizes ------------------------------------------------------------------------------------------------------------

    def measure(self) -> None:
        """Rucio keeps no size of an open collection and adds it up when asked: a few in each run, the oldest answers first."""
        now = timezone.now()
        again = Q(measured__lt=now - AGAIN, created__gt=now - OLD) | Q(measured__lt=now - SELDOM) | Q(measured=None)
        waiting = Entry.objects.filter(again, scope=self.scope, open=True)
        paused = problems.of(self.scope, Part.SIZE).filter(retry_at__gt=now).values("name")
        ordered = waiting.exclude(name__in=paused).order_by(F("measured").asc(nulls_first=True), F("created").desc(nulls_last=True))
        for entry in ordered[:MEASURED]:
            try:
                self.measure_one(entry)
            except (RemoteError, DataError) as error:
                if isinstance(error, RemoteError) and is_about_reader(error):
                    raise
                if isinstance(error, RemoteUnavailable) and not self.is_answering():
                    raise
                self.note(Part.SIZE, {entry.name: reason_of(error)})
                Entry.objects.filter(pk=entry.pk).update(measured=now)  # or it would be the first of each run

    def measure_one(self, entry: Entry) -> None:
        """Ask for one collection's size; raises RemoteError, or DataError where it cannot be kept."""
        before = entry.size, entry.length
        try:
            found = rucio.get_did(self.lake, self.token(), self.scope.name, entry.name)
        except RemoteRefused as error:
            if error.status != 404 or self.is_there(entry.name):  # Rucio lists names that it has no address for
                raise
            self.heard(removed=store.forget(self.scope, [entry.name]))
            return
        entry.size, entry.length, entry.measured = found.bytes, found.length, timezone.now()
        store.save_size(entry)
        problems.solved(self.lake.name, self.scope.name, Part.SIZE, [entry.name])
        self.heard(changed=int(before != (entry.size, entry.length)))
