"""A received file on its way into the stack's real lake: checked, stored, registered, attached; and again after whatever broke."""

import hashlib
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from datalake import rucio
from datalake.rucio.name_lookup import find_existing
from datalake.uploads import receiving, services, spool, worker
from datalake.uploads.models import Upload
from devstack import address
from tests.devstack.rucio_client import on_disk, token, unique
from tests.devstack.rucio_client import upload as put
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, service

pytestmark = [pytest.mark.integration("rucio", "storage", "iam"), pytest.mark.django_db(transaction=True)]


class Body:
    """A request's body."""

    def __init__(self, content: bytes) -> None:
        self.left = content

    def read(self, size: int) -> bytes:
        block, self.left = self.left[:size], self.left[size:]
        return block


@pytest.fixture
def lake() -> Service:
    return service(ServiceKind.RUCIO, "escape")


@pytest.fixture
def received(visitor: Callable[[str], Client], people: dict[str, User], lake: Service) -> Callable[..., Upload]:
    """An upload of which all has come."""
    visitor("lead")

    def made(content: bytes, name: str = "", **facts: Any) -> Upload:
        wish = services.UploadRequest("user.lead", name or unique("up"), "DEMO-ERLANGEN", len(content), **facts)
        upload = services.begin(lake, people["lead"], wish)
        receiving.receive(upload, Body(content), 0)
        Upload.objects.filter(pk=upload.pk).update(state=Upload.State.CHECKING)
        return upload

    return made


def proceed(upload: Upload) -> Upload:
    worker.proceed(upload.pk)
    upload.refresh_from_db()
    return upload


@pytest.mark.parametrize("size", [0, 1, 70_000])
def test_a_file_is_registered_once_its_bytes_are_there(received: Callable[..., Upload], lake: Service, size: int) -> None:
    content = os.urandom(size)
    upload = proceed(received(content))
    assert (upload.state, upload.reason) == ("done", "")
    assert upload.sha256 == hashlib.sha256(content).hexdigest()
    found = rucio.get_did(lake, token("lead"), "user.lead", upload.name)
    assert (found.bytes, found.adler32) == (size, f"{zlib.adler32(content):08x}")
    place = on_disk("user.lead", upload.name, "erlangen")
    assert place
    assert place.read_bytes() == content
    assert not spool.path(upload.pk).exists()


def test_files_come_into_a_dataset_with_its_metadata_and_a_rule(received: Callable[..., Upload], lake: Service) -> None:
    dataset = unique("set")
    uploads = [
        proceed(received(b"one", dataset=dataset, metadata={"run": 7})),
        proceed(received(b"two!", dataset=dataset, metadata={"run": 7})),
    ]
    assert [item.state for item in uploads] == ["done", "done"]
    inside = {item.name for item in rucio.list_content(lake, token("lead"), "user.lead", dataset)}
    assert inside == {item.name for item in uploads}
    assert rucio.describe(lake, token("lead"), "user.lead", dataset).metadata["run"] == 7
    assert [item.rse_expression for item in rucio.list_rules(lake, token("lead"), "user.lead", dataset)] == ["DEMO-ERLANGEN"]


def test_a_file_alone_gets_the_metadata_and_the_rule_itself(received: Callable[..., Upload], lake: Service) -> None:
    upload = proceed(received(b"alone", metadata={"telescope": "ARCA"}))
    told = rucio.describe(lake, token("lead"), "user.lead", upload.name).metadata
    assert (told["telescope"], told["sha256"]) == ("ARCA", hashlib.sha256(b"alone").hexdigest())
    assert len(rucio.list_rules(lake, token("lead"), "user.lead", upload.name)) == 1


def test_the_same_bytes_again_are_no_error_and_others_are(received: Callable[..., Upload]) -> None:
    name = put("lead", "user.lead", b"as it was")
    assert proceed(received(b"as it was", name)).state == "done"
    other = proceed(received(b"as it is!", name))
    assert other.state == "failed"
    assert name in other.reason


def test_bytes_that_changed_on_the_portals_disk_never_reach_the_lake(received: Callable[..., Upload], lake: Service) -> None:
    upload = received(b"x" * 1000)
    spool.path(upload.pk).write_bytes(b"y" * 1000)
    assert proceed(upload).state == "failed"
    assert "Upload it again" in upload.reason
    assert not rucio_has(lake, upload.name)
    assert services.retry(upload)
    upload.refresh_from_db()
    assert (upload.state, upload.received) == ("receiving", 0)


def test_a_sum_that_the_sender_told_is_believed_more_than_what_came(received: Callable[..., Upload]) -> None:
    assert proceed(received(b"sent", expected=f"{zlib.adler32(b'meant'):08x}")).state == "failed"


def test_a_lake_that_is_away_is_tried_again(received: Callable[..., Upload], lake_at: Callable[[str], None]) -> None:
    upload = received(b"patience")
    lake_at("http://127.0.0.1:9")
    assert proceed(upload).state == "moving"
    assert "Retrying" in upload.reason
    assert upload.lease_until


def test_a_dataset_that_is_a_file_is_refused_and_said(received: Callable[..., Upload]) -> None:
    taken = put("lead", "user.lead", b"a file")
    upload = proceed(received(b"more", dataset=taken))
    assert upload.state == "failed"
    assert "is already a file." in upload.reason


def test_two_workers_at_once_move_it_once(received: Callable[..., Upload]) -> None:
    upload = received(b"once")
    assert Upload.claim(upload.pk)  # type: ignore[arg-type]
    assert proceed(upload).state == "checking"


@pytest.mark.parametrize("where", ["upload_file", "set_metadata", "ensure_rule", "get_quota"])
def test_a_worker_that_is_killed_leaves_no_ghost_and_another_finishes(received: Callable[..., Upload], lake: Service, where: str) -> None:
    """The worker's process dies with SIGKILL as it begins with each of the steps; the next one goes on."""
    upload = received(os.urandom(300_000))
    code = f"""
import os, signal, django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = {_database()!r}
from datalake import rucio
from datalake.rucio.name_lookup import find_existing
from datalake.uploads import spool, worker
from django.conf import settings
settings.UPLOAD_SPOOL = {str(spool.path(upload.pk).parent.parent)!r}
settings.LEASE_SECONDS = 0.5
rucio.{where} = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
import uuid
worker.proceed(uuid.UUID({str(upload.pk)!r}))
"""
    died = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=address.ROOT, capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-2000:]
    if where in ("get_quota", "upload_file"):
        assert not rucio_has(lake, upload.name)
    time.sleep(0.6)
    assert proceed(upload).state == "done"
    assert rucio_has(lake, upload.name)
    copies = rucio.list_replicas(lake, token("lead"), "user.lead", upload.name)
    assert [(item.rse, item.state) for item in copies] == [("DEMO-ERLANGEN", "AVAILABLE")]
    folder = on_disk("user.lead", upload.name, "erlangen")
    assert folder
    assert not list(Path(folder).parent.glob(f"{upload.name}.*.rucio.upload"))


def _database() -> str:
    return str(connection.settings_dict["NAME"])


def rucio_has(lake: Service, name: str) -> bool:
    return name in find_existing(lake, token("lead"), "user.lead", [name])


def test_what_nobody_goes_on_with_is_thrown_away(received: Callable[..., Upload], settings: Any) -> None:
    upload = received(b"old")
    past = upload.created_at.replace(year=2020)
    Upload.objects.filter(pk=upload.pk).update(state="receiving", expires_at=past)
    orphan = spool.path(upload.pk).with_name("0" * 32)
    orphan.write_bytes(b"nobody's")
    os.utime(orphan, (0, 0))
    worker.sweep()
    assert not Upload.objects.exists()
    assert [file for file in Path(settings.UPLOAD_SPOOL).rglob("*") if file.is_file()] == []
