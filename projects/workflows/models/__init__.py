"""Specifications, runs of them, the files they made, and what was kept: each row is the truth, the broker only hurries it."""

from projects.workflows.models.file import RunFile, RunFileQuerySet
from projects.workflows.models.keep import Keep
from projects.workflows.models.origin import RunOrigin
from projects.workflows.models.run import Run, RunQuerySet
from projects.workflows.models.specification import Document, Specification
from vre_portal.jobs.lease import LeaseLost

__all__ = ["Document", "Keep", "LeaseLost", "Run", "RunFile", "RunFileQuerySet", "RunOrigin", "RunQuerySet", "Specification"]
