"""Things in a basket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from vre.answers import number_of, text_of
from vre.data import datasets, files
from vre.data.remote import RemoteFile
from vre.display import size_text, visible
from vre.errors import NotPossible
from vre.transport import Transport

if TYPE_CHECKING:
    from astropy.table import Table

FILE = "FILE"
MODES = {"r", "rb", "rt", "br", "tr"}


@dataclass(frozen=True)
class Item:
    """One thing that was collected. `lake`, `scope`, `name`, `type` and `bytes` are those of data in a Data Lake, else None."""

    id: int | None
    kind: str
    value: str
    title: str
    label: str
    note: str
    url: str
    lake: str | None
    scope: str | None
    name: str | None
    type: str | None
    bytes: int | None
    doi: str | None
    _transport: Transport = field(repr=False, compare=False)

    @classmethod
    def read(cls, transport: Transport, found: Mapping[str, Any]) -> "Item":
        """An item as the portal describes it; what has another shape than expected is left out."""
        kind, value, title, label, note, url = (text_of(found.get(name)) for name in ("kind", "value", "title", "label", "note", "url"))
        lake, scope, name, type_, doi = (text_of(found.get(name)) or None for name in ("lake", "scope", "name", "type", "doi"))
        number, size = number_of(found.get("id")), number_of(found.get("bytes"))
        return cls(number, kind, value, title, label, note, url, lake, scope, name, type_, size, doi, transport)

    def __str__(self) -> str:
        return visible(self.title or self.value)

    @property
    def is_file(self) -> bool:
        """Whether this is a single file of a Data Lake."""
        return self.lake is not None and (self.type or "").upper() == FILE

    @property
    def size(self) -> str:
        """The size with its unit."""
        return size_text(self.bytes)

    def path(self, progress: bool = True, *, max_bytes: int = datasets.MAX_BYTES, max_files: int = datasets.MAX_FILES) -> Path:
        """Where it is on this machine: in the mounted lake, else downloaded once and checked. For a dataset, a folder with all its files.

        Raises NotPossible for what is no data of a Data Lake, and for more than `max_bytes` or `max_files`.
        """
        if self.lake is None or not self.scope or not self.name:
            raise NotPossible(f"“{self}” is no data in a Data Lake, so it has no path.", f"Open {visible(self.url, 1000)} in a browser.")
        if not self.is_file:
            return datasets.folder_of(self._transport, self.lake, self.scope, self.name, progress, max_bytes, max_files)
        file = RemoteFile(self.lake, self.scope, self.name, self.bytes, None)
        if self.bytes is not None and self.bytes > max_bytes:
            raise NotPossible(f"“{self}” has {self.size}, more than the limit.", f"If you want it, call .path(max_bytes={self.bytes}).")
        return files.local_path(self._transport, file, progress)

    def open(self, mode: str = "rb", **options: Any) -> IO[Any]:
        """The file, opened for reading; options as those of the built-in `open`."""
        if mode not in MODES:
            raise NotPossible(f"Files in a basket can only be read; mode {mode!a:.40} does not.", 'Use mode "rb" or "r".')
        return self._own_file().open(mode, **options)

    def table(self, **options: Any) -> "Table":
        """The file as an astropy table (FITS, VOTable, ECSV, CSV); options as those of `astropy.table.Table.read`."""
        from vre.tables import read_table

        return read_table(self._own_file, self.name or "", options)

    def cite(self, style: str = "bibtex") -> str:
        """How to cite it, as "bibtex" or "text"; raises NotPossible where it has no DOI."""
        from vre.citations import cite

        return cite(self, style)

    def _own_file(self) -> Path:
        if self.lake is not None and not self.is_file:
            raise NotPossible(f"“{self}” is a dataset, not a file.", "Call .path() for a folder with its files.")
        return self.path()
