"""The transfers that Rucio asked for to bring one file to one place."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from rucio.common.utils import build_url

from datalake.rucio.client import named, plain, speaking
from datalake.rucio.dids import raise_for
from datalake.rucio.rules import identified
from datalake.rucio.types import moment
from datalake.rucio.unreadable import each
from vre_portal.http import RemoteRefused
from vre_portal.services import Service


@dataclass(frozen=True)
class Request:
    """One transfer to one storage element, under way or ended."""

    scope: str
    name: str
    rse: str
    state: str
    source: str = ""
    error: str = ""
    attempts: int = 0
    created: datetime | None = None
    submitted: datetime | None = None
    updated: datetime | None = None


@dataclass(frozen=True)
class Trial:
    """What Rucio remembers of the transfers behind one stuck lock."""

    scope: str
    name: str
    rse: str
    attempts: int = 0
    last_state: str = ""
    last_source: str = ""
    last_time: datetime | None = None
    sources: tuple[tuple[str, bool], ...] = ()  # storage elements that hold it, and whether they may be read


def get_request(lake: Service, token: str, scope: str, name: str, rse: str) -> Request | None:
    """The transfer that is under way, if there is one; Rucio tells those that ended to its administrators only."""
    named(lake, scope, name)
    plain(lake, rse)
    path = f"requests/{quote(scope, safe='')}/{quote(name, safe='')}/{rse}"
    try:
        with speaking(lake, token) as client:
            answer = client._send_request(build_url(lake.url, path=path), "GET")
            if answer.status_code != 200:
                raise_for(client, answer)
            return _read(next(iter(client._load_json_data(answer))), rse)
    except RemoteRefused as error:
        if error.status != 404:
            raise
        return None


def _read(row: dict[str, Any], rse: str) -> Request:
    return Request(
        scope=str(row["scope"]),
        name=str(row["name"]),
        rse=str(row.get("dest_rse") or rse),
        state=str(row.get("state") or ""),
        source=str(row.get("source_rse") or ""),
        error=str(row.get("err_msg") or ""),
        attempts=int(row.get("retry_count") or 0),
        created=moment(row.get("created_at")),
        submitted=moment(row.get("submitted_at")),
        updated=moment(row.get("updated_at")),
    )


def examine(lake: Service, token: str, rule_id: str) -> list[Trial]:
    """What was tried for each stuck lock of a rule."""
    identified(lake, rule_id)
    with speaking(lake, token) as client:
        answer = client.examine_replication_rule(rule_id)
        return list(each(answer.get("transfers") or (), _trial))


def _trial(row: dict[str, Any]) -> Trial:
    return Trial(
        scope=str(row["scope"]),
        name=str(row["name"]),
        rse=str(row["rse"]),
        attempts=int(row.get("attempts") or 0),
        last_state=str(row.get("last_error") or "").rpartition(".")[2],
        last_source=str(row.get("last_source") or ""),
        last_time=moment(row.get("last_time")),
        sources=tuple((str(rse), bool(readable)) for rse, readable in row.get("sources") or ()),
    )
