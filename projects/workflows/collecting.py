"""Bring a finished run's declared outputs to the portal, so that its page lives without REANA."""

import hashlib
import logging
import tempfile
from pathlib import PurePosixPath
from typing import Any

from django.core.files import File

from projects.workflows import reana
from projects.workflows.models import Run, RunFile
from vre_portal.services import Service

logger = logging.getLogger(__name__)
LARGEST = 50 * 1024 * 1024  # bytes of one output that the portal copies; larger ones stay at REANA
MOST_FILES = 100
LISTED = 1000


def collect(run: Run, server: Service, token: str) -> None:
    """Copy what is not here yet, then note what the workspace holds; an interruption leaves a run that is collected again."""
    listed: list[dict[str, Any]] = []
    for number, file in enumerate(reana.list_files(server, token, run.remote_id)):
        if number >= LISTED:
            break
        listed.append({"name": file.name, "size": file.size})
    wanted = [item for item in listed if expected(run, item["name"]) and item["size"] <= LARGEST][:MOST_FILES]
    here = set(run.outputs.values_list("path", flat=True))
    for item in wanted:
        if item["name"] not in here:
            copy(run, server, token, item["name"])
    run.collected(listed)


def expected(run: Run, name: str) -> bool:
    """Whether the specification declares the file, by itself or by its folder."""
    folders = (run.content.get("outputs") or {}).get("directories") or []
    path = PurePosixPath(name)
    return name in run.expected_outputs or any(path.is_relative_to(str(folder).rstrip("/")) for folder in folders)


def copy(run: Run, server: Service, token: str, name: str) -> None:
    """One output, streamed through a temporary file."""
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as temporary:
        size = 0
        with reana.download(server, token, run.remote_id, name) as download:
            for chunk in download.chunks():
                digest.update(chunk)
                size += temporary.write(chunk)
        temporary.seek(0)
        output = RunFile(run=run, path=name, size=size, sha256=digest.hexdigest())
        output.file.save(f"{run.name}-{PurePosixPath(name).name}"[-200:], File(temporary), save=False)
        output.save()
