"""The page of uploads: where one may write, what is said before sending, the plain form, the buttons."""

import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from datalake.uploads import services, worker
from datalake.uploads.models import Upload
from tests.devstack.rucio_client import unique
from tests.devstack.rucio_client import upload as put
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, service

pytestmark = [
    pytest.mark.integration("rucio", "storage", "iam"),
    pytest.mark.django_db(transaction=True),
]
Visitor = Callable[[str], Client]
PAGE = "/datalake/escape/upload/"


def check(client: Client, *paths: str, scope: str = "user.lead") -> Any:
    body = {"scope": scope, "files": [{"path": path} for path in paths]}
    return client.post(f"{PAGE}check/", json.dumps(body), content_type="application/json")


def test_ones_own_scope_and_those_of_ones_groups_are_offered(visitor: Visitor) -> None:
    page = visitor("member").get(PAGE).content.decode()
    for scope, offered in {"user.member": True, "KM3NET_ECAP_SP": True, "user.lead": False, "MAGIC_IFAE_SP": False}.items():
        assert (f'<option value="{scope}"' in page) is offered, scope


def test_the_plain_form_takes_a_small_file_all_the_way(visitor: Visitor) -> None:
    client, name = visitor("lead"), unique("plain")
    file = SimpleUploadedFile(f"{name}.txt", b"by the plain form")
    reply = client.post(PAGE, {"scope": "user.lead", "rse": "DEMO-ERLANGEN", "file": file, "metadata": "run = 12"})
    assert (reply.status_code, reply["Location"]) == (302, PAGE)
    made = Upload.objects.get()
    worker.proceed(made.pk)
    row = client.get(f"{PAGE}list/?format=json").json()["items"][0]
    assert (row["state"], row["did"], row["bytes"]) == ("done", f"user.lead:{name}.txt", 17)
    assert name in client.get(f"{PAGE}list/").content.decode()


def test_a_form_that_is_too_large_is_refused_with_its_limit(visitor: Visitor, settings: Any) -> None:
    settings.UPLOAD_MEGABYTES = 1
    client = visitor("lead")
    assert "1.0 MB" in client.get(PAGE).content.decode()
    file = SimpleUploadedFile("large.bin", b"x" * 2_000_000)
    assert client.post(PAGE, {"scope": "user.lead", "rse": "DEMO-ERLANGEN", "file": file}).status_code == 413
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    "values", [{"scope": "user.member"}, {"rse": "NOWHERE"}, {"metadata": "no sign"}, {"file": ""}, {"dataset": "a b"}]
)
def test_a_form_with_a_mistake_says_which(visitor: Visitor, values: dict[str, str]) -> None:
    right = {"scope": "user.lead", "rse": "DEMO-ERLANGEN", "file": SimpleUploadedFile("a.txt", b"a")}
    reply = visitor("lead").post(PAGE, {**right, **values})
    assert reply.status_code == 400
    assert b"errorlist" in reply.content
    assert not Upload.objects.exists()


def test_what_is_there_is_said_before_anything_is_sent(visitor: Visitor) -> None:
    name = put("lead", "user.lead", b"there")
    found = check(visitor("lead"), name, "new/file (2).txt", "../../x", "\U0001f600").json()["files"]
    assert found[0]["there"] == {"type": "FILE", "bytes": 5, "adler32": f"{zlib.adler32(b'there'):08x}"}
    assert (found[1]["name"], found[1]["problem"], found[1]["there"]) == ("new/file_2_.txt", "", None)
    assert found[2]["name"] == "x"
    assert found[3]["name"] == "file"


def test_two_files_that_would_get_one_name_are_told_apart(visitor: Visitor) -> None:
    found = check(visitor("lead"), "a b", "a_b", "c").json()["files"]
    assert [bool(item["problem"]) for item in found] == [True, True, False]


def test_an_upload_that_was_begun_is_found_again(visitor: Visitor, people: dict[str, User], lake: Service) -> None:
    client = visitor("lead")
    made = services.begin(lake, people["lead"], services.UploadRequest("user.lead", "begun.bin", "DEMO-ERLANGEN", 10))
    assert check(client, "begun.bin").json()["files"][0]["going"] == made.get_absolute_url()


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"scope": 1, "files": 2}', '{"scope": "s", "files": [1]}', "[" * 5000])
def test_a_question_that_is_none_is_refused(visitor: Visitor, body: str) -> None:
    assert visitor("lead").post(f"{PAGE}check/", body, content_type="application/json").status_code == 400


def test_nobody_asks_about_scopes_that_are_not_theirs_nor_about_too_much(visitor: Visitor) -> None:
    client = visitor("lead")
    assert check(client, "a", scope="user.member").status_code == 403
    assert check(client, *(str(number) for number in range(501))).status_code == 413


@pytest.fixture
def lake() -> Service:
    return service(ServiceKind.RUCIO, "escape")


def test_buttons_cancel_and_try_again_ones_own_only(visitor: Visitor, people: dict[str, User], lake: Service) -> None:
    visitor("lead")
    made = services.begin(lake, people["lead"], services.UploadRequest("user.lead", "x", "DEMO-ERLANGEN", 10))
    address = made.get_absolute_url()
    assert visitor("member").post(f"{address}cancel/").status_code == 404
    Upload.objects.update(state="failed", reason="so", received=10, ended_at=timezone.now())
    client = Client()
    client.force_login(people["lead"])
    assert client.post(f"{address}again/").status_code == 302
    made.refresh_from_db()
    assert (made.state, made.received, made.reason) == ("receiving", 0, "")
    assert client.post(f"{address}cancel/").status_code == 302
    assert not Upload.objects.exists()


def test_a_lake_without_a_place_to_write_says_so(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datalake.uploads.permissions.targets", lambda lake: [])
    assert "Uploads are not available" in visitor("lead").get(PAGE).content.decode()
