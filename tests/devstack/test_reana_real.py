"""The demonstration REANA answers as REANA 0.9.4 and the newer line were recorded to: status, keys, types, the words of refusals."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests

from tests.devstack.reana_server import PYTHON, Server, running, serial, wait_until
from tests.devstack.recorded import REAL, WHY_NOT, differences, pairs

pytestmark = [
    pytest.mark.integration,
    pytest.mark.rare(group="reana"),
    pytest.mark.skipif(not REAL.is_dir(), reason=WHY_NOT),
    pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed"),
]
FILES = ("pairs_0.9.4", "pairs_0.95-jwt")
WORKFLOW = re.compile("[0-9a-f]{8}-[0-9a-f-]{27}")
NOBODYS = "00000000-0000-4000-8000-000000000000"
QUOTA = 4000  # bytes: more than all recorded uploads
FULL = "disk quota exceeded"
# What differs on purpose: a newer or older part that the recorded server had, or that only a set limit shows.
APART = {
    "you": {".quota.disk.health is new", ".quota.disk.limit is new"},
    "token of another audience": set(),
}


class Replay:
    """The recorded calls, made in their order on one of the server's faces."""

    def __init__(self, server: Server, name: str) -> None:
        self.server, self.older = server, name == FILES[0]
        self.url = f"{server.query_url if self.older else server.url}/api"
        self.ids: dict[str, str] = {NOBODYS: NOBODYS}
        self.replies: dict[int, requests.Response] = {}

    def call(self, pair: dict[str, Any]) -> requests.Response:
        """One of them, with our own token and our own workflow."""
        found = WORKFLOW.search(pair["path"])
        path = pair["path"].replace(found[0], self.ids[found[0]]) if found else pair["path"]
        params, headers = dict(pair.get("params") or {}), dict(pair.get("request_headers") or {})
        token = self.token(pair["label"])
        if "access_token" in params:
            params["access_token"] = token
        if "Authorization" in headers:
            headers["Authorization"] = f"Bearer {token}"
        request = requests.Request(pair["method"], self.url + path, params=params, headers=headers, **self.body(pair))
        with requests.Session() as session:
            return session.send(session.prepare_request(request), timeout=20)

    def token(self, label: str) -> str:
        """Ours, or one that is wrong in the recorded way."""
        if label in ("wrong token", "garbage token"):
            return "wrong"
        if label == "token of another audience":
            return self.server.bearer(aud="rucio")
        return self.server.token() if self.older and label != "an IAM's JWT in the query" else self.server.bearer()

    def body(self, pair: dict[str, Any]) -> dict[str, Any]:
        """What was sent; the recording has bytes only as their representation."""
        given = pair.get("request_body")
        if isinstance(given, dict):
            return {"json": given}
        if pair["label"] == "upload":
            return {"data": b"hello"}
        if pair["label"] == "upload chunked":
            return {"data": iter([b"chunked", b" content"])}
        if pair["label"].startswith("upload "):
            return {"data": b"" if pair["label"] == "upload empty" else b"x" + pair["params"]["file_name"].encode()}
        return {}

    def before(self, pair: dict[str, Any]) -> None:
        """What has to be true for the recorded moment."""
        if pair["label"] in ("status", "logs", "stop what has ended", "delete"):
            key = next(self.ids[key] for key in WORKFLOW.findall(pair["path"]))
            wait_until(lambda: self.server.status(key) == "finished", 60)

    def run(self, found: list[dict[str, Any]]) -> dict[int, requests.Response]:
        """All of them."""
        for number, pair in enumerate(found):
            self.before(pair)
            reply = self.flooded(pair) if pair["status"] == 429 else self.full(pair) if FULL in pair["label"] else self.call(pair)
            self.replies[number] = reply
            recorded = pair["body"]
            if pair["status"] == 201 and isinstance(recorded, dict) and reply.ok:
                self.ids[recorded["workflow_id"]] = reply.json()["workflow_id"]
        return self.replies

    def full(self, pair: dict[str, Any]) -> requests.Response:
        """The call while the person's disk is full."""
        key = self.server.create(serial("true"), {"large": "x" * QUOTA})
        try:
            self.ids |= dict.fromkeys(WORKFLOW.findall(pair["path"]), key)
            return self.call(pair)
        finally:
            self.server.call("PUT", f"/workflows/{key}/status", params={"status": "deleted"}, json={"workspace": True})

    def flooded(self, pair: dict[str, Any]) -> requests.Response:
        """The call after too many others."""
        for _ in range(400):
            if (reply := self.call(pair)).status_code == 429:
                break
        return reply


@pytest.fixture(scope="module")
def replies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], dict[int, requests.Response]]]:
    with running(
        tmp_path_factory.mktemp("real"), REANA_DISK_QUOTA=str(QUOTA), REANA_REQUESTS_PER_SECOND="60", REANA_BUNDLES="no"
    ) as server:
        made: dict[str, dict[int, requests.Response]] = {}

        def of(name: str) -> dict[int, requests.Response]:
            if name not in made:
                time.sleep(1)
                made[name] = Replay(server, name).run(pairs(name))
            return made[name]

        yield of


CASES = [pytest.param(name, number, id=f"{name}-{pair['label']}") for name in FILES for number, pair in enumerate(pairs(name))]


@pytest.mark.parametrize(("name", "number"), CASES)
def test_the_answer_is_the_recorded_one(replies: Callable[[str], dict[int, requests.Response]], name: str, number: int) -> None:
    pair, found = pairs(name)[number], replies(name)[number]
    assert found.status_code == pair["status"], found.text
    recorded = pair["body"]
    for header in ("WWW-Authenticate", "Content-Type", "Retry-After"):
        told = {key.lower(): value for key, value in pair["headers"].items()}.get(header.lower())
        assert (found.headers.get(header) or "").split(";")[0] == ("1" if told == "0" else told or "").split(";")[0]
    if isinstance(recorded, str):  # the size of a file
        if "application/zip" not in found.headers["Content-Type"]:
            assert f"<{len(found.content)} bytes>" == recorded
        return
    apart = set(differences(recorded, found.json()))
    if name == FILES[0]:
        apart -= APART.get(pair["label"].split(",")[0], set())
    assert not apart, f"{apart}\n{found.text}"


SAME_WORDS = re.compile("wrong token|no token|JWT in the query|dotted|unknown type|^upload|^download|^files of|another audience")


@pytest.mark.parametrize(("name", "number"), CASES)
def test_refusals_are_in_the_recorded_words(replies: Callable[[str], dict[int, requests.Response]], name: str, number: int) -> None:
    pair = pairs(name)[number]
    if pair["status"] < 400 or not SAME_WORDS.search(pair["label"]) or FULL in pair["label"]:
        return
    found = replies(name)[number].json()
    with suppress(KeyError):
        assert found["message"] == pair["body"]["message"]
    assert found.get("detail") == pair["body"].get("detail")
