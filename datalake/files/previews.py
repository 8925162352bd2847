"""Previews: the beginning of a file, read by a child process that has little time, little memory and no secrets."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import IO, Any

import nh3
from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.files import streaming
from datalake.files.preview_places import NoPlace, child_place, reader_place
from datalake.files.preview_process import ChildStopped, read_file
from datalake.files.ranges import Span
from datalake.reads import read_cache
from datalake.reads.credentials import Credentials
from vre_portal import deadlines
from vre_portal.services import Service, ServiceKind

MEGABYTE = 1024 * 1024
_TEXTS = """
    txt md rst log out err stdout stderr json jsonl ndjson geojson yaml yml toml xml svg py r jl sh c cc cpp cxx h hh hpp f f90 smk cwl sql
    dat cfg ini tex bib
"""
BARE = frozenset(
    {"readme", "changelog", "changes", "license", "makefile", "snakefile", "dockerfile", "stdout", "stderr", "log", "out", "err"}
)  # whole names
# Endings, and how much of a file's beginning and of its end the child gets; some kinds keep their list of contents at the end.
KINDS = {
    "fits": (("fits", "fit", "fts", "fz"), 32 * MEGABYTE, 0),
    "picture": (("png", "jpg", "jpeg", "gif", "webp"), 16 * MEGABYTE, 0),
    "table": (("csv", "tsv", "ecsv"), MEGABYTE // 2, 0),
    "notebook": (("ipynb",), 8 * MEGABYTE, 0),
    "hdf5": (("h5", "hdf5", "he5", "hdf", "nxs", "nc", "nc4"), 32 * MEGABYTE, MEGABYTE),
    "parquet": (("parquet", "pq"), 16 * MEGABYTE, 4 * MEGABYTE),
    "root": (("root",), 16 * MEGABYTE, 8 * MEGABYTE),
    "archive": (("zip",), MEGABYTE, 4 * MEGABYTE),
    "pdf": (("pdf",), 1024, 0),
    "text": (tuple(_TEXTS.split()), MEGABYTE // 4, 0),
}
PACKED = frozenset({"fits", "table", "text"})  # kinds that are also read from gzip
READ_SECONDS = 15  # for the bytes, from whichever copies
WORDS = frozenset(
    {"a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong"}
    | {"table", "tbody", "td", "th", "thead", "tr", "ul"}
)


MAX_DEPTH = 500
TAG = re.compile(r"<(/?)(?!br\b|hr\b|img\b)([a-z][a-z0-9]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Preview:
    """Sections as `preview_child.limits.Section` describes them, or a sentence that says why there are none."""

    sections: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    can_retry: bool = False  # the reason is one of the moment
    is_busy: bool = False  # nobody has begun to read it: all places are taken
    is_kept: bool = False  # its pictures can be asked for one by one; else they have to be in the page

    def picture(self, number: int) -> bytes | None:
        """The picture of one section."""
        if not 0 <= number < len(self.sections) or not self.sections[number]["image"]:
            return None
        try:
            return base64.b64decode(self.sections[number]["image"], validate=True)
        except binascii.Error:
            return None


def html_of(section: dict[str, Any]) -> SafeString:
    """A notebook's words as HTML that has been through the sanitiser here: what the child wrote is as hostile as what it read."""
    if section["kind"] != "markdown" or is_too_deep(section["text"]):
        return SafeString("")
    return SafeString(nh3.clean(section["text"], tags=set(WORDS), attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"}))


def is_too_deep(html: str) -> bool:
    """Whether elements stand in each other so deeply that cleaning them takes long: its time grows with the square of the depth."""
    above: list[str] = []
    for closing, name in TAG.findall(html):
        if not closing:
            above.append(name)
        elif above and above[-1] == name:
            above.pop()
        if len(above) > MAX_DEPTH:
            return True
    return False


def kind_of(name: str) -> str | None:
    """What a file seems to be, by its ending; the child looks at the bytes."""
    packed = _is_packed(name)
    stem, dot, ending = (name[:-3] if packed else name).rpartition("/")[2].rpartition(".")
    is_bare = not dot or not stem
    kind = next(
        (kind for kind, (endings, *_) in KINDS.items() if ending.lower() in (BARE if is_bare and kind == "text" else endings)), None
    )
    return kind if not packed or kind in PACKED else None


def _is_packed(name: str) -> bool:
    return name.lower().endswith(".gz")


def make(lake: Service, credentials: Credentials, file: rucio.Did, *, reader: str) -> Preview:
    """The preview of a file that the caller may read, for one who is counted as `reader`; kept by checksum, for a DID's bytes never change.

    What went wrong for the moment (no place, no time) is said in it, can be retried and is not kept. Raises RemoteError where no bytes are to be had.
    """
    credentials.bytes_token(file.scope)  # also for what is kept: it was made of the bytes
    kind = kind_of(file.name)
    if kind is None:
        return Preview(error=_("No preview for this type of file."))
    if file.bytes is None:
        return Preview(error=_("No preview available. The Data Lake has no size for this file."))
    if file.bytes == 0:
        return Preview(error=_("The file is empty."))
    # By name too: an adler32 is easily forged, and one file must not show as another.
    checksum = file.adler32 or file.md5
    key = f"datalake:preview-of:{settings.LANGUAGE_CODE}:{kind}:{lake.name}:{file}:{file.bytes}:{checksum}" if checksum else ""
    try:
        if stored := _kept(key):
            return stored
        with reader_place(reader):
            return _kept(key) or _made(lake, credentials, file, kind, key)  # another tab may have made it meanwhile
    except (NoPlace, ChildStopped) as error:
        return Preview(error=str(error), can_retry=True, is_busy=isinstance(error, NoPlace))


def make_of_stored(name: str, size: int, content: IO[bytes], *, checksum: str, reader: str) -> Preview:
    """The preview of a file that the portal stores and the caller may read, as `make` does it; `checksum` is what it is kept by."""
    kind = kind_of(name)
    if kind is None:
        return Preview(error=_("No preview for this type of file."))
    if not size:
        return Preview(error=_("The file is empty."))
    packed = _is_packed(name)
    key = f"datalake:preview-of-stored:{settings.LANGUAGE_CODE}:{kind}:{packed}:{size}:{checksum}" if checksum else ""
    try:
        if stored := _kept(key):
            return stored
        with reader_place(reader):
            if stored := _kept(key):
                return stored
            head, tail = _lengths(kind, size)
            beginning = content.read(head)
            content.seek(size - tail)
            preview = _child(kind, beginning + content.read(tail), size=size, head=head, packed=packed)
    except (NoPlace, ChildStopped) as error:
        return Preview(error=str(error), can_retry=True, is_busy=isinstance(error, NoPlace))
    if key:
        read_cache.store(key, replace(preview, is_kept=True))
    return _kept(key) or preview


def _lengths(kind: str, size: int) -> tuple[int, int]:
    """How much of a file's beginning and of its end the child gets."""
    _endings, head, tail = KINDS[kind]
    head = min(size, head)
    return head, min(size - head, tail)


def _kept(key: str) -> Preview | None:
    stored = read_cache.load(key) if key else None
    return stored[1] if stored else None


def _made(lake: Service, credentials: Credentials, file: rucio.Did, kind: str, key: str) -> Preview:
    size = file.bytes or 0
    head, tail = _lengths(kind, size)
    with deadlines.within(READ_SECONDS, ServiceKind.RUCIO):
        content = b"".join(chain(_part(lake, credentials, file, 0, head), _part(lake, credentials, file, size - tail, tail)))
    preview = _child(kind, content, size=size, head=head, packed=_is_packed(file.name))
    if not key:
        return preview
    read_cache.store(key, replace(preview, is_kept=True))
    return _kept(key) or preview


def _part(lake: Service, credentials: Credentials, file: rucio.Did, begin: int, length: int) -> Iterator[bytes]:
    """A stretch of the file; of one that is wanted whole the checksum is looked at."""
    return streaming.pieces(lake, credentials, file, Span(begin, begin + length - 1)) if length else iter(())


def _child(kind: str, content: bytes, *, size: int | None = None, head: int | None = None, packed: bool = False) -> Preview:
    """What the child makes of the bytes; raises ChildStopped and NoPlace."""
    with child_place():
        size, head = len(content) if size is None else size, len(content) if head is None else head
        answer = read_file(kind, content, size=size, head=head, most=KINDS[kind][1], packed=packed)
    return Preview(answer.get("sections", []), answer.get("error", ""))
