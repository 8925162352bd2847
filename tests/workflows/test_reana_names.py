"""Every file that REANA lists comes as itself, or is refused in words: never another one under its name."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from projects.workflows import reana
from projects.workflows.reana import names
from tests.devstack.reana_server import PYTHON, Server, running, serial
from tests.vre_portal.servers import serving
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service, ServiceKind

ODD = (
    "hash#1.txt", "q?.txt", "50%.txt", "%41.txt", "%2541.txt", "A[1].txt", "A1.txt", "[[]", "[*]", "star*.txt", "starA.txt", "**", "!x", "[!x]", "a\\b", "ab",
    "a b", "plus+.txt", "é ü.txt", "Ω.txt", "日本.txt", "semi;colon", "a&b=c", "quote\"'.txt", "{a,b}", "a|b", "@(x)", "~", "-", "x" * 200, ":", "nel\x85", "sep\u2028", "trailing ", " leading", "dot.", ".hidden", "folder#/in?.txt", "folder[1]/x*", "[a-c].txt",
)  # fmt: skip


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("reana")) as server:
        yield server


@pytest.fixture(params=["bearer", "query"])
def door(request: pytest.FixtureRequest, stack: Server) -> tuple[Service, str]:
    """The server in one dialect, with a token."""
    url, token = (stack.query_url, stack.token()) if request.param == "query" else (stack.url, stack.bearer())
    return Service(ServiceKind.REANA, "reana", "Test REANA", url, "reana", {"dialect": request.param, "requests_per_second": 0}), token


def content(server: Service, token: str, workflow: str, file: reana.File) -> bytes:
    with reana.download(server, token, workflow, file.name, file.size) as found:
        return b"".join(found.chunks())


@pytest.mark.integration
@pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed")
def test_every_listed_file_comes_as_itself(door: tuple[Service, str]) -> None:
    server, token = door
    workflow = reana.create(server, token, "vre-names", serial("true"))
    for name in ODD:
        reana.upload(server, token, workflow, name, f"content of {name}".encode())
    files = {file.name: file for file in reana.list_files(server, token, workflow)}
    assert set(ODD) == set(files)
    came = {name: content(server, token, workflow, files[name]).decode() for name in ODD}
    assert came == {name: f"content of {name}" for name in ODD}


@pytest.mark.integration
@pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed")
def test_what_no_path_can_name_is_refused_in_words_and_costs_only_itself(door: tuple[Service, str]) -> None:
    server, token = door
    workflow = reana.create(server, token, "vre-lines", serial("true"))
    for name in ("a.txt", "line\nbreak", "z.txt"):
        reana.upload(server, token, workflow, name, name.encode())
    came, refused = [], []
    for file in reana.list_files(server, token, workflow):
        try:
            came.append(content(server, token, workflow, file))
        except RemoteRefused as error:
            refused.append((file.name, error.code, str(error)))
    assert sorted(came) == [b"a.txt", b"z.txt"]
    assert refused == [
        (
            "line\nbreak",
            "not-fetchable",
            "Test REANA cannot send “line\ufffdbreak”. Its name contains a line break. Give the file another name in the workflow and run it again.",
        )
    ]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../x",
        "a/../b",
        "/etc/passwd",
        "a//b",
        "a/",
        ".",
        "./a",
        "nul\0",
        "half\ud800",
        "line\nbreak",
        "tab\t",
        "\x01",
        "del\x7f",
        "cr\r",
    ],
)
def test_a_name_that_means_another_place_is_never_asked_for(name: str) -> None:
    server = Service(ServiceKind.REANA, "reana", "Test REANA", "http://127.0.0.1:9", "", {"dialect": "bearer"})
    with pytest.raises(RemoteRefused) as refused:
        names.in_path(server, name)
    assert refused.value.code == "not-fetchable"


def answering(kind: str, body: bytes, status: int = 200) -> Any:
    """A server that hands out this, whatever it is asked for."""

    def answer(it: Any) -> None:
        known = it.headers.get("Authorization")
        it.send_response(status if known else 401)
        it.send_header("Content-Type", kind) if known else it.send_header("WWW-Authenticate", "Bearer")
        it.send_header("Content-Length", str(len(body) if known else 0))
        it.end_headers()
        it.wfile.write(body if known else b"")

    return answer


FILE = "application/octet-stream"


@pytest.mark.parametrize(
    ("name", "answer", "code"),
    [
        ("a.txt", answering(FILE, b"abcd"), "size"),
        ("a.txt", answering(FILE, b"ab"), "size"),
        ("a.txt", answering(FILE, b""), "size"),
        ("star*.txt", answering("application/zip", b"abc"), "not-fetchable"),
        ("a.txt", answering("application/ZIP; x=y", b"abc"), "not-fetchable"),
        ("a.txt", answering("application/json", b'{"message": "a.txt does not exist."}', 404), "not-found"),
        ("q?.txt", answering("application/json", b'{"message": "q does not exist."}', 404), "not-fetchable"),
        ("link", answering("application/json", b'{"message": "Opening symlink \'link\' is not allowed"}', 400), "not-fetchable"),
    ],
)
def test_what_came_is_compared_with_what_was_listed(name: str, answer: Any, code: str) -> None:
    with serving(answer) as (found, _seen):
        server = Service(ServiceKind.REANA, found.name, "Test REANA", found.url, "", {"dialect": "bearer"})
        with pytest.raises(RemoteRefused) as refused:
            content(server, "t", "w", reana.File(name, 3, None))
    assert refused.value.code == code
    assert "Test REANA" in str(refused.value)


BAD_LINES: tuple[Any, ...] = (
    None,
    7,
    [],
    {},
    {"name": None, "size": {"raw": 3}},
    {"name": "bad", "size": "large"},
    {"name": "bad", "size": {"raw": -5}},
)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("bad", BAD_LINES)
def test_a_line_of_a_listing_that_is_none_costs_only_itself(bad: Any, place: int) -> None:
    lines: list[Any] = [{"name": name, "size": {"raw": 3}} for name in ("a", "b")]
    lines.insert(place, bad)
    page = reana.AnswerPage.of({"items": lines, "total": 3, "has_next": False}, reana.File.of)
    assert [file.name for file in page.items if file.size == 3 and file.name] == ["a", "b"]
    assert len(page.items) == 3  # the third is there, too, as one of which nothing is known


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("bad", [None, 7, {}, {"id": "x"}, {"id": "x", "name": "n", "status": "s", "progress": 7}])
def test_a_workflow_that_cannot_be_read_costs_only_itself(bad: Any, place: int) -> None:
    lines: list[Any] = [{"id": name, "name": f"{name}.1", "status": "running"} for name in ("a", "b")]
    lines.insert(place, bad)
    page = reana.AnswerPage.of({"items": lines, "total": 3, "has_next": False}, reana.RemoteRun.of)
    assert [run.id for run in page.items] == ["a", "b"]
    assert page.unreadable == 1


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_job_that_cannot_be_read_costs_only_itself(place: int) -> None:
    jobs: list[tuple[str, Any]] = [("1", {"job_name": "a", "status": "finished"}), ("2", {"job_name": "a", "status": "finished"})]
    jobs.insert(place, ("bad", 7))
    found = reana.Logs.of({"logs": json.dumps({"job_logs": dict(jobs)})})
    assert [job.state for job in found.jobs if job.name == "a"] == ["finished", "finished"]
    assert len(found.jobs) == 3


def test_a_listing_that_never_ends_is_left_when_it_brings_nothing_new() -> None:
    body = b'{"items": [{"name": "a", "size": {"raw": 1}}], "total": 9, "has_next": true}'
    with serving(answering("application/json", body)) as (found, _seen):
        server = Service(ServiceKind.REANA, found.name, "Test REANA", found.url, "", {"dialect": "bearer"})
        assert [file.name for file in reana.list_files(server, "t", "w")] == ["a"]


@pytest.mark.parametrize("more", ["true", "false"])
def test_a_list_with_fewer_files_than_the_server_counts_is_not_taken_for_the_whole(more: str) -> None:
    body = f'{{"items": [{{"name": "a", "size": {{"raw": 1}}}}], "total": 9, "has_next": {more}}}'.encode()
    with serving(answering("application/json", body)) as (found, _seen):
        server = Service(ServiceKind.REANA, found.name, "Test REANA", found.url, "", {"dialect": "bearer"})
        with pytest.raises(RemoteUnavailable, match="counts 9 files but lists 1"):
            list(reana.list_files(server, "t", "w", whole=True))
