"""What anybody may read of a lake without signing in: public scopes, asked in the portal's own name, remembered for a minute."""

import time
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from functools import wraps
from typing import Any, override

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone

from datalake import service_account
from datalake.memory import recall
from datalake.reading import PAGE_SECONDS, Answer, Asked, Reading, is_unknown
from datalake.rucio.types import Stretch
from datalake.scopes import is_public
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

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

    def __init__(self, value: T) -> None:
        self._answer = Answer(value)


class PublicReading(Reading):
    """Nobody's look at public data; a flood of visitors asks the lake once a minute."""

    def __init__(self, lake: Service, *, seconds: float = PAGE_SECONDS) -> None:
        self.user, self.lake = AnonymousUser(), lake  # type: ignore[assignment]
        self.end = time.monotonic() + seconds
        self.token, self.since, self.unreadable = "", None, ()
        self.error = self.refusal = self.lost = None
        try:
            self.token = service_account.token(lake)
        except RemoteRefused:
            self.refusal = RemoteUnavailable(f"{lake.title} cannot be asked without a sign-in just now.", service=lake)
        except RemoteError as error:
            self.refusal = error

    @override
    def _begun[T](self, call: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], *, quiet: bool) -> Asked[T]:
        @wraps(call)
        def nameless(*args: Any, **kwargs: Any) -> T:
            found: T = without_people(call(*args, **kwargs))
            return found

        known = recall(self.key(call, args, kwargs))
        if known is not None and timezone.now() - known[0] < FRESH:
            return Known(known[1])
        return super()._begun(nameless, args, kwargs, quiet=quiet)

    @override
    def another(self) -> str:
        service_account.forget(self.lake)
        return service_account.token(self.lake)

    @override
    def named(self, error: RemoteError) -> RemoteError:
        """The lake did not take the portal's own token: that is no visitor's fault."""
        if is_unknown(error):
            return RemoteUnavailable(f"{self.lake.title} cannot be asked without a sign-in just now.", service=self.lake)
        return error


def open_to(request: HttpRequest, lake: Service, scope: str) -> bool:
    """Whether the visitor may look at all: signed in, or at a scope that is public where the portal has an account of its own."""
    return request.user.is_authenticated or (is_public(lake, scope) and service_account.is_configured(lake))


def reading(request: HttpRequest, lake: Service) -> PublicReading:
    """The reader of a visitor's page."""
    look = PublicReading(lake)
    request.lake_reading = look  # type: ignore[attr-defined]
    return look
