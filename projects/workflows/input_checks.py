"""Whether the code that a run reads is stored with the specification, or bound to data."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.workflows.models import Specification
from projects.workflows.reana_yaml import workspace_path
from projects.workflows.validation_results import Check


def stored_files(specification: Specification) -> Check:
    """Whether each of `inputs.files` is stored or named by DID; the lake itself is not asked here."""
    wanted, name = specification.reana_yaml.files, _("Input files")
    missing = [path for path in wanted if not is_stored(specification, path) and path not in specification.data]
    if missing:
        text = _("inputs.files: %(path)s is not stored with this workflow, and no file of the Data Lake is given for it.")
        return Check(name, "error", tuple(text % {"path": path[:200]} for path in missing[:20]))
    if count := len(specification.data):
        text = ngettext(
            "%(n)s data file: looked up in the Data Lake at launch.", "%(n)s data files: looked up in the Data Lake at launch.", count
        )
        return Check(name, "not checked", (text % {"n": count},))
    if not wanted:
        return Check(name, "not checked", (_("The specification has no input files."),))
    return Check(name, "ok", (_("All files are stored with the workflow."),))


def is_asked_before_launch(check: Check) -> bool:
    """Whether the checks before the launch have it: what the specification leaves to the Data Lake is looked up there."""
    return check.name == _("Input files") and check.state == "not checked"


def is_stored(specification: Specification, path: str) -> bool:
    """Whether a file of this name, or files of a folder of this name, are stored with the workflow."""
    if path in specification.stored_paths:
        return True
    name = workspace_path(path)
    return name is not None and any(stored == name or stored.startswith(f"{name}/") for stored in specification.stored_paths)
