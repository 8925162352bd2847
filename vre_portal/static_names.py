"""Static files by the names that carry their hash, with the parts of the stylesheet joined into one file."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, override

from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

SHEET = "css/portal.css"
_IMPORT = re.compile(r'^@import url\("([\w-]+\.css)"\)(?: ([\w-]+))?;$', re.MULTILINE)


class MissingPart(Exception):
    """The stylesheet imports a file that no finder found; the text names it."""


def join(sheet: str, part: dict[str, str]) -> str:
    """The stylesheet with each `@import` replaced by the text of that part, in `@media` where it is for one medium.

    Raises MissingPart for an import that is not in `part`.
    """

    def text_of(found: re.Match[str]) -> str:
        name, medium = found.groups()
        if name not in part:
            raise MissingPart(f"{SHEET} imports {name}, which is not among the static files.")
        return f"@media {medium} {{\n{part[name]}}}\n" if medium else part[name]

    return _IMPORT.sub(text_of, sheet)


class RememberingStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise has no types
    """Names with hashes, each address worked out once for a process: the manifest does not change while a process lives."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._addresses: dict[tuple[str | None, bool], str] = {}

    @override
    def url(self, name: str | None, force: bool = False) -> str:
        known = self._addresses.get((name, force))
        if known is None:
            known = self._addresses[name, force] = str(super().url(name, force))
        return known

    @override
    def post_process(self, paths: dict[str, tuple[Storage, str]], dry_run: bool = False, **options: Any) -> Iterator[tuple[Any, ...]]:
        """Join the stylesheet before names and compressed copies are made of it."""
        if SHEET in paths and not dry_run:
            paths = {**paths, SHEET: self._joined(paths)}
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def _joined(self, paths: dict[str, tuple[Storage, str]]) -> tuple[Storage, str]:
        """Where the joined stylesheet stands: in the folder that is served, over the copy of its source."""

        def read(name: str) -> str:
            storage, path = paths[name]
            with storage.open(path) as file:
                return str(file.read().decode())

        folder = SHEET.rpartition("/")[0] + "/"
        parts = {name.removeprefix(folder): read(name) for name in paths if name.startswith(folder) and name.endswith(".css")}
        Path(self.path(SHEET)).write_text(join(read(SHEET), parts), encoding="utf-8")
        return self, SHEET
