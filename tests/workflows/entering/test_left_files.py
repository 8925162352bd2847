"""Files that a killed process left without a row are deleted, those of rows and new ones are not."""

import os
import time
from pathlib import Path

from django.core.files.base import ContentFile
from django.utils import timezone

from projects.workflows.entering.left_files import LEFT_AFTER, sweep_files
from projects.workflows.models import Run, WholeLog


def test_a_whole_log_without_a_row_is_deleted(run: Run, tmp_path: Path) -> None:
    log = WholeLog(run=run, number=1, expires_at=timezone.now())
    log.file.save("of-a-row", ContentFile(b"text"))
    folder = tmp_path / "media" / "logs"
    for name in ("left", "new"):
        (folder / name).write_bytes(b"text")
    old = time.time() - LEFT_AFTER.total_seconds() - 60
    for name in ("left", "of-a-row"):
        os.utime(folder / name, (old, old))
    sweep_files()
    assert sorted(path.name for path in folder.iterdir()) == ["new", "of-a-row"]
