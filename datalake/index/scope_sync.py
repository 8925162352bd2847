"""Update the index of one scope; what cannot be indexed is stored as a problem, and the rest goes on."""

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
from datalake.index.models import IndexedScope, IndexEntry, PendingName, Problem, ScannedName
from datalake.rucio import bulk
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

# Rucio writes a time at the begin of a transaction that others see at its end.
OVERLAP = timedelta(minutes=10)
MAX_PARALLEL = 2  # questions to Rucio at the same time
MAX_MEASURED = 100  # open collections of a scope whose size is asked for in one run
MAX_RETRIED = 50  # names that failed before and are asked about alone in one run
AGAIN, OLD, SELDOM = timedelta(minutes=5), timedelta(days=7), timedelta(days=1)  # how often: new ones, and old ones
Part = Problem.Part
type Question[T] = Callable[[Service, str, str, Sequence[str]], T]
MetadataByName = dict[str, dict[str, Any]]


@dataclass
class ScopeSync:
    """One scope in one run. `heard` says that the run lives and counts what it did; it raises where another run has taken over."""

    lake: Service
    scope: IndexedScope
    full: bool  # whether all names are to be read, which notices deletions
    token: Callable[[], str]
    pool: ThreadPoolExecutor
    heartbeat: Callable[..., None]

    @property
    def collections_only(self) -> bool:
        """Whether the files of the scope stay out of the index."""
        wanted = self.lake.options.get("index_files", ["*"])
        return not any(fnmatchcase(self.scope.name, pattern) for pattern in wanted)

    def read(self) -> None:
        """All of it. Raises RemoteError where Rucio does not tell about the scope at all."""
        scope, began = self.scope, timezone.now()
        if self.full or not scope.ready:
            self.full_scan()
        else:
            since = (scope.names_until or bulk.NEVER) - OVERLAP
            self.add_pending(
                bulk.list_created_names(self.lake, self.token(), scope.name, since, collections=self.collections_only), words=False
            )
            self.add_pending(bulk.list_closed_names(self.lake, self.token(), scope.name, since), words=False)
            scope.names_until = began
            scope.save(update_fields=["names_until"])
        self.retry(Part.FACTS, bulk.get_records, self.keep_facts)
        self.ask_pending(bulk.get_records, self.keep_facts, words=False)
        since = bulk.NEVER if scope.words_until is None else scope.words_until - OVERLAP
        described_at = timezone.now()
        self.add_pending(bulk.list_described_names(self.lake, self.token(), scope.name, since), words=True)
        scope.words_until = described_at
        scope.save(update_fields=["words_until"])
        self.retry(Part.WORDS, bulk.get_metadata_bulk, self.keep_metadata)
        self.ask_pending(bulk.get_metadata_bulk, self.keep_metadata, words=True)
        self.measure()
        scope.read_at = began
        scope.save(update_fields=["read_at"])

    # --- questions about many names ---------------------------------------------------------------------------------------

    def note(self, part: Part, reasons: dict[str, str]) -> None:
        if reasons:
            problems.record(self.lake.name, self.scope.name, part, reasons)

    def is_answering(self) -> bool:
        return bulk.is_scope_answered(self.lake, self.token(), self.scope.name)

    def ask[T](self, question: Question[T], names: Sequence[str], part: Part) -> Iterator[T]:
        """The answers about all names but those that fail alone, which are noted; a thousand at a time and a few questions at once."""
        token, failed = self.token(), dict[str, str]()

        def attempt(some: Sequence[str]) -> T:
            self.heartbeat()
            return question(self.lake, token, self.scope.name, some)

        parts = list(batched(names, bulk.MAX_DIDS_PER_REQUEST))
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

    def keep_facts(self, rows: Sequence[bulk.DidRecord]) -> None:
        wanted = [row for row in rows if row.type != "FILE"] if self.collections_only else rows
        changed = self.keep(wanted, lambda some: store.save_facts(self.scope, some), Part.FACTS, lambda row: row.name)
        self.heartbeat(read=len(rows), changed=changed)

    def keep_metadata(self, metadata: MetadataByName) -> None:
        items = list(metadata.items())
        self.heartbeat(
            described=self.keep(items, lambda some: store.save_metadata(self.scope, dict(some)), Part.WORDS, lambda item: item[0])
        )

    def usable(self, names: Iterable[str | bulk.UnusableName]) -> Iterator[str]:
        """The rows of a listing that are names; the others are noted."""
        unusable: dict[str, str] = {}
        for name in names:
            if isinstance(name, str):
                yield name
            else:
                unusable[name.name] = name.reason
        self.note(Part.NAME, unusable)

    def add_pending(self, names: Iterable[str | bulk.UnusableName], *, words: bool) -> None:
        store.add_pending(self.scope, self.usable(names), words=words)

    def ask_pending(self, question: Question[Any], keep: Callable[[Any], None], *, words: bool) -> None:
        """Ask about the names that wait, and take them off the list once the answer is kept."""
        waiting = PendingName.objects.filter(scope=self.scope, words=words)
        while names := list(waiting.order_by("name").values_list("name", flat=True)[: MAX_PARALLEL * bulk.MAX_DIDS_PER_REQUEST]):
            for answer in self.ask(question, names, Part.WORDS if words else Part.FACTS):
                keep(answer)
            waiting.filter(name__in=names).delete()

    # --- names that failed before -----------------------------------------------------------------------------------------

    def retry[T](self, part: Part, question: Question[T], keep: Callable[[T], None]) -> None:
        """Ask once more about names whose pause is over, each alone; those that Rucio no longer has leave the list."""
        for name in problems.due(self.scope, part, MAX_RETRIED):
            self.heartbeat()
            if not self.is_there(name):
                self.heartbeat(removed=store.delete_entries(self.scope, [name]))
                continue
            asked_at = timezone.now()
            for answer in self.ask(question, [name], part):
                keep(answer)
            problems.of(self.scope, part).filter(name=name, failed_at__lt=asked_at).delete()

    def is_there(self, name: str) -> bool:
        """Whether Rucio lists the name; what it cannot say counts as yes, so that nothing is dropped that may be there."""
        try:
            return bulk.name_exists(self.lake, self.token(), self.scope.name, name)
        except RemoteError as error:
            if is_about_reader(error) or (isinstance(error, RemoteUnavailable) and not self.is_answering()):
                raise
            return True

    # --- the slow pass ----------------------------------------------------------------------------------------------------

    def full_scan(self) -> None:
        """Read every name of the scope, page by page, from where an interrupted scan stood. Raises RemoteError."""
        scope = self.scope
        if scope.walk_began is None:
            ScannedName.objects.filter(scope=scope).delete()
            scope.walk_began, scope.walk_after = timezone.now(), ""
            scope.save(update_fields=["walk_began", "walk_after"])
        while True:
            page = bulk.list_names_after(self.lake, self.token(), scope.name, scope.walk_after, collections=self.collections_only)
            self.note(Part.NAME, {row.name: row.reason for row in page.unusable})
            noted = set(problems.of(scope, Part.FACTS).values_list("name", flat=True))
            for rows in self.ask(bulk.get_records, [name for name in page.names if name not in noted], Part.FACTS):
                self.keep_facts(rows)
            store.save_scan(scope, page.names, page.end or scope.walk_after)
            self.heartbeat()
            if page.end is None:
                break
        self.forget()
        problems.forget_unseen(scope)
        scope.walked_at, scope.names_until = timezone.now(), min(scope.walk_began, scope.names_until or scope.walk_began)
        scope.walk_began, scope.walk_after = None, ""
        scope.save(update_fields=["walked_at", "names_until", "walk_began", "walk_after"])
        ScannedName.objects.filter(scope=scope).delete()

    def forget(self) -> None:
        """What the pass has not met is asked for by name, and dropped where Rucio does not know it."""
        store.analyze()
        while names := store.unscanned_names(self.scope, bulk.MAX_DIDS_PER_REQUEST):
            there = set[str]()
            for rows in self.ask(bulk.get_records, names, Part.FACTS):
                self.keep_facts(rows)
                there |= {row.name for row in rows}
            failed = problems.of(self.scope, Part.FACTS).filter(name__in=names).values_list("name", flat=True)
            there |= {name for name in failed if self.is_there(name)}
            store.save_scan(self.scope, sorted(there), self.scope.walk_after)
            self.heartbeat(removed=store.delete_entries(self.scope, [name for name in names if name not in there]))

    # --- sizes ------------------------------------------------------------------------------------------------------------

    def measure(self) -> None:
        """Rucio keeps no size of an open collection and adds it up when asked: a few in each run, the oldest answers first."""
        now = timezone.now()
        again = Q(measured__lt=now - AGAIN, created__gt=now - OLD) | Q(measured__lt=now - SELDOM) | Q(measured=None)
        waiting = IndexEntry.objects.filter(again, scope=self.scope, open=True)
        paused = problems.of(self.scope, Part.SIZE).filter(retry_at__gt=now).values("name")
        ordered = waiting.exclude(name__in=paused).order_by(F("measured").asc(nulls_first=True), F("created").desc(nulls_last=True))
        for entry in ordered[:MAX_MEASURED]:
            try:
                self.measure_one(entry)
            except (RemoteError, DataError) as error:
                if isinstance(error, RemoteError) and is_about_reader(error):
                    raise
                if isinstance(error, RemoteUnavailable) and not self.is_answering():
                    raise
                self.note(Part.SIZE, {entry.name: reason_of(error)})
                IndexEntry.objects.filter(pk=entry.pk).update(measured=now)  # or it would be the first of each run

    def measure_one(self, entry: IndexEntry) -> None:
        """Ask for one collection's size; raises RemoteError, or DataError where it cannot be kept."""
        before = entry.size, entry.length
        try:
            found = rucio.get_did(self.lake, self.token(), self.scope.name, entry.name)
        except RemoteRefused as error:
            if error.status != 404 or self.is_there(entry.name):  # Rucio lists names that it has no address for
                raise
            self.heartbeat(removed=store.delete_entries(self.scope, [entry.name]))
            return
        entry.size, entry.length, entry.measured = found.bytes, found.length, timezone.now()
        store.save_size(entry)
        problems.clear(self.lake.name, self.scope.name, Part.SIZE, [entry.name])
        self.heartbeat(changed=int(before != (entry.size, entry.length)))
