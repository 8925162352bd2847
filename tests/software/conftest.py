"""A records server of the tests' own, whose data each test decides."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from devstack.address import ROOT
from tests.devstack.records_server import PYTHON, RecordsServer, records_server
from vre_portal.services import Service, ServiceKind

SEED = ROOT / "devstack" / "records" / "ossr.json"
StartServer = Callable[..., RecordsServer]


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordsServer]:
    with records_server(tmp_path_factory.mktemp("shared"), []) as server:
        yield server


@pytest.fixture
def start(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StartServer]:
    """A records server: `start()` with the demonstration's data, `start([make_entry(1)])` with one's own.

    One server serves all tests in turn; a test that wants other settings gets its own.
    """
    if not PYTHON.exists():
        pytest.skip("the environment of the records server is not installed (make run)")
    with ExitStack() as stack:

        def begin(entries: list[dict[str, Any]] | None = None, **settings: str) -> RecordsServer:
            if settings:
                return stack.enter_context(records_server(tmp_path, entries, **settings))
            server: RecordsServer = request.getfixturevalue("_shared")
            server.put(json.loads(SEED.read_text())["entries"] if entries is None else entries)
            if server.process is None:  # the test before stopped it
                server.start()
            return server

        yield begin


def source(server: RecordsServer) -> Service:
    """The server as services.toml would name it."""
    return Service(ServiceKind.ZENODO, "ossr", "Test records", server.url, options={"set": "user-escape2020"})
