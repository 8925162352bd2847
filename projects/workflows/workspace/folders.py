"""Folders of a run's workspace with their sizes, and files by a pattern: made of the list that the portal has."""

from dataclasses import dataclass, field

from projects.workflows.declaring import DeclaredOutputs
from projects.workflows.models import Run, RunFile

MAX_PATTERN = 300
COPIED = (RunFile.State.COPIED,)
MAX_SHOWN = 500  # files of one folder on a page


@dataclass
class Folder:
    """A folder with what is in it at any depth; bytes are those that are known."""

    name: str
    path: str
    files: int = 0
    bytes: int = 0
    copied: int = 0


@dataclass
class Listing:
    """What one folder holds: its folders, and its own files."""

    path: str
    folders: list[Folder] = field(default_factory=list)
    files: list[RunFile] = field(default_factory=list)
    total: int = 0  # files at any depth
    hidden: int = 0  # own files that are not shown

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        """Name and path of each folder above, this one last."""
        parts = self.path.strip("/").split("/") if self.path else []
        return [(part, "/".join(parts[:number]) + "/") for number, part in enumerate(parts, start=1)]


def listing(run: Run, path: str) -> Listing:
    """One folder; its path ends with a slash, the workspace itself is empty. Two questions, whatever there is."""
    folders: dict[str, Folder] = {}
    own: list[int] = []
    total = 0
    for pk, name, size, state in run.outputs.filter(path__startswith=path).order_by("path").values_list("pk", "path", "size", "state"):
        total += 1
        first, slash, _rest = name[len(path) :].partition("/")
        if not slash:
            own.append(pk)
            continue
        folder = folders.setdefault(first, Folder(first, f"{path}{first}/"))
        folder.files += 1
        folder.bytes += size or 0
        folder.copied += state == RunFile.State.COPIED
    files = list(run.outputs.filter(pk__in=own[:MAX_SHOWN]).order_by("path"))
    return Listing(path, list(folders.values()), files, total, len(own) - len(files))


def downloadable(*, can_copy: bool) -> tuple[RunFile.State, ...]:
    """States of the files that a zip has: the portal's copies, and for the person who launched the run those that are at REANA."""
    return (*COPIED, RunFile.State.WAITING, RunFile.State.LEFT, RunFile.State.FAILED) if can_copy else COPIED


def matching(run: Run, pattern: str) -> list[int]:
    """Keys of the files whose path fits a pattern, as outputs are declared: one that fits a folder takes all in it."""
    if not pattern:
        return []
    wanted = DeclaredOutputs.of({"outputs": {"files": [pattern[:MAX_PATTERN]]}})
    return [pk for pk, path in run.outputs.values_list("pk", "path") if wanted.naming(path)]
