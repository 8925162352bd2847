"""Files that a killed process left without a row are deleted, those of rows and new ones are not."""

import os
import time
from pathlib import Path

from django.core.files.base import ContentFile
from django.utils import timezone

from projects.workflows.entering.left_files import LEFT_AFTER, sweep_files
from projects.workflows.models import Run, RunFile, WholeLog


def age(*files: Path) -> None:
    old = time.time() - LEFT_AFTER.total_seconds() - 60
    for file in files:
        os.utime(file, (old, old))


def test_a_whole_log_without_a_row_is_deleted(run: Run, tmp_path: Path) -> None:
    log = WholeLog(run=run, number=1, expires_at=timezone.now())
    log.file.save("of-a-row", ContentFile(b"text"))
    folder = tmp_path / "media" / "logs"
    for name in ("left", "new"):
        (folder / name).write_bytes(b"text")
    age(folder / "left", folder / "of-a-row")
    sweep_files()
    assert sorted(path.name for path in folder.iterdir()) == ["new", "of-a-row"]


def test_an_output_without_a_row_is_deleted(run: Run, tmp_path: Path) -> None:
    output = RunFile(run=run, path="a.csv", size=4)
    output.file.save("of-a-row", ContentFile(b"text"))
    output.thumbnail.save("small", ContentFile(b"text"))
    kept, small = (tmp_path / "media" / str(name) for name in (output.file.name, output.thumbnail.name))
    (kept.parent / "left").write_bytes(b"text")
    age(kept, small, kept.parent / "left")
    sweep_files()
    assert sorted(kept.parent.iterdir()) == sorted([kept, small])
