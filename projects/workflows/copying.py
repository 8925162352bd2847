"""Copy the files of a run that wait for it, one by one: each that cannot be copied says why and costs only itself."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.core.cache import cache
from django.core.files import File
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from projects import authorization
from projects.workflows import reana
from projects.workflows.models import LeaseLost, Run, RunFile
from projects.workflows.outputs import MAX_COPIED_BYTES, finish, too_large
from projects.workflows.permissions import why_not_run
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam import sign_in_waits
from vre_portal.iam.vault import SignInAgain, access_token
from vre_portal.jobs import fates, lease
from vre_portal.jobs.runner import Runner
from vre_portal.services import Service, ServiceKind, UnknownService, service
from vre_portal.text import storable

MAX_TRIES = 6
LONGEST_PAUSE = 300.0
LOCK_SECONDS = 120
MAX_ROUND = 200  # files of one run in one go
MAX_SWEPT = 50  # runs of one sweep
MAX_FAILED_IN_A_ROW = 3  # after which the server is left alone until the next round
CHUNK = 256 * 1024
HEAD_BYTES = 8  # that tell what a file is


def runs_with_work() -> list[int]:
    """Runs with files that may be copied now, or with nothing left to copy and nobody who said so."""
    waiting = RunFile.objects.waiting().filter(run=OuterRef("pk"))
    done = Q(listed_at__isnull=False, collected_at=None) & ~Exists(waiting)
    runs = Run.objects.filter(done | Exists(waiting.filter(lease.free())))
    return list(runs.order_by("?").values_list("pk", flat=True)[:MAX_SWEPT])  # others each time: runs that fail hold up nobody's files


def copy_files(run_pk: int) -> None:
    """Copy what waits, one worker at a time for one run; without the cache's memory two may, and each takes other files."""
    lock = f"copy-files-{run_pk}"
    if not cache.add(lock, True, LOCK_SECONDS):
        return
    run = Run.objects.select_related("by", "project").get(pk=run_pk)
    _copy_waiting(run, lock)
    finish(run)
    cache.delete(lock)  # after a mistake it stays until it expires: the run rests


def _copy_waiting(run: Run, lock: str) -> None:
    files = run.outputs.waiting().filter(lease.free())
    if not files.exists():
        return
    try:
        copies = Copies(run, *_access(run))
    except SignInAgain:
        reason = _("It will be copied when %(person)s signs in again.") % {"person": run.by}
        files.update(reason=reason, lease_until=lease.end(fates.SIGN_IN_PAUSE))
        sign_in_waits.report(run.by, f"{run.get_absolute_url()}#results")
    except RemoteUnavailable as error:
        files.update(reason=storable(error), lease_until=lease.end(fates.pause_after(1, error)))
    except (RemoteRefused, UnknownService) as error:
        files.update(state=RunFile.State.FAILED, reason=storable(error), lease_until=None)
    else:
        for pk in copies.waiting(limit=MAX_ROUND):
            cache.touch(lock, LOCK_SECONDS)
            copies.perform(pk)
            if copies.failed_in_a_row == MAX_FAILED_IN_A_ROW:
                return


def _access(run: Run) -> tuple[Service, str]:
    """The server and the token of the person who launched the run, who must still be allowed to; raises RemoteError, SignInAgain, UnknownService."""
    server = service(ServiceKind.REANA, run.server)
    if reason := why_not_run(authorization.refresh_user(run.by), run):
        raise authorization.NotAuthorizedAnymore(reason, status=403)
    return server, access_token(run.by, server, purpose=_("outputs of %(run)s") % {"run": run.name})


class Copies(Runner[RunFile]):
    """The files of one run that wait to be copied: each that cannot be says why, and costs only itself."""

    model = RunFile
    max_tries = max_outages = MAX_TRIES
    longest_pause = LONGEST_PAUSE

    def __init__(self, run: Run, server: Service, token: str) -> None:
        self.run, self.server, self.token = run, server, token
        self.failed_in_a_row = 0

    def ready(self) -> Q:
        return Q(run=self.run, state=RunFile.State.WAITING)

    def work(self, file: RunFile) -> float:
        file.run = self.run
        copy(file, self.server, self.token)
        self.failed_in_a_row = 0
        return 0

    def refused(self, file: RunFile, error: Exception) -> float:
        self.failed_in_a_row = 0  # an answer
        file.failed(str(error))
        return 0

    def delayed(self, file: RunFile, words: str) -> None:
        self.failed_in_a_row += 1
        file.postponed(words)

    def given_up(self, file: RunFile, words: str) -> None:
        self.failed_in_a_row += 1
        file.failed(words)


def copy(file: RunFile, server: Service, token: str) -> None:
    """Bring one file here, through a temporary one; raises RemoteError, and LeaseLost where another worker has it meanwhile."""
    with fetched(file, server, token, max_bytes=MAX_COPIED_BYTES) as content:
        digest, head = hashlib.sha256(), content.read(HEAD_BYTES)
        content.seek(0)
        for block in iter(lambda: content.read(CHUNK), b""):
            digest.update(block)
        size = content.tell()
        content.seek(0)
        # On disk it goes by its content: a name that people gave may be longer than a disk allows.
        storage = file.file.storage
        name = storage.save(file.file.field.generate_filename(file, f"{file.run.name}-{digest.hexdigest()[:16]}"), File(content))
    try:
        file.copied(size=size, sha256=digest.hexdigest(), name=name, head=head)
    except LeaseLost:
        storage.delete(name)
        raise


@contextmanager
def fetched(file: RunFile, server: Service, token: str, max_bytes: int | None = None) -> Iterator[IO[bytes]]:
    """The whole file on this machine's disk for a while; raises RemoteError."""
    with tempfile.TemporaryFile() as content:
        for piece in pieces(file, server, token):
            content.write(piece)
            if max_bytes is not None and content.tell() > max_bytes:
                raise RemoteRefused(too_large(), service=server)
        content.seek(0)
        yield content


def pieces(file: RunFile, server: Service, token: str) -> Iterator[bytes]:
    """The bytes of a file as REANA has it; raises RemoteError, at the end where they are not as many as REANA listed."""
    with reana.download(server, token, file.run.remote_id, file.path, size=file.size) as answer:
        yield from answer.blocks(CHUNK)
