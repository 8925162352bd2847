"""Files are uploaded for a workflow that is there: instead of its files, or beside those that are not among them."""

import io
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from projects.models import Membership, Project, Role
from projects.workflows.entering import services, worker
from projects.workflows.models import Entry, Specification, SpecificationVersion, StoredFile
from tests.page_text import text_of
from tests.workflows.entering.conftest import FILES, REANA
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
Done = Callable[[Entry], Entry]
SignIn = Callable[..., Client]
PAGE = "/projects/fits/workflows/specifications/fit/"


def zip_of(files: dict[str, bytes]) -> SimpleUploadedFile:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, body in files.items():
            archive.writestr(path, body)
    return SimpleUploadedFile("new.zip", made.getvalue())


def contents(version: SpecificationVersion | None) -> dict[str, bytes]:
    return {file.path: file.stored.read() for file in version.files.all()} if version else {}


@pytest.fixture
def fit(people: dict[str, User], project: Project, done: Done) -> Specification:
    entry = done(services.enter_files(by=people["lead"], project=project, key=uuid.uuid4(), files=[zip_of(FILES)]))
    services.save(by=people["lead"], entry=entry, name="fit", title="Fit", bindings={})
    return Specification.objects.get()


def sent(browser: Client, *files: SimpleUploadedFile, **more: Any) -> str:
    """The page of what was uploaded, read."""
    reply = browser.post(f"{PAGE}upload/", {"key": str(uuid.uuid4()), "uploads": list(files), **more})
    assert reply.status_code == 302, text_of(reply.content)
    worker.read(Entry.objects.latest("pk").pk)
    return str(reply["Location"])


def test_an_upload_replaces_all_files_and_shows_what_changes_first(fit: Specification, signed_in: SignIn) -> None:
    lead = signed_in("lead")
    assert f"{PAGE}upload/" in lead.get(PAGE).content.decode()
    assert "Upload a new version of Fit" in text_of(lead.get(f"{PAGE}upload/").content)
    files = {name: body for name, body in FILES.items() if name != "lib/two.txt"} | {"code/fit.py": b"print(2)\n"}
    where = sent(lead, zip_of({f"folder/{name}": body for name, body in files.items()}))
    page = text_of(lead.get(where).content)
    for words in ("-print(1)", "+print(2)", "removed lib/two.txt", "Save as new version", "Upload again"):
        assert words in page, words
    assert fit.versions.count() == 1
    assert lead.post(where, {"title": "Fit", "seen": "1"})["Location"] == PAGE
    fit.refresh_from_db()
    assert contents(fit.current) == {name: files[name] for name in ("code/fit.py", "data/table.npz", "lib/a/one.txt")}


@pytest.mark.parametrize(
    "upload", [{"code/fit.py": b"print(3)\n"}, {"folder/reana.yaml": REANA.encode(), "folder/code/fit.py": b"print(3)\n"}]
)
def test_single_files_beside_those_that_are_there(fit: Specification, signed_in: SignIn, upload: dict[str, bytes]) -> None:
    lead = signed_in("lead")
    where = sent(lead, zip_of(upload), keeps_others="on")
    page = text_of(lead.get(where).content)
    assert ("+print(3)" in page, "removed" in page) == (True, False)
    lead.post(where, {"title": "Fit", "seen": "1"})
    fit.refresh_from_db()
    assert contents(fit.current) == contents(fit.versions.get(number=1)) | {"code/fit.py": b"print(3)\n"}


def test_a_new_reana_yaml_alone_beside_the_files(fit: Specification, signed_in: SignIn) -> None:
    lead = signed_in("lead")
    text = REANA.replace("level: 2", "level: 5")
    lead.post(sent(lead, SimpleUploadedFile("reana.yaml", text.encode()), keeps_others="on"), {"title": "Fit", "seen": "1"})
    fit.refresh_from_db()
    assert (fit.text, fit.default_parameters["level"]) == (text, 5)
    assert contents(fit.current) == contents(fit.versions.get(number=1))


def test_a_single_file_goes_where_the_workflow_has_the_only_one_of_its_name(fit: Specification, signed_in: SignIn) -> None:
    lead = signed_in("lead")
    where = sent(lead, SimpleUploadedFile("fit.py", b"print(4)\n"), keeps_others="on")
    page = text_of(lead.get(where).content)
    assert "fit.py is taken as code/fit.py, the only file of this name in the workflow." in page
    assert "+print(4)" in page
    lead.post(where, {"title": "Fit", "seen": "1"})
    fit.refresh_from_db()
    assert contents(fit.current) == contents(fit.versions.get(number=1)) | {"code/fit.py": b"print(4)\n"}


def test_a_single_file_of_which_there_are_several_is_told_and_replaces_none(fit: Specification, signed_in: SignIn) -> None:
    lead = signed_in("lead")
    lead.post(sent(lead, zip_of({"lib/b/one.txt": b"b"}), keeps_others="on"), {"title": "Fit", "seen": "1"})
    page = text_of(lead.get(sent(lead, SimpleUploadedFile("one.txt", b"x"), keeps_others="on")).content)
    assert "one.txt has no folder and is none of lib/a/one.txt, lib/b/one.txt." in page
    assert "Nothing differs from the current version." in page


def test_a_file_that_nothing_names_is_told(fit: Specification, signed_in: SignIn) -> None:
    lead = signed_in("lead")
    page = text_of(lead.get(sent(lead, SimpleUploadedFile("notes.txt", b"x"), keeps_others="on")).content)
    assert "Not part of the workflow, because the reana.yaml does not name it: notes.txt." in page
    assert "Nothing differs from the current version." in page


def test_files_without_a_specification_say_so_and_lead_back(fit: Specification, signed_in: SignIn) -> None:
    lead = signed_in("lead")
    page = lead.get(sent(lead, SimpleUploadedFile("fit.py", b"x"))).content.decode()
    assert "There is no REANA specification among the files" in text_of(page.encode())
    assert f'href="{PAGE}upload/"' in page


def test_of_several_specifications_the_one_where_the_workflow_has_it(fit: Specification, signed_in: SignIn) -> None:
    lead = signed_in("lead")
    sent(lead, zip_of({**FILES, "reana-cwl.yaml": b"workflow: {type: cwl, file: a.cwl}\n"}))
    entry = Entry.objects.latest("pk")
    assert (entry.state, entry.path) == (Entry.State.READ, "reana.yaml")


def test_only_editors_upload_and_an_empty_form_says_what_it_lacks(
    fit: Specification, project: Project, people: dict[str, User], signed_in: SignIn
) -> None:
    assert signed_in("lead").post(f"{PAGE}upload/", {}).status_code == 422
    Membership.objects.create(project=project, user=people["member"], role=Role.MEMBER)
    member = signed_in("member")
    assert (member.get(f"{PAGE}upload/").status_code, member.post(f"{PAGE}upload/").status_code) == (403, 403)
    assert f"{PAGE}upload/" not in member.get(PAGE).content.decode()


def test_a_workflow_without_a_version_takes_an_upload_too(project: Project, signed_in: SignIn) -> None:
    Specification.objects.create(project=project, name="fit", title="Fit", text=REANA)
    lead = signed_in("lead")
    lead.post(sent(lead, zip_of(FILES), keeps_others="on"), {"title": "Fit"})
    assert "code/fit.py" in contents(Specification.objects.get().current)
    assert StoredFile.objects.exists()
