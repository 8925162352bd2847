"""Rucio and the storage as a person's token sees them, in a few functions, for tests against the running stack."""

import time
import uuid
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import requests

from devstack import address
from tests.devstack.iam_client import exchange, login

CA = address.STATE / "storage" / "ca.pem"
ERLANGEN = f"{address.STORAGE_URL}/erlangen"


def new_token(name: str) -> str:
    """A token of one demonstration account for the Data Lake, as the portal gets it."""
    reply = exchange(login(name)["access_token"], audience="rucio", scope="openid profile wlcg.groups")
    assert reply.status_code == 200, reply.text
    return str(reply.json()["access_token"])


@cache
def token(name: str) -> str:
    """The same, once for all tests."""
    return new_token(name)


def rucio(name: str, method: str, path: str, **options: Any) -> requests.Response:
    """One call of Rucio as one of the accounts."""
    headers = {"X-Rucio-Auth-Token": token(name)}
    return requests.request(method, f"{address.RUCIO_URL}{path}", headers=headers, timeout=20, **options)


def storage(name: str | None, method: str, url: str, **options: Any) -> requests.Response:
    """One call of the storage as one of the accounts, or as nobody."""
    headers = options.pop("headers", {}) | ({"Authorization": f"Bearer {token(name)}"} if name else {})
    return requests.request(method, url, headers=headers, verify=str(CA), timeout=20, **options)


def unique(prefix: str) -> str:
    return f"{prefix}.{uuid.uuid4().hex[:12]}"


def pfn(name: str, scope: str, file: str, rse: str = "DEMO-ERLANGEN") -> str:
    """Where an RSE expects a file."""
    reply = rucio(name, "GET", f"/rses/{rse}/lfns2pfns", params={"lfn": f"{scope}:{file}", "operation": "write", "scheme": "https"})
    assert reply.status_code == 200, (reply.status_code, reply.text)
    return str(reply.json()[f"{scope}:{file}"])


def upload(name: str, scope: str, content: bytes, ending: str = ".txt") -> str:
    """A new file in Erlangen, registered; its name."""
    file = unique("file") + ending
    reply = storage(name, "PUT", pfn(name, scope, file), data=content)
    assert reply.status_code == 201, reply.text
    entry = {"scope": scope, "name": file, "bytes": len(content), "adler32": f"{zlib.adler32(content):08x}"}
    reply = rucio(name, "POST", "/replicas/", json={"rse": "DEMO-ERLANGEN", "files": [entry]})
    assert reply.status_code == 201, reply.text
    return file


def add_rule(name: str, scope: str, did: str, rse: str) -> str:
    """A rule for one copy at `rse`; its id."""
    body = {"dids": [{"scope": scope, "name": did}], "copies": 1, "rse_expression": rse, "grouping": "DATASET", "account": name}
    reply = rucio(name, "POST", "/rules/", json=body)
    assert reply.status_code == 201, reply.text
    return str(reply.json()[0])


def rule(name: str, rule_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = rucio(name, "GET", f"/rules/{rule_id}").json()
    return answer


def settled(name: str, rule_id: str, seconds: float = 45) -> dict[str, Any]:
    """The rule once it is no longer replicating."""
    deadline = time.monotonic() + seconds
    while (found := rule(name, rule_id))["state"] == "REPLICATING" and time.monotonic() < deadline:
        time.sleep(0.3)
    return found


def on_disk(scope: str, file: str, folder: str) -> Path | None:
    """The bytes of a file at one storage, if they are there."""
    base = address.STATE / "storage" / folder / scope.replace(".", "/")
    return next(base.rglob(file), None)
