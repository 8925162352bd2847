"""Which scopes and storage elements are open to a person, as the lake says; kept for a while, for Rucio decides in the end."""

import hashlib

from django.utils import timezone
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.reads import read_cache
from datalake.reads.reader import PAGE_SECONDS
from datalake.uploads.names import targets, writable
from vre_portal import deadlines
from vre_portal.iam import vault
from vre_portal.iam.models import User
from vre_portal.services import Service

__all__ = ["NotYours", "require", "scopes", "targets"]
MINUTES = 10


class NotYours(Exception):
    """The person may not write there."""


def cache_key(user: User, lake: Service) -> str:
    """Where the answer is kept: by the groups that it rests on, so that none outlasts a group that is gone."""
    groups = hashlib.sha256("\0".join(sorted(user.groups)).encode()).hexdigest()[:16]
    return f"lake-uploads:{lake.name}:{user.pk}:{groups}"


def scopes(user: User, lake: Service, *, fresh: bool = False) -> list[str]:
    """The scopes that the person may write to; raises RemoteError where the lake has to be asked and does not answer."""
    key = cache_key(user, lake)
    since, stored = (None if fresh else read_cache.load(key)) or (None, None)
    if since is not None and stored is not None and (timezone.now() - since).total_seconds() < MINUTES * 60:
        return list(stored)
    token = vault.access_token(user, lake, purpose=_("list the scopes that you can write to"))
    with deadlines.within(PAGE_SECONDS, lake.kind):
        open_scopes = writable(lake, user, rucio.whoami(lake, token), rucio.list_scopes(lake, token))
    read_cache.store(key, open_scopes)
    return open_scopes


def require(user: User, lake: Service, scope: str) -> None:
    """Raises NotYours where the person may not write to the scope."""
    if scope not in scopes(user, lake) and scope not in scopes(user, lake, fresh=True):
        if not scope:
            raise NotYours(_("Choose a scope to write to."))
        raise NotYours(_("You don't have permission to write to the scope %(scope)s.") % {"scope": scope})
