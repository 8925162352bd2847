"""Small copies of the pictures of runs, made once by a worker: pages with many pictures load these."""

from typing import Any, override

from django.core.files.base import ContentFile
from django.db.models import Q
from django.utils.translation import gettext as _

from datalake.files.preview_places import NoPlace
from datalake.files.preview_process import ChildStopped
from datalake.files.thumbnails import NoThumbnail, make_thumbnail
from projects.workflows.models import LeaseLost, RunFile
from vre_portal.http import RemoteUnavailable
from vre_portal.jobs.runner import Runner
from vre_portal.slots import NoSlot, Slot

MAX_TRIES = 3
PAUSE_SECONDS = 2.0  # until a picture is tried again while another one is made small
HELD_SECONDS = 75  # longer than the child may take


class Thumbnails(Runner[RunFile]):
    """Large pictures that are here and have no small copy yet, one at a time in all workers: whatever they hold, previews keep their places."""

    model = RunFile
    max_tries = max_outages = MAX_TRIES

    def ready(self) -> Q:
        return Q(state=RunFile.State.COPIED, thumbnail_state=RunFile.Thumbnail.WANTED)

    @override
    def waiting(self, limit: int = 2) -> list[Any]:
        return super().waiting(min(limit, 2))

    def work(self, file: RunFile) -> float:
        try:
            with Slot("thumbnails", 1, held_seconds=HELD_SECONDS):
                _make(file)
        except (NoSlot, NoPlace):
            return PAUSE_SECONDS
        except ChildStopped as error:
            raise RemoteUnavailable(str(error)) from error
        except NoThumbnail as error:
            file.not_made_small(str(error))
        return 0

    def refused(self, file: RunFile, error: Exception) -> float:
        file.not_made_small(str(error))
        return 0

    def delayed(self, file: RunFile, words: str) -> None:
        """Its page says that it is being made."""

    def given_up(self, file: RunFile, words: str) -> None:
        file.not_made_small(words)


runner = Thumbnails()


def make_small(pk: int) -> None:
    """Make the small copy of one picture."""
    runner.perform(pk)


def _make(file: RunFile) -> None:
    try:
        with file.file.open("rb") as content:
            made = make_thumbnail(content.read())
    except FileNotFoundError:
        raise NoThumbnail(_("The portal no longer has this file.")) from None
    storage, field = file.thumbnail.storage, file.thumbnail.field
    name = storage.save(field.generate_filename(file, f"small-{file.sha256[:16]}-{file.pk}"), ContentFile(made))
    try:
        file.made_small(name)
    except LeaseLost:
        storage.delete(name)
        raise
