"""An upload of 200 MB that is cut 20 times at random places while the portal's server is killed once: is every byte there, and how many went twice?

Against the running local stack (make run): `python -m devstack.portal.manage -- python benchmarks/upload_faults.py [--megabytes 200] [--cuts 20] [--kill]`.
The sender stands behind a small TCP proxy that breaks connections, every other time without telling the portal; the kill is SIGKILL to gunicorn's processes, which the supervisor starts again.
"""

import argparse
import base64
import contextlib
import hashlib
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
import zlib
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from devstack import address
from tests import stack
from tests.devstack.rucio_client import on_disk, rucio

PART = 8 * 1024 * 1024
BLOCK = 64 * 1024
SPEED = 40_000_000  # bytes a second that the network carries


class Proxy:
    """Passes bytes to the portal and breaks the connection after so many of them; `passed` counts what the portal's side took."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target, self.cuts, self.passed = target, list[int](), 0
        self.door = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.door.getsockname()
        return str(host), int(port)

    def _serve(self) -> None:
        while True:
            client, _ = self.door.accept()
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(self.target) as server:
            threading.Thread(target=self._back, args=(server, client), daemon=True).start()
            while block := client.recv(BLOCK):
                self.passed += len(block)
                server.sendall(block)
                time.sleep(BLOCK / SPEED)
                if self.cuts and self.passed >= self.cuts[0]:
                    self.cuts.pop(0)
                    client.shutdown(socket.SHUT_RDWR)
                    if random.random() < 0.5:
                        time.sleep(12)  # the sender has vanished, and nobody tells the portal
                    server.shutdown(socket.SHUT_RDWR)
                    return

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while block := server.recv(BLOCK):
                client.sendall(block)
            client.shutdown(socket.SHUT_WR)


class Sender:
    """A tus client as the page's script is one."""

    def __init__(self, where: tuple[str, int], cookies: str, token: str) -> None:
        self.where = where
        host = urlsplit(address.PORTAL_URL).netloc
        self.headers = {"Host": host, "Cookie": cookies, "X-CSRFToken": token, "Origin": address.PORTAL_URL, "Tus-Resumable": "1.0.0"}

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(*self.where, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {**self.headers, **named})
        reply = connection.getresponse()
        reply.read()
        connection.close()
        return reply

    def offset(self, path: str) -> tuple[int, str]:
        reply = self.ask("HEAD", path)
        if reply.status != 200:
            raise ConnectionError(f"status {reply.status}")
        return int(reply.headers["Upload-Offset"]), reply.headers["Upload-State"]


def signed_in() -> tuple[str, str]:
    """Cookies and the form's token of the demonstration's lead."""
    session = stack.portal_session("lead")
    page = session.get(f"{address.PORTAL_URL}/datalake/escape/upload/").text
    found = re.search(r'csrfmiddlewaretoken" value="([^"]+)', page)
    assert found
    return "; ".join(f"{item.name}={item.value}" for item in session.cookies), found[1]


def kill_server() -> None:
    """SIGKILL to the web server and its worker; the supervisor starts a new one."""
    found = subprocess.run(["pgrep", "-f", f"gunicorn.*:{address.PORTS['portal']} "], capture_output=True, text=True, check=True)
    for pid in found.stdout.split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)


def run(size: int, cuts: int, kill: bool, seed: int) -> dict[str, object]:
    """One upload with its faults; what came of it."""
    random.seed(seed)
    content, name = random.randbytes(size), f"faults/{uuid.uuid4().hex}.bin"
    proxy = Proxy((address.HOST, address.PORTS["portal"]))
    sender = Sender(proxy.address, *signed_in())
    told = {"scope": "user.lead", "name": name, "adler32": f"{zlib.adler32(content):08x}"}
    metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())
    made = sender.ask("POST", "/datalake/escape/upload/files/", Upload_Length=str(size), Upload_Metadata=metadata)
    assert made.status == 201, made.status
    path, begin, broken, too_early = made.headers["Location"], time.monotonic(), 0, 0
    proxy.passed, proxy.cuts = 0, sorted(random.randrange(size // 50, size) for _ in range(cuts))
    killed_at = size // 2 if kill else size + 1
    while True:
        try:
            at, state = sender.offset(path)
            if state != "receiving":
                break
            too_early += is_registered(name) if broken < 5 else 0
            if at >= killed_at:
                threading.Timer(0.05, kill_server).start()
                killed_at = size + 1
            kind = "application/offset+octet-stream"
            reply = sender.ask("PATCH", path, content[at : at + PART], Upload_Offset=str(at), Content_Type=kind)
            broken += reply.status != 204
        except (OSError, http.client.HTTPException):
            broken += 1
            time.sleep(0.3)
    sent, received = proxy.passed, time.monotonic() - begin
    while (state := sender.offset(path)[1]) not in ("done", "failed"):
        time.sleep(0.3)
    place = on_disk("user.lead", name.rpartition("/")[2], "erlangen")
    copies = rucio("lead", "GET", f"/replicas/user.lead/{name}").text.splitlines()
    return {
        "bytes": size,
        "cuts": cuts - len(proxy.cuts),
        "server_killed": kill,
        "requests_that_broke": broken,
        "bytes_sent_again_percent": round(100 * (sent - size) / size, 2),
        "sha256_equal": bool(place) and hashlib.sha256(place.read_bytes()).digest() == hashlib.sha256(content).digest(),
        "state": state,
        "registered_before_the_end": too_early,
        "copies": sum(len(json.loads(line)["rses"]) for line in copies if line),
        "leftovers": len(list(place.parent.glob("*.rucio.upload"))) if place else None,
        "seconds_receiving": round(received, 1),
        "seconds_in_all": round(time.monotonic() - begin, 1),
        "seed": seed,
    }


def is_registered(name: str) -> bool:
    """Whether the catalogue has heard of the file."""
    return rucio("lead", "GET", f"/dids/user.lead/{name}").status_code == 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    result = run(asked.megabytes * 1_000_000, asked.cuts, asked.kill, asked.seed)
    print(json.dumps(result, indent=1))
    good = result["state"] == "done" and result["sha256_equal"] and result["copies"] == 1 and not result["registered_before_the_end"]
    sys.exit(0 if good and float(str(result["bytes_sent_again_percent"])) <= 5 else 1)


if __name__ == "__main__":
    main()
