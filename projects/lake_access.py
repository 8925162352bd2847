"""Who has an account at a Data Lake, and so may see what is in it and not restricted."""

from django.contrib.auth.models import AnonymousUser

from datalake.index import visitors
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, UnknownService, service


def has_account(user: User | AnonymousUser, lake: str) -> bool:
    """Whether the lake knows the person, as it said within the last minutes; asks it where that is not known. No where it cannot be asked."""
    if not isinstance(user, User) or not user.is_active:
        return False
    try:
        return visitors.account(user, service(ServiceKind.RUCIO, lake))[0]
    except UnknownService:
        return False
