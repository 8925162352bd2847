"""The files by which REANA 0.95 judges a specification: the reana.yaml as it would be launched, and the files that go with it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml

from projects.workflows.launching.overrides import Overrides, applied
from projects.workflows.models import Specification
from projects.workflows.reana.bundles import MAX_BYTES, MAX_FILES, NAME
from projects.workflows.reana_yaml import folder_prefix, workspace_path


class NotSent(Exception):
    """There is more than the portal sends in one request."""


@dataclass(frozen=True)
class Bundle:
    """Name -> content of each file; `data` are those that come from elsewhere at the launch, which are sent empty.

    `left_out` counts stored files that a launch sends and this does not, because they would be too many or too large.
    """

    files: Mapping[str, bytes]
    data: tuple[str, ...] = ()
    left_out: int = 0


def bundle_of(specification: Specification, overrides: Overrides, parameters: Mapping[str, Any] | None = None) -> Bundle:
    """All that is sent: what a launch with these settings and values sends, or only what the reana.yaml declares. Raises NotSent."""
    content = _with_parameters(applied(specification.content, overrides), specification, parameters or {})
    names, folders = _declared(content)
    bound = {path for path in map(workspace_path, specification.data) if path}
    stored = specification.stored_paths
    data = tuple(sorted(path for path in bound - stored - {NAME} if path in names or path.startswith(tuple(folders))))
    files = {NAME: yaml.safe_dump(content, sort_keys=False, allow_unicode=True).encode(), **dict.fromkeys(data, b"")}
    declared = {path for path in stored if path in names or path.startswith(tuple(folders))}
    for paths in (stored, declared):
        if (read := _read(specification, paths - {NAME}, MAX_FILES - len(files))) is not None:
            return Bundle(files | read, data, len(stored) - len(paths))
    raise NotSent


def _with_parameters(content: dict[str, Any], specification: Specification, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """With the values of the launch instead of the defaults, where some differ."""
    known = specification.default_parameters
    changed = {name: value for name, value in parameters.items() if name in known and repr(value) != repr(known[name])}  # True is not 1
    if not changed:
        return content
    inputs = content.get("inputs")
    return {**content, "inputs": {**(inputs if isinstance(inputs, dict) else {}), "parameters": {**known, **changed}}}


def _read(specification: Specification, paths: Collection[str], most: int) -> dict[str, bytes] | None:
    """The contents of stored files; None where they are more or larger than is sent at once."""
    if len(paths) > most:
        return None
    files, size = {}, 0
    for path, length, read in _stored(specification, paths):
        size += length
        if size > MAX_BYTES:
            return None
        files[path] = read()
    return files


def _stored(specification: Specification, paths: Collection[str]) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    """Path, size and content of stored files; the content is read when it is asked for."""
    if specification.current is None:
        for path in sorted(paths):
            body = specification.code[path].encode()
            yield path, len(body), partial(bytes, body)
        return
    for file in specification.current.files.filter(path__in=paths).select_related("stored"):
        yield file.path, file.stored.size, file.stored.read


def _declared(content: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Names of files, and beginnings of names of those in folders."""
    workflow, inputs = (part if isinstance(part := content.get(name), dict) else {} for name in ("workflow", "inputs"))
    file = str(workflow.get("file") or "")
    names = [file.partition("#")[0] if workflow.get("type") == "cwl" else file, *_texts(workflow.get("files"))]
    folders = _texts(workflow.get("directories"))
    if file and "files" not in workflow and "directories" not in workflow:
        names += _texts(inputs.get("files"))
        folders += _texts(inputs.get("directories"))
    parameters = inputs.get("parameters")
    if isinstance(parameters, dict) and workflow.get("type") in ("cwl", "snakemake"):
        names += _texts([parameters.get("input")])
    external = workflow.get("parameters")
    names += _texts([external.get("file")]) if isinstance(external, dict) else []
    return {path for name in names if (path := workspace_path(name))}, {folder_prefix(name) for name in folders}


def _texts(values: Any) -> list[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, Iterable) and not isinstance(values, str) else []
