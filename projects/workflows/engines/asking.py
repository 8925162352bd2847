"""Ask an engine, in a confined process, what it understands of a workflow; its answer is a stranger's."""

import logging
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from projects.workflows.engines.answers import Answer, checked
from vre_portal.confinement import ChildFailed, Limits, isolation, run

PREFIX, ORPHAN_SECONDS = "vre-workflow-", 3600  # of folders with a repository's files; after which one is left from a worker that died
PROGRAMS = Path(__file__).parent / "child"
MEGABYTE = 1024 * 1024
LIMITS = Limits(seconds=45, cpu_seconds=10, memory=384 * MEGABYTE)  # the clock only ends what sleeps: a busy machine is slow
MAX_FILES = 5_000
MAX_BYTES = 64 * MEGABYTE  # of all files that are written for the process; of larger ones it sees the size alone
logger = logging.getLogger(__name__)


def ask(engine: str, files: Mapping[str, bytes], wish: dict[str, Any]) -> Answer:
    """What the engine answers, or why it was not asked."""
    if not settings.WORKFLOW_ENGINES:
        return Answer(why_not=_("This portal has no workflow engines installed, so it cannot look into this workflow."))
    found = isolation()
    if not found.ok:
        why = _("The portal could not isolate the reading of workflows, so it does not look into this workflow: %(reason)s")
        return Answer(why_not=why % {"reason": found.why_not})
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        _write(files, Path(folder))
        try:
            answer = run(
                PROGRAMS / f"{engine}_reader.py", python=Path(settings.WORKFLOW_ENGINES), wish=wish, folder=Path(folder), limits=LIMITS
            )
        except ChildFailed as failed:
            return Answer(why_not=str(failed), isolated_by=found.by, by_clock=failed.by_clock)
    return checked(answer, set(files), found.by)


def remove_orphans() -> None:
    """Remove the folders of workers that were killed in the middle."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            facts = folder.lstat()
            if stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid() and time.time() - facts.st_mtime > ORPHAN_SECONDS:
                shutil.rmtree(folder)
        except OSError as error:
            logger.warning("%s could not be removed: %s", folder, error)


def _write(files: Mapping[str, bytes], folder: Path) -> None:
    """The files by their paths, the small ones first; names that lead elsewhere are left out, as are those over the limits."""
    room = MAX_BYTES
    for name, content in sorted(files.items(), key=lambda item: len(item[1]))[:MAX_FILES]:
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\0" in name:
            continue
        place = folder.joinpath(*parts)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("wb") as written:
                if len(content) <= room:
                    written.write(content)
                    room -= len(content)
                else:
                    written.truncate(len(content))
        except OSError as error:  # a file where another one's folder is, or a name that is too long
            logger.info("A file of a repository was left out: %s", error)
