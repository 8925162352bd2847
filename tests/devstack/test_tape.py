"""The tape library of the stack is as unkind as a real one: nothing is read unasked, files come one after another, and leave the disk again."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from devstack.storage import tape
from devstack.storage.refusals import Refused


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def library(tmp_path: Path, clock: Clock) -> tape.Library:
    (tmp_path / "tape").mkdir()
    for name in ("a", "b"):
        (tmp_path / "tape" / name).write_bytes(b"x")
    (tmp_path / "erlangen").mkdir()
    return tape.Library(tmp_path, now=clock)


def asked(library: tape.Library, method: str, path: str, body: Any = None) -> Any:
    content = json.dumps(body).encode()
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_LENGTH": str(len(content)), "wsgi.input": io.BytesIO(content)}
    return library.answer(environ)[1]


def is_read(library: tape.Library, name: str) -> bool:
    try:
        library.check_read({"REQUEST_METHOD": "GET", "PATH_INFO": name})
    except Refused as refusal:
        return not refusal.status.startswith("403")
    return True


def test_files_come_one_after_another_and_leave_again(library: tape.Library, clock: Clock) -> None:
    assert not is_read(library, "/tape/a")
    request = asked(library, "POST", "/api/v1/stage", {"files": [{"path": "/tape/a"}, {"path": "/tape/b"}]})["requestId"]
    assert not is_read(library, "/tape/a")
    clock.seconds += tape.DRIVE_SECONDS
    states = [(file["state"], file["onDisk"]) for file in asked(library, "GET", f"/api/v1/stage/{request}")["files"]]
    assert states == [("COMPLETED", True), ("STARTED", False)]
    assert (is_read(library, "/tape/a"), is_read(library, "/tape/b")) == (True, False)
    clock.seconds += tape.DRIVE_SECONDS
    assert is_read(library, "/tape/b")
    clock.seconds += tape.PINNED_SECONDS
    assert not is_read(library, "/tape/a")


def test_who_asks_again_waits_no_longer(library: tape.Library, clock: Clock) -> None:
    body = {"files": [{"path": "/tape/a"}]}
    asked(library, "POST", "/api/v1/stage", body)
    asked(library, "POST", "/api/v1/stage", body)
    clock.seconds += tape.DRIVE_SECONDS
    assert is_read(library, "/tape/a")
    asked(library, "POST", "/api/v1/stage", {"files": [{"path": "/tape/b"}]})
    clock.seconds += tape.DRIVE_SECONDS
    assert is_read(library, "/tape/b")


def test_a_file_that_is_not_there_fails_alone(library: tape.Library, clock: Clock) -> None:
    request = asked(library, "POST", "/api/v1/stage", {"files": [{"path": "/tape/none"}, {"path": "/tape/a"}]})["requestId"]
    clock.seconds += tape.DRIVE_SECONDS
    assert [file["state"] for file in asked(library, "GET", f"/api/v1/stage/{request}")["files"]] == ["FAILED", "COMPLETED"]
    found = asked(library, "POST", "/api/v1/archiveinfo", {"paths": ["/tape/none", "/tape/a", "/tape/b"]})
    assert [item.get("locality") for item in found] == [None, "DISK_AND_TAPE", "TAPE"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/v1/stage/unknown", None),
        ("GET", "/api/v1/else", None),
        ("POST", "/api/v1/stage", {"files": [{"path": "/erlangen/a"}]}),
        ("POST", "/api/v1/stage", {"files": [{"path": "/tape/../../a"}]}),
    ],
)
def test_what_it_does_not_know_is_refused(library: tape.Library, method: str, path: str, body: Any) -> None:
    with pytest.raises(Refused):
        asked(library, method, path, body)


def test_other_storages_are_read_at_once(library: tape.Library, tmp_path: Path) -> None:
    (tmp_path / "erlangen" / "a").write_bytes(b"x")
    assert is_read(library, "/erlangen/a")
