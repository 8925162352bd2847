"""Requests to an IAM that go on in the background when the page has stopped waiting: a refresh token may work only once."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from contextvars import copy_context

from django.db import connection
from django.utils.translation import gettext as _

from vre_portal import deadlines
from vre_portal.http import RemoteError, RemoteUnavailable, waiting_for
from vre_portal.services import Service, ServiceKind

logger = logging.getLogger(__name__)
# A wall as well as a pool: an IAM that hangs holds these threads and none of those that serve pages.
_pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="iam")


class StillRunning(RemoteUnavailable):
    """The page waits no longer; the request goes on in the background, and its answer goes to `on_late_result`."""


def answer[T](iam: Service, ask: Callable[[], T], on_late_result: Callable[[Callable[[], T]], object]) -> T:
    """What `ask` gives, asked in a thread beside the page's where the page's time for the IAM is limited.

    When that time is over: raises RemoteUnavailable where nothing was asked yet; else StillRunning, and `on_late_result` is called in the
    background with a function that returns, or raises, what came.
    """
    left = deadlines.left(ServiceKind.IAM)
    if left is None:
        return ask()
    with waiting_for(iam):
        future = _pool.submit(copy_context().run, deadlines.unhurried, ask)
        try:
            return future.result(max(left, 0))
        except TooLate:
            if future.cancel():  # nothing was asked yet
                raise RemoteUnavailable(_("%(iam)s did not answer in time.") % {"iam": iam.title}, service=iam) from None
            future.add_done_callback(lambda done: _handle_late(done, on_late_result))
            raise StillRunning(_("%(iam)s did not answer in time.") % {"iam": iam.title}, service=iam) from None


def _handle_late[T](done: Future[T], on_late_result: Callable[[Callable[[], T]], object]) -> None:
    """Runs in the pool's thread, which has a database connection for no longer than this."""
    try:
        on_late_result(done.result)
    except RemoteError as error:
        logger.info("a late answer was no good: %s", error)
    finally:
        connection.close()
