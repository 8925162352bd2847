"""A running request to a Data Lake, and its result."""

import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.utils.translation import gettext as _

from datalake.reads import read_cache, scopes
from datalake.reads.errors import NoAccount
from datalake.rucio.unreadable import UnreadableRow
from vre_portal.http import RemoteError, RemoteUnavailable, waiting_for
from vre_portal.iam import vault
from vre_portal.services import Service

logger = logging.getLogger(__name__)
type Rows[T] = tuple[T, tuple[UnreadableRow, ...], int]  # the last counts rows of scopes that may not be seen


@dataclass(frozen=True)
class ReadResult[T]:
    """A value, its time where it comes from the cache, and the error if there was one."""

    value: T | None = None
    since: datetime | None = None
    error: RemoteError | None = None
    unreadable: tuple[UnreadableRow, ...] = ()  # rows that are left out of the value
    withheld: int = 0  # further rows that are left out, because the reader may not see their scopes

    @property
    def is_known(self) -> bool:
        return self.error is None or self.since is not None

    def required(self) -> T:
        """The value; raises the error where there is none."""
        if self.error is not None and self.since is None:
            raise self.error
        return self.value  # type: ignore[return-value]


class ReadOwner(Protocol):
    """The part of a reader that a pending read uses."""

    lake: Service
    end: float
    token: str
    refusal: RemoteError | None
    unreadable: tuple[UnreadableRow, ...]

    @property
    def visitor(self) -> scopes.Visitor: ...

    def renew_token(self, error: RemoteError, used: str) -> bool: ...

    def translate_error(self, error: RemoteError) -> RemoteError: ...

    def record_result(self, result: ReadResult[Any]) -> None: ...


class PendingRead[T]:
    """One read under way; `result` waits for it, at most until the reader's end."""

    def __init__(self, reader: ReadOwner, key: str, begin: Callable[[], Future[Rows[T]]] | None, *, optional: bool = False) -> None:
        self._reader, self._key, self._begin, self._optional = reader, key, begin, optional
        self._used, self._future = reader.token, begin() if begin else None
        self._result: ReadResult[T] | None = None

    @property
    def result(self) -> ReadResult[T]:
        """The result; never raises. Unless the read is optional, an error is shown on the reader's page."""
        if self._result is None:
            self._result = self._wait()
            self._reader.unreadable += self._result.unreadable
            if not self._optional:
                self._reader.record_result(self._result)
        return self._result

    def _wait(self) -> ReadResult[T]:
        lake = self._reader.lake
        if self._future is None:
            return self._from_cache(self._reader.refusal)
        try:
            value, unreadable, withheld = self._rows(self._future)
        except TooLate:
            text = _("%(service)s did not answer in time.") % {"service": lake.title}
            return self._from_cache(RemoteUnavailable(text, service=lake))
        except RemoteError as error:
            if self._begin is not None and self._reader.renew_token(error, self._used):
                self._future, self._begin = self._begin(), None
                return self._wait()
            return self._from_cache(self._reader.translate_error(error))
        except Exception:
            logger.exception("Reading a Data Lake failed.")  # an odd reply that the remote module did not foresee is no 500
            text = _("%(service)s sent an unexpected answer.") % {"service": lake.title}
            return self._from_cache(RemoteUnavailable(text, service=lake))
        read_cache.store(self._key, (value, unreadable, withheld))
        return ReadResult(value, unreadable=unreadable, withheld=withheld)

    def _rows(self, future: Future[Rows[T]]) -> Rows[T]:
        """Wait, unless as many pages as may wait for this lake already; raises what went wrong, or TooLate."""
        try:
            with contextlib.nullcontext() if future.done() else waiting_for(self._reader.lake):
                return future.result(max(self._reader.end - time.monotonic(), 0.01))
        finally:
            future.cancel()  # what nobody waits for is not asked

    def _from_cache(self, error: RemoteError | None) -> ReadResult[T]:
        """The last good answer where the error may be temporary; a refusal is never hidden by an old answer."""
        is_passing = isinstance(error, RemoteUnavailable | vault.SignInAgain | NoAccount)
        since, (value, unreadable, withheld) = (read_cache.load(self._key) if is_passing else None) or (None, (None, (), 0))
        try:
            visible = scopes.filter_visible(self._reader.lake, value, self._reader.visitor)
        except scopes.Restricted as closed:  # it was open when it was stored
            return ReadResult(error=closed)
        return ReadResult(visible, since, error, unreadable, withheld + row_count(value) - row_count(visible))


class CachedRead[T](PendingRead[T]):
    """A read whose answer was stored a moment ago; what its reader may no longer see is left out of it."""

    def __init__(self, reader: ReadOwner, rows: Rows[T]) -> None:
        value, unreadable, withheld = rows
        try:
            visible = scopes.filter_visible(reader.lake, value, reader.visitor)
        except scopes.Restricted as closed:
            self._result = ReadResult(error=closed)
            return
        self._result = ReadResult(visible, unreadable=unreadable, withheld=withheld + row_count(value) - row_count(visible))
        reader.unreadable += unreadable


def row_count(value: object) -> int:
    """The number of rows of an answer; 0 where it is not a listing."""
    return len(value) if isinstance(value, list) else len(getattr(value, "rows", ()))
