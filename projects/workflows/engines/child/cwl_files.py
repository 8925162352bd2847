"""Which files of the repository a CWL workflow needs beside its documents: defaults of its tools, and what stands beside a value."""

import os
import re
from collections.abc import Iterator
from typing import Any

from documents import Fault, Repository, is_file, is_remote

MAX_FILES = 500
ENDING = re.compile(r"(?<=[^/])\.[^./]*$")


def opened(repository: Repository, parameters: dict[str, Any], root: str, placeholders: list[str]) -> list[str]:
    """The files that defaults name, and the secondary files of those that the parameters name; `placeholders` are files whose content is elsewhere."""
    documents = list(repository.read.values())
    found: set[str] = set()
    for document in documents:
        for value in _files(document.value):
            try:
                found.add(repository.beside(document, _place(value), None))
            except Fault:
                continue  # it is elsewhere
    patterns = {pattern for document in documents for pattern in _patterns(document.value)}
    places = [_place(value) for value in _files(parameters)]
    named = {os.path.normpath(os.path.join(root, place)) for place in places if not is_remote(place)} | found
    found |= {beside(name, pattern) for name in named for pattern in patterns}
    elsewhere = {os.path.normpath(os.path.join(root, name)) for name in placeholders}
    there = (name for name in found if name in elsewhere or is_file(repository.folder / name))
    return sorted(name for name in there if name not in repository.read)[:MAX_FILES]


def beside(name: str, pattern: str) -> str:
    """The name of a secondary file: each ^ takes an ending off, the rest is put behind."""
    pattern = pattern.removesuffix("?")
    while pattern.startswith("^"):
        name, pattern = ENDING.sub("", name), pattern[1:]
    return name + pattern


def _place(value: dict[str, Any]) -> str:
    return str(value.get("path") or value.get("location") or "").removeprefix("file://")


def _files(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of the class File with a place."""
    if isinstance(value, dict):
        if value.get("class") == "File" and _place(value):
            yield value
        for item in value.values():
            yield from _files(item)
    elif isinstance(value, list):
        for item in value:
            yield from _files(item)


def _patterns(value: Any) -> Iterator[str]:
    """Every pattern of secondary files that is no expression."""
    if isinstance(value, dict):
        listed = value.get("secondaryFiles")
        for item in listed if isinstance(listed, list) else [listed]:
            pattern = item.get("pattern") if isinstance(item, dict) else item
            if isinstance(pattern, str) and pattern and "$" not in pattern and "/" not in pattern:
                yield pattern
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _patterns(item)
