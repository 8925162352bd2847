"""Middleware that asks for a person's groups again while they are here, and ends a sign-in that the IAM has ended."""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from vre_portal.iam.errors import SignInAgain
from vre_portal.iam.models import User
from vre_portal.iam.sign_in.redirects import redirect_to_login
from vre_portal.iam.vault.group_refresh import max_age_for_changes, refresh_groups
from vre_portal.iam.vault.requirements import require_sign_in

logger = logging.getLogger(__name__)
# Pages that say the same to everybody, and those by which people come and go.
EXCLUDED_PATHS = ("/healthz", "/readyz", "/status.json", "/theme/", "/accounts/")
SAFE = ("GET", "HEAD", "OPTIONS")


class GroupRefresh:
    """Old groups are asked for before the view runs; a sign-in that the IAM ended ends here too.

    They may be GROUPS_SECONDS old for a page, and GROUPS_CHANGE_SECONDS for what changes something. Nothing is accepted that a worker
    will need a token for while there is no sign-in to make one of.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _options: Any) -> HttpResponse | None:
        user = request.user
        if not isinstance(user, User) or request.path.startswith(EXCLUDED_PATHS):
            return None
        changes = request.method not in SAFE
        try:
            if changes:
                require_sign_in(user)
            refresh_groups(user, max_age_for_changes() if changes else settings.GROUPS_SECONDS)
        except SignInAgain as over:
            logger.info("user %s is signed out: the IAM ended the sign-in", user.pk)
            answer = redirect_to_login(request, over)  # before: it keeps what the person typed
            logout(request)
            return answer
        return None


middleware = GroupRefresh
