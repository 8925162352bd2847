"""What anybody may read of a lake without signing in: public scopes, asked in the portal's own name, remembered for a minute."""

import time
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from functools import wraps
from typing import Any, override

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from datalake import service_account
from datalake.credentials import Credentials, PortalCredentials
from datalake.memory import recall
from datalake.reading import PAGE_SECONDS, Answer, Asked, Found, Reading, is_unknown
from datalake.rucio.types import Stretch
from datalake.scopes import is_public
from vre_portal import deadlines
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.services import Service, ServiceKind

FRESH = timedelta(minutes=1)


def without_people(value: Any) -> Any:
    """The same without the accounts that own things and what they wrote beside rules: strangers are not told who people are."""
    if isinstance(value, list):
        return [without_people(item) for item in value]
    if isinstance(value, Stretch):
        return replace(value, rows=tuple(without_people(item) for item in value.rows))
    if not is_dataclass(value) or isinstance(value, type):
        return value
    names = {field.name for field in fields(value)} & {"account", "comment"}
    return replace(value, **dict.fromkeys(names, "")) if names else value


class Known[T](Asked[T]):
    """An answer that somebody else has just had."""

    def __init__(self, reading: Reading, found: Found[T]) -> None:
        value, unreadable, withheld = found
        self._answer = Answer(value, unreadable=unreadable, withheld=withheld)
        reading.unreadable += unreadable


class PublicReading(Reading):
    """Nobody's look at public data; a flood of visitors asks the lake once a minute."""

    is_personal = False

    def __init__(
        self, lake: Service, *, seconds: float = PAGE_SECONDS, is_remembered: bool = True, instead_of: RemoteError | None = None
    ) -> None:
        self.user, self.lake, self.instead_of = AnonymousUser(), lake, instead_of  # type: ignore[assignment]
        self.end, self._is_remembered = time.monotonic() + seconds, is_remembered
        self.token, self.since, self.unreadable = "", None, ()
        self.error = self.refusal = self.lost = None
        try:
            with deadlines.within(seconds, ServiceKind.IAM):
                self.token = service_account.token(lake)
        except RemoteRefused:
            self.refusal = RemoteUnavailable(f"{lake.title} cannot be read without an account just now.", service=lake)
        except RemoteError as error:
            self.refusal = error

    @property
    @override
    def credentials(self) -> Credentials:
        return PortalCredentials(self.lake)

    @override
    def _begun[T](self, call: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], *, quiet: bool) -> Asked[T]:
        @wraps(call)
        def nameless(*args: Any, **kwargs: Any) -> T:
            found: T = without_people(call(*args, **kwargs))
            return found

        known = recall(self.key(call, args, kwargs)) if self._is_remembered else None
        if known is not None and timezone.now() - known[0] < FRESH:
            return Known(self, known[1])
        return super()._begun(nameless, args, kwargs, quiet=quiet)

    @override
    def another(self) -> str:
        service_account.forget(self.lake)
        return service_account.token(self.lake)

    @override
    def named(self, error: RemoteError) -> RemoteError:
        """The lake did not take the portal's own token: that is no visitor's fault."""
        if is_unknown(error):
            return RemoteUnavailable(f"{self.lake.title} cannot be read without an account just now.", service=self.lake)
        return error


def is_open(lake: Service, scope: str) -> bool:
    """Whether anybody may look: the scope is public, and the portal has an account of its own to look with."""
    return is_public(lake, scope) and service_account.is_configured(lake)
