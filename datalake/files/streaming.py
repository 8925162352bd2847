"""The bytes of a file of the lake, from whichever copy can be read, checked on the way."""

import logging
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from datalake import rucio
from datalake.files.ranges import Span
from datalake.pages.nearest import UNASKED, Distances
from datalake.reads.credentials import Credentials
from datalake.reads.errors import Damaged
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.services import Service

CHUNK = 256 * 1024
SMALL = 8 * 1024 * 1024  # whole files up to here are checked before the first byte leaves
logger = logging.getLogger(__name__)


@dataclass
class Copies:
    """Copies whose addresses the caller knows, in the order in which they are tried, and those that bytes came from."""

    addresses: Sequence[str]
    used: list[str] = field(default_factory=list)


def pieces(
    lake: Service,
    credentials: Credentials,
    file: rucio.Did,
    span: Span | None = None,
    far: Distances = UNASKED,
    copies: Copies | None = None,
) -> Iterator[bytes]:
    """The bytes of `span`, or of the whole file, from whichever copies are good; the nearest is tried first where distances are told.

    Rucio is asked for the copies unless they are given.

    Raises at once what keeps these credentials from the file's scope, and while it is read what keeps it from being read.
    """
    credentials.bytes_token(file.scope)
    whole = Span(0, (file.bytes or 0) - 1)
    if span is not None and span != whole:
        return _from_any_copy(lake, credentials, file, span, far, copies)
    if len(whole) <= SMALL:
        return _checked(lake, credentials, file, whole, far, copies)
    return _watched(lake, credentials, file, whole, far, copies)


def _addresses(lake: Service, credentials: Credentials, file: rucio.Did, far: Distances, copies: Copies | None) -> Sequence[str]:
    if copies is not None:
        return copies.addresses
    return rucio.list_readable_urls(lake, credentials.lake_token(), file.scope, file.name, far)


def _good(file: rucio.Did, checksum: int) -> bool:
    return not file.adler32 or f"{checksum:08x}" == file.adler32.lower().rjust(8, "0")


def _checked(
    lake: Service, credentials: Credentials, file: rucio.Did, whole: Span, far: Distances, copies: Copies | None
) -> Iterator[bytes]:
    """A small file, once it is known to be right; a damaged copy is passed over."""
    trouble: RemoteError | None = None
    for pfn in _addresses(lake, credentials, file, far, copies) if len(whole) else ():
        try:
            content = b"".join(_from(lake, credentials.bytes_token(file.scope), pfn, whole.first, whole.last))
        except RemoteError as error:
            trouble = error
            continue
        if len(content) == len(whole) and _good(file, zlib.adler32(content)):
            if copies is not None:
                copies.used.append(pfn)
            yield content
            return
        logger.warning("A copy of %s is damaged: %s", file, pfn)
        trouble = Damaged(lake, file)
    if len(whole):
        raise trouble or _none_readable(lake, file)


def _watched(
    lake: Service, credentials: Credentials, file: rucio.Did, whole: Span, far: Distances, copies: Copies | None
) -> Iterator[bytes]:
    """A large file as it comes, its last piece only when the checksum is right.

    The reader gets all of a good file or an end that comes too early, never a wrong file that looks complete.
    """
    checksum, held = 1, b""
    for piece in _from_any_copy(lake, credentials, file, whole, far, copies):
        if held:
            yield held
        checksum, held = zlib.adler32(piece, checksum), piece
    if not _good(file, checksum):
        logger.warning("A copy of %s is damaged.", file)
        raise Damaged(lake, file)
    yield held


def _from_any_copy(
    lake: Service, credentials: Credentials, file: rucio.Did, wanted: Span, far: Distances, copies: Copies | None
) -> Iterator[bytes]:
    """Bytes in order; where one copy breaks off the next one goes on."""
    at = wanted.first
    trouble: RemoteError | None = None
    for pfn in _addresses(lake, credentials, file, far, copies):
        try:
            for piece in _from(lake, credentials.bytes_token(file.scope), pfn, at, wanted.last):
                if copies is not None and pfn not in copies.used:
                    copies.used.append(pfn)
                yield piece
                at += len(piece)
        except RemoteError as error:
            logger.warning("A copy broke off: %s", error)
            trouble = error
        if at > wanted.last:
            return
    raise trouble or _none_readable(lake, file)


def _none_readable(lake: Service, file: rucio.Did) -> RemoteUnavailable:
    message = _("No copy of %(name)s could be read completely. Try again later.") % {"name": file.name}
    return RemoteUnavailable(message, service=lake)


def _from(lake: Service, token: str, pfn: str, first: int, last: int) -> Iterator[bytes]:
    """Bytes first to last of one copy, never more than was asked for."""
    left = last - first + 1
    with rucio.open_copy(lake, token, pfn, first=first, last=last) as body:
        for piece in body.blocks(CHUNK):
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return
