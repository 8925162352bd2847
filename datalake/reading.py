"""Read several things of a Data Lake at once, within the page's deadline, and remember each last good answer."""

import contextlib
import contextvars
import hashlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Concatenate

from datalake import scopes
from datalake.credentials import Credentials, RenewedCredentials
from datalake.memory import recall, remember
from datalake.rucio import unreadable
from datalake.rucio.unreadable import UnreadableRow
from vre_portal import deadlines
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable, waiting_for
from vre_portal.iam import vault
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind

PAGE_SECONDS = 2.2  # what is not here by then is shown from memory: a page answers within three seconds
THREADS = 16  # of each lake: however slow it is, it holds these and none of those that ask another
logger = logging.getLogger(__name__)
type Found[T] = tuple[T, tuple[UnreadableRow, ...], int]  # the last counts rows of scopes that may not be seen


@cache
def pool(lake: str) -> ThreadPoolExecutor:
    """The threads that ask one lake."""
    return ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix=f"lake-{lake}")


class NoAccount(RemoteRefused):
    """The Data Lake does not know this person."""


@dataclass(frozen=True)
class Answer[T]:
    """What is known: a value, since when where it is not of now, and what went wrong if something did."""

    value: T | None = None
    since: datetime | None = None
    error: RemoteError | None = None
    unreadable: tuple[UnreadableRow, ...] = ()  # rows that are left out of the value
    withheld: int = 0  # further rows that are left out, because the reader may not see their scopes

    @property
    def known(self) -> bool:
        return self.error is None or self.since is not None

    def required(self) -> T:
        """The value, for a page that is nothing without it; raises what went wrong."""
        if self.error is not None and self.since is None:
            raise self.error
        return self.value  # type: ignore[return-value]


class Asked[T]:
    """An answer under way."""

    def __init__(self, reading: "Reading", key: str, begin: Callable[[], Future[Found[T]]] | None, *, quiet: bool = False) -> None:
        self._reading, self._key, self._begin, self._quiet = reading, key, begin, quiet
        self._used, self._future = reading.token, begin() if begin else None
        self._answer: Answer[T] | None = None

    @property
    def answer(self) -> Answer[T]:
        if self._answer is None:
            self._answer = self._wait()
            self._reading.unreadable += self._answer.unreadable
            if not self._quiet:
                self._reading.note(self._answer)
        return self._answer

    def _wait(self) -> Answer[T]:
        if self._future is None:
            return self._instead(self._reading.refusal)
        try:
            value, unreadable, withheld = self._result(self._future)
        except TooLate:
            return self._instead(RemoteUnavailable(f"{self._reading.lake.title} did not answer in time.", service=self._reading.lake))
        except RemoteError as error:
            if self._begin is not None and self._reading.renews(error, self._used):
                self._future, self._begin = self._begin(), None
                return self._wait()
            return self._instead(self._reading.named(error))
        except Exception:
            logger.exception("Reading a Data Lake failed.")  # an odd reply that the remote module did not foresee is no 500
            return self._instead(
                RemoteUnavailable(f"{self._reading.lake.title} answered with something unexpected.", service=self._reading.lake)
            )
        remember(self._key, (value, unreadable, withheld))
        return Answer(value, unreadable=unreadable, withheld=withheld)

    def _result(self, future: Future[Found[T]]) -> Found[T]:
        """Wait, if as many pages as may do not wait for this lake already."""
        try:
            with contextlib.nullcontext() if future.done() else waiting_for(self._reading.lake):
                return future.result(max(self._reading.end - time.monotonic(), 0.01))
        finally:
            future.cancel()  # what nobody waits for is not asked

    def _instead(self, error: RemoteError | None) -> Answer[T]:
        """What was known before, where the failure may pass; a clear no is never covered by old knowledge."""
        passing = isinstance(error, RemoteUnavailable | vault.SignInAgain | NoAccount)
        since, (value, unreadable, withheld) = (recall(self._key) if passing else None) or (None, (None, (), 0))
        try:
            seen = scopes.told(self._reading.lake, value, self._reading.visitor)
            return Answer(seen, since, error, unreadable, withheld + _count(value) - _count(seen))
        except scopes.Restricted as closed:  # it was open when it was remembered
            return Answer(error=closed)


class Reading:
    """One person's look at one lake for one page."""

    is_personal = True  # asked in the person's name, and not in the portal's
    instead_of: RemoteError | None = None  # why it is not, where somebody signed in

    def __init__(self, user: User, lake: Service, *, purpose: str, seconds: float = PAGE_SECONDS) -> None:
        self.user, self.lake = user, lake
        self.end = time.monotonic() + seconds
        self.token = ""
        self.error: RemoteError | None = None  # the first thing that went wrong
        self.since: datetime | None = None  # the age of the oldest part that is from memory
        self.refusal: RemoteError | None = None
        self.unreadable: tuple[UnreadableRow, ...] = ()  # rows of the answers that pages say are missing
        self.lost: RemoteError | None = None  # why there is no other token, where the lake no longer takes this one
        self.purpose = purpose
        try:
            with deadlines.within(seconds, ServiceKind.IAM):
                self.token = vault.access_token(user, lake, purpose=purpose)
        except RemoteError as error:
            self.refusal = error

    def ask[T, **P](self, call: Callable[Concatenate[Service, str, P], T], *args: P.args, **kwargs: P.kwargs) -> Asked[T]:
        """Begin a read; its answer is waited for when it is used."""
        return self._begun(call, args, kwargs, quiet=False)

    def quietly[T, **P](self, call: Callable[Concatenate[Service, str, P], T], *args: P.args, **kwargs: P.kwargs) -> Asked[T]:
        """The same for what a page does well without: that it failed is for the page to say at its place."""
        return self._begun(call, args, kwargs, quiet=True)

    def _begun[T](self, call: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], *, quiet: bool) -> Asked[T]:
        key = self.key(call, args, kwargs)
        if self.refusal is None:
            try:
                with waiting_for(self.lake):  # where that many wait that this page may not, it asks nothing at all
                    pass
            except RemoteUnavailable as error:
                self.refusal = error
        if self.refusal is not None:
            return Asked(self, key, None, quiet=quiet)
        context = contextvars.copy_context()  # the request's id travels along

        def begin() -> Future[Found[T]]:
            return pool(self.lake.name).submit(lambda: context.run(self._in_time, call, args, kwargs))

        return Asked(self, key, begin, quiet=quiet)

    @property
    def credentials(self) -> Credentials:
        """What files are fetched with, for as long as that takes."""
        return RenewedCredentials(self.token, lambda: vault.access_token(self.user, self.lake, purpose="go on with a download"))

    @property
    def visitor(self) -> scopes.Visitor:
        """Who asks, as the rule of the scopes wants to know it."""
        return scopes.Visitor(True, frozenset(self.user.groups)) if isinstance(self.user, User) else scopes.Visitor()

    def _in_time[T](self, call: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Found[T]:
        """Ask for no longer than the page waits: an answer that nobody waits for would hold one of the lake's threads."""
        with deadlines.within(self.end - time.monotonic(), self.lake.kind), unreadable.collecting() as rows:
            value, withheld = self._told(call, args, kwargs)
            return value, self._visible(rows), withheld

    def _visible(self, rows: list[UnreadableRow]) -> tuple[UnreadableRow, ...]:
        """Each row once; what it is about and what it says only where it names a scope that may be seen, or has an id."""

        def is_open(row: UnreadableRow) -> bool:
            return scopes.may_see(self.lake, row.scope, self.visitor) if row.scope else row.is_named

        return tuple(dict.fromkeys(row if is_open(row) else UnreadableRow("", "") for row in rows))

    def _told[T](self, call: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[T, int]:
        """What the person may see of the answer, and how many rows they may not; where something is left out of a page, it is filled up from what comes next."""
        most = limit = kwargs.get("limit") or 0
        while True:
            found = call(self.lake, self.token, *args, **(kwargs | {"limit": limit} if limit else kwargs))
            seen = scopes.told(self.lake, found, self.visitor)
            if not (isinstance(found, list) and isinstance(seen, list)) or len(seen) >= most or len(found) < limit:
                return (seen[:most] if most and isinstance(seen, list) else seen), _count(found) - _count(seen)  # type: ignore[return-value]
            limit *= 2

    def key(self, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """Where this person's answer to this question is remembered."""
        text = repr((call.__name__, args, sorted(kwargs.items())))
        return f"datalake:{self.user.pk}:{self.lake.name}:{hashlib.sha256(text.encode()).hexdigest()}"

    def note(self, answer: Answer[Any]) -> None:
        """Take an answer into account for what the page says of itself."""
        self.error = self.error or answer.error
        if answer.since is not None:
            self.since = min(self.since or answer.since, answer.since)

    def renews(self, error: RemoteError, used: str) -> bool:
        """Whether there is another token by now, where the lake did not take the one that was used; asked for once for a page."""
        if not is_unknown(error) or self.lost is not None:
            return False
        if self.token == used:
            try:
                with deadlines.within(max(self.end - time.monotonic(), 0.0), ServiceKind.IAM):
                    self.token = self.another()
            except RemoteError as lost:
                self.lost = lost
        return self.token != used

    def another(self) -> str:
        """A token instead of one that the lake does not take; the same where that one is new."""
        return vault.another_token(self.user, self.lake, purpose=self.purpose)

    def named(self, error: RemoteError) -> RemoteError:
        """A fresh token that is not accepted means that the lake does not know its bearer."""
        if is_unknown(error):
            return self.lost or NoAccount(str(error), service=self.lake, status=401, code=getattr(error, "code", ""))
        return error


def _count(answer: object) -> int:
    return len(answer) if isinstance(answer, list) else len(getattr(answer, "rows", ()))


def is_unknown(error: RemoteError) -> bool:
    """Whether the lake did not accept a token, and not what was asked with it."""
    return isinstance(error, RemoteRefused) and error.status == 401 and error.code != "AccessDenied"
