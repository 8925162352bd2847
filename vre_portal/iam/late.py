"""An answer of the IAM that comes when the page has stopped waiting is kept all the same: a refresh token may work only once."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from contextvars import copy_context

from django.db import connection

from vre_portal import deadlines
from vre_portal.http import RemoteError, RemoteUnavailable, waiting_for
from vre_portal.services import Service, ServiceKind

logger = logging.getLogger(__name__)
# A wall as well as a pool: an IAM that hangs holds these threads and none of those that serve pages.
_pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="iam")


class Late(RemoteUnavailable):
    """The page waits no longer, but the answer will be seen to."""


def answer[T](iam: Service, ask: Callable[[], T], otherwise: Callable[[Callable[[], T]], object]) -> T:
    """What `ask` gives; where a page may not wait for it, raises Late, and `otherwise` is called with the answer when it comes."""
    left = deadlines.left(ServiceKind.IAM)
    if left is None:
        return ask()
    with waiting_for(iam):
        future = _pool.submit(copy_context().run, deadlines.unhurried, ask)
        try:
            return future.result(max(left, 0))
        except TooLate:
            if future.cancel():  # nothing was asked yet
                raise RemoteUnavailable(f"{iam.title} did not answer in time.", service=iam) from None
            future.add_done_callback(lambda done: _see_to(done, otherwise))
            raise Late(f"{iam.title} did not answer in time.", service=iam) from None


def _see_to[T](done: Future[T], otherwise: Callable[[Callable[[], T]], object]) -> None:
    """In the pool's thread, which has a database connection for no longer than this."""
    try:
        otherwise(done.result)
    except RemoteError as error:
        logger.info("a late answer was no good: %s", error)
    finally:
        connection.close()
