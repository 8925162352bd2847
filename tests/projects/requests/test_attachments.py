"""Attachments: which are accepted, who may read them, and what is left of those that were refused."""

import io
import os
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from projects.requests import attachment_files, attachments, services, tasks
from projects.requests.attachment_types import NotAccepted
from projects.requests.attachments import MAX_BYTES, checked, safe_name
from projects.requests.models import Request, RequestAttachment
from tests.factories import make_request
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
People = dict[str, User]
pytestmark = pytest.mark.django_db


@pytest.fixture
def item(people: People) -> Request:
    return make_request(people["outsider"])


def picture(kind: str = "PNG") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (4, 4)).save(made, kind)
    return made.getvalue()


def test_files_are_downloads_for_readers_of_the_request_alone(signed_in: SignIn, people: People, item: Request) -> None:
    where, outsider = item.get_absolute_url(), signed_in("outsider")
    files = [SimpleUploadedFile("plot.png", picture()), SimpleUploadedFile('<b>"x".txt', b"a,b\n")]
    key = str(uuid.uuid4())
    for _ in range(2):
        for file in files:
            file.seek(0)
        assert outsider.post(f"{where}comment/", {"text": "See the files", "key": key, "attachments": files}).status_code == 302
    assert RequestAttachment.objects.count() == 2
    assert '<b>"x' not in outsider.get(where).content.decode()
    for file in RequestAttachment.objects.all():
        reply = signed_in("admin").get(file.get_absolute_url())
        assert reply["Content-Disposition"].startswith("attachment;")
        assert reply["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in reply["Content-Security-Policy"]
        assert b"".join(reply.streaming_content)  # type: ignore[attr-defined]
        assert signed_in("member").get(file.get_absolute_url()).status_code == 404
        assert signed_in("anonymous").get(file.get_absolute_url()).status_code == 302
    other = make_request(people["outsider"], values={"name": "other", "packages": "numpy"})
    assert outsider.get(f"{other.get_absolute_url()}files/{RequestAttachment.objects.latest('pk').pk}/").status_code == 404


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("plot.png", b"<script>alert(1)</script>"),
        ("plot.png", b"\x89PNG\r\n\x1a\n<script>"),
        ("run.exe", b"MZ"),
        ("run.bat. ", b"echo"),
        ("macro.docm", b"PK\x03\x04"),
        ("text.txt", b"a\0b"),
        ("text.txt", b"\xff\xfe"),  # UTF-16 without a character
        ("table.pdf", b"x" * 1024 + b"%PDF-1.7"),
        ("paper.docx", b"<html>not found</html>"),
        ("model.pkl", b"\x80\x04\x95\x00"),
        ("start.bat", b"del *"),
        ("text.txt", b""),
        ("large.txt", b"x" * (MAX_BYTES + 1)),
    ],
)
def test_what_is_not_what_its_name_says_is_refused_and_the_text_kept(signed_in: SignIn, item: Request, name: str, content: bytes) -> None:
    form = {"text": "My long comment", "key": str(uuid.uuid4()), "attachments": [SimpleUploadedFile(name, content)]}
    reply = signed_in("outsider").post(f"{item.get_absolute_url()}comment/", form)
    assert reply.status_code == 400
    assert "My long comment" in reply.content.decode()
    assert not RequestAttachment.objects.exists()


def test_at_most_five_files_come_with_a_comment(signed_in: SignIn, item: Request) -> None:
    files = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(6)]
    reply = signed_in("outsider").post(f"{item.get_absolute_url()}comment/", {"text": "x", "key": str(uuid.uuid4()), "attachments": files})
    assert reply.status_code == 400


@pytest.mark.parametrize(
    ("name", "shown"),
    [("../../etc/passwd.txt", "passwd.txt"), ("C:\\a\\b.txt", "b.txt"), ("a\u202etxt.exe", "a_txt.exe"), ("...", "file"), ("x" * 300 + ".txt", "x" * 116 + ".txt")],
)  # fmt: skip
def test_names_of_files_are_names_and_nothing_else(name: str, shown: str) -> None:
    assert safe_name(name) == shown


PDF = b"HTTP header\r\n\r\n%PDF-1.7"
SENT = {
    "a.png": picture(),
    "a.jpg": picture("JPEG"),
    "a.webp": picture("WEBP"),
    "a.gif": picture("GIF"),
    "a.tiff": picture("TIFF"),
    "a.pdf": b"%PDF-1.7",
    "b.pdf": PDF,
    "a.HEIC": b"\0\0\0\x18ftypheic",
    "a.svg": b"<svg onload='alert(1)'/>",
    **dict.fromkeys(("a.fits", "a.fit", "a.fits.fz"), b"SIMPLE  = T"),
    **dict.fromkeys(("a.gz", "a.tgz"), b"\x1f\x8b\x08"),
    **dict.fromkeys(("a.docx", "a.xlsx", "a.odt", "a.npz"), b"PK\x03\x04"),
    "a.h5": b"\x89HDF\r\n\x1a\n",
    "a.parquet": b"PAR1",
    "a.root": b"root\0\0",
    "a.dat": b"\x89HDF\r\n\x1a\n\0",
    **dict.fromkeys(("a.py", "a.ipynb", "a.tex", "a.bib", "a.tsv", "a.ecsv", "a.vot", "a.xml", "a.eml", "README", "Dockerfile"), b"text"),
    "a.csv": "a;ü\n".encode(),
    "excel.csv": "Größe;µs\r\n".encode("cp1252"),
    "windows.txt": "Größe".encode("utf-16"),
    "colours.log": b"\x1b[31mERROR\x1b[0m 50 %\r100 %\n",
    "progress.log": b"1\x08\x082\n",
}


@pytest.mark.parametrize("name", SENT)
def test_what_people_of_the_field_send_is_accepted(name: str) -> None:
    assert checked(SimpleUploadedFile(name, SENT[name])).content == SENT[name]


def test_a_browser_is_told_only_types_that_it_cannot_run() -> None:
    found = {name: checked(SimpleUploadedFile(name, SENT[name])).content_type for name in ("a.svg", "a.xml", "a.png", "a.csv", "README")}
    bytes_only = "application/octet-stream"
    assert found == {"a.svg": bytes_only, "a.xml": bytes_only, "README": bytes_only, "a.png": "image/png", "a.csv": "text/csv"}
    with pytest.raises(NotAccepted):
        checked(SimpleUploadedFile("a.jpg", picture()))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("model.pkl", b"\x80\x04\0", "zip file"), ("page.html", b"<b>", "zip file"), ("big.txt", b"x" * (MAX_BYTES + 1), "Data Lake")],
)
def test_a_refused_file_says_what_to_do(name: str, content: bytes, words: str) -> None:
    with pytest.raises(NotAccepted, match=words):
        checked(SimpleUploadedFile(name, content))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("plot.jpg", picture("WEBP"), "is a WebP picture: rename it to “plot.webp”."),
        ("IMG_1.JPG", b"\0\0\0\x18ftypheic" + b"\0" * 40, "is a HEIC picture: rename it to “IMG_1.heic”."),
        ("plot.webp", picture("PNG"), "is a PNG picture: rename it to “plot.png”."),
        ("film.jpg", b"\0\0\0\x18ftypisom" + b"\0" * 40, "does not contain what its name says (jpg)."),
        ("sound.jpg", b"RIFF\0\0\0\0WAVE", "does not contain what its name says (jpg)."),
    ],
)
def test_a_picture_under_the_name_of_another_kind_is_told_its_right_name(name: str, content: bytes, words: str) -> None:
    with pytest.raises(NotAccepted, match=re.escape(words)):
        checked(SimpleUploadedFile(name, content))


def test_all_refused_files_are_told_with_those_that_have_to_be_chosen_again(signed_in: SignIn, item: Request) -> None:
    files = [SimpleUploadedFile("a.txt", b""), SimpleUploadedFile("b.pkl", b"\0"), SimpleUploadedFile("good.txt", b"x")]
    form = {"text": "See", "key": str(uuid.uuid4()), "attachments": files}
    page = signed_in("outsider").post(f"{item.get_absolute_url()}comment/", form).content.decode()
    for words in ("“a.txt” is empty", "“b.pkl” is neither", "have to be chosen again: good.txt"):
        assert words in page


@pytest.mark.parametrize("path", ["/requests/new/environment/", "comment/"])
def test_files_of_a_form_that_is_shown_again_for_another_reason_are_named(signed_in: SignIn, item: Request, path: str) -> None:
    form = {"text": "", "key": str(uuid.uuid4()), "attachments": [SimpleUploadedFile("good.txt", b"x")]}
    reply = signed_in("outsider").post(path if path.startswith("/") else f"{item.get_absolute_url()}{path}", form)
    assert reply.status_code == 400
    assert "have to be chosen again: good.txt" in reply.content.decode()


def test_what_one_person_attaches_in_a_day_is_bounded(
    signed_in: SignIn, people: People, item: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "MAX_BYTES_OF_DAY", 5)
    first = checked(SimpleUploadedFile("a.txt", b"123"))
    services.comment(by=people["outsider"], request=item, text="x", key=uuid.uuid4(), files=[first])
    services.comment(by=people["admin"], request=item, text="x", key=uuid.uuid4(), files=[first])
    form = {"text": "x", "key": str(uuid.uuid4()), "attachments": [SimpleUploadedFile("b.txt", b"456")]}
    reply = signed_in("outsider").post(f"{item.get_absolute_url()}comment/", form)
    assert reply.status_code == 409
    assert "a day" in reply.content.decode()
    RequestAttachment.objects.update(created_at=timezone.now() - timedelta(days=2))
    services.comment(by=people["outsider"], request=item, text="x", key=uuid.uuid4(), files=[first])


def test_files_without_a_request_are_deleted_after_a_day(people: People, item: Request) -> None:
    services.comment(by=people["outsider"], request=item, text="x", key=uuid.uuid4(), files=[checked(SimpleUploadedFile("a.txt", b"1"))])
    kept = RequestAttachment.objects.get().file.path
    lost, young = (default_storage.path(default_storage.save(attachment_files.path_of(None, ""), ContentFile(b"2"))) for _ in range(2))
    for path in (kept, lost):
        os.utime(path, (0, 0))
    tasks.delete_lost_files()
    assert [Path(path).exists() for path in (kept, lost, young)] == [True, False, True]
