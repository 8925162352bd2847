"""Which files a specification names, where they are, and what is missing: all of it inside its repository."""

import posixpath
import re
from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.workflows import reana_yaml
from projects.workflows.cwl_folders import cwl_folders
from projects.workflows.entering import limits
from projects.workflows.entering.gathered import Gathered, keep_within_limits
from projects.workflows.entering.parameter_files import add_parameters, initial_files
from projects.workflows.entering.places import Place
from projects.workflows.entering.specification_files import text_of
from projects.workflows.entering.taken_along import add_named
from projects.workflows.launching.hints import schema_name
from projects.workflows.launching.schema_file import FILE, MAX_CHARACTERS
from projects.workflows.reana_yaml import ReanaYaml, folder_prefix, workspace_path
from vre_portal.ordered_texts import has_beginning
from vre_portal.text import plain, size, storable

INCLUDED = re.compile(r"(?:.*/)?(?:Snakefile[^/]*|[^/]+\.(?:smk|rules|cwl|ya?ml|json|py))", re.IGNORECASE)
NOT_HERE = {
    "lfs": gettext_lazy("The content of %(path)s is in Git LFS, which the portal does not fetch."),
    "link": gettext_lazy("%(path)s is a symbolic link, or behind one, and links are not followed."),
    "submodule": gettext_lazy("%(path)s is in a submodule, which is not fetched."),
    "large": gettext_lazy("%(path)s is in the repository, but too large to be kept here."),
    "files": gettext_lazy("%(path)s is in the repository, but beyond the number of files that are kept here."),
}


def gather(place: Place, path: str, *, root: str | None = None) -> Gathered:
    """What the specification at the path names. Raises Refused where it cannot be read at all; all else is a fault or a note."""
    text = text_of(place, path)
    checked = reana_yaml.read(text)
    folder = posixpath.dirname(path)
    found = Gathered(path, text, _root(place, checked, folder) if root is None else root)
    found.notes += _about_root(found.root, folder, checked)
    for name in dict.fromkeys(checked.files):
        _add_file(found, place, name)
    for name in dict.fromkeys(checked.directories):
        _add_folder(found, place, name)
    if len(found.unbound) > limits.MAX_FILES:
        text = _("More than %(limit)s inputs are not among the files. Name their folders instead.")
        found.faults.append(text % {"limit": limits.MAX_FILES})
        found.unbound = found.unbound[: limits.MAX_FILES]
    _add_workflow(found, place, checked)
    _add_named_in_workflow(found, place, checked)
    add_parameters(found, place, checked)
    _add_schema(found, place, checked)
    parameters = checked.parameters if found.input_parameters is None else found.input_parameters
    add_named(found, place, parameters)
    _add_cwl_folders(found, place, cwl_folders(checked, parameters))
    found.faults += [_("%(path)s is both a file and a folder.") % {"path": plain(name)[:200]} for name in _both(found.files)]
    keep_within_limits(found, place)
    found.faults, found.notes = limits.few(found.faults), limits.few(found.notes)
    return found


def _both(files: Iterable[str]) -> list[str]:
    """Files that are folders of others, too, as a zip may have them: no workspace can."""
    names = sorted(files)
    return [name for name in names if has_beginning(names, f"{name}/")]


def _named(checked: ReanaYaml) -> list[str]:
    names = [*checked.files, *checked.directories, *initial_files(checked), checked.parameter_file, checked.workflow_file]
    return [path for name in names if name and (path := workspace_path(name))]


def _root(place: Place, checked: ReanaYaml, folder: str) -> str:
    """The folder from which the names count: that of the specification, or the repository itself where more of them are found there."""
    names = _named(checked)

    def count(root: str) -> int:
        return sum(_is_there(place, posixpath.join(root, name)) for name in names)

    return folder if not folder or count(folder) >= count("") else ""


def _is_there(place: Place, path: str) -> bool:
    return path in place.sizes or place.has_folder(path) or bool(place.why_not(path))


def _about_root(root: str, folder: str, checked: ReanaYaml) -> list[str]:
    if not folder or not _named(checked):
        return []
    if root:
        return [_("Paths are read from the folder of the specification, %(folder)s.") % {"folder": plain(root)}]
    return [_("Paths are read from the root of the repository, because its files are found there.")]


def _add_file(found: Gathered, place: Place, name: str) -> None:
    target = workspace_path(name)
    if target is None:
        found.faults.append(_("inputs.files: %(path)s is not a path inside the repository.") % {"path": plain(name)[:200]})
        return
    at = posixpath.join(found.root, target)
    if at in place.sizes:
        found.files[target] = at
    elif place.has_folder(at):
        _take_below(found, place, f"{at}/")
    else:
        found.unbound.append([name, place.why_not(at) or "absent"])


def _take_below(found: Gathered, place: Place, folder: str) -> None:
    """All files in a folder, unless they were taken with one around it: each is looked at once, however many names lead to it."""
    ends = [number for number, letter in enumerate(folder) if letter == "/"][: limits.MAX_PATH]
    if found.folders.isdisjoint(["", *(folder[: end + 1] for end in ends)]):
        found.folders.add(folder)
        begin = len(found.root) + 1 if found.root else 0
        found.files |= {path[begin:]: path for path in place.below(folder)}
        lacking = [path for path in place.lacking(folder) if place.reasons[path] in limits.WITHOUT_CONTENT]
        found.unbound += [[path[begin:], place.reasons[path]] for path in lacking[: limits.MAX_FILES]]


def _add_folder(found: Gathered, place: Place, name: str) -> None:
    if workspace_path(name) is None and str(name).strip("./"):
        found.faults.append(_("inputs.directories: %(path)s is not a path inside the repository.") % {"path": plain(name)[:200]})
        return
    at = posixpath.join(found.root, folder_prefix(name))
    folder = at if at.endswith("/") or not at else f"{at}/"
    _take_below(found, place, folder)
    if has_beginning(place.ordered, folder) or has_beginning(place.ordered_reasons, folder):
        return
    if path := workspace_path(name):
        found.unbound.append([path, place.why_not(at) or "absent"])
    else:
        found.notes.append(_("inputs.directories: the folder %(path)s has no files in the repository.") % {"path": plain(name)[:200]})


def _add_workflow(found: Gathered, place: Place, checked: ReanaYaml) -> None:
    """The file of the workflow itself, and what it may include: the engine says later what it really does."""
    name = checked.workflow_file
    if not name:
        return
    target = workspace_path(name)
    at = posixpath.join(found.root, target or "")
    if target is None or at not in place.sizes:
        shown = {"path": plain(name)[:200]}
        if words := NOT_HERE.get(place.why_not(at) if target else ""):
            found.why_no_workflow = str(words) % shown
        found.faults.append(f"workflow.file: {found.why_no_workflow or _('%(path)s is not in the repository.') % shown}")
        return
    found.files[target] = at
    below, beside = place.below(f"{found.root}/" if found.root else ""), posixpath.dirname(at)
    # Beside the workflow's file a name says nothing: tools of CWL are often called `.tool`.
    named = [path for path in below if path == at or INCLUDED.fullmatch(path) or (beside and path.startswith(f"{beside}/"))]
    total = 0
    for path in sorted(named, key=lambda path: (path != at, path.count("/"), path))[: limits.MAX_CANDIDATES]:
        total += place.sizes[path]
        if total <= limits.MAX_CANDIDATE_BYTES:
            found.candidates.append(path)
    found.candidates.sort(key=lambda path: (path.count("/"), path))
    _add_further(found, place, below)


def _add_named_in_workflow(found: Gathered, place: Place, checked: ReanaYaml) -> None:
    """What REANA 0.95 lets the workflow name besides the inputs: workflow.files and workflow.directories; and workflow.parameters.file
    where its name says that it holds something else than parameters."""
    workflow = checked.content.get("workflow")
    if not isinstance(workflow, dict):
        return
    parameters = workflow.get("parameters")
    named = [("workflow.parameters.file", parameters.get("file"))] if isinstance(parameters, dict) and parameters.get("file") else []
    named = [] if checked.workflow_parameter_file else named
    for key in ("files", "directories"):
        items = workflow.get(key)
        named += [(f"workflow.{key}", item) for item in items[: limits.MAX_FILES]] if isinstance(items, list) else []
    for key, name in named:
        target = workspace_path(name) if isinstance(name, str) else None
        at = posixpath.join(found.root, target or "")
        if target and at in place.sizes:
            found.files.setdefault(target, at)
        elif target and place.has_folder(at):
            _take_below(found, place, f"{at}/")
        else:
            found.notes.append(_("%(key)s: %(path)s is not in the repository.") % {"key": key, "path": plain(str(name))[:200]})


def _add_further(found: Gathered, place: Place, below: list[str]) -> None:
    """Small files of other kinds, such as tables of samples: inputs first, then those near the root."""
    known, inputs, total = set(found.candidates), set(found.files.values()), 0
    small = [path for path in below if path not in known and place.sizes[path] <= limits.MAX_FURTHER_FILE_BYTES]
    for path in sorted(small, key=lambda path: (path not in inputs, path.count("/"), path))[: limits.MAX_CANDIDATES]:
        total += place.sizes[path]
        if total > limits.MAX_FURTHER_BYTES:
            return
        found.further.append(path)


def _add_schema(found: Gathered, place: Place, checked: ReanaYaml) -> None:
    """The JSON schema beside the specification, with hints for the launch form. A workflow runs without it, so what is wrong is a note."""
    name, folder = schema_name(checked), posixpath.dirname(found.path)
    target = workspace_path(name)
    at = posixpath.join(folder, target or "")
    if target is None or at not in place.sizes:
        if name != FILE:
            found.notes.append(_("vre.schema: %(file)s is not beside the specification.") % {"file": plain(name)[:200]})
    elif place.sizes[at] > MAX_CHARACTERS:
        words = _("The hints in %(file)s are not used: it may have %(limit)s.")
        found.notes.append(words % {"file": plain(name)[:200], "limit": size(MAX_CHARACTERS)})
    else:
        found.parameter_schema = storable(place.read(at).decode("utf-8-sig", errors="replace"))


def _add_cwl_folders(found: Gathered, place: Place, folders: list[str]) -> None:
    """Folders of the repository that parameters of the class Directory name; one that is not there is bound to data of a lake."""
    known = {path for path, _why in found.unbound}
    for target in dict.fromkeys(folders):
        at = posixpath.join(found.root, target)
        if place.has_folder(at):
            before = len(found.files)
            _take_below(found, place, f"{at}/")
            if len(found.files) > before:
                text = _("Taken along, because a parameter names it, though inputs does not: %(files)s.")
                found.notes.append(text % {"files": f"{plain(target)[:100]}/"})
        elif target not in known:
            found.unbound.append([target, place.why_not(at) or "absent"])
