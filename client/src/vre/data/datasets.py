"""A dataset as a folder with all its files."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from vre.answers import adler32_text, number_of, objects_of, text_of
from vre.data import places
from vre.data.files import cached
from vre.data.remote import RemoteFile, data_path
from vre.display import size_text, visible
from vre.errors import DatasetIncomplete, NotPossible, NotSignedIn, VreError
from vre.locks import file_lock
from vre.private_files import write_private
from vre.progress import Progress
from vre.transport import Transport

MAX_BYTES = 50 * 10**9
MAX_FILES = 10_000
NAMED = 5  # failures that an error names
MAX_FAILURES_IN_A_ROW = 5  # then the portal or the lake is down, and the other files would fail the same way


def folder_of(transport: Transport, lake: str, scope: str, name: str, progress: bool, max_bytes: int, max_files: int) -> Path:
    """The folder with the files that the dataset has now; raises DatasetIncomplete, with the folder, where some are missing."""
    listing = Listing(transport, data_path(lake, scope, name, "/files/"))
    members = bounded(listing.files(lake, scope, max_files), visible(name), max_bytes, max_files)
    folder = places.cache_place(transport.base, lake, scope, name)
    home = places.cache_folder(folder.parent)
    known = [file.bytes for file in members if file.bytes is not None]
    failures: dict[str, str] = {}
    with file_lock(home / ".lock"), Progress(f"{name} ({len(members):,} files)", sum(known), progress) as bar:
        places.cache_folder(folder)
        if listing.left_out:
            bar.note(
                f"{visible(name)}: {listing.left_out:,} of its files are not in the folder. You may not see them, or their names cannot be read."
            )
        names = file_names(members)
        _forget_others(home, folder, set(names.values()))
        in_a_row = 0
        for file, own_name in names.items():
            try:
                if in_a_row >= MAX_FAILURES_IN_A_ROW:
                    raise VreError("It was not tried, because too many before it failed.")
                _link(places.mounted(file) or cached(transport, file, bar.of_one(file.bytes)), folder / own_name)
                in_a_row = 0
            except NotSignedIn:
                raise
            except VreError as error:  # costs this file alone
                failures[file.name] = str(error)
                in_a_row += 1
    if failures:
        told = "; ".join(f"{visible(name, 80)}: {reason}" for name, reason in list(failures.items())[:NAMED])
        raise DatasetIncomplete(
            f"{len(failures):,} of {len(members):,} files could not be downloaded. {told}",
            f"The others are in {folder}. Call .path() again to try the missing ones.",
            folder,
            failures,
        )
    return folder


class Listing:
    """The files of a dataset or container as the portal lists them; `left_out` is how many it does not show."""

    def __init__(self, transport: Transport, path: str) -> None:
        self.transport, self.path, self.left_out = transport, path, 0

    def files(self, lake: str, scope: str, max_files: int) -> Iterator[RemoteFile]:
        """Page by page, until there are more than `max_files`."""
        from vre.baskets import pages

        number = 0
        for page in pages(self.transport, self.transport.json("GET", self.path)):
            self.left_out = max(self.left_out, number_of(page.get("left_out")) or 0)  # each page says the same
            for row in objects_of(page.get("items")):
                size, checksum = number_of(row.get("bytes")), adler32_text(row.get("adler32"))
                if name := text_of(row.get("name")):
                    number += 1
                    yield RemoteFile(lake, text_of(row.get("scope")) or scope, name, size, checksum)
            if number > max_files:
                return


def bounded(files: Iterator[RemoteFile], title: str, max_bytes: int, max_files: int) -> list[RemoteFile]:
    """The files, each once; raises NotPossible where that is more than the limits."""
    members = list(dict.fromkeys(files))
    size = sum(file.bytes or 0 for file in members)
    if len(members) > max_files:
        raise NotPossible(
            f"“{title}” has more than {max_files:,} files.", "If you want all of them, call .path(max_files=…) with a larger number."
        )
    if size > max_bytes:
        raise NotPossible(
            f"“{title}” has {len(members):,} files with {size_text(size)}, more than the limit of {size_text(max_bytes)}.",
            f"If you want all of them, call .path(max_bytes={size}).",
        )
    return members


def file_names(members: list[RemoteFile]) -> dict[RemoteFile, str]:
    """A name in the folder for each file; names that some file system takes for the same get a number before them that stays."""
    own = {file: places.safe_name(file.name) for file in members}
    counts = Counter(name.casefold() for name in own.values())
    return {file: name if counts[name.casefold()] == 1 else f"{places.number_of(file)}-{name}" for file, name in own.items()}


def _forget_others(home: Path, folder: Path, names: set[str]) -> None:
    """Take out what an earlier call put there and the dataset has no more; files of others in the folder stay."""
    record = home / "files.json"
    old: Any = None
    with suppress(OSError, ValueError, RecursionError):
        old = json.loads(record.read_text(encoding="utf-8"))
    left = set()
    for name in {Path(text_of(name)).name for name in (old if isinstance(old, list) else [])} - names - {""}:
        try:
            (folder / name).unlink(missing_ok=True)
        except (OSError, ValueError):  # costs this file alone, and is tried again the next time
            left.add(name)
    write_private(record, json.dumps(sorted(names | left)))


def _link(source: Path, target: Path) -> None:
    """The same bytes under another name, without a copy where the file system can; what is there already stays, for it may be open.

    The name is given to the whole alone. Raises VreError.
    """
    draft = target.parent.parent / ".new"
    for make in (os.link, os.symlink, shutil.copyfile):
        with suppress(OSError, NotImplementedError):
            if target.exists() and target.samefile(source):
                return
            draft.unlink(missing_ok=True)
            make(source, draft)
            draft.replace(target)
            return
    with suppress(OSError):
        draft.unlink(missing_ok=True)
    raise VreError(f"{target} cannot be written.", "Set VRE_CACHE to a folder that you can write to.")
