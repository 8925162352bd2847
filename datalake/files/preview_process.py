"""Run the child process that reads one file, within its time, and return its answer."""

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

TIMEOUT_SECONDS = 30  # by the clock; the child's own limit, on the time that it computes, is below
MAX_ANSWER_BYTES = 32 * 1024 * 1024  # of its answer
TIMED_OUT = _("Preview timed out.")
TOO_MUCH = _("No preview available. Reading this file needs too much memory.")
logger = logging.getLogger(__name__)


class ChildStopped(Exception):
    """The child gave no answer; the text is safe to show. A retry may succeed."""


def read_file(kind: str, content: bytes, *, size: int, head: int, most: int, packed: bool) -> dict[str, Any]:
    """What the child says of a file of which `content` is the first `head` bytes and then the end: {"sections"} or {"error"}; raises ChildStopped."""
    words = [kind, "gzip" if packed else "plain", *map(str, (size, head, most)), settings.LANGUAGE_CODE]
    with tempfile.TemporaryFile() as answer:  # not a pipe: the child's limit on what it writes counts for files alone
        try:
            done = subprocess.run(
                [sys.executable, "-m", "datalake.files.preview_child", *words],
                input=content,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                timeout=TIMEOUT_SECONDS,
                check=False,
                cwd=settings.BASE_DIR,
                env=environment(),
            )
        except subprocess.TimeoutExpired:
            raise ChildStopped(str(TIMED_OUT)) from None
        return _answer(answer, done.returncode)


def _answer(stream: IO[bytes], code: int) -> dict[str, Any]:
    stream.seek(0)
    try:
        found = json.loads(stream.read(MAX_ANSWER_BYTES))
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    logger.warning("The reader of a preview ended with code %s and no answer.", code)
    raise ChildStopped(str(TIMED_OUT if code == -signal.SIGXCPU else TOO_MUCH))


def environment() -> dict[str, str]:
    """Nothing of the portal's own; a folder for matplotlib's list of fonts, and one thread. Raises ChildStopped where the folder is not ours."""
    folder = Path(tempfile.gettempdir()) / f"vre-previews-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        logger.error("%s belongs to somebody else: no preview can be made.", folder)
        raise ChildStopped(gettext("Previews are not available because of a fault in the portal. Contact its administrators."))
    return {"PATH": os.defpath, "HOME": str(folder), "MPLCONFIGDIR": str(folder), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
