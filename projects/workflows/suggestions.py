"""Workflows that a file of the Data Lake could be an input of: those with an input from the same lake that looks like it."""

from pathlib import PurePosixPath

from projects.workflows.models import Specification


def place_for(specification: Specification, lake: str, did: str) -> str | None:
    """The path in the workspace that the file would take: one of the same name, else the first with the same ending."""
    name = PurePosixPath(did.partition(":")[2])
    paths: list[str] = [path for path, found in sorted(specification.data.items()) if found.get("lake") == lake]
    for path in paths:
        if name.name in (PurePosixPath(path).name, PurePosixPath(specification.data[path]["did"].partition(":")[2]).name):
            return path
    return next((path for path in paths if name.suffix and PurePosixPath(path).suffix.lower() == name.suffix.lower()), None)
