"""An upload that is no workflow is told as what it is, with what to do; files without a specification go beside those of the workflow."""

import gzip
import io
import tarfile
import uuid
import zipfile
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from projects.models import Project
from projects.workflows.entering import services, worker
from projects.workflows.entering.beginning import zip_of
from projects.workflows.models import Entry, Specification
from tests.page_text import text_of
from tests.workflows.entering.conftest import FILES
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
Done = Callable[[Entry], Entry]
NEW = "/projects/fits/workflows/specifications/new/?from=upload"
UPLOAD = "/projects/fits/workflows/specifications/fit/upload/"


def tar_of(mode: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        info = tarfile.TarInfo("reana.yaml")
        info.size = len(FILES["reana.yaml"])
        archive.addfile(info, io.BytesIO(FILES["reana.yaml"]))
    return made.getvalue()


ODD = {
    "cut.zip": (zip_of(FILES)[:-30], "cut.zip is a zip that is damaged or not complete."),
    "cut": (zip_of(FILES)[:100], "cut is a zip that is damaged or not complete."),
    "a.tar.gz": (tar_of("w:gz"), "a.tar.gz is an archive of another kind than zip. Unpack it"),
    "a.tar": (tar_of("w"), "a.tar is an archive of another kind than zip."),
    "a.tar.xz": (tar_of("w:xz"), "a.tar.xz is an archive of another kind than zip."),
    "reana.yaml.gz": (gzip.compress(b"a"), "reana.yaml.gz is an archive of another kind than zip."),
}


@pytest.mark.parametrize("name", list(ODD))
def test_what_is_no_whole_zip_is_refused_beside_the_field(name: str, project: Project, signed_in: Callable[..., Client]) -> None:
    body, words = ODD[name]
    reply = signed_in("lead").post(NEW, {"key": str(uuid.uuid4()), "uploads": [SimpleUploadedFile(name, body)]})
    assert (reply.status_code, words in text_of(reply.content)) == (422, True)
    assert not Entry.objects.exists()


def test_an_archive_inside_is_named(project: Project, signed_in: Callable[..., Client], done: Done) -> None:
    outer = zip_of({"analysis/inner.zip": zip_of(FILES), "analysis/README.md": b""})
    reply = signed_in("lead").post(NEW, {"key": str(uuid.uuid4()), "uploads": [SimpleUploadedFile("outer.zip", outer)]})
    entry = done(Entry.objects.get())
    assert (reply.status_code, entry.state) == (302, Entry.State.FAILED)
    assert "but the archive inner.zip. Unpack it" in entry.reason


@pytest.fixture
def fit(people: dict[str, User], project: Project, done: Done) -> Specification:
    files = [SimpleUploadedFile("a.zip", zip_of(FILES))]
    entry = done(services.enter_files(by=people["lead"], project=project, key=uuid.uuid4(), files=files))
    return services.save(by=people["lead"], entry=entry, name="fit", title="Fit", bindings={}).specification


def test_a_file_without_a_specification_goes_beside_the_others_and_it_is_said(fit: Specification, signed_in: Callable[..., Client]) -> None:
    lead = signed_in("lead")
    sent = zip_of({"code/fit.py": b"print(5)\n"})
    where = lead.post(UPLOAD, {"key": str(uuid.uuid4()), "uploads": [SimpleUploadedFile("a.zip", sent)]})["Location"]
    worker.read(Entry.objects.latest("pk").pk)
    page = text_of(lead.get(where).content)
    for words in ("so the other files of the workflow are kept", "+print(5)", "Save as new version"):
        assert words in page, words
    assert "removed" not in page
    assert lead.post(where, {"title": "Fit", "seen": "1"}).status_code == 302
    current = Specification.objects.get().current
    assert current is not None
    assert {file.path for file in current.files.all()} == {"code/fit.py", "data/table.npz", "lib/a/one.txt", "lib/two.txt"}


def test_an_archive_may_be_a_file_of_a_workflow(fit: Specification, signed_in: Callable[..., Client], done: Done) -> None:
    sent = {"key": str(uuid.uuid4()), "uploads": [SimpleUploadedFile("table.csv.gz", gzip.compress(b"a"))], "keeps_others": "on"}
    assert signed_in("lead").post(UPLOAD, sent).status_code == 302
    entry = done(Entry.objects.latest("pk"))
    assert entry.state == Entry.State.READ
    with entry.upload.open("rb") as stream:
        assert zipfile.ZipFile(stream).namelist() == ["table.csv.gz"]
