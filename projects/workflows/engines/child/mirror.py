"""A copy of the repository in the scratch folder, where an engine may write, with empty files and folders for data that come later."""

import contextlib
import shutil
from pathlib import Path

MAX_BYTES = 24 * 1024 * 1024  # of the scratch folder's 32


def mirror(folder: Path, scratch: Path, root: str, placeholders: list[str]) -> tuple[Path, list[str]]:
    """The copy, and the largest files, of which there was room for the size alone; data that names count from the root are empty."""
    base, left_out, room = scratch / "repository", [], MAX_BYTES
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in sorted(files, key=lambda file: (file.stat().st_size, file)):
        name, size = path.relative_to(folder), path.stat().st_size
        place = base / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if size <= room:
            shutil.copyfile(path, place)
            room -= size
        else:
            with place.open("wb") as empty:
                empty.truncate(size)
            left_out.append(str(name))
    work = base / root
    work.mkdir(parents=True, exist_ok=True)
    for placeholder in placeholders:
        with contextlib.suppress(OSError, ValueError):  # a name that no disk takes, or a file of which another name makes a folder
            _put(work, placeholder)
    return base, left_out


def _put(work: Path, placeholder: str) -> None:
    """An empty file, or an empty folder where the name ends in a slash."""
    parts = [part for part in Path(placeholder).parts if part not in ("/", "..")]
    place = work.joinpath(*parts)
    if parts and not place.exists() and placeholder.endswith("/"):
        place.mkdir(parents=True)
    elif parts and not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"")  # not touch(), which first sets a time: the confinement only pretends to
