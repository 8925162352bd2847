"""The files of a workflow by their folders, each with the number and the sum of its files."""

from collections.abc import Iterable
from dataclasses import dataclass, field

MAX_FOLDERS = 200  # of one page
MAX_SHOWN = 500  # files that a page lists, unfolded or not


@dataclass
class Folder:
    """The files right in one folder; "" is the workflow's own."""

    path: str
    files: list[tuple[str, int]] = field(default_factory=list)  # name in the folder and size; the first ones
    count: int = 0
    bytes: int = 0

    @property
    def not_listed(self) -> int:
        return self.count - len(self.files)


@dataclass(frozen=True)
class FileList:
    """All files as a page lists them."""

    folders: list[Folder]  # without the workflow's own
    top: Folder
    count: int
    bytes: int
    folders_not_listed: int = 0

    @property
    def is_short(self) -> bool:
        """Whether nothing has to be folded."""
        return self.count < 13


def by_folder(files: Iterable[tuple[str, int]]) -> FileList:
    """Folders in the order of their paths; every file is counted, and as many are named as a page holds."""
    found = {"": Folder("")}
    for path, size in files:
        folder, _slash, name = path.rpartition("/")
        entry = found.setdefault(folder, Folder(folder))
        entry.count, entry.bytes = entry.count + 1, entry.bytes + size
        entry.files.append((name, size))
    top, others = found.pop(""), [found[path] for path in sorted(found)]
    left = MAX_SHOWN
    for folder in (top, *others):
        folder.files = sorted(folder.files)[: max(left, 0)]
        left -= len(folder.files)
    count, total = (sum(getattr(folder, name) for folder in (top, *others)) for name in ("count", "bytes"))
    return FileList(others[:MAX_FOLDERS], top, count, total, max(len(others) - MAX_FOLDERS, 0))
