"""Specifications, their runs, the files of the runs, and kept results. The rows say what is to be done; a queued task only does it sooner."""

from projects.workflows.models.document import Document
from projects.workflows.models.entry import Entry
from projects.workflows.models.file import RunFile, RunFileQuerySet
from projects.workflows.models.keep import Keep
from projects.workflows.models.origin import RunOrigin
from projects.workflows.models.run import Run
from projects.workflows.models.run_queries import RunQuerySet
from projects.workflows.models.specification import Specification, SpecificationQuerySet
from projects.workflows.models.version import SpecificationVersion, StoredFile, VersionFile
from vre_portal.jobs.lease import LeaseLost

__all__ = [
    "Document",
    "Entry",
    "Keep",
    "LeaseLost",
    "Run",
    "RunFile",
    "RunFileQuerySet",
    "RunOrigin",
    "RunQuerySet",
    "Specification",
    "SpecificationQuerySet",
    "SpecificationVersion",
    "StoredFile",
    "VersionFile",
]
