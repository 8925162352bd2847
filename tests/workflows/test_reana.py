"""The portal's door to REANA, against a real server in both dialects, against recorded replies, and against broken servers."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from projects.workflows import reana
from projects.workflows.reana import answers, calls
from tests.devstack.reana_server import PYTHON, Server, running, serial, wait_until
from tests.devstack.recorded import GOLDEN, WHY_NOT, recordings
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service, ServiceKind

needs_server = pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed")
needs_recordings = pytest.mark.skipif(not GOLDEN.is_dir(), reason=WHY_NOT)
integration = pytest.mark.integration


def service(url: str, dialect: str = "bearer", **options: Any) -> Service:
    return Service(ServiceKind.REANA, "reana", "Test REANA", url, "reana", {"dialect": dialect, **options})


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("reana")) as server:
        yield server


@pytest.fixture(scope="module", params=["bearer", "query"])
def door(request: pytest.FixtureRequest, stack: Server) -> tuple[Server, Service, str]:
    """A server in one of its dialects, and a token for it."""
    if request.param == "query":
        return stack, service(stack.query_url, "query"), stack.token()
    return stack, service(stack.url), stack.bearer()


def ended(server: Service, token: str, workflow: str) -> reana.RemoteRun:
    wait_until(lambda: reana.status(server, token, workflow).status in ("finished", "failed", "stopped"), 60)
    return reana.status(server, token, workflow)


@integration
@needs_server
def test_a_workflow_goes_through_all_its_calls(door: tuple[Server, Service, str]) -> None:
    _stack, server, token = door
    assert reana.you(server, token).email == "lead@vre.example"
    name = f"vre-0123-{server.dialect}"
    workflow = reana.create(server, token, name, serial("cat in/a.txt > ${out}; echo said", name="copy", parameters={"out": "x"}))
    reana.upload(server, token, workflow, "in/a.txt", b"hello")
    reana.upload(server, token, workflow, "in/b é.bin", iter([b"01234", b"56789"]))
    reana.upload(server, token, workflow, "empty", b"")
    assert {file.name: file.size for file in reana.list_files(server, token, workflow)} == {"in/a.txt": 5, "in/b é.bin": 10, "empty": 0}
    reana.start(server, token, workflow, {"out": "out.txt"})
    with pytest.raises(RemoteRefused) as twice:
        reana.start(server, token, workflow)
    assert twice.value.status == 403
    run = ended(server, token, workflow)
    assert (run.status, run.name, run.run_number, run.total, run.finished) == ("finished", name, (1,), 1, 1)
    assert run.started is not None
    assert run.ended is not None
    logs = reana.logs(server, token, workflow)
    assert [(job.name, job.state, job.environment, job.log.strip()) for job in logs.jobs] == [
        ("copy", "finished", "python:3.13-slim", "said")
    ]
    with reana.download(server, token, workflow, "out.txt", 5) as stream:
        assert b"".join(stream.chunks()) == b"hello"
    reana.delete(server, token, workflow)
    assert reana.find_by_name(server, token, name) == []


@integration
@needs_server
def test_names_are_found_exactly_and_states_in_one_listing(door: tuple[Server, Service, str], monkeypatch: pytest.MonkeyPatch) -> None:
    _stack, server, token = door
    end = f"ab-{server.dialect}"
    ids = [reana.create(server, token, f"vre-{name}", serial("true")) for name in (end, f"{end}c", end, "x", "y")]
    found = reana.find_by_name(server, token, f"vre-{end}")
    assert {run.id: run.run_number for run in found} == {ids[0]: (1,), ids[2]: (2,)}
    monkeypatch.setattr(reana, "listed", lambda *a, **k: listed_two(*a, **k))
    states = reana.statuses(server, token, [ids[0], ids[4]])
    assert {run.id: run.status for run in states} == {ids[0]: "created", ids[4]: "created"}


REAL_LISTED = reana.listed


def listed_two(*arguments: Any, **named: Any) -> Any:
    """Pages of two, so that a listing has several."""
    return REAL_LISTED(*arguments, **{**named, "size": 2})


@integration
@needs_server
def test_a_run_is_stopped_once(door: tuple[Server, Service, str]) -> None:
    _stack, server, token = door
    workflow = reana.create(server, token, "vre-stop", serial("echo begun; sleep 60"))
    reana.start(server, token, workflow)
    wait_until(lambda: len(reana.logs(server, token, workflow).jobs) == 1)
    reana.stop(server, token, workflow)
    assert ended(server, token, workflow).status == "stopped"
    with pytest.raises(RemoteRefused) as again:
        reana.stop(server, token, workflow)
    assert again.value.code == "conflict"


@integration
@needs_server
def test_refusals_are_told_in_reanas_words(door: tuple[Server, Service, str]) -> None:
    _stack, server, token = door
    with pytest.raises(RemoteRefused, match="Unknown workflow type"):
        reana.create(server, token, "vre-bad", {"workflow": {"type": "nope"}})
    with pytest.raises(RemoteRefused, match="does not exist") as missing:
        reana.status(server, token, "nothing")
    assert missing.value.code == "not-found"
    with pytest.raises(RemoteRefused) as stranger:
        reana.you(server, token + "x")
    assert stranger.value.status in (401, 403)
    workflow = reana.create(server, token, "vre-none", serial("true"))
    with pytest.raises(RemoteRefused, match=r"nope\.txt does not exist"), reana.download(server, token, workflow, "nope.txt"):
        pass


@integration
@needs_server
def test_a_pause_that_reana_asks_for_is_kept_between_many_uploads(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running(tmp_path_factory.mktemp("slow"), REANA_REQUESTS_PER_SECOND="5") as stack:
        server, token = service(stack.query_url, "query", requests_per_second=0), stack.token()
        workflow = reana.create(server, token, "vre-many", serial("true"))
        for number in range(12):
            reana.upload(server, token, workflow, f"{number}.txt", b"x")
        listed = [file.name for _ in range(12) for file in reana.list_files(server, token, workflow)]
        assert len(listed) == 144
        for name in listed[:12]:
            with reana.download(server, token, workflow, name, 1) as found:
                assert b"".join(found.chunks()) == b"x"
        assert stack.state.joinpath("reana", "access.log").read_text().count(" 429 ") > 3


@contextmanager
def broken(answer: Callable[[str], tuple[int, bytes]]) -> Iterator[Service]:
    """A server that answers every call in one wrong way."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            asked = self.headers.get("Authorization") is None
            status, body = (401, b"{}") if asked else answer(self.path)
            self.send_response(status)
            if asked:
                self.send_header("WWW-Authenticate", "Bearer")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield service(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()


BODIES = {
    "a web page": (200, b"<html>Welcome</html>"),
    "a list": (200, b"[]"),
    "null": (200, b"null"),
    "wrong types": (
        200,
        b'{"items": 7, "id": {}, "name": null, "status": [], "progress": "x", "logs": 3, "workflow_id": 1, "quota": "much"}',
    ),
    "deep nesting": (200, b"[" * 100_000),
    "a redirect": (302, b""),
    "a failure": (500, b'{"message": "oops"}'),
    "a pause": (429, b'{"message": "429 Too Many Requests"}'),
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_server_that_talks_nonsense_is_unavailable(kind: str) -> None:
    with broken(lambda path: BODIES[kind]) as server:
        for ask in (reana.status, reana.logs):
            with pytest.raises(RemoteUnavailable):
                ask(server, "t", "w")
        with pytest.raises(RemoteUnavailable):
            reana.statuses(server, "t")
        with pytest.raises(RemoteUnavailable):
            list(reana.list_files(server, "t", "w"))
        with pytest.raises(RemoteUnavailable):
            reana.you(server, "t")


ACTS: dict[str, Callable[[Service], None]] = {
    "start": lambda server: reana.start(server, "t", "w"),
    "stop": lambda server: reana.stop(server, "t", "w"),
    "delete": lambda server: reana.delete(server, "t", "w"),
    "upload": lambda server: reana.upload(server, "t", "w", "a", b"x"),
    "add a secret": lambda server: reana.add_secret(server, "t", "A", "b"),
    "delete a secret": lambda server: reana.delete_secret(server, "t", "A"),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("body", [b"<html>Maintenance</html>", b"", b"{", b'"ok"'])
def test_a_page_of_somebody_before_reana_has_done_nothing(act: str, body: bytes) -> None:
    with broken(lambda _path: (200, body)) as server, pytest.raises(RemoteUnavailable):
        ACTS[act](server)


@pytest.mark.parametrize("said", [1, None, "", "a" * 61, "a/b", {}])
def test_what_cannot_be_an_id_is_no_answer(said: Any) -> None:
    with broken(lambda _path: (201, json.dumps({"workflow_id": said}).encode())) as server, pytest.raises(RemoteUnavailable):
        reana.create(server, "t", "vre-x", {})


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(RemoteUnavailable):
        reana.you(service("http://127.0.0.1:9"), "t")


@pytest.mark.parametrize("workflow", ["../../admin", "a/b?x=1", "a#b"])
def test_an_id_cannot_change_the_path_that_is_called(workflow: str) -> None:
    seen = []

    def answer(path: str) -> tuple[int, bytes]:
        seen.append(path)
        return 404, b'{"message": "no"}'

    with broken(answer) as server, pytest.raises(RemoteRefused):
        reana.status(server, "t", workflow)
    assert seen[0].count("/") == 4
    assert seen[0].endswith("/status")


def test_every_operation_is_one_of_reanas_description() -> None:
    used = {"get_you", "create_workflow", "get_workflows", "get_workflow_status", "get_workflow_logs", "start_workflow"}
    used |= {"set_workflow_status", "upload_file", "get_files", "download_file", "status"}
    assert used <= calls.operations().keys()


@needs_recordings
def test_recorded_replies_are_understood() -> None:
    bodies = {name: item["body"] for name, item in recordings().items()}
    assert reana.Person.of(bodies["02_GET_you"]).email == "admin@example.org"
    created = reana.RemoteRun.of(bodies["14_status_created"])
    assert (created.status, created.name, created.run_number, created.started) == ("created", "gold", (1,), None)
    running_now = reana.RemoteRun.of(bodies["21_status_poll2"])
    assert (running_now.status, running_now.total, running_now.finished) == ("running", 1, 0)
    done = reana.RemoteRun.of(bodies["37_status_poll10"])
    assert done.ended is not None
    assert done.ended.isoformat() == "2026-11-20T15:39:05+00:00"
    logs = reana.Logs.of(bodies["38_logs_finished"])
    assert (logs.live, len(logs.jobs), logs.jobs[0].state) == (False, 1, "finished")
    assert "Completed" in logs.jobs[0].log
    page = answers.AnswerPage.of(bodies["47_list_page"], reana.RemoteRun.of)
    assert (page.total, page.has_next, [run.run_number for run in page.items]) == (3, True, [(1, 1), (1,)])
    files = answers.AnswerPage.of(bodies["39_files"], reana.File.of)
    assert [(file.name, file.size) for file in files.items] == [("code/helloworld.py", 3253), ("results/greetings.txt", 34)]
    assert reana.ClusterLoad.of(bodies["05_GET_status"]) == reana.ClusterLoad(running=0, pending=0)


@pytest.mark.parametrize(
    ("workflow", "expected"),
    [
        ({"running": 12, "pending": 1, "queued": 2}, (12, 3)),
        ({"running": 12.0, "pending": 3}, (12, 3)),
        ({"running": "12", "pending": 3}, None),
        ({"running": -1, "pending": 3}, None),
        ({"running": 10**30, "pending": 3}, None),
        ({"running": True, "pending": 3}, None),
        ({"pending": 3}, None),
        (None, None),
        ([], None),
    ],
)
def test_the_load_of_a_server_is_counts_or_nothing(workflow: Any, expected: tuple[int, int] | None) -> None:
    with broken(lambda path: (200, json.dumps({"workflow": workflow}).encode())) as server:
        if expected is None:
            with pytest.raises(RemoteUnavailable):
                reana.load(server, "t")
        else:
            assert reana.load(server, "t") == reana.ClusterLoad(*expected)


@integration
@needs_server
def test_a_server_says_how_busy_it_is(door: tuple[Server, Service, str]) -> None:
    _stack, server, token = door
    found = reana.load(server, token)
    assert found.running >= 0
    assert found.pending >= 0


@needs_recordings
@pytest.mark.parametrize("name", ["06_you_badtoken", "10_create_bad_spec", "18_start_twice_conflict", "42_download_404", "49_stop"])
def test_recorded_refusals_are_refusals(name: str) -> None:
    recorded = recordings()[name]
    answer = (recorded["status"], json.dumps(recorded["body"]).encode())
    with broken(lambda path: answer) as server, pytest.raises(RemoteRefused) as refusal:
        reana.status(server, "t", "w")
    assert recorded["body"]["message"] in str(refusal.value)
