"""By which tokens a file's bytes are fetched: one for asking Rucio where the copies are, one for the storage that has them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from datalake.reads import service_account
from vre_portal.services import Service

RENEW_AFTER_SECONDS = 120  # a zip may take hours: its token is renewed before it can expire


class Credentials(Protocol):
    """The tokens with which a file is fetched. Both methods may ask the IAM, and raise RemoteError."""

    def lake_token(self) -> str:
        """A token for Rucio."""

    def bytes_token(self, scope: str) -> str:
        """A token for the storages that hold the files of this scope."""


@dataclass(frozen=True)
class PersonCredentials:
    """One token of a person, which Rucio and the storages take alike."""

    token: str

    def lake_token(self) -> str:
        return self.token

    def bytes_token(self, scope: str) -> str:
        return self.token


class RenewedCredentials:
    """A person's tokens over hours: `renew` is asked for another one before the one at hand could end."""

    def __init__(self, token: str, renew: Callable[[], str]) -> None:
        self._token, self._renew, self._until = token, renew, time.monotonic() + RENEW_AFTER_SECONDS

    def lake_token(self) -> str:
        if time.monotonic() > self._until:
            self._token, self._until = self._renew(), time.monotonic() + RENEW_AFTER_SECONDS
        return self._token

    def bytes_token(self, scope: str) -> str:
        return self.lake_token()


@dataclass(frozen=True)
class PortalCredentials:
    """The portal's own account: for bytes it gets tokens of public scopes alone, whatever page asks."""

    lake: Service

    def lake_token(self) -> str:
        return service_account.token(self.lake)

    def bytes_token(self, scope: str) -> str:
        """Raises service_account.NotPublic for any other scope."""
        return service_account.bytes_token(self.lake, scope)
