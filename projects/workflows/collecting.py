"""Bring a finished run's declared outputs to the portal, so that its page lives without REANA."""

import hashlib
import logging
import tempfile
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from django.core.files import File
from django.db import IntegrityError, transaction

from projects.workflows import reana, watching
from projects.workflows.models import Run, RunFile
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.services import Service
from vre_portal.text import storable

logger = logging.getLogger(__name__)
LARGEST = 50 * 1024 * 1024  # bytes of one output that the portal copies; larger ones stay at REANA
MOST_FILES = 100
LISTED = 1000
LONGEST_NAME = 500
PATIENCE = 600.0  # seconds for which fetching may fail before the run is shown with what is here


def collect(run: Run, server: Service, token: str) -> None:
    """Copy what is not here yet, then note what the workspace holds; an interruption leaves a run that is collected again."""
    listed: list[dict[str, Any]] = []
    try:
        listed = [
            {"name": storable(file.name), "size": file.size} for file in islice(reana.list_files(server, token, run.remote_id), LISTED)
        ]
        here = set(run.outputs.values_list("path", flat=True))
        wanted = [item["name"] for item in listed if expected(run, item["name"]) and 0 <= item["size"] <= LARGEST][:MOST_FILES]
        for name in wanted:
            if name not in here:
                run.hold()
                copy(run, server, token, name)
    except RemoteError as error:
        if isinstance(error, RemoteUnavailable) and watching.has_patience("collecting", run, PATIENCE):
            raise
        run.unseen(f"Not all of its files could be fetched: {error}")
    run.collected(listed)


def expected(run: Run, name: str) -> bool:
    """Whether the specification declares the file, by itself or by its folder."""
    folders = (run.content.get("outputs") or {}).get("directories") or []
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or len(name) > LONGEST_NAME:
        return False
    return name in run.expected_outputs or any(path.is_relative_to(str(folder).rstrip("/")) for folder in folders)


def copy(run: Run, server: Service, token: str, name: str) -> None:
    """One output, streamed through a temporary file; one that turns out larger than REANA said stays there."""
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as temporary:
        size = 0
        with reana.download(server, token, run.remote_id, name) as download:
            for chunk in download.chunks():
                digest.update(chunk)
                size += temporary.write(chunk)
                if size > LARGEST:
                    logger.warning("an output of run %s is larger than REANA says", run.pk)
                    return
        temporary.seek(0)
        output = RunFile(run=run, path=name, size=size, sha256=digest.hexdigest())
        # On disk it goes by its content: a name that people gave may be longer than a disk allows.
        output.file.save(f"{run.name}-{digest.hexdigest()[:16]}", File(temporary), save=False)
    try:
        with transaction.atomic():
            output.save()
    except IntegrityError:  # another worker was faster
        output.file.delete(save=False)
