"""The files by which REANA 0.95 judges a specification: the reana.yaml as it would be launched, and the files that it declares for the workflow."""

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
    """Name -> content of each file; `data` are those that come from elsewhere at the launch, which are sent empty."""

    files: Mapping[str, bytes]
    data: tuple[str, ...] = ()


def bundle_of(specification: Specification, overrides: Overrides) -> Bundle:
    """All that is sent; raises NotSent. What the reana.yaml does not declare is left out, as reana-client does."""
    content = applied(specification.content, overrides)
    names, folders = _declared(content)
    bound = {path for path in map(workspace_path, specification.data) if path}
    stored = {path for path in specification.stored_paths if path in names or path.startswith(tuple(folders))}
    data = tuple(sorted(path for path in bound - stored - {NAME} if path in names or path.startswith(tuple(folders))))
    if len(stored) + len(data) >= MAX_FILES:
        raise NotSent
    files = {NAME: yaml.safe_dump(content, sort_keys=False, allow_unicode=True).encode(), **dict.fromkeys(data, b"")}
    size = 0
    for path, length, read in _stored(specification, stored - {NAME}):
        size += length
        if size > MAX_BYTES:
            raise NotSent
        files[path] = read()
    return Bundle(files, data)


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
