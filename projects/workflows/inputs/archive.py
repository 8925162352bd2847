"""A workflow's many small files go to REANA as one archive, which the portal's own step unpacks: one call each takes longer than that step."""

import tempfile
from collections.abc import Callable, Sequence
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.conf import settings
from django.utils.translation import gettext as _

from projects.workflows import reana
from projects.workflows.inputs.own_step import FOLDER, why_none
from projects.workflows.models import Run
from vre_portal.jobs.fates import Refused
from vre_portal.services import Service

NAME = f"{FOLDER}/files.zip"
# A job that is begun again finds the files where the first attempt left them.
COMMAND = f"[ ! -e {NAME} ] || python3 -m zipfile -e {NAME} . && rm -f {NAME}"
IN_MEMORY, PIECE = 4 * 1024 * 1024, 256 * 1024

WorkspaceFile = tuple[str, int, Callable[[], bytes]]  # path, size, and a function that reads the content


def choose(run: Run, server: Service) -> None:
    """Decide, before anything of the run is at REANA, whether its files go there as an archive."""
    is_first = run.attempt == 1 and not run.remote_id
    if is_first and not is_chosen(run) and len(run.stored_paths) >= settings.ARCHIVED_FILES and not why_none(run, server):
        run.write(fetch_commands=[COMMAND])


def is_chosen(run: Run) -> bool:
    """Whether the run's own step unpacks its files."""
    return COMMAND in run.fetch_commands


def read(path: str, content: Callable[[], bytes]) -> bytes:
    """The content of a file of the workflow; raises Refused where the portal has it no more: another attempt would not find it either."""
    try:
        return content()
    except FileNotFoundError:
        text = _("The portal no longer has the file %(path)s of the workflow. Save the workflow again with its files, then launch it.")
        raise Refused(text % {"path": path[:200]}) from None


def bring(run: Run, server: Service, token: str, files: Sequence[WorkspaceFile], size_there: int | None) -> None:
    """Upload the archive, unless one of its size is there: the same files make the same bytes."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        with ZipFile(file, "w") as archive:
            for path, _size, content in files:
                archive.writestr(ZipInfo(path), read(path, content), ZIP_DEFLATED, compresslevel=1)
        if file.tell() == size_there:
            return
        file.seek(0)
        run.hold()
        reana.upload(server, token, run.remote_id, NAME, iter(lambda: file.read(PIECE), b""))
