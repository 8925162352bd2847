"""What may be bound to an input: a file anywhere, a dataset or a container where a folder is meant."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from projects.workflows.inputs.readiness import Readiness, State
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


def checked_types(checked: ReanaYaml, rows: Iterable[Readiness]) -> list[Readiness]:
    """The rows; those of data whose type cannot be bound to their path say so, unless something else is wrong with them."""
    return [_of_wrong_type(row) if _has_wrong_type(checked, row) else row for row in rows]


def _has_wrong_type(checked: ReanaYaml, row: Readiness) -> bool:
    return row.is_collection and not row.is_wrong and not takes_collection(checked, row.path)


def _of_wrong_type(row: Readiness) -> Readiness:
    text = _("Enter the DID of a file. %(did)s has the type %(type)s.")
    return replace(row, state=State.WRONG_TYPE, words=text % {"did": row.did, "type": (row.type or "").lower()})
