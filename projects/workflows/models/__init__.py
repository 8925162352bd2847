"""Specifications, their runs, the files of the runs, and kept results. The rows say what is to be done; a queued task only does it sooner."""

from projects.workflows.models.best_number import BestNumber
from projects.workflows.models.deletion import DeletedRun, RunDeletion
from projects.workflows.models.document import Document
from projects.workflows.models.entry import Entry
from projects.workflows.models.fetch_secret import FetchSecret
from projects.workflows.models.file import RunFile, RunFileQuerySet, is_picture_path
from projects.workflows.models.keep import Keep
from projects.workflows.models.label import RunTag, RunValue
from projects.workflows.models.launch_template import LaunchTemplate, LaunchTemplateQuerySet
from projects.workflows.models.notebook_page import NotebookPage, NotebookPicture, NotebookRendering
from projects.workflows.models.origin import RunOrigin
from projects.workflows.models.reana_offer import ReanaOffer
from projects.workflows.models.repository_look import RepositoryLook
from projects.workflows.models.result import Result
from projects.workflows.models.run import Run
from projects.workflows.models.run_input import RunInput
from projects.workflows.models.run_queries import RunQuerySet, awaiting_list
from projects.workflows.models.specification import Specification, SpecificationQuerySet
from projects.workflows.models.upload import InputUpload
from projects.workflows.models.version import SpecificationVersion, StoredFile, VersionFile
from projects.workflows.models.whole_log import WholeLog
from vre_portal.jobs.lease import LeaseLost

__all__ = [
    "BestNumber",
    "DeletedRun",
    "Document",
    "Entry",
    "FetchSecret",
    "InputUpload",
    "Keep",
    "LaunchTemplate",
    "LaunchTemplateQuerySet",
    "LeaseLost",
    "NotebookPage",
    "NotebookPicture",
    "NotebookRendering",
    "ReanaOffer",
    "RepositoryLook",
    "Result",
    "Run",
    "RunDeletion",
    "RunFile",
    "RunFileQuerySet",
    "RunInput",
    "RunOrigin",
    "RunQuerySet",
    "RunTag",
    "RunValue",
    "Specification",
    "SpecificationQuerySet",
    "SpecificationVersion",
    "StoredFile",
    "VersionFile",
    "WholeLog",
    "awaiting_list",
    "is_picture_path",
]
