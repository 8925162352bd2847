"""The script of the portal's own step, run as REANA runs it, against a storage with TLS."""

import io
import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
import urllib.request
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from devstack.storage import certificate
from projects.workflows.inputs.step import fetch as script

TOKENS = "copy0:t0k3n copy1:t0k3n"
CONTENT = b"events\n" * 5000


class Storage(BaseHTTPRequestHandler):
    """Gives one file to who has the token; damaged, slow to be found or elsewhere where the path says so."""

    seen: list[tuple[str, str]]  # path and token of each request

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Authorization", "")))
        if self.path == "/moved":
            self.answer(302, b"", Location=f"https://127.0.0.1:{self.server.server_port}/good")
        elif self.path == "/elsewhere":
            self.answer(302, b"", Location=f"https://localhost:{self.server.server_port}/good")
        elif self.path == "/twice":
            self.answer(302, b"", Location=f"https://localhost:{self.server.server_port}/moved-there")
        elif self.path == "/moved-there":
            self.answer(302, b"", Location=f"https://localhost:{self.server.server_port}/good")
        elif self.path == "/cut":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"ff\r\nshort")
        elif self.path == "/plain":
            self.answer(302, b"", Location=f"http://127.0.0.1:{self.server.server_port}/good")
        elif self.headers.get("Authorization") != "Bearer t0k3n":
            self.answer(403, b"")
        elif self.path == "/endless":
            self.answer(200, CONTENT * 2)
        else:
            self.answer(200, CONTENT if self.path == "/good" else CONTENT[::-1])

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[ThreadingHTTPServer]:
    chain, key = certificate.prepare(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Storage)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Storage.seen = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture
def fetched(storage: ThreadingHTTPServer, tmp_path: Path) -> Any:
    """Run the script for a file with copies at these paths; its output, and the file in the workspace."""

    def run(*paths: str, secret: str = TOKENS) -> tuple[int, str, bytes | None]:
        folder = tmp_path / "workspace" / ".vre-inputs"
        folder.mkdir(parents=True)
        shutil.copy(script.__file__, folder / "fetch.py")
        shutil.copy(tmp_path / "ca.pem", folder / "ca.pem")
        copies = [
            {"rse": f"SITE{n}", "address": f"https://127.0.0.1:{storage.server_port}{path}", "token": f"copy{n}"}
            for n, path in enumerate(paths)
        ]
        file = {"path": "data/sub/é.txt", "bytes": len(CONTENT), "adler32": f"{zlib.adler32(CONTENT):08x}", "md5": "", "copies": copies}
        (folder / "files.json").write_text(json.dumps({"secret": "VRE_INPUTS_X", "files": [file]}))
        text = (
            (folder / "fetch.py")
            .read_text()
            .replace("PAUSE_SECONDS, TIMEOUT_SECONDS = 3, 5, 120", "PAUSE_SECONDS, TIMEOUT_SECONDS = 2, 0, 20")
        )
        (folder / "fetch.py").write_text(text)
        done = subprocess.run(
            [sys.executable, "-I", ".vre-inputs/fetch.py", "0"], cwd=folder.parent, capture_output=True, text=True, check=False,
            env={"PATH": os.defpath, "VRE_INPUTS_X": secret},
        )  # fmt: skip
        there = folder.parent / "data/sub/é.txt"
        return done.returncode, done.stdout + done.stderr, there.read_bytes() if there.exists() else None

    return run


def test_a_file_is_fetched_with_its_token_and_says_from_where(fetched: Any) -> None:
    code, output, content = fetched("/good")
    assert (code, content) == (0, CONTENT), output
    assert "copy=SITE0" in output
    assert "t0k3n" not in output


@pytest.mark.parametrize("first", ["/damaged", "/endless", "/plain", "/twice", "/cut"])
def test_where_one_copy_is_not_good_the_next_is_taken(fetched: Any, first: str) -> None:
    code, output, content = fetched(first, "/good")
    assert (code, content) == (0, CONTENT), output
    assert "copy=SITE1" in output


def test_without_a_good_copy_the_step_fails_and_leaves_nothing_that_looks_complete(fetched: Any) -> None:
    code, output, content = fetched("/good", secret="copy0:expired")
    assert (code, content) == (1, None)
    assert "status 403" in output
    assert "Error: no copy of data/sub/é.txt could be fetched." in output
    assert "expired" not in output


def test_the_token_goes_with_a_redirect_to_the_same_host_and_to_no_other(fetched: Any) -> None:
    code, output, content = fetched("/moved", "/elsewhere")
    assert (code, content) == (0, CONTENT), output
    assert Storage.seen == [("/moved", "Bearer t0k3n"), ("/good", "Bearer t0k3n")]


def test_another_host_is_sent_no_token(fetched: Any) -> None:
    code, _output, content = fetched("/elsewhere")
    assert (code, content) == (1, None)
    assert {token for path, token in Storage.seen if path == "/good"} == {""}


def test_a_secret_that_did_not_come_is_said(fetched: Any) -> None:
    code, output, _content = fetched("/good", secret="")
    assert code == 1
    assert "REANA did not give the secret VRE_INPUTS_X" in output


def test_a_copy_without_a_token_is_left_out_and_gets_no_other_copys(fetched: Any) -> None:
    code, output, content = fetched("/damaged", "/good", secret="copy1:t0k3n")
    assert (code, content) == (0, CONTENT), output
    assert "no token for it any more" in output
    assert Storage.seen == [("/good", "Bearer t0k3n")]


def test_nothing_is_asked_of_an_address_without_tls(tmp_path: Path) -> None:
    with pytest.raises(script.Failed, match="its address is without TLS"):
        script.fetch("http://127.0.0.1:9/good", "t0k3n", tmp_path / "part", 1)
    request = urllib.request.Request("https://127.0.0.1:9/plain")
    with pytest.raises(script.Failed, match="redirects to an address without TLS"):
        script.Redirects().redirect_request(request, None, 302, "", {}, "http://127.0.0.1:9/good")


def test_no_more_is_written_than_one_byte_above_what_was_announced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = SimpleNamespace(open=lambda *_given, **_options: io.BytesIO(CONTENT))
    monkeypatch.setattr(script, "opener", lambda: endless)
    script.fetch("https://storage.example/endless", "t0k3n", tmp_path / "part", 10)
    assert (tmp_path / "part").read_bytes() == CONTENT[:11]
