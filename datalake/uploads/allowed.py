"""Which scopes and storage elements are open to a person, as the lake says; kept for a while, for Rucio decides in the end."""

import hashlib

from django.utils import timezone

from datalake import rucio
from datalake.memory import recall, remember
from datalake.reading import PAGE_SECONDS
from datalake.uploads.names import targets, writable
from vre_portal import deadlines
from vre_portal.iam import vault
from vre_portal.iam.models import User
from vre_portal.services import Service

__all__ = ["NotYours", "require", "scopes", "targets"]
MINUTES = 10


class NotYours(Exception):
    """The person may not write there."""


def memory_key(user: User, lake: Service) -> str:
    """Where the answer is kept: by the groups that it rests on, so that none outlasts a group that is gone."""
    groups = hashlib.sha256("\0".join(sorted(user.groups)).encode()).hexdigest()[:16]
    return f"lake-uploads:{lake.name}:{user.pk}:{groups}"


def scopes(user: User, lake: Service, *, fresh: bool = False) -> list[str]:
    """The scopes that the person may write to; raises RemoteError where the lake has to be asked and does not answer."""
    key = memory_key(user, lake)
    since, known = (None if fresh else recall(key)) or (None, None)
    if since is not None and known is not None and (timezone.now() - since).total_seconds() < MINUTES * 60:
        return list(known)
    token = vault.access_token(user, lake, purpose="see where you may write")
    with deadlines.within(PAGE_SECONDS, lake.kind):
        found = writable(lake, user, rucio.whoami(lake, token), rucio.list_scopes(lake, token))
    remember(key, found)
    return found


def require(user: User, lake: Service, scope: str) -> None:
    """Raises NotYours where the person may not write to the scope."""
    if scope not in scopes(user, lake) and scope not in scopes(user, lake, fresh=True):
        raise NotYours(f"You may not write to the scope {scope or '(none)'}.")
