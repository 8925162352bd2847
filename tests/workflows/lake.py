"""A Data Lake that says what a test wants: what it answers wrongly or seldom cannot be had from the real one."""

import io
import json
from collections.abc import Iterable, Iterator, Sequence

import pytest

from datalake import rucio
from datalake.rucio import Did, FileCopies
from projects.workflows.inputs import asking
from vre_portal.services import Service


def copies_of(file: Did, *rses: str, tape: Iterable[str] = ()) -> FileCopies:
    """A file with a copy at each storage element, of which some are tape."""
    addresses = tuple((rse, f"https://storage.example/{rse.lower()}/{file.scope}/{file.name}") for rse in rses)
    return FileCopies(file, addresses, on_tape=frozenset(tape))


def lake_with(
    monkeypatch: pytest.MonkeyPatch, lake: Service, did: Did, files: Sequence[FileCopies] | None = None, *, error: Exception | None = None
) -> None:
    """The lake has one DID; a dataset's files, or the file's own copies, are those of `files`."""
    known = {(copies.file.scope, copies.file.name): copies for copies in ([copies_of(did, "SITE-A")] if files is None else files)}

    def get_did(*_: object) -> Did:
        if error:
            raise error
        return did

    def listed(_lake: Service, _token: object, names: Iterable[tuple[str, str]]) -> Iterator[FileCopies]:
        return iter([known[pair] for pair in names])

    def spooled(*_: object, max_files: int) -> io.StringIO:
        if len(known) > max_files:
            raise rucio.TooManyFiles
        return io.StringIO("".join(f"{json.dumps(pair)}\n" for pair in known))

    monkeypatch.setattr(asking, "access_token", lambda *_, **__: "token")
    monkeypatch.setattr(asking, "service", lambda *_: lake)
    monkeypatch.setattr(rucio, "get_did", get_did)
    monkeypatch.setattr(rucio, "list_copies", listed)
    monkeypatch.setattr(rucio, "spool_file_names", spooled)
