"""Moves a received file to its lake; every step may be interrupted anywhere and run again."""

import hashlib
import logging
import uuid
import zlib

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.rucio.name_lookup import find_existing
from datalake.uploads import capacity, notices, spool
from datalake.uploads.models import KEEP_ENDED_FOR, Upload, life_end
from vre_portal.audit import record
from vre_portal.http import RemoteRefused
from vre_portal.iam import sign_in_waits
from vre_portal.iam.vault import access_token
from vre_portal.jobs import holds
from vre_portal.jobs.fates import Refused
from vre_portal.jobs.runner import Runner
from vre_portal.services import Service, ServiceKind, service

logger = logging.getLogger(__name__)
State = Upload.State
BLOCK = 1 << 20


class SpoolDamaged(Refused):
    """What is on the spool's disk is not what was sent."""

    def __init__(self) -> None:
        super().__init__(_("The file was damaged before it reached the Data Lake. Upload it again."))


class UploadRunner(Runner[Upload]):
    """Files of which all bytes are here, on their way into their lake."""

    model = Upload
    stoppable = holds.Stoppable(ServiceKind.RUCIO, "uploads", "lake")
    max_outages = 40
    longest_pause = 300.0

    def ready(self) -> Q:
        return Q(state__in=Upload.TO_DO)

    def work(self, upload: Upload) -> float:
        _go_on(upload)
        return 0

    def refused(self, upload: Upload, error: Exception) -> float:
        upload.moved(State.FAILED, str(error))
        return 0

    def delayed(self, upload: Upload, words: str) -> None:
        upload.moved(upload.state, words, expires_at=life_end())

    def given_up(self, upload: Upload, words: str) -> None:
        upload.moved(State.FAILED, words)

    def waits_for_sign_in(self, upload: Upload, error: Exception) -> float:
        self.delayed(upload, _("Resumes when you sign in again."))
        sign_in_waits.report(upload.by, notices.page_of(upload))
        return self.longest_pause


runner = UploadRunner()


def proceed(pk: uuid.UUID) -> None:
    """Check, move, register, attach."""
    runner.perform(pk)


def _go_on(upload: Upload) -> None:
    if upload.state == State.CHECKING:
        upload.moved(State.MOVING, sha256=checked(upload))
    lake = service(ServiceKind.RUCIO, upload.lake)
    token = access_token(upload.by, lake, purpose=(_("upload %(file)s") % {"file": upload})[:200])
    move(upload, lake, token)
    notes = protect(upload, lake, token)
    upload.moved(State.DONE, notes)
    spool.forget(upload.pk)
    record("lake.upload", by=upload.by, subject=f"lake/{upload.lake}/upload/{upload.pk}", bytes=upload.size, rse=upload.rse)


def checked(upload: Upload) -> str:
    """SHA-256 of what is on disk, read anew, where its Adler-32 is that of what was sent; raises SpoolDamaged."""
    digest, adler32, size = hashlib.sha256(), 1, 0
    try:
        with spool.path(upload.pk).open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
                adler32, size = zlib.adler32(block, adler32), size + len(block)
    except FileNotFoundError:
        raise SpoolDamaged from None
    if size != upload.size or adler32 != upload.adler32 or (upload.expected and upload.expected != upload.checksum):
        raise SpoolDamaged
    return digest.hexdigest()


def move(upload: Upload, lake: Service, token: str) -> None:
    """Store and register; a file that is there with the same bytes is as good as moved."""
    if upload.name not in find_existing(lake, token, upload.scope, [upload.name]):
        why = capacity.problem(rucio.get_quota(lake, token, upload.rse), upload.size, limits_only=True)
        if why:
            raise RemoteRefused(why, service=lake)
    if not spool.path(upload.pk).exists():
        raise SpoolDamaged
    upload.hold()
    rucio.upload_file(lake, token, upload.rse, upload.scope, upload.name, spool.path(upload.pk))


def protect(upload: Upload, lake: Service, token: str) -> str:
    """Metadata, dataset and rule; what the lake refuses of these is told, for the file itself is there."""
    upload.hold()
    facts = {"sha256": upload.sha256, **({} if upload.dataset else upload.metadata)}
    rucio.set_metadata(lake, token, upload.scope, upload.name, facts)
    protected = upload.name
    if upload.dataset:
        rucio.add_collection(lake, token, upload.scope, upload.dataset, "DATASET", upload.metadata)
        rucio.attach(lake, token, upload.scope, upload.dataset, [(upload.scope, upload.name)])
        protected = upload.dataset
    try:
        rucio.ensure_rule(lake, token, upload.scope, protected, rucio.RuleSpec(upload.rse))
    except RemoteRefused as error:
        return _("The file is in the Data Lake, but no rule could be added: %(reason)s") % {"reason": error}
    return ""


def sweep() -> None:
    """Delete uploads that have expired, and those that ended long ago; tell people of those that expire soon."""
    now = timezone.now()
    stale = Upload.objects.filter(state__in=(State.RECEIVING, State.FAILED), expires_at__lt=now)
    for pk in stale.values_list("pk", flat=True)[:500]:
        if Upload.objects.filter(pk=pk, state__in=(State.RECEIVING, State.FAILED), expires_at__lt=now).delete()[0]:
            try:
                spool.forget(pk)
            except OSError:
                logger.exception("the bytes of upload %s could not be deleted", pk)
    Upload.objects.filter(state=State.DONE, ended_at__lt=now - KEEP_ENDED_FOR).delete()
    spool.sweep()
    notices.report_waiting()
