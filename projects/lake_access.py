"""Who has an account at a Data Lake, and so may see what is in it and not restricted."""

from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache

from datalake.index import visitors
from datalake.reads import accounts
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, UnknownService, service

UNANSWERED_SECONDS = 60  # after which a lake that did not answer is asked about the person again: not once for each page


def has_account(user: User | AnonymousUser, lake: str) -> bool:
    """Whether the lake knows the person, as it said within the last minutes; asks it where that is not known.

    While it cannot be asked, what it said within the last day counts, and no where it said nothing.
    """
    if not isinstance(user, User) or not user.is_active:
        return False
    try:
        return _is_known(user, service(ServiceKind.RUCIO, lake))
    except UnknownService:
        return False


def _is_known(user: User, lake: Service) -> bool:
    key = f"lake-unanswered-{user.pk}-{lake.name}"
    if accounts.recent_answer(user, lake) is None and cache.get(key):
        known = accounts.last_known(user, lake)
        return known is not None and known[1]
    is_known, trouble = visitors.account(user, lake)
    if isinstance(trouble, RemoteUnavailable):
        cache.set(key, True, UNANSWERED_SECONDS)
    return is_known
