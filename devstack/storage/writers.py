"""Whose files go where: a storage of the Data Lake takes a person's files in the scopes that Rucio lets them write."""

import json
import time
import urllib.error
import urllib.request
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from devstack import address
from devstack.rucio.configuration import SCOPE_WRITERS
from devstack.storage.refusals import Refused

KEPT_SECONDS = 30  # an upload is several requests
MOST_KEPT = 1000


def folder_of(scope: str) -> tuple[str, ...]:
    """The folders of a scope below a storage's own, by the rule that Rucio makes paths with."""
    return tuple(scope.split(".")) if scope.startswith(("user", "group")) else (scope,)


def ask(path: str, token: str) -> Any:
    """One answer of Rucio to the person."""
    request = urllib.request.Request(f"{address.RUCIO_URL}{path}", headers={"X-Rucio-Auth-Token": token})
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        if error.code >= 500:
            raise Refused("503 Service Unavailable", "The Data Lake cannot be asked who may write here.") from None
        raise Refused("403 Forbidden", "The Data Lake does not know whose token this is.") from None
    except (OSError, ValueError):
        raise Refused("503 Service Unavailable", "The Data Lake cannot be asked who may write here.") from None


class Writers:
    """The folders that the bearer of a token may write, remembered for the requests of one upload."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[float, set[tuple[str, ...]]]] = {}

    def check(self, token: str, claims: dict[str, Any], path: PurePath) -> None:
        """Raise Refused unless a path below the storages' folder (`erlangen/SCOPE/...`) is in a scope that the person may write."""
        below = path.parts[1:]
        if not any(below[: len(folder)] == folder and len(below) > len(folder) for folder in self.folders(token, claims)):
            raise Refused("403 Forbidden", "You may write in your own scope and in those of your groups.")

    def folders(self, token: str, claims: dict[str, Any]) -> set[tuple[str, ...]]:
        """The person's own scopes as Rucio lists them, and those that one of their groups writes."""
        until, found = self.known.get(token, (0.0, set()))
        if time.monotonic() < until:
            return found
        account = str(ask("/accounts/whoami", token)["account"])
        groups = {str(group).lstrip("/") for group in claims.get("wlcg.groups") or ()}
        scopes = [
            *ask(f"/accounts/{quote(account, safe='')}/scopes/", token),
            *(scope for scope, group in SCOPE_WRITERS.items() if group in groups),
        ]
        found = {folder_of(str(scope)) for scope in scopes}
        if len(self.known) >= MOST_KEPT:
            self.known.clear()
        self.known[token] = (time.monotonic() + KEPT_SECONDS, found)
        return found
