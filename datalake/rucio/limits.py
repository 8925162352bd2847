"""How much an account may have where, and how much it has."""

from dataclasses import dataclass

from rucio.common.utils import build_url

from datalake.rucio.client import page, plain, speaking
from datalake.rucio.dids import raise_for, whoami
from datalake.rucio.types import whole
from datalake.rucio.unreadable import each
from vre_portal.services import Service

MANY = 2000


@dataclass(frozen=True)
class Usage:
    """An account's bytes at one storage element. No limit there is a limit of 0, which Rucio takes for "nothing allowed"."""

    rse: str
    used: int = 0
    files: int = 0
    limit: int | None = None  # None: without bounds

    @property
    def left(self) -> int | None:
        """What may still be added."""
        return None if self.limit is None else max(self.limit - self.used, 0)


def list_usage(lake: Service, token: str, account: str | None = None) -> list[Usage]:
    """Where an account has something or may have something: one's own, unless Rucio tells more."""
    name = account or whoami(lake, token)
    plain(lake, name)
    with speaking(lake, token) as client:
        answer = client._send_request(build_url(lake.url, path=f"accounts/{name}/limits/local"), "GET")
        if answer.status_code != 200:
            raise_for(client, answer)
        told = dict(next(iter(client._load_json_data(answer))))
        limits = dict(each(told.items(), lambda item: (str(item[0]), bound(item[1]))))
        rows = page(iter(client.get_local_account_usage(name)), 0, MANY)
        found = dict(each(rows, lambda row: (str(row["rse"]), (whole(row.get("bytes")) or 0, whole(row.get("files")) or 0))))
    return [Usage(rse, *found.get(rse, (0, 0)), limit=limits.get(rse, 0)) for rse in sorted({*limits, *found})]


def bound(value: object) -> int | None:
    """Rucio says inf as a float, a text or -1; what is not there is nothing."""
    if value is None:
        return 0
    if isinstance(value, int):
        return None if value < 0 else value
    number = float(str(value))
    return None if number < 0 or number == float("inf") else int(number)


def is_administrator(lake: Service, token: str, account: str) -> bool:
    """Whether Rucio's own rules let this account do what others may not."""
    plain(lake, account)
    with speaking(lake, token) as client:
        rows = page(client.list_account_attributes(account), 0, MANY)
        flat = [item for row in rows for item in (row if isinstance(row, list) else [row])]
        return any(each(flat, lambda item: item.get("key") == "admin" and bool(item.get("value"))))
