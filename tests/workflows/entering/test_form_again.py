"""A form that comes back with its key: the same content gives the same entry, another one its own."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from projects.models import Project
from projects.workflows.models import Entry
from tests.factories import make_project
from tests.repositories.git_servers import allow, git_server
from tests.workflows.entering.conftest import FILES, REANA
from vre_portal.iam.models import User
from vre_portal.repositories.models import Snapshot

pytestmark = pytest.mark.django_db
NEW = "/projects/fits/workflows/specifications/new/?from="
OTHER = REANA.replace("level: 2", "level: 3")


@pytest.fixture
def lead(project: Project, signed_in: Callable[..., Client]) -> Client:
    return signed_in("lead")


@pytest.fixture
def git(tmp_path: Path, monkeypatch: Any) -> Iterator[str]:
    with git_server(tmp_path, FILES) as address:
        allow(monkeypatch, address)
        yield address


def texts(browser: Client, key: uuid.UUID, *sent: dict[str, Any], where: str = f"{NEW}editor") -> list[str]:
    return [browser.post(where, {"key": str(key), **values})["Location"] for values in sent]


def test_another_text_of_the_same_form_is_read_and_the_same_one_once(lead: Client, key: uuid.UUID) -> None:
    files = {"path-1": "code/fit.py", "file-1": "1"}
    pages = texts(
        lead, key, {"text": REANA}, {"text": OTHER}, {"text": REANA}, {"text": REANA, **files}, {"text": REANA, **files, "file-1": "2"}
    )
    assert (len(set(pages)), pages[0]) == (4, pages[2])
    assert Entry.objects.get(pk=int(pages[1].rstrip("/").rpartition("/")[2])).text == OTHER


def test_another_project_and_another_door_are_something_else(lead: Client, people: dict[str, User], key: uuid.UUID) -> None:
    make_project(slug="other", lead=people["lead"], scope="TEST_OTHER")
    pages = texts(lead, key, {"text": REANA}) + texts(lead, key, {"text": REANA}, where=f"{NEW.replace('fits', 'other')}editor")
    upload = {"uploads": SimpleUploadedFile("reana.yaml", REANA.encode())}
    pages += texts(lead, key, upload, {"uploads": SimpleUploadedFile("reana.yaml", OTHER.encode())}, where=f"{NEW}upload")
    assert len(set(pages)) == 4


def test_another_branch_or_file_of_the_same_form_is_fetched(lead: Client, git: str, key: uuid.UUID) -> None:
    sent = [{"address": git}, {"address": git, "ref": "main"}, {"address": f"{git}/-/blob/main/reana.yaml"}, {"address": f" {git} "}]
    pages = texts(lead, key, *sent, where=f"{NEW}git")
    assert (len(set(pages)), pages[3], Snapshot.objects.count()) == (3, pages[0], 3)
    assert sorted(Entry.objects.values_list("ref", "path")) == [("", ""), ("main", ""), ("main", "reana.yaml")]
