"""Folders that the values of a CWL workflow name, as objects of the class Directory: data of a lake may become them, as `inputs.directories` does."""

from collections.abc import Iterator
from typing import Any

from projects.workflows.reana_yaml import ReanaYaml, workspace_path


def cwl_folders(checked: ReanaYaml, parameters: Any) -> list[str]:
    """Where in the workspace they are, each once; none for other engines."""
    if checked.engine != "cwl":
        return []
    return list(dict.fromkeys(path for name in _places(parameters) if (path := workspace_path(name))))


def _places(value: Any) -> Iterator[str]:
    """The places in the values, however deep; a Directory that lists its files has none."""
    if isinstance(value, list):
        for item in value:
            yield from _places(item)
    elif isinstance(value, dict):
        place = value.get("path", value.get("location"))
        if value.get("class") == "Directory" and isinstance(place, str) and "listing" not in value:
            yield place.removeprefix("file://")
        else:
            for item in value.values():
                yield from _places(item)
