"""Where the files of a specification are read from: a snapshot of a repository, an upload, or a version that is there already."""

import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.workflows.entering import limits
from projects.workflows.models import SpecificationVersion
from vre_portal.jobs.fates import Refused
from vre_portal.ordered_texts import beginning, has_beginning
from vre_portal.repositories.child import names
from vre_portal.repositories.left_out import sentences
from vre_portal.repositories.models import Snapshot
from vre_portal.text import plain, size

READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the other methods are unpacked without a bound, whatever is asked for
WHY_NOT = {"link", "submodule", "lfs", "large", "files", "name", "packed", "missing"}


@dataclass
class Place:
    """Files by path with their sizes, those that are named and not here with the reason, and sentences about what was left out."""

    sizes: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)  # path: a word of WHY_NOT
    notes: list[str] = field(default_factory=list)

    def read(self, path: str) -> bytes:
        """The content of a file; raises KeyError where there is none."""
        raise NotImplementedError

    def below(self, folder: str) -> list[str]:
        """The paths of all files in a folder, which is named with its slash; all for the empty one."""
        return beginning(self.ordered, folder)

    def has_folder(self, path: str) -> bool:
        """Whether there are files below the path."""
        return has_beginning(self.ordered, f"{path}/")

    def lacking(self, folder: str) -> list[str]:
        """The paths in a folder of which only the reason is known why they have no content here."""
        return beginning(self.ordered_reasons, folder)

    def why_not(self, path: str) -> str:
        """Why a path that somebody names has no content here; empty where nothing is known of it."""
        if path in self.reasons:
            return self.reasons[path]
        if len(path) > limits.MAX_PATH * 2:  # whose parents would be many
            return ""
        parents = (path[:end] for end in range(len(path) - 1, 0, -1) if path[end] == "/")
        return next((self.reasons[parent] for parent in parents if self.reasons.get(parent) in ("link", "submodule")), "")

    @cached_property
    def ordered(self) -> list[str]:
        """All paths in order: a specification may name thousands of folders, and each is one look."""
        return sorted(self.sizes)

    @cached_property
    def ordered_reasons(self) -> list[str]:
        return sorted(self.reasons)


class SnapshotPlace(Place):
    """The files of one commit, as they were fetched; pointers to Git LFS are not content."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(notes=sentences(snapshot.left_out))
        self.archive = zipfile.ZipFile(snapshot.archive.open("rb"))  # once for all files: its list is read each time that it is opened
        for file in snapshot.files():
            if file.is_pointer:
                self.reasons[file.path] = "lfs"
            else:
                self.sizes[file.path] = file.size
        for reason, facts in snapshot.left_out.items():
            if reason in WHY_NOT:
                self.reasons |= {str(name): reason for name in facts.get("names", []) if name not in self.sizes}

    def read(self, path: str) -> bytes:
        if path not in self.sizes:
            raise KeyError(path)
        return self.archive.read(path)


class ZipPlace(Place):
    """The files of a zip that somebody uploaded: nothing is unpacked to a disk, and each file is read up to its limit."""

    def __init__(self, stream: IO[bytes], *, keeps_folder: bool = False) -> None:
        super().__init__()
        try:
            if _is_list_too_long(stream):
                raise Refused(_("The zip has more than %(limit)s files and folders.") % {"limit": f"{limits.MAX_ENTRIES:,}"})
            self.archive = zipfile.ZipFile(stream)
            entries = self.archive.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise Refused(_("The zip cannot be read: %(reason)s.") % {"reason": plain(error)[:200]}) from None
        if len(entries) > limits.MAX_ENTRIES:
            raise Refused(_("The zip has more than %(limit)s files and folders.") % {"limit": f"{limits.MAX_ENTRIES:,}"})
        self.entries: dict[str, zipfile.ZipInfo] = {}
        counts: dict[str, list[str]] = {}
        total = of_macos = 0
        for entry in entries:
            name = usual_name(entry.filename)
            if not name or name.endswith("/"):
                continue
            if is_of_macos(name):
                of_macos += 1
                continue
            path = path_in_zip(name)
            reason = _why_not_taken(entry, path, self.sizes, total)
            if reason:
                counts.setdefault(reason, []).append(path or names.shown(entry.filename.encode(errors="replace")))
                continue
            self.entries[str(path)], self.sizes[str(path)] = entry, entry.file_size
            total += entry.file_size
        self.reasons = {path: reason for reason, paths in counts.items() if reason != "twice" for path in paths}
        if not keeps_folder:
            self._strip_folder()
        self.notes = sentences({reason: {"count": len(paths), "names": paths} for reason, paths in counts.items()})
        if "large" in counts:
            facts = {"file": size(limits.MAX_FILE_BYTES), "all": size(limits.MAX_BYTES)}
            self.notes[-1:] = [_("Of an upload at most %(file)s per file and %(all)s in total are kept.") % facts]
        if of_macos:
            left_out = ngettext(
                "%(count)s file that macOS adds to a zip was left out (__MACOSX, ._*, .DS_Store).",
                "%(count)s files that macOS adds to a zip were left out (__MACOSX, ._*, .DS_Store).",
                of_macos,
            )
            self.notes.append(left_out % {"count": of_macos})

    def in_folders(self, known: Collection[str]) -> "ZipPlace":
        """With each file in the folder where the workflow has the only one of its name, since single files are sent without their folders."""
        if any("/" in path for path in self.entries):
            return self
        for name in [name for name in self.entries if name not in known]:
            paths = [path for path in known if path.rpartition("/")[2] == name]
            if len(paths) == 1:
                self.entries[paths[0]], self.sizes[paths[0]] = self.entries.pop(name), self.sizes.pop(name)
                facts = {"file": plain(name)[:200], "path": plain(paths[0])[:200]}
                self.notes.append(_("%(file)s is taken as %(path)s, the only file of this name in the workflow.") % facts)
            elif paths:
                facts = {"file": plain(name)[:200], "paths": ", ".join(plain(path)[:200] for path in sorted(paths)[:3])}
                self.notes.append(
                    _("%(file)s has no folder and is none of %(paths)s. Upload a zip with its folder to replace one.") % facts
                )
        return self

    def _strip_folder(self) -> None:
        """A zip of a folder has that folder before every path, which nobody means."""
        first = {path.partition("/")[0] if "/" in path else "" for path in self.sizes}
        if len(first) != 1 or first == {""}:
            return
        prefix = f"{first.pop()}/"
        self.sizes = {path.removeprefix(prefix): count for path, count in self.sizes.items()}
        self.entries = {path.removeprefix(prefix): entry for path, entry in self.entries.items()}
        self.reasons = {path.removeprefix(prefix): reason for path, reason in self.reasons.items()}

    def read(self, path: str) -> bytes:
        try:
            with self.archive.open(self.entries[path]) as handle:
                body = handle.read(self.sizes[path] + 1)  # never more than it says of itself
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
            raise Refused(
                _("%(file)s in the zip cannot be read: %(reason)s.") % {"file": plain(path), "reason": plain(error)[:200]}
            ) from None
        except KeyError:
            raise
        except Exception as error:  # noqa: BLE001 -- a damaged zip breaks its decompressor in many ways; each is a refusal
            raise Refused(
                _("%(file)s in the zip cannot be read: %(reason)s.") % {"file": plain(path), "reason": type(error).__name__}
            ) from None
        if len(body) != self.sizes[path]:
            raise Refused(_("%(file)s in the zip has another size than it says.") % {"file": plain(path)})
        return body


def _is_list_too_long(stream: IO[bytes]) -> bool:
    """Whether the list of files is longer than any is taken: ZipFile reads it whole before one can count."""
    end = zipfile._EndRecData(stream)  # type: ignore[attr-defined]
    return end is not None and (end[4] > limits.MAX_ENTRIES or end[5] > limits.MAX_LIST_BYTES)


def usual_name(name: str) -> str:
    """The name as most programs write it: some put ./ before it, and old ones of Windows part folders by back slashes."""
    name = name if "/" in name else name.replace("\\", "/")
    while name.startswith("./"):
        name = name[2:]
    return "" if name == "." else name


def is_of_macos(name: str) -> bool:
    """Whether it is no file of the person's: the Finder puts what it knows of each file beside it when it makes a zip."""
    last = name.rpartition("/")[2]
    return name.startswith("__MACOSX/") or last == ".DS_Store" or last.startswith("._")


def path_in_zip(name: str) -> str | None:
    """The path as it is kept; None where it could lead elsewhere, or be read as another one."""
    parts = [names.part_of(part.encode(errors="surrogatepass")) if part.isprintable() else None for part in name.split("/")]
    return None if None in parts or len(name) > limits.MAX_PATH else "/".join(str(part) for part in parts)


def _why_not_taken(entry: zipfile.ZipInfo, path: str | None, taken: Mapping[str, int], total: int) -> str:
    mode = entry.external_attr >> 16
    if mode and (mode & 0o170000) == 0o120000:
        return "link"
    if path is None:
        return "name"
    if path in taken:
        return "twice"
    if entry.flag_bits & 0x1 or entry.compress_type not in READABLE:
        return "packed"
    if len(taken) >= limits.MAX_FILES:
        return "files"
    return "large" if entry.file_size > limits.MAX_FILE_BYTES or total + entry.file_size > limits.MAX_BYTES else ""


class TextPlace(Place):
    """Files whose contents are at hand."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        super().__init__({path: len(body) for path, body in contents.items()})
        self.contents = contents

    def read(self, path: str) -> bytes:
        return self.contents[path]


class VersionPlace(Place):
    """The files of a version without those that were removed, those of `over` in their stead, and a text for its reana.yaml.

    Its paths are those of the workspace. A reana.yaml in `over` counts before the text.
    """

    def __init__(
        self, version: SpecificationVersion | None, path: str, text: str, *, over: Place | None = None, removed: Collection[str] = ()
    ) -> None:
        super().__init__()
        files = version.files.select_related("stored") if version else ()
        self.stored = {file.path: file.stored for file in files if file.path not in removed}
        self.over = over or Place()
        self.path, self.body = path, self.over.read(path) if path in self.over.sizes else text.encode()
        self.sizes = {name: stored.size for name, stored in self.stored.items()} | self.over.sizes | {path: len(self.body)}
        self.reasons = {name: reason for name, reason in self.over.reasons.items() if name not in self.sizes}
        self.notes = self.over.notes

    def read(self, path: str) -> bytes:
        if path == self.path:
            return self.body
        if path in self.over.sizes:
            return self.over.read(path)
        try:
            return self.stored[path].read()
        except FileNotFoundError:
            raise Refused(
                _("The portal no longer has the content of %(file)s. Upload it again, or remove it in the editor.")
                % {"file": plain(path)[:200]}
            ) from None

    def unnamed(self, taken: Collection[str]) -> list[str]:
        """Files that were put over those of the version and do not go with the workflow, because nothing names them."""
        return sorted(name for name in self.over.sizes if name != self.path and name not in taken)
