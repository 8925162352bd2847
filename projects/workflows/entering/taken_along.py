"""Files that no input names and the workflow needs all the same: they go with it, and that is said."""

import posixpath
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from projects.workflows.entering import limits
from projects.workflows.entering.gathered import Gathered, keep_within_limits
from projects.workflows.entering.places import Place
from projects.workflows.reana_yaml import workspace_path
from vre_portal.portable_gettext import grouped
from vre_portal.text import plain, size

MAX_TOLD = 10  # names in one sentence


def add_included(found: Gathered, place: Place, included: Iterable[str]) -> None:
    """What the engine really took in, by paths from the repository's root, goes with it."""
    for path in included:
        if path in place.sizes and path.startswith(f"{found.root}/" if found.root else ""):
            found.files.setdefault(posixpath.relpath(path, found.root or "."), path)
    keep_within_limits(found, place)


def add_opened(found: Gathered, place: Place, opened: Iterable[str]) -> None:
    """What the workflow's file reads, or its steps take, goes with it, too, and it is said: the inputs do not name it."""
    _add_told(found, place, opened, _("Taken along, because the workflow needs it, though inputs does not name it: %(files)s."))


def add_named(found: Gathered, place: Place, parameters: Any) -> None:
    """Files of the repository that parameters name: those of CWL's class File, and texts that are just the path of one."""
    names = [name for value in _named_by(parameters) if (name := workspace_path(value))]
    words = _("Taken along, because a parameter names it, though inputs does not: %(files)s.")
    _add_told(found, place, [posixpath.join(found.root, name) for name in names], words)


def _named_by(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _named_by(item)
    elif isinstance(value, list):
        for item in value:
            yield from _named_by(item)
    elif isinstance(value, str) and 0 < len(value) <= limits.MAX_PATH:
        yield value.removeprefix("file://")


def _add_told(found: Gathered, place: Place, paths: Iterable[str], words: str) -> None:
    """Add files that nothing else named, unless they would be too much; those whose content is not here wait for data, as inputs do."""
    begin = f"{found.root}/" if found.root else ""
    room = limits.MAX_BYTES - sum(place.sizes[at] for at in found.files.values())
    known = {*found.files, *(name for name, _why in found.unbound)}
    added, beyond = list[str](), list[str]()
    for path in dict.fromkeys(paths):
        target = path.removeprefix(begin)
        if path == found.path or target in known or not path.startswith(begin):
            continue
        if path not in place.sizes:
            if place.reasons.get(path) in limits.WITHOUT_CONTENT:
                found.unbound.append([target, place.reasons[path]])
        elif place.sizes[path] <= room and len(found.files) < limits.MAX_FILES:
            room -= place.sizes[path]
            found.files[target] = path
            added.append(target)
        else:
            beyond.append(target)
    if added:
        found.notes.append(words % {"files": _listed(added)})
    if beyond:
        text = _("Not stored, though the workflow may need it: %(paths)s. A workflow may have %(files)s files and %(size)s.")
        found.notes.append(text % {"paths": _listed(beyond), "files": grouped(limits.MAX_FILES), "size": size(limits.MAX_BYTES)})


def _listed(names: list[str]) -> str:
    return ", ".join([*(plain(name)[:100] for name in names[:MAX_TOLD]), *(["…"] if len(names) > MAX_TOLD else [])])


def add_candidates(found: Gathered, place: Place) -> None:
    """Where nobody knows what the workflow's file includes, all that it could goes along, and it is said."""
    before = len(found.files)
    add_included(found, place, [path for path in found.candidates if path != found.path])
    if found.candidates:
        text = _("What the workflow's file includes is not known, so %(count)s files beside it were taken along; others may be missing.")
        found.notes.append(text % {"count": len(found.files) - before})
