"""What the editor opens with: one's own draft of this workflow, as far as it is still there; line ends stay."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from projects.models import Project
from projects.workflows.entering import services, worker
from projects.workflows.entering.beginning import zip_of
from projects.workflows.entering.changes import changes
from projects.workflows.entering.editor_form import EditorForm
from projects.workflows.models import Entry, Specification, StoredFile
from tests.factories import make_project
from tests.page_text import text_of
from tests.workflows.entering.conftest import FILES, REANA
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
Done = Callable[[Entry], Entry]
NEW = "/projects/fits/workflows/specifications/new/?from=editor"
EDIT = "/projects/fits/workflows/specifications/fit/edit/"
WINDOWS = REANA.replace("\n", "\r\n")


@pytest.fixture
def lead(project: Project, signed_in: Callable[..., Client]) -> Client:
    return signed_in("lead")


def saved(by: User, project: Project, done: Done, text: str = REANA) -> Specification:
    files = {"reana.yaml": text.encode(), **{path: body for path, body in FILES.items() if path != "reana.yaml"}}
    entry = done(services.enter_files(by=by, project=project, key=uuid.uuid4(), files=[SimpleUploadedFile("a.zip", zip_of(files))]))
    return services.save(by=by, entry=entry, name="fit", title="Fit", bindings={}).specification


def test_a_draft_of_another_door_project_or_workflow_is_not_opened(
    lead: Client, project: Project, people: dict[str, User], done: Done
) -> None:
    by, fit = people["lead"], saved(people["lead"], project, done)
    make_project(slug="other", lead=by, scope="TEST_OTHER")
    text = REANA.replace("level: 2", "level: 77")
    new = services.enter_text(by=by, project=project, key=uuid.uuid4(), text=text)
    of_fit = services.enter_text(by=by, project=project, key=uuid.uuid4(), text=text, specification=fit)
    other = NEW.replace("/fits/", "/other/")
    shown = {where: "level: 77" in lead.get(where).content.decode() for where in (
        f"{NEW}&entry={new.pk}", f"{EDIT}?entry={of_fit.pk}",
        f"{NEW}&entry={of_fit.pk}", f"{EDIT}?entry={new.pk}", f"{other}&entry={new.pk}",
    )}  # fmt: skip
    assert list(shown.values()) == [True, True, False, False, False]
    upload = Entry.objects.create(
        by=by, project=project, key=uuid.uuid4(), origin=Entry.Origin.UPLOAD, upload=ContentFile(b"no zip", "x.zip")
    )
    assert lead.get(f"{NEW}&entry={upload.pk}").status_code == 200


def test_a_draft_whose_files_are_damaged_or_gone_opens_with_its_text_and_says_so(
    lead: Client, project: Project, people: dict[str, User]
) -> None:
    for damage in ("damaged", "gone"):
        entry = services.enter_text(
            by=people["lead"], project=project, key=uuid.uuid4(), text=REANA + f"# {damage}\n", files={"code/fit.py": b"1"}
        )
        with open(entry.upload.path, "wb") as stream:
            stream.write(b"PK\x03\x04")
        if damage == "gone":
            entry.upload.storage.delete(entry.upload.name)
        page = lead.get(f"{NEW}&entry={entry.pk}")
        assert (page.status_code, f"# {damage}" in page.content.decode()) == (200, True)
        assert "The portal no longer has the further files of this draft." in text_of(page.content)


@pytest.mark.parametrize("do", ["check", "review"])
def test_a_stored_file_whose_content_is_gone_is_told(lead: Client, project: Project, people: dict[str, User], done: Done, do: str) -> None:
    text = REANA.replace("{level: 2, name: a}", "{input: p.yaml}").replace("type: serial", "type: snakemake\n  file: Snakefile")
    fit = saved(people["lead"], project, done)
    for stored in StoredFile.objects.all():
        stored.file.storage.delete(str(stored.file.name))
    files = {"path-1": "code/fit.py", "file-1": "print(1)\n"}
    reply = lead.post(EDIT, {"key": str(uuid.uuid4()), "text": text, "seen": "1", "do": do, **files})
    assert reply.status_code == (200 if do == "check" else 302)
    if do == "review":
        entry = Entry.objects.latest("pk")
        assert entry.upload  # what was typed is all that is left of the file
        worker.read(entry.pk)
        page = text_of(lead.get(entry.get_absolute_url()).content)
        assert "The portal no longer has the content of" in page
    assert fit.versions.count() == 1


@pytest.mark.parametrize("number", ["99999999999", "2147483648", "-1", "x"])
def test_an_odd_number_of_a_version_is_refused(lead: Client, project: Project, people: dict[str, User], done: Done, number: str) -> None:
    saved(people["lead"], project, done)
    reply = lead.post(EDIT, {"key": str(uuid.uuid4()), "text": REANA, "seen": number, "do": "review"})
    assert reply.status_code == 422
    entry = done(services.enter_text(by=people["lead"], project=project, key=uuid.uuid4(), text=REANA + "# more\n"))
    assert lead.post(entry.get_absolute_url(), {"title": "A", "name": "a", "seen": number}).status_code == 422


def test_the_line_ends_of_windows_stay(lead: Client, project: Project, people: dict[str, User], done: Done) -> None:
    fit = saved(people["lead"], project, done, WINDOWS)
    assert fit.text == WINDOWS
    for typed, kept in ((WINDOWS, WINDOWS), (REANA, WINDOWS), (REANA + "# more\n", WINDOWS + "# more\r\n")):
        form = EditorForm(_query(typed), version=fit.current)
        assert form.is_right, form.errors
        assert form.cleaned_data["text"] == kept
    lead.post(EDIT, {"key": str(uuid.uuid4()), "text": WINDOWS, "seen": "1", "do": "review"})
    entry = done(Entry.objects.latest("pk"))
    assert "Nothing differs from the current version." in text_of(lead.get(entry.get_absolute_url()).content)


def _query(text: str) -> Any:
    from django.http import QueryDict

    query = QueryDict(mutable=True)
    query.update({"key": str(uuid.uuid4()), "text": text, "seen": "1"})
    return query


def test_a_workflow_of_the_editor_has_no_name_before_its_person_finds_one(
    lead: Client, project: Project, people: dict[str, User], done: Done
) -> None:
    entry = done(services.enter_text(by=people["lead"], project=project, key=uuid.uuid4(), text=REANA))
    page = lead.get(entry.get_absolute_url()).content.decode()
    assert ('value="workflow"' in page, "js/name_from_title" in page) == (False, True)
    fit = saved(people["lead"], project, done)
    assert "js/name_from_title" not in lead.get(fit.get_absolute_url()).content.decode()


def test_what_changes_is_named_by_its_own_path(project: Project, people: dict[str, User], done: Done) -> None:
    by = people["lead"]
    files = {"reana-fit.yaml": REANA.replace("[code/fit.py", "[reana.yaml, code/fit.py"), "reana.yaml": "sleeptime: 0\n"}
    fit = _from(by, project, done, files)
    entry = services.enter_files(
        by=by, project=project, key=uuid.uuid4(), specification=fit, files=[_zip(files | {"reana.yaml": "sleeptime: 99\n"})]
    )
    entry = done(entry)
    (change,) = changes(fit.current, entry).files  # type: ignore[arg-type]
    assert (change.path, ("+", "sleeptime: 99") in change.lines) == ("reana.yaml", True)
    text = files["reana-fit.yaml"].replace("level: 2", "level: 3")
    entry = services.enter_text(by=by, project=project, key=uuid.uuid4(), text=text, specification=fit)
    (change,) = changes(fit.current, done(entry)).files  # type: ignore[arg-type]
    assert change.path == "reana-fit.yaml"


def _zip(files: dict[str, str]) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.zip", zip_of({path: text.encode() for path, text in {**files, "code/fit.py": "1"}.items()}))


def _from(by: User, project: Project, done: Done, files: dict[str, str]) -> Specification:
    entry = done(services.enter_files(by=by, project=project, key=uuid.uuid4(), files=[_zip(files)]))
    services.choose(entry=entry, path="reana-fit.yaml")
    return services.save(by=by, entry=done(entry), name="fit", title="Fit", bindings={}).specification
