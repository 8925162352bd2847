"""The files of one commit, folder by folder from the root: what is kept, and what is left out for which reason."""

import stat
import zipfile
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dulwich.object_store import BaseObjectStore
from dulwich.objects import Blob, ObjectID, Tree

from vre_portal.repositories.child import limits, names

LFS = b"version https://git-lfs.github.com/spec/v1\n"
LFS_BYTES = 1024  # no pointer is longer


class LeftOut:
    """What of a repository is not kept: how much for each reason, and the first names."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.names: dict[str, list[str]] = {}

    def add(self, reason: str, name: str) -> None:
        self.counts[reason] += 1
        known = self.names.setdefault(reason, [])
        if len(known) < limits.MAX_NOTED:
            known.append(name)

    def as_json(self) -> dict[str, Any]:
        return {reason: {"count": count, "names": self.names[reason]} for reason, count in self.counts.items()}


def entries(store: BaseObjectStore, root: bytes, left_out: LeftOut) -> Iterator[tuple[str, int, bytes]]:
    """Path, mode and object of each file, those near the root first; a tree of trees that repeats itself ends at MAX_ENTRIES."""
    waiting, seen = deque([("", root, 0)]), 0
    while waiting:
        folder, sha, depth = waiting.popleft()
        try:
            tree = store[ObjectID(sha)]
        except KeyError:
            left_out.add("missing", folder)
            continue
        if not isinstance(tree, Tree):
            left_out.add("missing", folder)
            continue
        taken: set[str] = set()
        for entry in tree.iteritems():
            seen += 1
            if seen > limits.MAX_ENTRIES:
                left_out.add("entries", "")
                return
            name = names.part_of(entry.path or b"")
            path = f"{folder}{name}"
            if name is None or name.lower() in taken or len(path) > limits.MAX_PATH:
                left_out.add("name", folder + names.shown(entry.path or b""))
                continue
            taken.add(name.lower())
            if stat.S_ISDIR(entry.mode or 0):
                if depth >= limits.MAX_DEPTH:
                    left_out.add("deep", path)
                else:
                    waiting.append((f"{path}/", entry.sha or b"", depth + 1))
            else:
                yield path, entry.mode or 0, entry.sha or b""


def write(store: BaseObjectStore, root: bytes, target: Path) -> tuple[list[list[Any]], LeftOut]:
    """Put the files into a ZIP, the small ones first; returns path, size and what is special of each, and what was left out."""
    left_out = LeftOut()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        kept = _Kept(archive, left_out)
        larger = []
        for path, mode, sha in entries(store, root, left_out):
            if stat.S_ISLNK(mode):
                left_out.add("link", path)
            elif mode == 0o160000:
                left_out.add("submodule", path)
            elif len(kept.files) >= limits.MAX_FILES:
                left_out.add("files", path)
            elif (content := _content(store, sha)) is None:
                left_out.add("missing", path)
            elif len(content) > limits.MAX_FILE_BYTES:
                left_out.add("large", path)
            elif len(content) > limits.SMALL_BYTES:
                larger.append((path, sha))
            else:
                kept.keep(path, content)
        for path, sha in larger:
            kept.keep(path, _content(store, sha) or b"")
    return sorted(kept.files, key=lambda file: file[0].count("/")), left_out


class _Kept:
    """The files that a ZIP has so far."""

    def __init__(self, archive: zipfile.ZipFile, left_out: LeftOut) -> None:
        self.archive, self.left_out = archive, left_out
        self.files: list[list[Any]] = []
        self.total = 0

    def keep(self, path: str, content: bytes) -> None:
        """Add a file, unless there is no more room for it."""
        if len(self.files) >= limits.MAX_FILES:
            self.left_out.add("files", path)
            return
        if self.total + len(content) > limits.MAX_BYTES:
            self.left_out.add("large", path)
            return
        self.total += len(content)
        is_pointer = len(content) <= LFS_BYTES and content.startswith(LFS)
        if is_pointer:
            self.left_out.add("lfs", path)
        self.archive.writestr(zipfile.ZipInfo(path), content)
        self.files.append([path, len(content), "lfs" if is_pointer else ""])


def _content(store: BaseObjectStore, sha: bytes) -> bytes | None:
    try:
        blob = store[ObjectID(sha)]
    except KeyError:
        return None
    return blob.data if isinstance(blob, Blob) else None
