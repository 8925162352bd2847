"""Bring a run's code and its data into the workspace: code from the specification, data by DID from the Data Lake, files of other runs, uploads."""

import time
from collections.abc import Mapping

from django.utils.translation import gettext as _

from datalake import rucio
from datalake.files import streaming
from datalake.pages.nearest import UNASKED
from datalake.reads.errors import Damaged
from projects.workflows import reana
from projects.workflows.inputs import archive, fetching, resolving
from projects.workflows.inputs.asking import Asker
from projects.workflows.inputs.attached_staging import bring_attached
from projects.workflows.models import Run, RunInput
from vre_portal.http import RemoteRefused
from vre_portal.portable_gettext import grouped
from vre_portal.services import Service

NOTE_SECONDS = 5.0  # how often the page is told how far it is


def bring(run: Run, server: Service, token: str) -> None:
    """Upload what is not there yet with the right size; may be interrupted and run again."""
    asker = Asker(run)
    rows = resolving.resolve(run, asker)
    there = {file.name: file.size for file in reana.list_files(server, token, run.remote_id)}
    _bring_files(run, server, token, there)
    bring_attached(run, server, token, there)
    if rows:
        resolving.require_access(asker, rows)
    streamed, told_at = [row for row in rows if row.how != RunInput.How.FETCHED], time.monotonic()
    for number, row in enumerate(streamed):
        run.hold()
        if time.monotonic() - told_at > NOTE_SECONDS:
            told_at = time.monotonic()
            values = {"done": grouped(number), "total": grouped(len(streamed))}
            run.refresh_from_db(fields=["stop_asked_at"])
            if run.stop_asked_at:  # whoever started this looks at it, too, and stops the run
                return
            run.noted_inputs(_("Bringing data: %(done)s of %(total)s files are in the workspace.") % values)
        stream(asker, server, token, row, there.get(row.path))
    fetching.bring(run, server, token, [row for row in rows if row.how == RunInput.How.FETCHED])
    run.noted_inputs("")


def _bring_files(run: Run, server: Service, token: str, there: Mapping[str, int]) -> None:
    """The workflow's own files, one by one or as one archive."""
    files = [file for file in run.stored_files() if file[0] not in run.data_paths]
    if archive.is_chosen(run):
        archive.bring(run, server, token, files, there.get(archive.NAME))
        return
    for path, size, content in files:
        if there.get(path) != size:
            run.hold()
            reana.upload(server, token, run.remote_id, path, archive.read(path, content))


def stream(asker: Asker, server: Service, token: str, row: RunInput, size_there: int | None) -> None:
    """Stream one file from the lake through the portal into the workspace, with the person's own identity on both sides."""
    if size_there == row.bytes:
        if row.state != RunInput.State.HERE:
            row.came(rse=row.rse, seconds=None)  # an earlier attempt brought it and could not say so
        return
    lake = asker.lake(row.lake)
    file = rucio.Did(row.scope, row.name, "FILE", bytes=row.bytes, adler32=row.adler32 or None, md5=row.md5 or None)
    copies, began = streaming.Copies([address for _rse, address in row.copies]), time.monotonic()
    try:
        content = streaming.pieces(lake, asker.credentials(lake), file, None, UNASKED, copies)
        reana.upload(server, token, asker.run.remote_id, row.path, content)
    except Damaged as error:
        row.write(state=RunInput.State.FAILED)
        text = _("Input %(path)s cannot be used: %(reason)s")
        raise RemoteRefused(text % {"path": row.path, "reason": error}, service=lake) from None
    used = [rse for rse, address in row.copies if address in copies.used]
    row.came(rse=", ".join(dict.fromkeys(used)), seconds=time.monotonic() - began)
