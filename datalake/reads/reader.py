"""Read several things of a Data Lake at once, within the page's deadline, and keep each last good answer."""

import contextvars
import hashlib
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Concatenate

from django.utils import timezone
from django.utils.translation import gettext as _

from datalake.reads import read_cache, scopes
from datalake.reads.credentials import Credentials, RenewedCredentials
from datalake.reads.errors import NoAccount
from datalake.reads.pending import CachedRead, PendingRead, ReadResult, Rows, row_count
from datalake.rucio import unreadable
from datalake.rucio.unreadable import UnreadableRow
from vre_portal import deadlines
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable, waiting_for
from vre_portal.iam import vault
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind

PAGE_SECONDS = 2.2  # what is not here by then is shown from the cache: a page answers within three seconds
RECENT = timedelta(seconds=30)
MAX_THREADS = 16  # of each lake: however slow it is, it holds these and none of those that ask another


@cache
def thread_pool(lake: str) -> ThreadPoolExecutor:
    """The threads that ask one lake."""
    return ThreadPoolExecutor(max_workers=MAX_THREADS, thread_name_prefix=f"lake-{lake}")


class LakeReader:
    """Reads one lake for one page, in one person's name.

    `error` is the first thing that went wrong, `since` the age of the oldest part that is from the cache, `unreadable` the rows that pages
    say are missing, `refusal` why nothing is asked at all, `token_error` why there is no other token where the lake no longer takes this one.
    """

    is_personal = True  # asked in the person's name, and not in the portal's
    instead_of: RemoteError | None = None  # why it is not, where somebody signed in

    def __init__(self, user: User, lake: Service, *, purpose: str, seconds: float = PAGE_SECONDS) -> None:
        self.user, self.lake, self.purpose = user, lake, purpose
        self.end = time.monotonic() + seconds
        self.token = ""
        self.error: RemoteError | None = None
        self.since: datetime | None = None
        self.refusal: RemoteError | None = None
        self.unreadable: tuple[UnreadableRow, ...] = ()
        self.token_error: RemoteError | None = None
        try:
            with deadlines.within(seconds, ServiceKind.IAM):
                self.token = vault.access_token(user, lake, purpose=purpose)
        except RemoteError as error:
            self.refusal = error

    def fetch[T, **P](self, call: Callable[Concatenate[Service, str, P], T], *args: P.args, **kwargs: P.kwargs) -> PendingRead[T]:
        """Begin a read; it is waited for when its result is used."""
        return self._begin(call, args, kwargs, optional=False)

    def fetch_optional[T, **P](self, call: Callable[Concatenate[Service, str, P], T], *args: P.args, **kwargs: P.kwargs) -> PendingRead[T]:
        """The same for what a page does well without: that it failed is for the page to say at its place."""
        return self._begin(call, args, kwargs, optional=True)

    def fetch_recent[T, **P](self, call: Callable[Concatenate[Service, str, P], T], *args: P.args, **kwargs: P.kwargs) -> PendingRead[T]:
        """The same, or this reader's own answer of the last seconds: the sections of one page do not ask the same thing again."""
        stored = read_cache.load(self.cache_key(call, args, kwargs)) if self.refusal is None else None
        if stored is not None and timezone.now() - stored[0] < RECENT:
            return CachedRead(self, stored[1])
        return self._begin(call, args, kwargs, optional=False)

    def _begin[T](self, call: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], *, optional: bool) -> PendingRead[T]:
        key = self.cache_key(call, args, kwargs)
        if self.refusal is None:
            try:
                with waiting_for(self.lake):  # where that many wait that this page may not, it asks nothing at all
                    pass
            except RemoteUnavailable as error:
                self.refusal = error
        if self.refusal is not None:
            return PendingRead(self, key, None, optional=optional)
        context = contextvars.copy_context()  # the request's id travels along

        def begin() -> Future[Rows[T]]:
            return thread_pool(self.lake.name).submit(lambda: context.run(self._read_in_time, call, args, kwargs))

        return PendingRead(self, key, begin, optional=optional)

    @property
    def credentials(self) -> Credentials:
        """What files are fetched with, for as long as that takes."""
        return RenewedCredentials(self.token, lambda: vault.access_token(self.user, self.lake, purpose=_("continue a download")))

    @property
    def visitor(self) -> scopes.Visitor:
        """The person as the rule of the scopes takes them."""
        return scopes.Visitor(True, frozenset(self.user.groups)) if isinstance(self.user, User) else scopes.Visitor()

    def _read_in_time[T](self, call: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Rows[T]:
        """Ask for no longer than the page waits: an answer that nobody waits for would hold one of the lake's threads."""
        with deadlines.within(self.end - time.monotonic(), self.lake.kind), unreadable.collect_unreadable() as rows:
            value, withheld = self._read_visible(call, args, kwargs)
            return value, self._visible_rows(rows), withheld

    def _visible_rows(self, rows: list[UnreadableRow]) -> tuple[UnreadableRow, ...]:
        """Each row once; what it is about and what it says only where it names a scope that may be seen, or has an id."""

        def is_visible(row: UnreadableRow) -> bool:
            return scopes.may_see(self.lake, row.scope, self.visitor) if row.scope else row.is_named

        return tuple(dict.fromkeys(row if is_visible(row) else UnreadableRow("", "") for row in rows))

    def _read_visible[T](self, call: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[T, int]:
        """Drop rows in restricted scopes, reading again with a larger limit until the page is full; the answer and how many were dropped."""
        wanted = limit = kwargs.get("limit") or 0
        while True:
            value = call(self.lake, self.token, *args, **(kwargs | {"limit": limit} if limit else kwargs))
            visible = scopes.filter_visible(self.lake, value, self.visitor)
            if not (isinstance(value, list) and isinstance(visible, list)) or len(visible) >= wanted or len(value) < limit:
                page = visible[:wanted] if wanted and isinstance(visible, list) else visible
                return page, row_count(value) - row_count(visible)  # type: ignore[return-value]
            limit *= 2

    def cache_key(self, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """Where this person's answer to this question is stored."""
        text = repr((call.__name__, args, sorted(kwargs.items())))
        return f"datalake:{self.user.pk}:{self.lake.name}:{hashlib.sha256(text.encode()).hexdigest()}"

    def record_result(self, result: ReadResult[Any]) -> None:
        """Take a result into account for what the page says of itself."""
        self.error = self.error or result.error
        if result.since is not None:
            self.since = min(self.since or result.since, result.since)

    def renew_token(self, error: RemoteError, used: str) -> bool:
        """Whether there is another token by now, where the lake did not take the one that was used; asked for once for a page."""
        if not is_token_refused(error) or self.token_error is not None:
            return False
        if self.token == used:
            try:
                with deadlines.within(max(self.end - time.monotonic(), 0.0), ServiceKind.IAM):
                    self.token = self.another_token()
            except RemoteError as token_error:
                self.token_error = token_error
        return self.token != used

    def another_token(self) -> str:
        """A token instead of one that the lake does not take; the same where that one is new."""
        return vault.another_token(self.user, self.lake, purpose=self.purpose)

    def translate_error(self, error: RemoteError) -> RemoteError:
        """NoAccount for a fresh token that is not accepted: the lake does not know its bearer. Any other error is itself."""
        if is_token_refused(error):
            return self.token_error or NoAccount(str(error), service=self.lake, status=401, code=getattr(error, "code", ""))
        return error


def is_token_refused(error: RemoteError) -> bool:
    """Whether the lake did not accept a token, and not what was asked with it."""
    return isinstance(error, RemoteRefused) and error.status == 401 and error.code != "AccessDenied"
