"""What is sent to the portal has a largest size, known before a byte of it is read."""

import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from devstack.address import PORTAL_URL

pytestmark = pytest.mark.django_db
MEGABYTE = 1024 * 1024
FORM = "application/x-www-form-urlencoded"
PATH = "/projects/none/settings/picture/"


@pytest.fixture(autouse=True)
def two_megabytes(settings: Any) -> None:
    settings.UPLOAD_MEGABYTES = 2


def picture(size: int) -> dict[str, Any]:
    return {"picture": SimpleUploadedFile("x.png", b"x" * size, "image/png")}


def test_what_is_too_large_gets_a_page_that_says_so(people: Any) -> None:
    browser = Client(enforce_csrf_checks=True)  # which would read all of it
    browser.force_login(people["lead"])
    answer = browser.post(PATH, picture(3 * MEGABYTE))
    assert answer.status_code == 413
    assert "You sent 3 MB, but a form can take at most 2 MB" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_programs_are_told_in_json() -> None:
    answer = Client().post(PATH, picture(3 * MEGABYTE), headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["most"]) == (413, 2 * MEGABYTE)


@pytest.mark.parametrize("length", [str(10**12), "9" * 400])
def test_nothing_of_it_is_read_or_kept(length: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)

    class Unread(io.RawIOBase):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("it was read")

    answer = Client().generic("POST", PATH, b"x", FORM, CONTENT_LENGTH=length, **{"wsgi.input": Unread()})
    assert answer.status_code == 413
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", ["-1", "nonsense", "²", ""])
def test_a_length_that_is_none_is_nothing(length: str) -> None:
    answer = Client().generic("POST", PATH, b"x" * 10, FORM, CONTENT_LENGTH=length)
    assert answer.status_code in (302, 403, 404)


def test_what_is_small_enough_goes_on() -> None:
    assert Client().post(PATH, picture(MEGABYTE)).status_code != 413


@pytest.mark.integration("portal")
def test_the_running_portal_answers_before_it_has_all_and_goes_on_serving() -> None:
    body = b"x" * (40 * MEGABYTE)
    try:
        status = requests.post(f"{PORTAL_URL}/theme/", data=body, headers={"Content-Type": FORM}, timeout=20).status_code
    except requests.ConnectionError:
        status = 413  # it hung up while we were still sending
    assert status == 413
    chunked = requests.post(f"{PORTAL_URL}/theme/", data=iter([b"x" * MEGABYTE] * 40), headers={"Content-Type": FORM}, timeout=20)
    assert chunked.status_code < 500
    assert requests.get(f"{PORTAL_URL}/healthz", timeout=5).status_code == 200
