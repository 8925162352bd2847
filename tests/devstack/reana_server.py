"""A REANA server of the test's own, with its own ports, state and identity provider, so that it can be limited and killed."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from devstack import address

PYTHON = address.ENVS / "reana" / "bin" / "python"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ENDED = ("finished", "failed", "stopped")


@dataclass
class Server:
    """A running server and how to reach it."""

    base: int
    state: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """Where it takes the IAM's tokens in the header."""
        return f"http://127.0.0.1:{self.environment.get('REANA_PORT', self.base + 3)}"

    @property
    def query_url(self) -> str:
        """Where it takes its own tokens in the address, as version 0.9."""
        return f"http://127.0.0.1:{self.environment.get('REANA_QUERY_PORT', self.base + 13)}"

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.base + 1}/"

    def token(self, name: str = "lead") -> str:
        return (self.state / "secrets" / f"reana-token-{name}").read_text()

    def bearer(self, **changes: Any) -> str:
        """A token as the stack's IAM signs them for REANA."""
        claims = {
            "iss": self.issuer, "sub": address.subject("lead"), "aud": "reana", "exp": time.time() + 600,
            "scope": "openid email", "reana_roles": ["reana:user"], **changes,
        }  # fmt: skip
        return jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "test"})

    def call(self, method: str, path: str, *, user: str = "lead", **options: Any) -> requests.Response:
        """One call of the API as version 0.9 wants it."""
        parameters = {"access_token": self.token(user), **options.pop("params", {})}
        return requests.request(method, f"{self.query_url}/api{path}", params=parameters, timeout=20, **options)

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """One call of the API as the newer line wants it."""
        header = {"Authorization": f"Bearer {self.bearer()}", **options.pop("headers", {})}
        return requests.request(method, f"{self.url}/api{path}", headers=header, timeout=120, **options)

    def send(self, key: str, file: str, content: Any, *, user: str = "lead") -> requests.Response:
        """Write one file of a workspace."""
        header = {"Content-Type": "application/octet-stream"}
        return self.call("POST", f"/workflows/{key}/workspace", user=user, params={"file_name": file}, data=content, headers=header)

    def create(self, specification: dict[str, Any], files: dict[str, str] | None = None, name: str = "") -> str:
        """A workflow with its files; the id."""
        reply = self.call("POST", "/workflows", params={"workflow_name": name or f"t-{uuid.uuid4().hex}"}, json=specification)
        assert reply.status_code == 201, reply.text
        key = str(reply.json()["workflow_id"])
        for file, content in (files or {}).items():
            sent = self.send(key, file, content.encode())
            assert sent.status_code == 200, sent.text
        return key

    def status(self, key: str) -> str:
        return str(self.call("GET", f"/workflows/{key}/status").json()["status"])

    def logs(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.call("GET", f"/workflows/{key}/logs").json()["logs"])
        return found

    def job_text(self, key: str) -> str:
        return "\n".join(job["logs"] for job in self.logs(key)["job_logs"].values())

    def start(self, key: str, **body: Any) -> None:
        reply = self.call("POST", f"/workflows/{key}/start", json=body)
        assert reply.status_code == 200, reply.text

    def finish(self, key: str, seconds: float = 60) -> str:
        """Wait until a workflow has ended; its last status."""
        wait_until(lambda: self.status(key) in ENDED, seconds)
        return self.status(key)

    def run(self, specification: dict[str, Any], files: dict[str, str] | None = None, **body: Any) -> tuple[str, str]:
        """Create, start and wait; the id and the last status."""
        key = self.create(specification, files)
        self.start(key, **body)
        return key, self.finish(key)


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Return when it is true, or fail."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.15)


def serial(*commands: str, image: str = "python:3.13-slim", parameters: dict[str, Any] | None = None, **step: Any) -> dict[str, Any]:
    """A specification of one serial step."""
    steps = [{"environment": image, "commands": list(commands), **step}]
    return {
        "version": "0.9.0",
        "inputs": {"parameters": parameters or {}},
        "workflow": {"type": "serial", "specification": {"steps": steps}},
    }


def free_base() -> int:
    """A PORT_BASE whose REANA and IAM ports nobody listens on."""
    for base in range(23000 + os.getpid() % 250 * 20, 32000, 20):
        with ExitStack() as opened:
            try:
                for port in (base + 1, base + 3, base + 13):
                    opened.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return base
    raise AssertionError("no free ports")


class Provider(BaseHTTPRequestHandler):
    """An identity provider's public keys and userinfo, which tells the e-mail only to a token with that scope."""

    def do_GET(self) -> None:
        key = {**jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "test", "use": "sig", "alg": "RS256"}
        answer: dict[str, Any] = {"keys": [key]}
        if self.path == "/userinfo":
            claims = jwt.decode(self.headers["Authorization"].removeprefix("Bearer "), options={"verify_signature": False})
            answer = {"sub": claims["sub"], "name": "Some One"}
            if "email" in claims["scope"].split():
                answer["email"] = next(
                    (email for name, (_, email, _) in address.DEMO_USERS.items() if address.subject(name) == claims["sub"]),
                    "new@example.org",
                )
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def begin(base: int, state: Path, **settings: str) -> Server:
    """Start the server and wait until it answers."""
    places = {"PORT_BASE": str(base), "STACK_STATE": str(state), "STACK_ENVS": str(address.ENVS)}
    environment = {"PATH": os.defpath, "HOME": str(state), "VRE_TEST_SECRET": "not-for-jobs", **places, **settings}
    log = (state / "server.log").open("ab")
    process = subprocess.Popen(
        [PYTHON, "-m", "devstack.reana.start"], cwd=address.ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
    )
    server = Server(base, state, process, settings)
    try:
        address.wait_for(f"{server.url}/api/ping", 150)
    except TimeoutError:
        end(server, signal.SIGKILL)
        raise
    return server


@contextmanager
def beside_the_stack(state: Path, **settings: str) -> Iterator[Server]:
    """A second REANA for tests of several servers: at free ports, with workflows and tokens of its own, for the people of the stack's IAM.

    `url` speaks the newer line's dialect, `query_url` that of version 0.9. A process of 90 MB; it runs as long as the block.
    """
    with ExitStack() as opened:
        ports = [opened.enter_context(socket.socket()) for _ in range(2)]
        for each in ports:
            each.bind(("127.0.0.1", 0))
        named = {"REANA_PORT": str(ports[0].getsockname()[1]), "REANA_QUERY_PORT": str(ports[1].getsockname()[1])}
    state.mkdir(parents=True, exist_ok=True)
    server = begin(address.PORT_BASE, state, **{"REANA_REQUESTS_PER_SECOND": "0", **named, **settings})
    try:
        yield server
    finally:
        if server.process.poll() is None:
            end(server)


def end(server: Server, how: signal.Signals = signal.SIGTERM) -> None:
    """Signal the server and its worker, and wait until they are gone."""
    os.killpg(server.process.pid, how)
    server.process.wait(60)


@contextmanager
def running(state: Path, **settings: str) -> Iterator[Server]:
    """A server for the length of the block."""
    base = free_base()
    keys = ThreadingHTTPServer(("127.0.0.1", base + 1), Provider)
    threading.Thread(target=keys.serve_forever, daemon=True).start()
    state.mkdir(parents=True, exist_ok=True)
    server = begin(base, state, **{"REANA_REQUESTS_PER_SECOND": "0", **settings})
    try:
        yield server
    finally:
        if server.process.poll() is None:
            end(server)
        keys.shutdown()
        keys.server_close()
