"""Where the copies of an input lie: at which storage elements, and whether these are tapes. Asked of the lake as the person."""

from dataclasses import dataclass

from datalake import rucio
from datalake.index.did_facts import DidKey
from datalake.reads.pending import PendingRead
from datalake.reads.reader import LakeReader

AVAILABLE, TAPE = "AVAILABLE", "TAPE"  # Rucio's own words


@dataclass(frozen=True)
class Copies:
    """The storage elements that can be read now and have all of it, or some of it."""

    readable: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()  # of a collection: some of its files
    missing_files: int = 0  # of a collection: at least so many have no readable copy at all
    is_on_tape: bool = False  # whether nothing of it is on disk


class BeganCopies:
    """Reads of the copies of several DIDs of one lake, all under way at once."""

    def __init__(self, reader: LakeReader) -> None:
        self._reader = reader
        self._rses: PendingRead[list[rucio.Rse]] = reader.fetch_recent(rucio.list_rses, details=False)
        self._reads: dict[DidKey, PendingRead[list[rucio.Replica]]] = {}

    def begin(self, did: DidKey, type: str | None) -> None:
        """Ask for its copies, where its type is known; copies of a container are those of its datasets and are not asked for."""
        if type in ("FILE", "DATASET") and did not in self._reads:
            self._reads[did] = self._reader.fetch_recent(rucio.list_replicas, did.scope, did.name, type=type)

    def result(self, did: DidKey) -> Copies | None:
        """Its copies; None where they are not known."""
        if did not in self._reads:
            return None
        result = self._reads[did].result
        return copies_of(result.required(), self._rses.result.value or []) if result.is_known else None


def copies_of(replicas: list[rucio.Replica], rses: list[rucio.Rse]) -> Copies:
    """What the copies of a file or a dataset come to; a storage element of which nothing is known is taken for a disk that can be read."""
    unreadable = {rse.name for rse in rses if not rse.readable}
    tapes = {rse.name for rse in rses if rse.type.upper() == TAPE}
    usable = [copy for copy in replicas if copy.rse not in unreadable]
    whole = [copy.rse for copy in usable if copy.state == AVAILABLE and _is_whole(copy)]
    partial = [copy.rse for copy in usable if copy.rse not in whole and copy.available_length]
    total = max((copy.length or 0 for copy in replicas), default=0)
    present = sum(copy.available_length or 0 for copy in usable)
    missing = 0 if whole else max(total - present, 0)
    holders = {*whole, *partial}
    return Copies(tuple(whole), tuple(partial), missing, bool(holders) and holders <= tapes)


def _is_whole(copy: rucio.Replica) -> bool:
    return copy.length is None or (copy.available_length or 0) >= copy.length
