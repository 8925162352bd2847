"""A dataset in one piece: a zip made while it is sent, in little memory, and a list of addresses for download programs."""

import io
import logging
import re
import time
import zipfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from math import inf
from typing import override
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from django.utils.translation import ngettext

from datalake import rucio
from datalake.files import streaming
from datalake.files.archive_names import Names
from datalake.pages.nearest import UNASKED, Distances
from datalake.reads.credentials import Credentials
from datalake.reads.errors import Damaged
from datalake.rucio.replicas import FileCopies
from datalake.rucio.unreadable import UnreadableRow
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.portable_gettext import grouped
from vre_portal.services import Service
from vre_portal.text import plain

GIGABYTE = 10**9
MAX_FILES = 10_000  # of one zip: its directory is kept in memory until the end
MANIFEST, RENAMED = "MANIFEST.tsv", "RENAMED.tsv"
LARGE = 2**31 - 2**20  # from here on an entry is written with zip64's lengths
BLOCK = 64 * 1024
DAMAGED = "damaged"
logger = logging.getLogger(__name__)


class IncompleteBundle(RemoteUnavailable):
    """Some files are not in the zip, or not whole: it is sent to its end, but its end is a broken one."""


class Pipe(io.RawIOBase):
    """A stream that is only written; `take` returns what was written since the last call."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[bytes] = []

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._held.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self._held = b"".join(self._held), []
        return taken


def zipped(
    lake: Service,
    credentials: Credentials,
    scope: str,
    files: list[rucio.Did],
    far: Distances = UNASKED,
    unreadable: Sequence[UnreadableRow] = (),
    withheld: int = 0,
) -> Iterator[bytes]:
    """The files one after the other, then the list of what is there and what is not.

    A file that cannot be read does not end the zip: it is named in the list, and after the last byte the connection breaks, so that
    the person who downloads is told that it is not complete. Where files could not keep their names a second list says which. The list also says how many
    files are `withheld`, for the reader may not see their scopes: without these the zip is as whole as it can be for them.
    """
    names, pipe, manifest, renamed = Names(scope, MANIFEST, RENAMED), Pipe(), io.BytesIO(), io.BytesIO()
    missed = len(unreadable)
    manifest.write(_line("state", "adler32", "md5", "bytes", "path", "did"))
    for row in unreadable:  # of these the lake's list says so little that they cannot be asked for
        manifest.write(_line("missing", "", "", "", "", f"{row.text} {row.reason}"))
    if withheld:
        manifest.write(_line("withheld", "", "", "", "", withheld_words(withheld)))
    renamed.write(head := _line("path", "name"))
    files.reverse()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        while files:
            file = files.pop()  # what is done is forgotten: the list is as large as the zip's directory that grows meanwhile
            path = names.of(file)
            state = yield from _entry(lake, credentials, file, path, archive, pipe, far)
            missed += state != "ok"
            manifest.write(_line(state, file.adler32 or "", file.md5 or "", str(file.bytes or 0), path, plain(f"{file}")))
            if path != (wanted := names.wanted(file)):
                renamed.write(_line(path, plain(wanted)))
        archive.writestr(zipfile.ZipInfo(MANIFEST, time.gmtime()[:6]), manifest.getbuffer())
        if renamed.tell() > len(head):
            archive.writestr(zipfile.ZipInfo(RENAMED, time.gmtime()[:6]), renamed.getbuffer())
    yield pipe.take()
    if missed:
        raise IncompleteBundle(f"{missed} of the files could not be put into the zip; {MANIFEST} in it says which.", service=lake)


def _line(*cells: str) -> bytes:
    """A row of a list in the zip."""
    return ("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in cells) + "\n").encode()


def _entry(
    lake: Service, credentials: Credentials, file: rucio.Did, path: str, archive: zipfile.ZipFile, pipe: Pipe, far: Distances
) -> Generator[bytes, None, str]:
    """Write one file; returns its state for the manifest."""
    try:
        body = streaming.pieces(lake, credentials, file, None, far)
        first = next(body, b"")
    except RemoteError as error:
        logger.warning("%s is missing in a zip: %s", file, error)
        return DAMAGED if isinstance(error, Damaged) else "missing"
    info = zipfile.ZipInfo(path, time.gmtime()[:6])
    info.external_attr = 0o644 << 16
    state = "ok"
    with archive.open(info, "w", force_zip64=(file.bytes or LARGE) >= LARGE) as entry:
        try:
            for piece in _and(first, body):
                entry.write(piece)
                yield pipe.take()
        except RemoteError as error:
            logger.warning("%s broke off in a zip: %s", file, error)
            state = DAMAGED if isinstance(error, Damaged) else "broken off"
    yield pipe.take()
    return state


def _and(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def withheld_words(number: int) -> str:
    """The sentence that says how many files the reader may not see."""
    return ngettext(
        "%(n)s file is left out: you don't have access to it.", "%(n)s files are left out: you don't have access to them.", number
    ) % {"n": grouped(number)}


class Withheld:
    """Leaves the files out of a list that its reader may not see, and counts them."""

    def __init__(self, is_visible: Callable[[FileCopies], bool]) -> None:
        self.number, self._is_visible = 0, is_visible

    def without(self, all_copies: Iterable[FileCopies]) -> Iterator[FileCopies]:
        """The others."""
        for copies in all_copies:
            if self._is_visible(copies):
                yield copies
            else:
                self.number += 1


def metalink(
    title: str,
    scope: str,
    all_copies: Iterable[FileCopies],
    countries: dict[str, str],
    far: Distances = UNASKED,
    unreadable: int = 0,
    withheld: Withheld | None = None,
) -> Iterator[bytes]:
    """A metalink (RFC 5854). Rucio's own one has addresses that work inside the storage only, and its own names of countries.

    Files without an address, and as many as `unreadable` says of which the lake's list is unreadable, are named in comments, as is how many
    are withheld from the reader.
    """
    names, out = Names(scope, MANIFEST, RENAMED), io.StringIO()
    xml = XMLGenerator(out, encoding="utf-8")
    xml.startDocument()
    xml.startElement("metalink", AttributesImpl({"xmlns": "urn:ietf:params:xml:ns:metalink"}))
    _element(xml, "generator", title)
    if unreadable:
        missing = ngettext("%(n)s file in Rucio's list could not be read.", "%(n)s files in Rucio's list could not be read.", unreadable)
        out.write(comment(f"missing: {missing % {'n': grouped(unreadable)}}"))
    for copies in all_copies:
        file = copies.file
        if copies.missing:
            out.write(comment(f"missing: {file} ({copies.missing})"))
            continue
        xml.startElement("file", AttributesImpl({"name": names.of(file)}))
        _element(xml, "identity", plain(str(file)))
        if file.bytes is not None:
            _element(xml, "size", str(file.bytes))
        for kind, value in (("md5", file.md5), ("adler32", file.adler32)):
            if value:
                _element(xml, "hash", plain(value), {"type": kind})
        for number, (rse, pfn) in enumerate(sorted(copies.addresses, key=lambda item: far.get(item[0], inf)), 1):
            place = {"location": countries[rse].lower()} if len(countries.get(rse, "")) == 2 else {}
            _element(xml, "url", pfn, {"priority": str(number), **place})
        xml.endElement("file")
        if out.tell() > BLOCK:
            yield _taken(out)
    if withheld is not None and withheld.number:
        out.write(comment(withheld_words(withheld.number)))
    xml.endElement("metalink")
    xml.endDocument()
    yield _taken(out)


def comment(text: str) -> str:
    """An XML comment, which may hold no two dashes side by side."""
    return f"<!-- {re.sub('-(?=-)|-$', '- ', plain(text))} -->"


def _element(xml: XMLGenerator, name: str, text: str, attributes: dict[str, str] | None = None) -> None:
    xml.startElement(name, AttributesImpl(attributes or {}))
    xml.characters(text)
    xml.endElement(name)


def _taken(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()
