"""A specification with its files, as far as they were found, and what is wrong."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from django.utils.translation import gettext as _

from projects.workflows import reana_yaml
from projects.workflows.cwl_folders import cwl_folders
from projects.workflows.entering import limits
from projects.workflows.entering.places import Place
from vre_portal.text import plain, size


@dataclass
class Gathered:
    """A specification with its files: where each goes in the workspace and where it stands, and what is wrong."""

    path: str
    text: str
    root: str = ""
    files: dict[str, str] = field(default_factory=dict)  # path in the workspace: path at the place
    unbound: list[list[str]] = field(default_factory=list)  # path in the workspace, and why it is not here
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    input_parameters: dict[str, Any] | None = None
    parameter_schema: str = ""
    candidates: list[str] = field(default_factory=list)  # at the place: what an engine may include
    further: list[str] = field(default_factory=list)  # at the place: what it may read, and is taken along only where it does
    why_no_workflow: str = ""  # why the workflow's own file is not among the files
    folders: set[str] = field(default_factory=set)  # at the place, with their slash: those that were taken whole


def later(found: Gathered) -> list[str]:
    """The names of inputs that are bound to data; folders end in a slash."""
    checked = reana_yaml.read(found.text)
    folders = {*checked.folders, *cwl_folders(checked, checked.parameters if found.input_parameters is None else found.input_parameters)}
    return [f"{name}/" if name in folders else name for name, _why in found.unbound]


def others(found: Gathered, place: Place, known: Iterable[str]) -> list[str]:
    """The names in the workspace of files that nothing named so far, with or without content: a workflow's file may, and would call them missing."""
    known, begin = {*known, *found.files.values()}, f"{found.root}/" if found.root else ""
    lacking = (path for path in place.lacking(begin) if place.reasons[path] in limits.WITHOUT_CONTENT)
    names = (path for path in chain(lacking, place.below(begin)) if path not in known)
    return [path.removeprefix(begin) for path in islice(names, limits.MAX_FILES)]


def keep_within_limits(found: Gathered, place: Place) -> None:
    """Keep the first files up to the limits; what goes beyond is a fault, for the workflow would lack it."""
    total, kept, beyond = 0, dict[str, str](), list[str]()
    for target, at in found.files.items():
        total += place.sizes[at]
        if len(kept) >= limits.MAX_FILES or total > limits.MAX_BYTES or len(target) > limits.MAX_PATH * 2:
            beyond.append(target)
        else:
            kept[target] = at
    found.files = kept
    if beyond:
        text = _("%(count)s files are not stored, such as %(path)s: a workflow may have %(files)s files and %(size)s.")
        values = {"count": len(beyond), "path": plain(beyond[0])[:100], "files": limits.MAX_FILES, "size": size(limits.MAX_BYTES)}
        found.faults.append(text % values)
