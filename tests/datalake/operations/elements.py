"""The lake's administrator, storage elements of a test's own, and datasets to do something with."""

import json
import time
import uuid
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from devstack import address
from tests.devstack.rucio_client import rucio, unique, upload

SCOPE = "user.member"


@cache
def root_token() -> str:
    """The administrator's own, by password: the stack's people sign in at the IAM."""
    headers = {"X-Rucio-Account": "root", "X-Rucio-Username": "root", "X-Rucio-Password": address.secret("rucio-root")}
    return requests.get(f"{address.RUCIO_URL}/auth/userpass", headers=headers, timeout=10).headers["X-Rucio-Auth-Token"]


def root(method: str, path: str, **options: Any) -> requests.Response:
    """One call of Rucio as its administrator."""
    return requests.request(method, f"{address.RUCIO_URL}{path}", headers={"X-Rucio-Auth-Token": root_token()}, timeout=20, **options)


def storage_element(prefix: Path, **attributes: str) -> str:
    """A new one over a folder, reachable from Erlangen, where members may put 10 MB."""
    name = f"TEST-{uuid.uuid4().hex[:8].upper()}"
    assert root("POST", f"/rses/{name}", json={"availability_write": True}).status_code == 201
    everything = {"read": 1, "write": 1, "delete": 1, "third_party_copy_read": 1, "third_party_copy_write": 1}
    protocol = {"hostname": "127.0.0.1", "port": 0, "prefix": f"{prefix}/", "impl": "rucio.rse.protocols.posix.Default"}
    protocol |= {"domains": {"lan": {"read": 1, "write": 1, "delete": 1}, "wan": everything}}  # type: ignore[dict-item]
    assert root("POST", f"/rses/{name}/protocols/file", json=protocol).status_code == 201
    for key, value in {"country": "FR", "contact": "test@example.org", **attributes}.items():
        assert root("POST", f"/rses/{name}/attr/{key}", json={"value": value}).status_code == 201
    root("POST", f"/rses/DEMO-ERLANGEN/distances/{name}", json={"distance": 1})
    limit(name, 10_000_000)
    return name


def tape_library() -> str:
    """A new storage element of the type TAPE, from which copies go to Annecy."""
    name = f"TEST-TAPE-{uuid.uuid4().hex[:8].upper()}"
    assert root("POST", f"/rses/{name}", json={"rse_type": "TAPE", "availability_write": True}).status_code == 201
    read = {"read": 1, "write": 1, "delete": 0}  # a protocol of Rucio says with `write` where a file is to be
    protocol = {
        "hostname": address.HOST,
        "port": address.PORTS["storage"],
        "prefix": "/tape/",
        "impl": "rucio.rse.protocols.webdav.Default",
    }
    protocol |= {"domains": {"lan": read, "wan": {**read, "third_party_copy_read": 1}}}
    assert root("POST", f"/rses/{name}/protocols/https", json=protocol).status_code == 201
    root("POST", f"/rses/{name}/distances/DEMO-ANNECY", json={"distance": 1})
    return name


def put_on_tape(rse: str, scope: str, content: bytes) -> str:
    """A new file that is on tape alone; its name."""
    file = unique("taped")
    reply = root("GET", f"/rses/{rse}/lfns2pfns", params={"lfn": f"{scope}:{file}", "operation": "write", "scheme": "https"})
    place = address.STATE / "storage" / urlsplit(str(reply.json()[f"{scope}:{file}"])).path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    entry = {"scope": scope, "name": file, "bytes": len(content), "adler32": f"{zlib.adler32(content):08x}"}
    reply = root("POST", "/replicas/", json={"rse": rse, "files": [entry]})
    assert reply.status_code == 201, reply.text
    return file


def limit(rse: str, count: int) -> None:
    """How much the member may have there."""
    assert root("POST", f"/accountlimits/local/member/{rse}", json={"bytes": count}).status_code == 201


def rules(account: str, **wanted: str) -> list[dict[str, Any]]:
    reply = root("GET", "/rules/", params={"account": account, **wanted})
    return [json.loads(line) for line in reply.text.splitlines() if line.strip()]


def dataset(size: int = 100) -> tuple[str, str]:
    """An open dataset of the member's with one file in Erlangen: its name and the file's."""
    name, file = unique("stuck"), upload("member", SCOPE, b"x" * size)
    assert rucio("member", "POST", f"/dids/{SCOPE}/{name}", json={"type": "DATASET"}).status_code == 201
    add(name, file)
    return name, file


def add(name: str, *files: str) -> None:
    body = {"dids": [{"scope": SCOPE, "name": file} for file in files]}
    assert rucio("member", "POST", f"/dids/{SCOPE}/{name}/dids", json=body).status_code == 201


def once(look: Callable[[], Any], seconds: float = 45) -> Any:
    """What it gives as soon as it gives something."""
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.4)
    return found
