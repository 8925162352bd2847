"""The files of a kept result on their way into the lake, one by one: each that cannot be kept says why and costs only itself."""

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import PurePosixPath
from typing import IO

from django.utils import timezone
from django.utils.translation import gettext as _

from datalake import rucio
from projects.workflows import copying
from projects.workflows.models import Keep, RunFile
from projects.workflows.permissions import why_not_from_reana
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.vault import SignInAgain, access_token
from vre_portal.services import Service, ServiceKind, UnknownService, service

logger = logging.getLogger(__name__)
PATIENCE = timedelta(hours=1)  # after which the others are kept without a file that fails time and again
MAX_NAME = 250  # characters of a name in the lake
UNUSUAL = re.compile(r"[^A-Za-z0-9._-]")  # what Rucio's names may not hold, or not everywhere


def upload_files(kept: Keep, lake: Service, token: str, names: Mapping[str, str]) -> None:
    """Bring each file that is not there yet; raises RemoteUnavailable where some have to be tried again, RemoteRefused where none is left."""
    known = {file.path: file for file in kept.run.outputs.filter(path__in=kept.paths)}
    trouble: RemoteUnavailable | None = None
    for path in kept.paths:
        if path in kept.uploaded or path in kept.failed:
            continue
        kept.hold()
        try:
            did = _upload(kept, lake, token, known.get(path), names[path])
        except SignInAgain:
            raise
        except RemoteRefused as error:
            kept.without(path, str(error))
        except RemoteUnavailable as error:
            if kept.uploaded and timezone.now() - kept.created_at > PATIENCE:
                kept.without(path, _("%(reason)s The portal tried for an hour.") % {"reason": error})
            else:
                trouble = trouble or error
        else:
            facts = {"bytes": did.bytes, "adler32": did.adler32 or ""}
            kept.moved(Keep.Status.UPLOADING, uploaded=[*kept.uploaded, path], in_lake={**kept.in_lake, path: facts})
    if trouble:
        raise trouble
    if not kept.uploaded:
        text = _("None of the files could be kept. %(reason)s") % {"reason": next(iter(kept.failed.values()), "")}
        raise RemoteRefused(text.strip(), service=lake)


def _upload(kept: Keep, lake: Service, token: str, file: RunFile | None, name: str) -> rucio.Did:
    """Returns the file as the lake has it."""
    if file is None:
        raise RemoteRefused(_("The run no longer has this file."), service=lake)
    file.run = kept.run
    with _content(kept, file) as content:
        return rucio.upload_file(lake, token, kept.rse, kept.scope, name, content)


@contextmanager
def _content(kept: Keep, file: RunFile) -> Iterator[IO[bytes]]:
    """The portal's copy, else the file as REANA has it; raises RemoteError."""
    if (copy := _copy_of(file)) is not None:
        with copy:
            yield copy
        return
    if reason := why_not_from_reana(kept.by, file):
        raise RemoteRefused(reason)
    try:
        server = service(ServiceKind.REANA, file.run.server)
    except UnknownService as error:
        raise RemoteRefused(str(error)) from None
    token = access_token(kept.by, server, purpose=(_("keep %(dataset)s") % {"dataset": kept})[:200])
    with copying.fetched(file, server, token) as content:
        yield content


def _copy_of(file: RunFile) -> IO[bytes] | None:
    """The portal's copy; None where it has none, or has lost it."""
    if not file.is_copied:
        return None
    try:
        return file.file.open("rb")  # type: ignore[no-any-return]
    except FileNotFoundError:
        logger.warning("the copy of file %s of run %s is gone", file.pk, file.run_id)
        return None


def names_of(dataset: str, paths: list[str]) -> dict[str, str]:
    """The name in the lake of each output: its last part, or its whole path where two folders hold files of one name.

    What the lake's names may not hold becomes "_"; names that would be equal then, or too long, get a part of their path's hash.
    """
    times = Counter(PurePosixPath(path).name for path in paths)
    wanted = {path: PurePosixPath(path).name if times[PurePosixPath(path).name] == 1 else path.replace("/", "_") for path in paths}
    usual = {path: f"{dataset}.{UNUSUAL.sub('_', name)}" for path, name in wanted.items()}
    again = Counter(usual.values())
    return {path: name if again[name] == 1 and len(name) <= MAX_NAME else _distinct(name, path) for path, name in usual.items()}


def _distinct(name: str, path: str) -> str:
    """The name with a part of the path's hash before its ending."""
    stem, dot, ending = name.rpartition(".")
    ending = f"{dot}{ending}" if len(ending) <= 20 else ""
    mark = hashlib.sha256(path.encode()).hexdigest()[:8]
    return f"{(stem if ending else name)[: MAX_NAME - len(ending) - len(mark) - 1]}-{mark}{ending}"
