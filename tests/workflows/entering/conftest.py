"""A project whose lead enters specifications, and what its jobs do for them, done at once."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from projects.models import Project
from projects.workflows.entering import worker
from projects.workflows.models import Entry
from tests.factories import make_project
from vre_portal.iam.models import User
from vre_portal.repositories import worker as repositories

REANA = """\
inputs:
  files: [code/fit.py, data/table.npz]
  directories: [lib]
  parameters: {level: 2, name: a}
workflow:
  type: serial
  specification:
    steps:
      - {name: fit, environment: 'python:3.12', commands: ['python code/fit.py ${level}']}
outputs: {files: [out.csv]}
"""
FILES: dict[str, bytes] = {
    "reana.yaml": REANA.encode(),
    "code/fit.py": b"print(1)\n",
    "data/table.npz": b"PK\x00\xff\x01",
    "lib/a/one.txt": b"1",
    "lib/two.txt": b"2",
    "README.md": b"# Fit",
}


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    return make_project(slug="fits", lead=people["lead"], scope="TEST_SP")


@pytest.fixture
def key() -> uuid.UUID:
    return uuid.uuid4()


@pytest.fixture
def done() -> Callable[[Entry], Entry]:
    """What the jobs do until the entry waits for its person."""

    def perform(entry: Entry) -> Entry:
        for _ in range(6):
            Entry.objects.filter(pk=entry.pk).update(lease_until=None)
            worker.read(entry.pk)
            entry = Entry.objects.get(pk=entry.pk)
            if not entry.is_changing:
                return entry
            if entry.snapshot_id:
                repositories.fetch(entry.snapshot_id)
        return entry

    return perform
