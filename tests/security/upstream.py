"""A service that believes nobody: it checks each token itself and counts whose it should have been, apart from the portal's own checks."""

import json
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import jwt

CALLER = "X-Caller"  # the subject in whose name the test means to call


class Upstream:
    """Takes tokens of one issuer for one audience; `seen` counts what came."""

    def __init__(self, issuer: str, audience: str) -> None:
        self.issuer, self.audience = issuer, audience
        with urllib.request.urlopen(f"{issuer}.well-known/openid-configuration", timeout=10) as reply:
            keys = jwt.PyJWKClient(json.load(reply)["jwks_uri"])
        self.keys = {key.key_id: key.key for key in keys.get_signing_keys()}
        self.seen: Counter[str] = Counter()
        self.lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"upstream": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.socket.listen(128)  # five callers may wait otherwise
        self.server.daemon_threads, self.server.block_on_close = True, False
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def judge(self, token: str, caller: str) -> str:
        """What is wrong with a token, or "right"."""
        try:
            key = self.keys[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(token, key, algorithms=["RS256"], issuer=self.issuer, audience=self.audience)
        except jwt.InvalidAudienceError:
            return "wrong audience"
        except (jwt.PyJWTError, KeyError):
            return "not genuine"
        return "right" if claims["sub"] == caller else "mixed up"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    upstream: ClassVar[Upstream]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 12

    def do_GET(self) -> None:
        found = self.upstream.judge(self.headers.get("Authorization", "").removeprefix("Bearer "), self.headers.get(CALLER, ""))
        with self.upstream.lock:
            self.upstream.seen[found] += 1
        self.send_response(200 if found == "right" else 403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: what came is counted."""


@contextmanager
def checking(issuer: str, *audiences: str) -> Iterator[dict[str, Upstream]]:
    """One such service for each audience."""
    found = {audience: Upstream(issuer, audience) for audience in audiences}
    try:
        yield found
    finally:
        for upstream in found.values():
            upstream.stop()
