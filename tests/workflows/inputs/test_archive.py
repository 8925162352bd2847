"""Many small files of a serial workflow are brought as one archive and unpacked by the portal's own step; few, or other workflows', one by one."""

import io
import subprocess
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest

from projects.workflows import reana, worker
from projects.workflows.inputs import archive
from projects.workflows.models import Run, Specification
from projects.workflows.readings import reading_of
from tests.factories import make_person, make_project
from vre_portal.services import Service, ServiceKind

pytestmark = pytest.mark.django_db
SERIAL = "workflow: {type: serial, specification: {steps: [{name: fit, environment: 'x:1', commands: [ls]}]}}"
SNAKEMAKE = "workflow: {type: snakemake, file: Snakefile}"
CODE = {f"data/é {number}.txt": f"{number}\n" for number in range(3)} | {"run.sh": "ls"}


@pytest.fixture
def uploaded(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What comes to the workspace; a REANA that lets the portal have its own step."""
    there: dict[str, bytes] = {}

    def upload(_server: Any, _token: str, _workflow: str, path: str, content: Any) -> None:
        there[path] = content if isinstance(content, bytes) else b"".join(content)

    state = SimpleNamespace(id="r-1", status="created", run_number=(1,))
    monkeypatch.setattr(reana, "upload", upload)
    monkeypatch.setattr(reana, "list_files", lambda *_, **__: [reana.File(path, len(body), None) for path, body in there.items()])
    for name, answer in {"create": "r-1", "status": state, "find_by_name": [state], "start": None}.items():
        monkeypatch.setattr(reana, name, lambda *_, answer=answer: answer)
    monkeypatch.setattr(worker, "access_token", lambda *_, **__: "token")
    server = Service(ServiceKind.REANA, "test-reana", "Server", "http://127.0.0.1:9", options={"fetches_inputs": True})
    monkeypatch.setattr(worker, "service", lambda *_: server)
    return there


def launched(text: str = SERIAL, **facts: Any) -> Run:
    person = make_person("lead")
    project = make_project(lead=person)
    specification = Specification.objects.create(project=project, name="s", title="S", text=text)
    run = Run.objects.create(
        project=project, number=1, by=person, specification=specification, text=text, code=CODE, key=uuid.uuid4(), server="test-reana",
        name=Run.new_name(), **facts,
    )  # fmt: skip
    worker.submit(run.pk)
    return Run.objects.get(pk=run.pk)


def test_many_files_come_as_one_archive_that_the_run_unpacks(uploaded: dict[str, bytes], settings: Any, tmp_path: Path) -> None:
    settings.ARCHIVED_FILES = len(CODE)
    run = launched()
    assert (run.status, set(uploaded)) == (Run.Status.PENDING, {".vre-inputs/files.zip"})
    own, *rest = worker.document(run, Service(ServiceKind.REANA, "x", "X", "http://x"))["workflow"]["specification"]["steps"]
    assert (own["name"], own["commands"], len(rest)) == ("vre-inputs", [archive.COMMAND], 1)
    assert [node.name for node in reading_of(run).nodes] == ["vre-inputs", "fit"]
    (tmp_path / ".vre-inputs").mkdir()
    (tmp_path / archive.NAME).write_bytes(uploaded[archive.NAME])
    subprocess.run(["sh", "-c", archive.COMMAND], cwd=tmp_path, check=True)
    there = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert there == CODE


@pytest.mark.parametrize("archived_from", [1, 100])
def test_a_file_that_the_portal_has_no_more_ends_the_launch_in_words(
    uploaded: dict[str, bytes], settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, archived_from: int
) -> None:
    def gone() -> bytes:
        raise FileNotFoundError

    settings.ARCHIVED_FILES = archived_from
    monkeypatch.setattr(Run, "stored_files", lambda _run: iter([("code/fit.py", 3, gone)]))
    run = launched()
    assert run.status == Run.Status.FAILED
    assert "The portal no longer has the file code/fit.py of the workflow." in run.error
    assert run.attempt == 1
    assert "Traceback" not in caplog.text


def test_the_page_of_the_run_says_so(uploaded: dict[str, bytes], settings: Any, signed_in: Any) -> None:
    settings.ARCHIVED_FILES = len(CODE)
    run = launched()
    assert "The 4 files of the workflow go to REANA as one archive." in " ".join(
        signed_in("lead").get(run.get_absolute_url()).content.decode().split()
    )


@pytest.mark.parametrize(
    ("text", "more", "options"),
    [(SERIAL, 1, True), (SNAKEMAKE, 0, True), (SERIAL, 0, False)],
    ids=["few files", "another engine", "a server without the step"],
)
def test_otherwise_each_file_comes_by_itself(
    uploaded: dict[str, bytes], settings: Any, monkeypatch: pytest.MonkeyPatch, text: str, more: int, options: bool
) -> None:
    settings.ARCHIVED_FILES = len(CODE) + more
    server = Service(ServiceKind.REANA, "test-reana", "Server", "http://127.0.0.1:9", options={"fetches_inputs": options})
    monkeypatch.setattr(worker, "service", lambda *_: server)
    run = launched(text)
    assert (run.fetch_commands, {path: body.decode() for path, body in uploaded.items()}) == ([], CODE)


def test_nothing_is_decided_anew_where_an_earlier_attempt_may_have_created_the_workflow(uploaded: dict[str, bytes], settings: Any) -> None:
    settings.ARCHIVED_FILES = len(CODE)
    assert launched(attempt=1).fetch_commands == []
    assert set(uploaded) == set(CODE)


def test_an_archive_that_is_there_is_not_sent_again(uploaded: dict[str, bytes], settings: Any) -> None:
    settings.ARCHIVED_FILES = len(CODE)
    run = launched()
    body = uploaded.pop(archive.NAME)
    archive.bring(run, Service(ServiceKind.REANA, "x", "X", "http://x"), "token", list(run.stored_files()), len(body))
    assert uploaded == {}
    archive.bring(run, Service(ServiceKind.REANA, "x", "X", "http://x"), "token", list(run.stored_files()), 1)
    assert uploaded == {archive.NAME: body}
    assert sorted(ZipFile(io.BytesIO(body)).namelist()) == sorted(CODE)
