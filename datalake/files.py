"""The bytes of a file of the lake, from whichever copy can be read, checked on the way."""

import logging
import zlib
from collections.abc import Iterator

from datalake import rucio
from datalake.ranges import Span
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.services import Service

CHUNK = 256 * 1024
logger = logging.getLogger(__name__)


class Damaged(RemoteUnavailable):
    """A copy's bytes are not those that were registered."""


def pieces(lake: Service, token: str, file: rucio.Did, span: Span | None = None) -> Iterator[bytes]:
    """The bytes of `span`, or of the whole file, going on with the next copy where one breaks off.

    The last piece of a whole file is kept back until the checksum is known to be right: a reader gets all of a good file or
    an end that comes too early, never a wrong file that looks complete.
    """
    whole = Span(0, (file.bytes or 0) - 1)
    wanted = span or whole
    sum_, held, at = 1, b"", wanted.first
    for piece in _from_any_copy(lake, token, file, wanted):
        if held:
            yield held
        sum_ = zlib.adler32(piece, sum_) if wanted == whole else sum_
        held, at = piece, at + len(piece)
    if at != wanted.last + 1:
        raise RemoteUnavailable(f"The copies of {file.name} are shorter than {file.bytes} bytes.", service=lake)
    if wanted == whole and file.adler32 and f"{sum_:08x}" != file.adler32.lower().rjust(8, "0"):
        raise Damaged(f"The bytes of {file.name} do not agree with its checksum.", service=lake)
    if held:
        yield held


def _from_any_copy(lake: Service, token: str, file: rucio.Did, wanted: Span) -> Iterator[bytes]:
    """Bytes in order; each copy gets one try."""
    at = wanted.first
    if at > wanted.last:
        return
    trouble: RemoteError | None = None
    for pfn in rucio.readable(lake, token, file.scope, file.name):
        try:
            for piece in _from(lake, token, pfn, at, wanted.last):
                yield piece
                at += len(piece)
        except RemoteError as error:
            logger.warning("A copy broke off: %s", error)
            trouble = error
        if at > wanted.last:
            return
    raise trouble or RemoteUnavailable(f"No copy of {file.name} can be read just now.", service=lake)


def _from(lake: Service, token: str, pfn: str, first: int, last: int) -> Iterator[bytes]:
    """Bytes first to last of one copy, never more than was asked for."""
    left = last - first + 1
    with rucio.open_copy(lake, token, pfn, first=first, last=last) as body:
        for piece in body.chunks(CHUNK):
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return
