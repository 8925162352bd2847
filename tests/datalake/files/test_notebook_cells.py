"""The code that brings a file, run against storages of which some are bad: a wrong file is never taken for the right one."""

import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from datalake.files.notebook_cells import FETCH

CONTENT = b"photons" * 1000
ANSWERS = {"/good": (200, CONTENT, len(CONTENT)), "/wrong": (200, CONTENT[::-1], len(CONTENT)), "/short": (200, CONTENT[:9], len(CONTENT))}
GONE = (404, b"no", 2)
Fetch = Callable[..., Path]


class Storage(BaseHTTPRequestHandler):
    """Gives good bytes, wrong bytes, too few bytes or none, by the address; only to who brings the token."""

    def do_GET(self) -> None:
        status, body, length = ANSWERS.get(self.path, GONE) if self.headers["Authorization"] == "Bearer mine" else (401, b"", 0)
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def storage() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Storage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def fetch(storage: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Fetch:
    """Bring the file in a lake that names these copies, in this order."""
    monkeypatch.chdir(tmp_path)

    def brought(*copies: str, adler32: str | None = f"{zlib.adler32(CONTENT):08x}") -> Path:
        class Client:
            auth_token = "mine"

            def list_replicas(self, dids: list[dict[str, str]], schemes: list[str]) -> Iterator[dict[str, Any]]:
                yield {**dids[0], "adler32": adler32, "pfns": {f"{storage}/{copy}": {"rse": copy.upper()} for copy in copies}}

        module = ModuleType("rucio.client")
        module.Client = Client  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "rucio.client", module)
        known: dict[str, Any] = {}
        exec(FETCH, known)  # noqa: S102 -- our own code
        found: Path = known["fetch"]({"scope": "S", "name": "run1/a.bin"})
        return found

    return brought


def test_the_first_good_copy_counts(fetch: Fetch, capsys: pytest.CaptureFixture[str]) -> None:
    path = fetch("gone", "wrong", "short", "good")
    assert path == Path("data/S/run1/a.bin")
    assert path.read_bytes() == CONTENT
    assert capsys.readouterr().out == "data/S/run1/a.bin: 7,000 bytes from GOOD, checksum OK\n"
    assert [item.name for item in path.parent.iterdir()] == ["a.bin"]


@pytest.mark.parametrize(
    ("copies", "why"),
    [((), "no site offers it over https"), (("gone",), "404"), (("wrong",), "do not match the registered checksum"), (("short",), "")],
)
def test_without_a_good_copy_there_is_no_file_and_a_reason(fetch: Fetch, copies: tuple[str, ...], why: str, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=f"'run1/a.bin' could not be downloaded: .*{why}"):
        fetch(*copies)
    assert [item for item in tmp_path.rglob("*") if item.is_file()] == []


def test_what_has_no_checksum_is_said_to_have_none(fetch: Fetch, capsys: pytest.CaptureFixture[str]) -> None:
    fetch("good", adler32=None)
    assert "no checksum registered" in capsys.readouterr().out
