"""The editor: the text of a reana.yaml and further files beside it, all of which come back with each press of a button."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from projects.workflows.entering import limits
from projects.workflows.entering.forms import TextForm
from projects.workflows.entering.places import ZipPlace, path_in_zip
from projects.workflows.models import Entry, SpecificationVersion, StoredFile
from projects.workflows.reana_yaml import workspace_path
from vre_portal.jobs.fates import Refused
from vre_portal.text import is_storable, number_of, plain, size

MAX_FILES = 20  # that are open in the editor
MAX_BYTES = 200_000  # of one of them; larger ones are uploaded
MAX_LISTED = 200  # files of the version that can be opened or removed here


@dataclass
class EditedFile:
    """A file that is open in the editor, with what is wrong with it."""

    number: int
    path: str = ""
    text: str = ""
    error: str = ""
    is_opened: bool = False  # by this press: the cursor goes there

    @property
    def rows(self) -> int:
        return min(max(self.text.count("\n") + 2, 8), 24)


@dataclass(frozen=True)
class ListedFile:
    """A file of the version."""

    path: str
    size: int
    is_removed: bool
    is_open: bool

    @property
    def is_large(self) -> bool:
        return self.size > MAX_BYTES


class EditorForm(TextForm):
    """The text, the files that are open, and the files of the version that are removed."""

    def __init__(self, data: QueryDict | None = None, *, version: SpecificationVersion | None = None, draft: Entry | None = None) -> None:
        begun: dict[str, Any] = {"seen": version.number if version else None}
        if draft:
            begun |= {"text": draft.text, "seen": draft.seen}
        super().__init__(data, initial=begun)
        begun_with = draft or version
        self.version, self.path = version, begun_with.path_in_workspace if begun_with else "reana.yaml"
        self.fields["text"].label = _("Specification (%(file)s)") % {"file": plain(self.path)[:200]}
        self.stored = {file.path: file.stored for file in version.files.select_related("stored")} if version else {}
        self.said = ""  # what a press of a button did
        self.line_shown = 0  # of the text, to which the cursor goes
        self.key_inserted = ""  # whose part of the help stays open
        if data is not None:
            self.open_files = list(_files_in(data))
            self.removed = [path for path in dict.fromkeys(data.getlist("removed")) if path in self.stored]
        else:
            self.open_files, self.removed = (self._opened(draft), [str(path) for path in draft.removed]) if draft else ([], [])

    def _opened(self, draft: Entry) -> list[EditedFile]:
        """The files of a draft; none, which is said, where they are gone."""
        try:
            return list(_files_of(draft))
        except (OSError, Refused):
            self.said = _("The portal no longer has the further files of this draft. Add them again.")
            return []

    def clean_text(self) -> str:
        """With the line ends that the version's text has: a browser sends all lines alike."""
        text, before = super().clean_text(), self.version.text if self.version else ""
        if before and text in (without_returns(before), f"{without_returns(before)}\n"):
            return before
        return as_before(text, before)

    @property
    def shown_files(self) -> list[tuple[EditedFile, bool]]:
        """The files that are open, each with whether the version has one of its path, whose edits can be discarded."""
        return [(file, file.path in self.stored) for file in self.open_files]

    def begins_with(self, text: str) -> None:
        """The text with which it opens."""
        self.initial.setdefault("text", text)

    @property
    def text_now(self) -> str:
        """The text as it was typed, or with which it opens."""
        typed = self.data.get("text", "") if self.is_bound else self.initial.get("text", "")
        return without_returns(str(typed))

    def unbind(self) -> None:
        """Show what was typed without a word about what is wrong with it."""
        typed = {"text": self.text_now, **{name: self.data.get(name) for name in ("key", "seen")}}
        self.initial = {**self.initial, **typed}
        self.is_bound = False

    @cached_property
    def is_right(self) -> bool:
        """Whether the text and all files can be kept."""
        right = self.is_valid()
        taken: dict[str, None] = {}
        for file in self.open_files:
            file.error = file.error or self._fault(file, taken)
            taken[file.path] = None
        return right and not any(file.error for file in self.open_files)

    def _fault(self, file: EditedFile, taken: Iterable[str]) -> str:
        path = file.path
        if not path:
            return _("Enter the path of the file.")
        if path_in_zip(path) != path or workspace_path(path) != path:
            return _("Enter a path inside the workflow, such as code/fit.py.")
        if path == self.path:
            return _("This is the specification, which has its own field above.")
        others = [*taken, self.path, *(name for name in self.stored if name not in self.removed)]
        if path in taken:
            return _("Another file has this path.")
        if any(name.startswith(f"{path}/") or path.startswith(f"{name}/") for name in others):
            return _("A folder and a file can't have the same path.")
        if not is_storable(file.text):
            return _("The text contains a character that cannot be stored.")
        if len(file.text.encode()) > MAX_BYTES:
            return _("A file in the editor has at most %(size)s. Upload it instead.") % {"size": size(MAX_BYTES)}
        return ""

    def changed_files(self) -> dict[str, bytes]:
        """Path and content of each file that differs from the version's."""
        found = {}
        for file in self.open_files:
            stored = self.stored.get(file.path) if file.path not in self.removed else None
            before = _content(stored)
            body = as_before(file.text, (before or b"").decode(errors="replace")).encode()
            if before is None or without_returns(before.decode(errors="replace")) != file.text:
                found[file.path] = body
        return found

    @property
    def listed(self) -> list[ListedFile]:
        """The first files of the version."""
        opened = {file.path for file in self.open_files}
        return [
            ListedFile(path, stored.size, path in self.removed, path in opened)
            for path, stored in list(self.stored.items())[:MAX_LISTED]
            if path != self.path
        ]

    @property
    def not_listed(self) -> int:
        return max(len(self.stored) - MAX_LISTED, 0)

    def press(self, action: str, value: str) -> None:
        """What a button does that only changes the form; one that is not known does nothing."""
        number = number_of(value)
        if action in ("add", "open") and len(self.open_files) >= MAX_FILES:
            self.said = _("At most %(limit)s files can be open in the editor.") % {"limit": MAX_FILES}
        elif action == "add":
            self.open_files.append(EditedFile(self._next(), is_opened=True))
        elif action == "open":
            self._open(value)
        elif action == "close":
            self.open_files = [file for file in self.open_files if file.number != number]
        elif action == "remove" and value in self.stored:
            self.removed = list(dict.fromkeys([*self.removed, value]))
            self.open_files = [file for file in self.open_files if file.path != value]
        elif action == "keep":
            self.removed = [path for path in self.removed if path != value]

    def _next(self) -> int:
        return max((file.number for file in self.open_files), default=0) + 1

    def _open(self, path: str) -> None:
        stored = self.stored.get(path)
        if stored is None or any(file.path == path for file in self.open_files):
            return
        try:
            text = stored.read().decode() if stored.size <= MAX_BYTES else None
        except (OSError, UnicodeDecodeError):
            text = None
        if text is None or not is_storable(text):
            words = _("%(file)s can't be edited here: it is not a text file, or too large. Upload a new version of it.")
            self.said = words % {"file": plain(path)[:200]}
            return
        self.removed = [name for name in self.removed if name != path]
        self.open_files.append(EditedFile(self._next(), path, without_returns(text), is_opened=True))


def _files_in(data: Mapping[str, Any]) -> Iterable[EditedFile]:
    """The files that the form was sent with, as typed."""
    numbers = sorted({number for name in data if name.startswith("path-") and (number := number_of(name[5:]))})
    for number in numbers[:MAX_FILES]:
        path = str(data.get(f"path-{number}", "")).strip()
        yield EditedFile(number, path[: 2 * limits.MAX_PATH], without_returns(str(data.get(f"file-{number}", ""))))


def _files_of(draft: Entry) -> Iterable[EditedFile]:
    """The files that an entry of the editor has beside those of its version."""
    if not draft.upload:
        return
    with draft.upload.open("rb") as stream:
        place = ZipPlace(stream, keeps_folder=True)
        for number, path in enumerate(place.ordered[:MAX_FILES], start=1):
            yield EditedFile(number, path, without_returns(place.read(path).decode(errors="replace")))


def _content(stored: StoredFile | None) -> bytes | None:
    """What a file has; None where it is new, too large to be edited, or gone, so that what was typed is its content."""
    try:
        return stored.read() if stored and stored.size <= MAX_BYTES else None
    except OSError:
        return None


def without_returns(text: str) -> str:
    """The lines as a form shows them."""
    return text.replace("\r\n", "\n")


def as_before(text: str, before: str) -> str:
    """The text with the line ends of Windows where all lines had them before."""
    return text.replace("\n", "\r\n") if "\r\n" in before and before.count("\r\n") == before.count("\n") else text
