"""Who listens, and what they may see: asked of Django's sessions and of each application, in threads, for the loop must not wait."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest, parse_cookie
from django.utils import timezone

from vre_portal.events.topics import visible
from vre_portal.iam.models import User
from vre_portal.iam.sessions.session_store import SessionStore

OLD_GROUPS = timedelta(minutes=10)  # a page refreshes them with each request; one that listens asks every few minutes


@dataclass(frozen=True, slots=True)
class Access:
    """The person behind a session and what they may see of what they asked for."""

    user: int
    topics: tuple[str, ...]


def session_key(cookies: str) -> str:
    """The key of the session that a browser names; empty where it names none."""
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    return key if key.isascii() and key.isalnum() and len(key) <= 64 else ""


def access_of(key: str, topics: Collection[str]) -> Access | None:
    """None where nobody is signed in by this session any more. Raises what the database raises while it is away."""
    close_old_connections()
    try:
        request = HttpRequest()
        request.session = SessionStore(key)
        user = get_user(request)
        if not isinstance(user, User) or not user.is_active:
            return None
        return Access(user.pk, () if _has_old_groups(user) else tuple(visible(user, topics)))
    finally:
        close_old_connections()


def _has_old_groups(user: User) -> bool:
    """Whether nobody has asked the IAM for a while what the person still belongs to: such a page asks for itself, which does."""
    return user.groups_seen_at is not None and timezone.now() - user.groups_seen_at > OLD_GROUPS
