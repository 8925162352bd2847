"""A lake or a storage that hangs holds no preview longer than a preview may take."""

import socket
import time
from collections.abc import Callable

import pytest

from datalake import rucio
from datalake.files import previews
from datalake.reads.credentials import PersonCredentials
from tests.vre_portal.servers import hanging, silent, trickling_body, trickling_head
from vre_portal.http import RemoteUnavailable
from vre_portal.services import Service, ServiceKind

pytestmark = pytest.mark.timed


@pytest.mark.parametrize("speak", [silent, trickling_head, trickling_body])
@pytest.mark.parametrize("what", ["Rucio", "storage"])
def test_a_preview_is_given_up_in_time(what: str, speak: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "READ_SECONDS", 0.7)
    file = rucio.Did("scope", f"{time.monotonic()}.txt", "FILE", bytes=10)
    with hanging(speak) as url:
        if what == "storage":
            monkeypatch.setattr(rucio, "list_readable_urls", lambda *_: [f"{url}/file"])
        lake = Service(ServiceKind.RUCIO, f"lake-{url[-5:]}", "Slow lake", url)
        begin = time.monotonic()
        with pytest.raises(RemoteUnavailable):
            previews.make(lake, PersonCredentials("token"), file, reader="person:1")
    assert time.monotonic() - begin < 1.5
