"""The editor: checks that save nothing, further files beside the reana.yaml, and examples that go where they belong; all of it without scripts."""

import io
import re
import uuid
import zipfile
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from projects.models import Project
from projects.workflows import reana_yaml
from projects.workflows.entering import editor_form, services, worker
from projects.workflows.entering.forms import EXAMPLE
from projects.workflows.entering.insertion import inserted
from projects.workflows.entering.schema_help import KEYS, PARTS
from projects.workflows.models import Entry, Specification
from tests.page_text import text_of
from tests.workflows.entering.conftest import FILES, REANA
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
Done = Callable[[Entry], Entry]
NEW = "/projects/fits/workflows/specifications/new/?from=editor"
EDIT = "/projects/fits/workflows/specifications/fit/edit/"


@pytest.fixture
def lead(project: Project, signed_in: Callable[..., Client]) -> Client:
    return signed_in("lead")


@pytest.fixture
def fit(people: dict[str, User], project: Project, done: Done) -> Specification:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, body in FILES.items():
            archive.writestr(path, body)
    upload = SimpleUploadedFile("new.zip", made.getvalue())
    entry = done(services.enter_files(by=people["lead"], project=project, key=uuid.uuid4(), files=[upload]))
    services.save(by=people["lead"], entry=entry, name="fit", title="Fit", bindings={})
    return Specification.objects.get()


def press(browser: Client, where: str, do: str, text: str = REANA, **more: Any) -> HttpResponse:
    return browser.post(where, {"key": str(uuid.uuid4()), "text": text, "seen": "1", "do": do, **more})  # type: ignore[return-value]


def typed(reply: HttpResponse, name: str = "text") -> str:
    found = re.search(rf'<textarea[^>]*name="{name}"[^>]*>\n(.*?)</textarea>', reply.content.decode(), re.DOTALL)
    return unescape(found[1]).replace("\r\n", "\n") if found else "none"


def contents(specification: Specification) -> dict[str, bytes]:
    current = Specification.objects.get(pk=specification.pk).current
    return {file.path: file.stored.read() for file in current.files.all()} if current else {}


def saved(browser: Client, reply: HttpResponse, **values: str) -> None:
    assert reply.status_code == 302, text_of(reply.content)
    worker.read(Entry.objects.latest("pk").pk)
    assert browser.post(reply["Location"], {"title": "Fit", "seen": "1", **values}).status_code == 302


def test_a_check_saves_nothing_keeps_what_was_typed_and_leads_to_lines(lead: Client, project: Project) -> None:
    text = REANA.replace("${level}", "${levl}")
    reply = press(lead, NEW, "check", text, **{"path-1": "code/fit.py", "file-1": "print(1)\n"})
    page = text_of(reply.content)
    assert (reply.status_code, typed(reply), typed(reply, "file-1")) == (200, text, "print(1)\n")
    for words in (
        "The check found warnings, but no errors. Nothing was saved.",
        "levl",
        "data/table.npz is not among the files",
        "Checked by the portal",
    ):
        assert words in page, words
    assert ('href="#yaml-9"' in reply.content.decode(), 'data-unsaved="typed"' in reply.content.decode()) == (True, True)
    assert not Entry.objects.exists()


def test_an_input_that_is_bound_already_is_no_news(lead: Client, fit: Specification) -> None:
    assert fit.current is not None
    text = REANA.replace("data/table.npz", "a.fits, b.fits")
    fit.current.data = {"a.fits": {"lake": "escape", "did": "s:n"}, "b.fits": {"lake": "escape", "did": ""}}
    fit.current.save()
    page = text_of(press(lead, EDIT, "check", text).content)
    assert ("a.fits is not among" in page, "b.fits is not among" in page) == (False, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("inputs:\n  files: 5\n", "inputs.files (line 2)"),
        ("a: [\n", "The check found errors."),
        ("workflow: {type: snakemake, file: Snakefile}\n", "workflow.file: Snakefile is not in the repository."),
        ("workflow: {type: cwl, file: a.cwl}\n", "The files of the workflow are read when you review it."),
        (REANA + "vre: {parameters: {levl: {min: 1}}}\n", "there is no such parameter"),
        (REANA + "tests: {files: [a.feature]}\n", "the portal does not run these tests"),
    ],
)
def test_what_a_check_finds(lead: Client, project: Project, text: str, words: str) -> None:
    assert words in text_of(press(lead, NEW, "check", text).content)
    assert not Entry.objects.exists()


def test_a_workflow_with_a_snakefile_is_written_in_the_editor_alone(lead: Client, project: Project) -> None:
    page = lead.get(NEW).content.decode()
    assert 'name="path-1"' not in page
    reply = press(lead, NEW, "add")
    assert 'name="path-1"' in reply.content.decode()
    text = "inputs: {files: [code/fit.py], parameters: {level: 2}}\nworkflow: {type: snakemake, file: Snakefile}\noutputs: {files: [out]}\n"
    files = {"path-1": "Snakefile", "file-1": "rule all:\r\n  output: 'out'\r\n", "path-2": "code/fit.py", "file-2": "print(1)"}
    saved(lead, press(lead, NEW, "review", text, **files), name="fit")
    assert contents(Specification.objects.get()) == {"Snakefile": b"rule all:\n  output: 'out'\n", "code/fit.py": b"print(1)"}


def test_a_file_is_opened_changed_and_the_others_stay_byte_for_byte(lead: Client, fit: Specification) -> None:
    page = lead.get(EDIT).content.decode()
    assert ('value="open:code/fit.py"' in page, 'value="remove:lib/two.txt"' in page) == (True, True)
    reply = press(lead, EDIT, "open:code/fit.py", REANA + "# typed\n")
    assert (typed(reply), typed(reply, "file-1")) == (REANA + "# typed\n", "print(1)\n")
    shown = text_of(press(lead, EDIT, "open:data/table.npz").content)
    assert "data/table.npz can't be edited here" in shown
    before = contents(fit)
    files = {"path-1": "code/fit.py", "file-1": "print(2)\n"}
    reply = press(lead, EDIT, "review", **files, removed=["lib/two.txt", "no/such"])
    worker.read(Entry.objects.latest("pk").pk)
    page = text_of(lead.get(reply["Location"]).content)
    for words in ("-print(1)", "+print(2)", "removed lib/two.txt"):
        assert words in page, words
    again = lead.get(f"{EDIT}?entry={Entry.objects.latest('pk').pk}")  # what was not saved is gone on with
    assert (typed(again, "file-1"), 'name="removed" value="lib/two.txt"' in again.content.decode()) == ("print(2)\n", True)
    assert lead.post(reply["Location"], {"title": "Fit", "seen": "1"}).status_code == 302
    del before["lib/two.txt"]
    assert contents(fit) == before | {"code/fit.py": b"print(2)\n"}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "Enter the path of the file."),
        ("../a", "Enter a path inside the workflow"),
        ("/etc/passwd", "Enter a path inside the workflow"),
        ("a//b", "Enter a path inside the workflow"),
        ("a\\b", "Enter a path inside the workflow"),
        ("a\u202eb", "Enter a path inside the workflow"),
        ("x" * 400, "Enter a path inside the workflow"),
        ("reana.yaml", "which has its own field above"),
        ("code", "A folder and a file can't have the same path."),
        ("code/fit.py/a", "A folder and a file can't have the same path."),
        ("same", "Another file has this path."),
    ],
)
@pytest.mark.parametrize("do", ["check", "review"])
def test_a_path_that_can_not_be_is_told_and_all_is_kept(lead: Client, fit: Specification, path: str, words: str, do: str) -> None:
    count = Entry.objects.count()
    reply = press(lead, EDIT, do, **{"path-1": "same", "file-1": "a", "path-2": path, "file-2": "kept"})
    assert (reply.status_code, words in text_of(reply.content), typed(reply, "file-2")) == (422, True, "kept")
    assert Entry.objects.count() == count


def test_limits_and_characters_of_files(lead: Client, fit: Specification, monkeypatch: Any) -> None:
    reply = press(lead, EDIT, "check", **{"path-1": "a", "file-1": "x" * (editor_form.MAX_BYTES + 1)})
    assert "A file in the editor has at most 200 kB. Upload it instead." in text_of(reply.content)
    reply = press(lead, EDIT, "review", **{"path-1": "a", "file-1": "x\0"})
    assert "contains a character that cannot be stored" in text_of(reply.content)
    rows = {f"path-{number}": f"f{number}" for number in range(1, 31)}
    page = press(lead, EDIT, "add", **rows).content.decode()
    assert (page.count('name="path-'), "At most 20 files can be open" in page) == (20, True)


def test_lines_of_windows_stay_and_a_file_that_is_only_opened_is_no_change(
    lead: Client, people: dict[str, User], fit: Specification, done: Done
) -> None:
    entry = services.enter_text(
        by=people["lead"], project=fit.project, key=uuid.uuid4(), text=REANA, specification=fit, files={"code/fit.py": b"a\r\nb\r\n"}
    )
    services.save(by=people["lead"], entry=done(entry), name="fit", title="Fit", bindings={})
    files = {"path-1": "code/fit.py", "file-1": "a\r\nb\r\n", "path-2": "lib/two.txt", "file-2": "2"}
    press(lead, EDIT, "review", **files)
    assert not Entry.objects.latest("pk").upload
    reply = press(lead, EDIT, "review", **{"path-1": "code/fit.py", "file-1": "a\r\nc\r\n"})
    worker.read(Entry.objects.latest("pk").pk)
    lead.post(reply["Location"], {"title": "Fit", "seen": "2"})
    assert contents(fit)["code/fit.py"] == b"a\r\nc\r\n"


def test_presses_that_change_the_form_complain_of_nothing_and_odd_ones_do_nothing(lead: Client, fit: Specification) -> None:
    reply = press(lead, EDIT, "add", "")
    assert (reply.status_code, "errorlist" in reply.content.decode()) == (200, False)
    page = press(lead, EDIT, "close:1", **{"path-1": "a", "file-1": "b", "path-2": "c", "file-2": "d"}).content.decode()
    assert ('name="path-1"' in page, 'name="path-2"' in page) == (False, True)
    page = press(lead, EDIT, "keep:lib/two.txt", removed=["lib/two.txt", "lib/a/one.txt"]).content.decode()
    assert ('name="removed" value="lib/two.txt"' in page, 'name="removed" value="lib/a/one.txt"' in page) == (False, True)
    page = press(lead, EDIT, "open:lib/two.txt", removed=["lib/two.txt", "lib/a/one.txt"]).content.decode()  # whoever opens it wants it
    assert ('name="removed" value="lib/two.txt"' in page, 'name="removed" value="lib/a/one.txt"' in page) == (False, True)
    for do in ("insert:no such", "open:no/such", "remove:../x", "close:x", "nonsense", ":", "\0"):
        assert press(lead, EDIT, do).status_code == 200, do


def test_somebody_who_may_not_edit_opens_no_file(fit: Specification, signed_in: Callable[..., Client]) -> None:
    assert press(signed_in("outsider"), EDIT, "open:code/fit.py").status_code in (403, 404)


def test_an_example_goes_where_it_belongs_and_the_page_says_where(lead: Client, project: Project) -> None:
    page = lead.get(NEW).content.decode()
    assert 'value="insert:kubernetes_memory_limit"' in page
    reply = press(lead, NEW, "insert:kubernetes_memory_limit", EXAMPLE)
    checked = reana_yaml.read(typed(reply))
    assert checked.content["workflow"]["specification"]["steps"][0]["kubernetes_memory_limit"] == "2Gi"
    assert "Inserted on line 14, in the step “greet”." in text_of(reply.content)
    assert "The text has this already, on line 14." in text_of(press(lead, NEW, "insert:kubernetes_memory_limit", typed(reply)).content)


@pytest.mark.parametrize("name", list(KEYS))
def test_each_example_can_be_inserted_and_read(name: str) -> None:
    for text in ("", EXAMPLE):
        checked = reana_yaml.read(inserted(text, KEYS[name])[0])
        assert isinstance(checked.content, dict)
        assert not any("given twice" in remark for remark in checked.remarks), checked.remarks
        assert not any("not part of a REANA specification" in remark for remark in checked.remarks), checked.remarks


def test_every_part_of_the_help_is_on_the_page(lead: Client, project: Project) -> None:
    page = text_of(lead.get(NEW).content)
    for part in PARTS:
        assert str(part.title) in page
    for name in KEYS:
        assert name in page, name
