"""Read the notebook that a run has executed: its cells and pictures, as the reader of previews found them, become the result of the page."""

import base64
import binascii
from typing import Any, override

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from datalake.files import previews
from projects.workflows.models import NotebookPicture, NotebookRendering, Run, RunFile
from vre_portal.http import RemoteUnavailable
from vre_portal.jobs.runner import Runner
from vre_portal.text import storable_json

MAX_TRIES = 6
BUSY_PAUSE = 5.0  # seconds until it is tried again where all places for reading files are taken
MAX_BYTES = 20 * 1000 * 1000  # of the pictures of one result


class Renderings(Runner[NotebookRendering]):
    """Results whose runs have ended: of one that finished the notebook is read once it is here."""

    model = NotebookRendering
    max_tries = max_outages = MAX_TRIES

    def ready(self) -> Q:
        finished = Q(run__status=Run.Status.FINISHED, run__collected_at__isnull=False)
        failed = Q(run__status__in=(Run.Status.FAILED, Run.Status.STOPPED, Run.Status.DELETED))
        return Q(state=NotebookRendering.State.COMPUTING) & (finished | failed)

    def work(self, rendering: NotebookRendering) -> float:
        run = rendering.run
        if run is None or run.status != Run.Status.FINISHED:
            rendering.failed(_why_ended(run) if run else rendering.why_stale)
            return 0
        file = run.outputs.filter(path=rendering.page.output).first()
        if file is None or not file.is_copied:
            rendering.failed(_why_missing(rendering.page.output, file))
            return 0
        try:
            reader = f"notebook-page:{rendering.page_id}"
            with file.file.open("rb") as content:
                made = previews.make_of_stored(file.path, file.size or 0, content, checksum=file.sha256, reader=reader)
        except FileNotFoundError:
            rendering.failed(_("The portal no longer has the executed notebook."))
            return 0
        if made.is_busy:
            return BUSY_PAUSE
        if made.can_retry:
            raise RemoteUnavailable(made.error)
        if made.error:
            rendering.failed(made.error)
            return 0
        _store(rendering, made.sections)
        return 0

    @override
    def refused(self, rendering: NotebookRendering, error: Exception) -> float:
        rendering.failed(str(error))
        return 0

    def delayed(self, rendering: NotebookRendering, words: str) -> None:
        """Its page says that it is being computed."""

    def given_up(self, rendering: NotebookRendering, words: str) -> None:
        rendering.failed(words)


runner = Renderings()


def read(pk: int) -> None:
    """Read one result."""
    runner.perform(pk)


def _store(rendering: NotebookRendering, sections: list[dict[str, Any]]) -> None:
    """The new cells and pictures in the place of the earlier ones; pictures beyond the limit are left out, which is said."""
    pictures, left = [], MAX_BYTES
    for number, section in enumerate(sections):
        content = _picture(section.pop("image", ""))
        if content and len(content) <= left:
            left -= len(content)
            pictures.append(NotebookPicture(rendering=rendering, number=number, content=content))
            section["has_picture"] = True
        elif content:
            section["note"] = _("This picture is left out: the pictures of the notebook are too large.")
    with transaction.atomic():
        rendering.read(storable_json(sections))
        rendering.pictures.all().delete()
        NotebookPicture.objects.bulk_create(pictures)


def _picture(encoded: str) -> bytes:
    """The bytes of a picture; none of what is no base64."""
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _why_ended(run: Run) -> str:
    if run.status == Run.Status.FAILED:
        return run.error or _("The run failed. Its log says why.")
    return _("The run was stopped before it was complete.")


def _why_missing(path: str, file: RunFile | None) -> str:
    reason = file.reason if file and file.reason else _("The run did not create it.")
    return _("There is no result: %(path)s was not copied. %(reason)s") % {"path": path, "reason": reason}
