"""Copy the files of a run that wait for it, one by one: each that cannot be copied says why and costs only itself."""

import hashlib
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO

from django.core.cache import cache
from django.core.files import File
from django.db import InterfaceError, OperationalError
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from projects import standing
from projects.permissions import Permission
from projects.workflows import reana
from projects.workflows.collecting import MAX_COPIED_BYTES, TOO_LARGE
from projects.workflows.models import LeaseLost, Run, RunFile
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.vault import SignInAgain, access_token
from vre_portal.services import Service, ServiceKind, UnknownService, service

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 6
RETRY_SECONDS = 5.0  # before the second attempt, twice as long before each further one
SIGN_IN_SECONDS = 30.0
LOCK_SECONDS = 120
MAX_UNANSWERED = 3  # files in a row, after which the server is left alone until the next round
CHUNK = 256 * 1024
INTERNAL_ERROR_MESSAGE = "Internal error; the portal's operators find the reason in its log."


def runs_with_work() -> list[int]:
    """Runs with files that may be copied now, or with nothing left to copy and nobody who said so."""
    waiting = RunFile.objects.waiting().filter(run=OuterRef("pk"))
    done = Q(listed_at__isnull=False, collected_at=None) & ~Exists(waiting)
    runs = Run.objects.filter(done | Exists(waiting.filter(RunFile.free())))
    return list(runs.order_by("pk").values_list("pk", flat=True)[:50])


def copy_files(run_pk: int) -> None:
    """Copy what waits, one worker at a time for one run; without the cache's memory two may, and each takes other files."""
    lock = f"copy-files-{run_pk}"
    if not cache.add(lock, True, LOCK_SECONDS):
        return
    try:
        run = Run.objects.select_related("by", "project").get(pk=run_pk)
        _copy_waiting(run, lock)
        if run.listed_at and run.collected_at is None and not run.outputs.waiting().exists():
            run.collected()
    finally:
        cache.delete(lock)


def _copy_waiting(run: Run, lock: str) -> None:
    files = run.outputs.waiting().filter(RunFile.free())
    if not files.exists():
        return
    try:
        server, token = _access(run)
    except SignInAgain:
        _postpone_all(run, f"It is copied when {run.by} signs in again.", SIGN_IN_SECONDS)
    except RemoteUnavailable as error:
        _postpone_all(run, str(error), error.retry_after or RETRY_SECONDS)
    except (RemoteRefused, UnknownService) as error:
        files.update(state=RunFile.State.FAILED, reason=str(error), lease_until=None)
    else:
        unanswered = 0
        for pk in list(files.order_by("pk").values_list("pk", flat=True)):
            cache.touch(lock, LOCK_SECONDS)
            unanswered = 0 if _copy_one(run, pk, server, token) else unanswered + 1
            if unanswered == MAX_UNANSWERED:
                return


def _postpone_all(run: Run, why: str, seconds: float) -> None:
    until = timezone.now() + timedelta(seconds=seconds)
    run.outputs.waiting().filter(RunFile.free()).update(reason=why, lease_until=until)


def _access(run: Run) -> tuple[Service, str]:
    """The server and the token of whoever launched the run, who must still be allowed to; raises RemoteError, SignInAgain, UnknownService."""
    server = service(ServiceKind.REANA, run.server)
    standing.require(run.by, run.project, Permission.LAUNCH)
    return server, access_token(run.by, server, purpose=f"outputs of {run.name}")


def _copy_one(run: Run, pk: int, server: Service, token: str) -> bool:
    """One file, whatever becomes of it; False where the server gave no answer."""
    if not RunFile.claim(pk, state=RunFile.State.WAITING):
        return True
    file = RunFile.objects.get(pk=pk)
    file.run = run
    if file.attempt > MAX_ATTEMPTS:  # each of them ended without a word, as when a worker is killed
        file.failed(f"Copying was interrupted {MAX_ATTEMPTS} times.")
        return True
    try:
        with file.held():
            copy(file, server, token)
    except LeaseLost:
        logger.warning("file %s of run %s was taken over by another worker", pk, run.pk)
    except RemoteRefused as error:
        file.failed(str(error))
    except RemoteUnavailable as error:
        _try_later(file, str(error), error.retry_after)
        return False
    except (OperationalError, InterfaceError):
        raise  # the database is away: the lease runs out, and the sweep goes on
    except Exception:
        logger.exception("file %s of run %s could not be copied", pk, run.pk)
        _try_later(file, INTERNAL_ERROR_MESSAGE)
    return True


def _try_later(file: RunFile, why: str, pause: float | None = None) -> None:
    if file.attempt >= MAX_ATTEMPTS:
        file.failed(f"{why} Tried {file.attempt} times.")
    else:
        file.postponed(f"{why} Retrying.", pause or RETRY_SECONDS * 2 ** (file.attempt - 1))


def copy(file: RunFile, server: Service, token: str) -> None:
    """Bring one file here, through a temporary one."""
    with fetched(file, server, token, max_bytes=MAX_COPIED_BYTES) as content:
        digest = hashlib.sha256()
        for block in iter(lambda: content.read(CHUNK), b""):
            digest.update(block)
        size = content.tell()
        content.seek(0)
        # On disk it goes by its content: a name that people gave may be longer than a disk allows.
        storage = file.file.storage
        name = storage.save(file.file.field.generate_filename(file, f"{file.run.name}-{digest.hexdigest()[:16]}"), File(content))
    if not file.copied(size=size, sha256=digest.hexdigest(), name=name):
        storage.delete(name)


@contextmanager
def fetched(file: RunFile, server: Service, token: str, max_bytes: int | None = None) -> Iterator[IO[bytes]]:
    """The whole file on this machine's disk for a while; raises RemoteError."""
    with tempfile.TemporaryFile() as content:
        for piece in pieces(file, server, token):
            content.write(piece)
            if max_bytes is not None and content.tell() > max_bytes:
                raise RemoteRefused(TOO_LARGE, service=server)
        content.seek(0)
        yield content


def pieces(file: RunFile, server: Service, token: str) -> Iterator[bytes]:
    """The bytes of a file as REANA has it; raises RemoteError, at the end where they are not as many as REANA listed."""
    with reana.download(server, token, file.run.remote_id, file.path, size=file.size) as answer:
        yield from answer.blocks(CHUNK)
