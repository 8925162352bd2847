"""Which requests somebody may know of, for notices."""

from collections.abc import Collection

from django.contrib.auth.models import AnonymousUser

from projects.requests.models import Request
from projects.requests.permissions import readable_by
from vre_portal.iam.models import User


def readable_requests(reader: User | AnonymousUser, values: Collection[str]) -> set[str]:
    """Those of some requests, by their numbers, that the reader may read at this moment."""
    if not isinstance(reader, User):
        return set()
    numbers = [int(value) for value in values if value.isascii() and value.isdecimal() and len(value) < 19]
    return {str(pk) for pk in Request.objects.filter(readable_by(reader), pk__in=numbers).values_list("pk", flat=True)}
