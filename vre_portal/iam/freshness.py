"""Groups are asked for again while someone is here, so that what the IAM takes away is gone within minutes."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from vre_portal.http import RemoteError
from vre_portal.iam import sign_in, vault
from vre_portal.iam.models import User

logger = logging.getLogger(__name__)
# Pages that say the same to everybody, and those by which people come and go.
UNASKED = ("/healthz", "/readyz", "/status.json", "/theme/", "/accounts/")
PAUSE_SECONDS = 20  # between two attempts for one person: an IAM that is down must not slow every page


SAFE = ("GET", "HEAD", "OPTIONS")


def is_old(user: User, seconds: float) -> bool:
    """Whether the groups were seen longer ago; someone who never came through an IAM has nothing to ask for."""
    seen = user.groups_seen_at
    return seen is not None and timezone.now() - seen >= timedelta(seconds=seconds)


def change_seconds() -> int:
    """How old groups may be where something is changed or accepted."""
    return int(min(settings.GROUPS_SECONDS, settings.GROUPS_CHANGE_SECONDS))


def present(user: User) -> User:
    """The person as the portal, and the IAM within `change_seconds`, know them now; raises SignInAgain where the IAM has ended the sign-in.

    For workers. Talks to the IAM when what is known is old, so it must not be called inside a transaction.
    """
    now = User.objects.get(pk=user.pk)
    if not now.is_active or not is_old(now, change_seconds()) or not cache.add(f"groups-asked-{now.pk}", True, PAUSE_SECONDS):
        return now
    try:
        vault.look_again(now)
    except vault.SignInAgain:
        raise
    except RemoteError as error:
        logger.warning("the groups of user %s are not known newly: %s", now.pk, error)
    else:
        cache.delete(f"groups-asked-{now.pk}")
    return now


class Freshness:
    """Middleware: old groups are asked for before the view runs; a sign-in that the IAM ended ends here too.

    They may be GROUPS_SECONDS old for a page, and GROUPS_CHANGE_SECONDS for what changes something. Nothing is accepted that a worker
    will need a token for while there is no sign-in to make one of.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.tried: dict[int, float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _options: Any) -> HttpResponse | None:
        user = request.user
        if not isinstance(user, User) or request.path.startswith(UNASKED):
            return None
        changes = request.method not in SAFE
        try:
            if changes:
                vault.require_sign_in(user)
            if self.is_due(user, change_seconds() if changes else settings.GROUPS_SECONDS):
                vault.look_again(user)
        except vault.SignInAgain as over:
            logger.info("user %s is signed out: the IAM ended the sign-in", user.pk)
            answer = sign_in.lead_there(request, over)  # before: it keeps what the person typed
            logout(request)
            return answer
        except RemoteError as error:
            logger.warning("the groups of user %s are not known newly: %s", user.pk, error)
        return None

    def is_due(self, user: User, seconds: float) -> bool:
        """Whether to ask now."""
        now = time.monotonic()
        if not is_old(user, seconds) or now - self.tried.get(user.pk, float("-inf")) < PAUSE_SECONDS:
            return False
        self.tried = {pk: when for pk, when in self.tried.items() if now - when < PAUSE_SECONDS} | {user.pk: now}
        return True


middleware = Freshness
