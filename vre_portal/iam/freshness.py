"""Groups are asked for again while someone is here, so that what the IAM takes away is gone within minutes."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from vre_portal.http import RemoteError
from vre_portal.iam import sign_in, vault
from vre_portal.iam.models import User

logger = logging.getLogger(__name__)
# Pages that say the same to everybody, and those by which people come and go.
UNASKED = ("/healthz", "/readyz", "/status.json", "/theme/", "/accounts/")
PAUSE_SECONDS = 20  # between two attempts for one person: an IAM that is down must not slow every page


class Freshness:
    """Middleware: groups older than GROUPS_SECONDS are asked for before the view runs; a sign-in that the IAM ended ends here too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.tried: dict[int, float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _options: Any) -> HttpResponse | None:
        user = request.user
        if not isinstance(user, User) or request.path.startswith(UNASKED) or not self.is_due(user):
            return None
        try:
            vault.look_again(user)
        except vault.SignInAgain as over:
            logger.info("user %s is signed out: the IAM ended the sign-in", user.pk)
            answer = sign_in.lead_there(request, over)  # before: it keeps what the person typed
            logout(request)
            return answer
        except RemoteError as error:
            logger.warning("the groups of user %s are not known newly: %s", user.pk, error)
        return None

    def is_due(self, user: User) -> bool:
        """Whether to ask now; someone who never came through an IAM has nothing to ask for."""
        seen, now = user.groups_seen_at, time.monotonic()
        if seen is None or timezone.now() - seen < timedelta(seconds=settings.GROUPS_SECONDS):
            return False
        if now - self.tried.get(user.pk, float("-inf")) < PAUSE_SECONDS:
            return False
        self.tried = {pk: when for pk, when in self.tried.items() if now - when < PAUSE_SECONDS} | {user.pk: now}
        return True


middleware = Freshness
