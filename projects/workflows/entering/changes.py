"""What differs between two versions, or between the current one and what was read now: files, texts and parameters."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from projects.workflows.launching.yaml_values import inline
from projects.workflows.models import Entry, SpecificationVersion, StoredFile
from vre_portal.text import plain

MAX_DIFFS, MAX_DIFF_BYTES, MAX_LINES, MAX_LINE = 20, 100_000, 1500, 400
MAX_SHOWN = 300  # lines of one difference
MAX_CHANGES = 200  # files that are listed
MAX_ALL_LINES = 6000  # that are compared for one page


@dataclass(frozen=True)
class FileChange:
    """One file that was added, changed or removed; `lines` of its text as unified_diff has them, or `note` why there are none."""

    path: str
    kind: str  # "added", "changed", "removed"
    old_size: int | None = None
    new_size: int | None = None
    lines: tuple[tuple[str, str], ...] = ()  # kind of the line ("+", "-", "@", " "), text
    note: str = ""


@dataclass(frozen=True)
class ParameterChange:
    """A parameter that was added, removed, or has another default."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Changes:
    """All that differs."""

    files: tuple[FileChange, ...]
    parameters: tuple[ParameterChange, ...]
    not_listed: int = 0

    def __bool__(self) -> bool:
        return bool(self.files or self.parameters)


def listing_of(document: SpecificationVersion | Entry) -> dict[str, tuple[str, int]]:
    """Hash and size of each file by path."""
    if isinstance(document, Entry):
        return {path: (digest, size) for path, digest, size in document.listing}
    rows = document.files.values_list("path", "stored__sha256", "stored__size")
    return {path: (digest, size) for path, digest, size in rows}


def changes(old: SpecificationVersion, new: SpecificationVersion | Entry) -> Changes:
    """What is different in the newer one."""
    before, after = listing_of(old), listing_of(new)
    names = [path for path in sorted(before.keys() | after.keys()) if before.get(path, ("",))[0] != after.get(path, ("",))[0]]
    wanted = {listing[path][0] for path in names[:MAX_DIFFS] for listing in (before, after) if path in listing}
    wanted = {digest for digest in wanted if digest}
    stored = {row.sha256: row for row in StoredFile.objects.filter(sha256__in=wanted)}
    budget = _Budget()
    files, own = [], new.path_in_workspace
    if old.text != new.text:
        lines, note = budget.compare(old.text, new.text)
        files.append(FileChange(own, "changed", len(old.text.encode()), len(new.text.encode()), lines, note))
    for number, path in enumerate(names[:MAX_CHANGES]):
        if path == own and old.text != new.text:
            continue  # said already
        files.append(_change(path, before.get(path), after.get(path), stored, budget if number < MAX_DIFFS else None))
    return Changes(tuple(files), tuple(_parameters(old.default_parameters, new.default_parameters)), max(len(names) - MAX_CHANGES, 0))


def _change(
    path: str, old: tuple[str, int] | None, new: tuple[str, int] | None, stored: Mapping[str, StoredFile], budget: "_Budget | None"
) -> FileChange:
    kind = "added" if old is None else "removed" if new is None else "changed"
    sizes = (old[1] if old else None, new[1] if new else None)
    if kind != "changed" or old is None or new is None:
        return FileChange(path, kind, *sizes)
    if budget is None or max(old[1], new[1]) > MAX_DIFF_BYTES:
        return FileChange(path, kind, *sizes, note=_("The difference is too large to be shown."))
    try:
        texts = [stored[digest].read().decode() for digest, _size in (old, new)]
    except (KeyError, OSError):
        return FileChange(path, kind, *sizes, note=_("The portal no longer has one of the two files."))
    except UnicodeDecodeError:
        return FileChange(path, kind, *sizes, note=_("It is not a text file."))
    lines, note = budget.compare(*texts)
    return FileChange(path, kind, *sizes, lines, note)


class _Budget:
    """How many lines a page may still compare: the time grows faster than their number."""

    def __init__(self) -> None:
        self.left = MAX_ALL_LINES

    def compare(self, old: str, new: str) -> tuple[tuple[tuple[str, str], ...], str]:
        """The lines of a difference, cut to what a page shows, and a note where there are none or not all."""
        before, after = (text.splitlines() for text in (old, new))
        count = len(before) + len(after)
        if max(len(before), len(after)) > MAX_LINES or count > self.left:
            return (), _("The difference is too large to be shown.")
        self.left -= count
        lines: list[tuple[str, str]] = []
        for line in list(difflib.unified_diff(before, after, lineterm="", n=2))[2:]:
            if len(lines) >= MAX_SHOWN:
                return tuple(lines), _("The first %(limit)s lines are shown.") % {"limit": MAX_SHOWN}
            shown = plain(line[1:] if line[:1] != "@" else line)
            lines.append((line[:1], shown if len(shown) <= MAX_LINE else f"{shown[:MAX_LINE]}…"))
        return tuple(lines), "" if lines else _("Only line endings differ.")


def _parameters(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[ParameterChange]:
    for name in dict.fromkeys([*old, *new]):
        texts = [_shown(values[name]) if name in values else "" for values in (old, new)]
        if texts[0] != texts[1] or (name in old) != (name in new):
            yield ParameterChange(name, *texts)


def _shown(value: Any) -> str:
    """A default with its type, which may be all that changed."""
    text = plain(inline(value))
    return text if len(text) <= MAX_LINE else f"{text[:MAX_LINE]}…"
