"""Fetches repositories; may be interrupted anywhere and run again."""

import logging
import shutil
import tempfile
import time
from pathlib import Path

from django.core.files import File
from django.db.models import Q
from django.utils import timezone

from vre_portal.address_guard import AddressRefused, check_address
from vre_portal.jobs.fates import Refused
from vre_portal.jobs.runner import Runner
from vre_portal.repositories import child_process
from vre_portal.repositories.addresses import named_hosts
from vre_portal.repositories.description import describe
from vre_portal.repositories.models import Snapshot
from vre_portal.repositories.slot import fetch_slot
from vre_portal.slots import NoSlot

logger = logging.getLogger(__name__)
LOOK_SECONDS = 5.0  # until it is tried again where there was no place
ORPHAN_SECONDS = 3600  # after which the folder of a fetch is left from a worker that died


class Fetches(Runner[Snapshot]):
    """Repositories that somebody wants read."""

    model = Snapshot
    max_outages = 3

    def ready(self) -> Q:
        return Q(state=Snapshot.State.QUEUED)

    def work(self, job: Snapshot) -> float:
        try:
            check_address(job.address, named_hosts())  # what the operator names may have changed
        except AddressRefused as refused:
            raise Refused(str(refused)) from None
        try:
            slot = fetch_slot()
        except NoSlot:
            return LOOK_SECONDS
        with slot, tempfile.TemporaryDirectory(prefix=child_process.PREFIX, ignore_cleanup_errors=True) as name:
            folder = Path(name)
            fetched = child_process.run(job.address, job.ref, folder)
            job.hold()
            store(job, fetched, folder / "files.zip")
        return 0

    def refused(self, job: Snapshot, error: Exception) -> float:
        job.write(state=Snapshot.State.FAILED, reason=str(error)[:500])
        return 0

    def delayed(self, job: Snapshot, words: str) -> None:
        job.write(reason=words[:500])

    def given_up(self, job: Snapshot, words: str) -> None:
        job.write(state=Snapshot.State.FAILED, reason=words[:500])


runner = Fetches()


def store(job: Snapshot, fetched: child_process.Fetched, file: Path) -> None:
    """Keep the files and what they say; where another worker has the row meanwhile, nothing is left of it."""
    job.commit, job.listing, job.left_out = fetched.commit, fetched.files, fetched.left_out
    with file.open("rb") as content:
        job.archive.save(f"{job.key}-{job.attempt}.zip", File(content), save=False)
    try:
        offers, notes = describe(job)
        job.write(
            commit=fetched.commit, listing=fetched.files, left_out=fetched.left_out, offers=offers, notes=notes,
            archive=job.archive.name, state=Snapshot.State.READY, reason="", fetched_at=timezone.now(),
        )  # fmt: skip
    except BaseException:
        job.archive.storage.delete(str(job.archive.name))
        raise


def fetch(pk: int) -> None:
    """Fetch one."""
    runner.perform(pk)


def forget() -> None:
    """Delete snapshots whose time is over with their files, and what dead workers left in the temporary folder."""
    for snapshot in Snapshot.objects.expired():
        snapshot.delete()
    for folder in Path(tempfile.gettempdir()).glob(f"{child_process.PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime > ORPHAN_SECONDS:
                shutil.rmtree(folder)
        except OSError as error:
            logger.warning("%s could not be removed: %s", folder, error)
