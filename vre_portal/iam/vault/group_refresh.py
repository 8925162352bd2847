"""Asking the IAM again which groups a person has, so that what it takes away is gone within minutes."""

import logging
import threading
import time
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy

from vre_portal.audit import uses
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.iam import people
from vre_portal.iam.errors import SIGN_IN_OVER_CODES, SignInAgain
from vre_portal.iam.issuers import iam_of
from vre_portal.iam.models import User
from vre_portal.iam.vault import token_rows
from vre_portal.iam.vault.access import sign_in_token

logger = logging.getLogger(__name__)
PURPOSE = gettext_lazy("updating your groups")
RETRY_DELAY_SECONDS = 20  # after an attempt that failed, for one person: an IAM that is down must not slow every page and task
# In the process and not in the cache: while the cache is away, groups have to be asked for all the same.
_attempts: dict[int, float] = {}
_lock = threading.Lock()


def is_old(user: User, seconds: float) -> bool:
    """Whether the groups were seen longer ago; someone who never came through an IAM has nothing to ask for."""
    seen = user.groups_seen_at
    return seen is not None and timezone.now() - seen >= timedelta(seconds=seconds)


def max_age_for_changes() -> int:
    """How many seconds old groups may be where something is changed or accepted."""
    return int(min(settings.GROUPS_SECONDS, settings.GROUPS_CHANGE_SECONDS))


def refresh_groups(user: User, max_age: float) -> None:
    """Ask for groups that were seen more than `max_age` seconds ago; raises SignInAgain where the IAM has ended the sign-in.

    Where the IAM does not answer that is logged, and the next attempt is after RETRY_DELAY_SECONDS. Not to be called in a transaction.
    """
    if not is_old(user, max_age) or not _begin_attempt(user.pk):
        return
    try:
        ask_for_groups(user)
    except SignInAgain:
        raise
    except RemoteError as error:
        logger.warning("the groups of user %s are not known newly: %s", user.pk, error)
    else:
        _attempts.pop(user.pk, None)


def refresh_user(user: User) -> User:
    """The person as the portal knows them now, with groups no older than `max_age_for_changes`, for workers; raises as `refresh_groups`."""
    now = User.objects.get(pk=user.pk)
    if now.is_active:
        refresh_groups(now, max_age_for_changes())
    return now


def ask_for_groups(user: User) -> None:
    """Ask the IAM for the person's name and groups; raises SignInAgain where it has ended the sign-in, RemoteRefused, RemoteUnavailable."""
    iam, before = iam_of(user), user.groups_seen_at
    with uses.recorded(user, iam, str(PURPOSE)):
        access = sign_in_token(user, iam, str(PURPOSE))
    if user.groups_seen_at != before:
        return  # a refresh of the token has just asked
    try:
        people.bring_up_to_date(user, iam, access)
    except RemoteRefused as refused:
        if refused.code not in SIGN_IN_OVER_CODES:
            raise
        token_rows.expire_sign_in(user)
        sign_in_token(user, iam, str(PURPOSE))


def _begin_attempt(pk: int) -> bool:
    """Whether no attempt for this person began within RETRY_DELAY_SECONDS; this one is noted then."""
    with _lock:
        now = time.monotonic()
        for other, begun in list(_attempts.items()):
            if now - begun >= RETRY_DELAY_SECONDS:
                del _attempts[other]
        if pk in _attempts:
            return False
        _attempts[pk] = now
        return True
