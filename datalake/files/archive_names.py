"""Names of files in a folder on anybody's computer: relative, without tricks, each once, and no file where a folder has to be."""

import re
import unicodedata

from datalake import rucio
from vre_portal.text import plain

BAD = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*\ufffd\ufffe\uffff]')
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)  # names of Windows' own
MAX_CHARS, MAX_BYTES, MAX_ENDING_CHARS = 200, 240, 16


class Names:
    """One folder that is filled with files of a lake, whatever their names and in whatever order they come."""

    def __init__(self, scope: str, *reserved: str) -> None:
        self._scope = scope
        self._files = {_folded(name) for name in reserved}
        self._folders: dict[str, str] = {}  # what a folder would be called, and what it is called
        self._folders_taken: set[str] = set()

    def of(self, file: rucio.Did) -> str:
        """Where a file goes; files of another scope go into a folder of its name."""
        return self.of_path(file.name, "" if file.scope == self._scope else _harmless(file.scope) or "scope")

    def of_path(self, path: str, folder: str = "") -> str:
        """Where a file of this path goes, below `folder` if there is one."""
        parts = [_harmless(part) for part in path.replace("\\", "/").split("/")]
        *above, name = [part for part in parts if part] or ["file"]
        if folder:
            above.insert(0, folder)
        free = self._free(_joined(self._folder(above), name))
        self._files.add(_folded(free))
        return free

    def wanted(self, file: rucio.Did) -> str:
        """Where it would go by its own name."""
        return file.name if file.scope == self._scope else f"{file.scope}/{file.name}"

    def _folder(self, parts: list[str]) -> str:
        """The folder for `parts`, called otherwise where a file has its name already."""
        path = ""
        for part in parts:
            wanted = _joined(path, part)
            if wanted not in self._folders:
                self._folders[wanted] = self._free(wanted, is_folder=True)
                self._folders_taken.add(_folded(self._folders[wanted]))
            path = self._folders[wanted]
        return path

    def _free(self, path: str, *, is_folder: bool = False) -> str:
        """The path, with a number where it is taken; folders may be shared."""
        stem, dot, ending = path.rpartition(".") if "." in path.rpartition("/")[2][1:] and not is_folder else (path, "", "")
        number, free = 2, path
        while _folded(free) in self._files or (not is_folder and _folded(free) in self._folders_taken):
            free, number = f"{stem} ({number}){dot}{ending}", number + 1
        return free


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _folded(path: str) -> str:
    """What two names share that some file systems take for one: capitals do not count, nor how an accent is spelt."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _harmless(part: str) -> str:
    """One name of a path that every file system takes; empty for what only says "here" or "above"."""
    text = BAD.sub("_", plain(part)).lstrip(" ").rstrip(" .")
    if DEVICES.fullmatch(text):
        text = f"_{text}"
    stem, dot, ending = text.rpartition(".")
    ending = f"{dot}{ending}" if stem and len(ending) < MAX_ENDING_CHARS else ""
    if len(text) > MAX_CHARS or len(text.encode()) > MAX_BYTES:
        stem = text[: MAX_CHARS - len(ending)]
        stem = stem.encode()[: MAX_BYTES - len(ending.encode())].decode(errors="ignore")
        text = stem + ending
    return text
