"""What the stack's commands say and refuse, without a stack: states, failures, durations, folders of other people."""

import os
from pathlib import Path

import pytest

from devstack import failures, folders, status


@pytest.mark.parametrize(
    ("state", "waiting", "text"),
    [
        ("STARTING", [], "healthy"),  # supervisord calls it so for three seconds, however soon it answers
        ("STARTING", ["redis"], "not ready"),
        ("RUNNING", [], "healthy"),
        ("RUNNING", ["redis"], "not ready"),
        ("BACKOFF", [], "stopped, is started again"),
        ("STOPPING", [], "stopping"),
    ],
)
def test_what_supervisord_and_the_process_say_together(state: str, waiting: list[str], text: str) -> None:
    found = status.row({"name": "redis", "statename": state, "start": 100}, waiting, 105.0)
    assert (found.state, found.since == "—") == (text, state in ("BACKOFF", "STOPPING"))


@pytest.mark.parametrize("kind", ["link", "foreign"])
def test_what_somebody_else_put_into_the_temporary_folder_is_not_used(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "place"
    if kind == "link":
        (tmp_path / "target").mkdir()
        place.symlink_to(tmp_path / "target")
    elif os.geteuid() == 0:
        place.mkdir()
        os.chown(place, 65534, 65534)
    else:
        pytest.skip("only root can give a folder away")
    with pytest.raises(folders.FolderError, match="not a folder of yours"):
        folders.make_own(place)


LOG = """\
2026-11-28 LOG:  starting PostgreSQL 18
Traceback (most recent call last):
  File "start.py", line 72, in main
    prepare(data)
PermissionError: [Errno 13] Permission denied: '/data'
2026-11-28 LOG:  database system is shut down
"""


def test_the_line_that_tells_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text(LOG)
    text = failures.sentence("x", "stopped", log)
    assert text == f"x stopped: PermissionError: [Errno 13] Permission denied: '/data' (log: {log})"
    log.write_text(
        "[E 2026-11-28 app:4090]\n    Traceback (most recent call last):\n      raise XError(\n    odd.XError: the reason\n    \n"
    )
    assert failures.sentence("x", "stopped", log) == f"x stopped: odd.XError: the reason (log: {log})"
    log.write_text("\x1b[31mFATAL: \u202e" + "y" * 1000)
    text = failures.sentence("x", "stopped", log)
    assert text.isprintable()
    assert len(text) < 500
    assert failures.sentence("x", "stopped", tmp_path / "none.log", reason="no such program") == "x stopped: no such program"


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "5 s"), (65, "1 min 5 s"), (3600 * 2 + 60 * 5, "2 h 5 min"), (86400 * 3 + 3600, "3 d 1 h"), (-1, "0 s")]
)
def test_durations(seconds: float, text: str) -> None:
    assert status.duration(seconds) == text
