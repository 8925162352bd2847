"""Keep the index up to date: what the triggers noted, what failed before, and a comparison of everything."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import batched

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from vre_portal.search import store
from vre_portal.search.models import IndexChange, IndexProblem, SearchDocument, SourceComparison
from vre_portal.search.sources import SearchItem, SearchSource, only, source_of, sources, topics_of, watching
from vre_portal.text import storable

logger = logging.getLogger(__name__)
BATCH, MAX_AT_ONCE, MAX_CONCERNED = 500, 2_000, 200_000
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
LOCK = 5_211_731  # of one writer at a time: an earlier state never overwrites a later one
TOO_MUCH = "54"  # the class of PostgreSQL's errors about one row that is too large: not the database is at fault, but the row


def update() -> int:
    """Index what changed, a batch at a time; returns how many changes are dealt with, 0 where there are none or another worker is at it."""
    whole = _compare_changed()
    with transaction.atomic():
        if not _has_lock():
            return whole
        changes = list(IndexChange.objects.exclude(key="").order_by("pk")[:BATCH])
        by_topic: dict[str, set[str]] = {}
        for change in changes:
            by_topic.setdefault(change.topic, set()).add(change.key)
        for source in sources():
            _renew(source, by_topic)
        IndexChange.objects.filter(pk__in=[change.pk for change in changes]).delete()
    return whole + len(changes)


def _compare_changed() -> int:
    """Compare the sources of which all rows may have changed; returns how many of such changes are dealt with.

    What a source says that cannot be compared may not be true any more: its change stays, so that nothing of it is found until it can be.
    It is tried again after the pause of its problem, and the other sources that watch the same rows do not wait for it.
    """
    failing = set(IndexProblem.objects.filter(key="", retry_at__gt=timezone.now()).values_list("kind", flat=True))
    done = 0
    for change in IndexChange.objects.filter(key="").order_by("pk")[:BATCH]:
        concerned = watching(change.topic)
        failing |= {source.kind for source in concerned if source.kind not in failing and not compare(source)}
        left = {only(source) for source in concerned if source.kind in failing}
        if change.topic in left:
            continue
        with transaction.atomic():
            known = set(IndexChange.objects.filter(key="", topic__in=left).values_list("topic", flat=True))
            IndexChange.objects.bulk_create(IndexChange(topic=topic, key="") for topic in sorted(left - known))
            change.delete()
        done += 1
    return done


def _has_lock() -> bool:
    """Whether this transaction may write; another one is at it otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _renew(source: SearchSource, by_topic: dict[str, set[str]]) -> None:
    """Make those documents of the source anew that the changed rows concern."""
    tokens = [f"{topic}:{key}" for topic in topics_of(source) for key in by_topic.get(topic, ())]
    if not tokens:
        return
    concerned = SearchDocument.objects.filter(kind=source.kind, depends__overlap=tokens).values_list("key", flat=True)
    own = by_topic.get(source.kind, set())
    others = set(concerned[: MAX_CONCERNED + 1]) - own
    renew(source, sorted(own))
    if len(others) > MAX_CONCERNED:
        IndexChange.objects.create(topic=only(source), key="")  # as good as all: the whole source is compared
    elif len(others) <= MAX_AT_ONCE:
        renew(source, sorted(others))
    else:  # one at a time would keep all others waiting: each is a change of its own
        IndexChange.objects.bulk_create([IndexChange(topic=source.kind, key=key) for key in sorted(others)], batch_size=5_000)


def renew(source: SearchSource, keys: Sequence[str]) -> int:
    """Make the documents with these keys anew; returns how many rows changed. One that fails is left out, noted, and costs no other."""
    changed = 0
    for part in batched(keys, BATCH):
        try:
            with transaction.atomic():
                changed += _write(source, part)
        except Exception as error:  # whatever it is: which of them it was shows one by one
            _raise_if_away(error)
            logger.exception("documents of %s could not be indexed together", source.kind)
            changed += sum(_renew_one(source, key) for key in part)
    return changed


def _write(source: SearchSource, keys: Sequence[str]) -> int:
    items: dict[str, SearchItem] = {item.key: item for item in source.documents(keys)}
    changed = store.save(source.kind, {key: items[key] for key in keys if key in items}, keys)
    IndexProblem.objects.filter(kind=source.kind, key__in=keys).delete()
    return changed


def _renew_one(source: SearchSource, key: str) -> int:
    try:
        with transaction.atomic():
            return _write(source, [key])
    except Exception as error:  # noqa: BLE001 -- it is told on the staff's page and tried again
        _raise_if_away(error)
        note(source.kind, key, error)
        return store.save(source.kind, {}, [key])  # what it said before is not true any more


def _raise_if_away(error: Exception) -> None:
    """Raise it again where it says that the database cannot be asked now; nothing is noted then, and all of it is done later."""
    if isinstance(error, OperationalError | InterfaceError) and not str(getattr(error.__cause__, "sqlstate", "")).startswith(TOO_MUCH):
        raise error


def note(kind: str, key: str, error: Exception) -> None:
    """Remember what could not be indexed, and when it is tried again."""
    reason = storable(f"{type(error).__name__}: {error}")[:500]
    problem, is_new = IndexProblem.objects.get_or_create(kind=kind, key=key, defaults={"reason": reason})
    if not is_new:
        problem.tries, problem.reason = problem.tries + 1, reason
    problem.retry_at = timezone.now() + min(FIRST_PAUSE * 2 ** min(problem.tries - 1, 10), LONGEST_PAUSE)
    problem.save()


def retry() -> None:
    """Try again what failed and has waited long enough."""
    due: dict[str, list[str]] = {}
    for kind, key in IndexProblem.objects.filter(retry_at__lte=timezone.now()).values_list("kind", "key")[:BATCH]:
        due.setdefault(kind, []).append(key)
    for kind, keys in due.items():
        source = source_of(kind)
        if source is None:
            IndexProblem.objects.filter(kind=kind).delete()
        elif "" in keys:
            compare(source)
        else:
            _under_lock(source, keys)


def _under_lock(source: SearchSource, keys: Sequence[str]) -> int:
    """The same as `renew`, while nobody else writes."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        return renew(source, keys)


def compare_all() -> None:
    """Compare every document with what it is made of, remove those of sources that are gone, and count all words anew."""
    for source in sources():
        compare(source)
    SearchDocument.objects.exclude(kind__in=[source.kind for source in sources()]).delete()
    IndexProblem.objects.exclude(kind__in=[source.kind for source in sources()]).delete()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        store.count_words()


def compare(source: SearchSource) -> bool:
    """Make all documents of a source what they have to be; returns whether that could be done. One that fails keeps what it has, and is noted."""
    seen: set[str] = set()
    repaired = 0
    try:
        for keys in batched(source.keys(), BATCH):
            seen.update(keys)
            repaired += _under_lock(source, keys)
        for keys in batched(_left_over(source, seen), BATCH):
            repaired += _under_lock(source, keys)
    except Exception as error:
        _raise_if_away(error)
        logger.exception("the documents of %s could not be compared", source.kind)
        note(source.kind, "", error)
        return False
    IndexProblem.objects.filter(kind=source.kind, key="").delete()
    facts = {"at": timezone.now(), "documents": len(seen), "repaired": repaired}
    SourceComparison.objects.update_or_create(kind=source.kind, defaults=facts)
    return True


def _left_over(source: SearchSource, seen: set[str]) -> Iterator[str]:
    """Keys that the index has and the source did not name: each is asked for once more, as one may just have come."""
    stored: Iterable[str] = SearchDocument.objects.filter(kind=source.kind).values_list("key", flat=True)
    return iter(sorted(set(stored) - seen))
