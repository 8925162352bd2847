"""A spool of the test's own, and a person at the door of uploads."""

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from datalake.reads import read_cache
from datalake.uploads import permissions
from datalake.uploads.models import Upload
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, service

FILES = "/datalake/escape/upload/files/"
PART = "application/offset+octet-stream"


@pytest.fixture(autouse=True)
def spool(settings: Any, tmp_path: Path) -> Path:
    settings.UPLOAD_SPOOL = str(tmp_path / "spool")
    return tmp_path / "spool"


def metadata(**values: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


@dataclass
class Sender:
    """Speaks tus as one person."""

    client: Client

    def create(self, size: int | str, name: str = "run1/events.root", scope: str = "user.lead", **told: str) -> Any:
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(size), "Upload-Metadata": metadata(scope=scope, name=name, **told)}
        return self.client.post(FILES, headers=headers)

    def patch(self, url: str, body: bytes, offset: int, **headers: str) -> Any:
        more = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), **headers}
        return self.client.patch(url, body, content_type=PART, headers=more)

    def head(self, url: str) -> Any:
        return self.client.head(url, headers={"Tus-Resumable": "1.0.0"})

    def delete(self, url: str) -> Any:
        return self.client.delete(url, headers={"Tus-Resumable": "1.0.0"})


@pytest.fixture
def sender(people: dict[str, User], signed_in: Callable[[str], Client]) -> Callable[[str], Sender]:
    """`sender("lead")` may write to their own scope; the lake is not asked."""

    def of(name: str) -> Sender:
        read_cache.store(permissions.cache_key(people[name], service(ServiceKind.RUCIO, "escape")), [f"user.{name}", "KM3NET_ECAP_SP"])
        return Sender(signed_in(name))

    return of


def content(size: int = 100_000) -> bytes:
    return os.urandom(size)


def row(reply: Any) -> Upload:
    """The upload that an answer is about."""
    return Upload.objects.get(pk=reply["Location"].rstrip("/").rpartition("/")[2])
