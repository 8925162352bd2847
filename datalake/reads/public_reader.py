"""Public data of a lake for everybody, read with the portal's own account and cached for a minute."""

import time
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from functools import wraps
from typing import Any, override

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.translation import gettext as _

from datalake.reads import read_cache, service_account
from datalake.reads.credentials import Credentials, PortalCredentials
from datalake.reads.pending import CachedRead, PendingRead
from datalake.reads.reader import PAGE_SECONDS, LakeReader, is_token_refused
from datalake.reads.scopes import is_public
from datalake.rucio.types import ListingPage
from vre_portal import deadlines
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.services import Service, ServiceKind

FRESH = timedelta(minutes=1)


def without_people(value: Any) -> Any:
    """The value without account names and comments, which visitors are not shown."""
    if isinstance(value, list):
        return [without_people(item) for item in value]
    if isinstance(value, ListingPage):
        return replace(value, rows=tuple(without_people(item) for item in value.rows))
    if not is_dataclass(value) or isinstance(value, type):
        return value
    names = {field.name for field in fields(value)} & {"account", "comment"}
    return replace(value, **dict.fromkeys(names, "")) if names else value


class PublicReader(LakeReader):
    """Reads public data for visitors, with the portal's own account; many visitors cause one request a minute."""

    is_personal = False

    def __init__(
        self, lake: Service, *, seconds: float = PAGE_SECONDS, is_cached: bool = True, instead_of: RemoteError | None = None
    ) -> None:
        self.user, self.lake, self.instead_of = AnonymousUser(), lake, instead_of  # type: ignore[assignment]
        self.end, self._is_cached = time.monotonic() + seconds, is_cached
        self.token, self.since, self.unreadable = "", None, ()
        self.error = self.refusal = self.token_error = None
        try:
            with deadlines.within(seconds, ServiceKind.IAM):
                self.token = service_account.token(lake)
        except RemoteRefused:
            self.refusal = no_public_access(lake)
        except RemoteError as error:
            self.refusal = error

    @property
    @override
    def credentials(self) -> Credentials:
        return PortalCredentials(self.lake)

    @override
    def _begin[T](self, call: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], *, optional: bool) -> PendingRead[T]:
        @wraps(call)
        def nameless(*args: Any, **kwargs: Any) -> T:
            value: T = without_people(call(*args, **kwargs))
            return value

        stored = read_cache.load(self.cache_key(call, args, kwargs)) if self._is_cached else None
        if stored is not None and timezone.now() - stored[0] < FRESH:
            return CachedRead(self, stored[1])
        return super()._begin(nameless, args, kwargs, optional=optional)

    @override
    def another_token(self) -> str:
        service_account.forget(self.lake)
        return service_account.token(self.lake)

    @override
    def translate_error(self, error: RemoteError) -> RemoteError:
        """RemoteUnavailable where the lake does not accept the portal's own token; any other error as it is."""
        if is_token_refused(error):
            return no_public_access(self.lake)
        return error


def no_public_access(lake: Service) -> RemoteUnavailable:
    """The error of a lake that does not accept the portal's own account."""
    text = _("%(service)s cannot be read without an account at the moment.")
    return RemoteUnavailable(text % {"service": lake.title}, service=lake)


def is_open(lake: Service, scope: str) -> bool:
    """Whether anybody may look: the scope is public, and the portal has an account of its own to look with."""
    return is_public(lake, scope) and service_account.is_configured(lake)
