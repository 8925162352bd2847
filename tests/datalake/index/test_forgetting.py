"""The end of the slow pass: what it has not met is asked for once more, and only what the lake does not know is dropped."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from datalake.index.models import IndexEntry
from datalake.index.scope_sync import ScopeSync
from datalake.rucio import bulk
from tests.datalake.index.entries import Fill, fact
from vre_portal.services import ServiceKind, service

pytestmark = pytest.mark.django_db


def test_a_name_that_was_made_while_the_pass_went_on_stays(fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    scope = fill("RACE_SP", [fact("gone"), fact("new")])
    monkeypatch.setattr(bulk, "get_records", lambda *_: [fact("new")])

    def heartbeat(**_: Any) -> None:
        """Nobody else runs."""

    with ThreadPoolExecutor(1) as pool:
        ScopeSync(service(ServiceKind.RUCIO, "escape"), scope, True, lambda: "token", pool, heartbeat).forget()
    assert [entry.name for entry in IndexEntry.objects.filter(scope=scope)] == ["new"]
