"""What is thrown away of uploads: one file that cannot be deleted keeps none of the others."""

import os
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from datalake.uploads import spool, worker
from datalake.uploads.models import Upload
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
PLACES = [0, 1, 2]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.UPLOAD_SPOOL = str(tmp_path)
    return tmp_path


def ids() -> list[uuid.UUID]:
    return [uuid.UUID(int=number << 120 | 7) for number in (1, 2, 3)]


@pytest.mark.parametrize("place", PLACES)
def test_what_cannot_be_deleted_keeps_no_other_file_without_a_row(place: int) -> None:
    made = ids()
    for number, pk in enumerate(made):
        path = spool.path(pk)
        path.parent.mkdir(parents=True)
        path.mkdir() if number == place else path.touch()
        os.utime(path, (time.time() - 2 * spool.ORPHAN,) * 2)
    assert spool.sweep() == 2
    assert [spool.path(pk).exists() for pk in made] == [number == place for number in range(3)]


@pytest.mark.parametrize("place", PLACES)
def test_what_cannot_be_deleted_keeps_no_other_stale_upload(people: dict[str, User], place: int) -> None:
    made = ids()
    long_ago = timezone.now() - timedelta(days=9)
    for number, pk in enumerate(made):
        facts = {"lake": "escape", "scope": "s", "rse": "R", "size": 1, "expires_at": long_ago}
        Upload.objects.create(pk=pk, by=people["member"], name=f"n{number}", **facts)
        path = spool.path(pk)
        path.parent.mkdir(parents=True)
        path.mkdir() if number == place else path.touch()
    worker.sweep()
    assert not Upload.objects.exists()
    assert [spool.path(pk).exists() for pk in made] == [number == place for number in range(3)]
