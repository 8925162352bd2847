"""What may be bound to an input: a file anywhere, a dataset or a container where a folder is meant."""

from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from projects.workflows.inputs.readiness import Readiness
from projects.workflows.models import Specification
from projects.workflows.reana_yaml import ReanaYaml


def takes_collection(checked: ReanaYaml, path: str) -> bool:
    """Whether a dataset or a container may be bound to the path, where it becomes a folder: all but what `inputs.files` names."""
    return PurePosixPath(path) not in {PurePosixPath(name) for name in checked.files}


def not_a_folder(specification: Specification, path: str) -> str:
    """Why a file of a run or an upload cannot be bound to the path; empty where it can."""
    return needs_folder() if takes_collection(specification.reana_yaml, path) else ""


def needs_folder() -> str:
    """What a folder can be."""
    return _("This input is a folder. Choose a dataset, a container or a file of a Data Lake, which is put into the folder.")


def wrong_type(specification: Specification, row: Readiness) -> str:
    """Why data of this type cannot be bound to the path; empty where they can, or where the type is not known."""
    if not row.is_collection or takes_collection(specification.reana_yaml, row.path):
        return ""
    text = _("Enter the DID of a file. %(did)s has the type %(type)s.")
    return text % {"did": row.did, "type": (row.type or "").lower()}
