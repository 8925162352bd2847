"""Previews: the beginning of a file, read by a child process that has little time, little memory and no secrets."""

import base64
import binascii
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import nh3
from django.conf import settings
from django.utils.safestring import SafeString

from datalake import files, rucio
from datalake.memory import recall, remember
from datalake.ranges import Span
from vre_portal import deadlines
from vre_portal.http import RemoteUnavailable
from vre_portal.services import Service, ServiceKind

MEGABYTE = 1024 * 1024
# Endings, and how much of a file's beginning and of its end the child gets; some kinds keep their list of contents at the end.
KINDS = {
    "fits": (("fits", "fit", "fts", "fz"), 32 * MEGABYTE, 0),
    "picture": (("png", "jpg", "jpeg"), 16 * MEGABYTE, 0),
    "table": (("csv", "tsv", "ecsv"), MEGABYTE // 2, 0),
    "notebook": (("ipynb",), 8 * MEGABYTE, 0),
    "hdf5": (("h5", "hdf5", "he5", "hdf", "nxs", "nc", "nc4"), 32 * MEGABYTE, MEGABYTE),
    "parquet": (("parquet", "pq"), 16 * MEGABYTE, 4 * MEGABYTE),
    "root": (("root",), 16 * MEGABYTE, 8 * MEGABYTE),
    "archive": (("zip",), MEGABYTE, 4 * MEGABYTE),
    "text": (("txt", "md", "log", "json", "yaml", "yml", "toml", "xml", "py", "dat", "cfg", "ini", "tex", "bib"), MEGABYTE // 4, 0),
}
PACKED = frozenset({"fits", "table", "text"})  # kinds that are also read from gzip
SECONDS = 20
READ_SECONDS = 15  # for the bytes, from whichever copies
_places = threading.BoundedSemaphore(2)  # children at a time in this process


WORDS = frozenset(
    {"a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong"}
    | {"table", "tbody", "td", "th", "thead", "tr", "ul"}
)


@dataclass(frozen=True)
class Preview:
    """Sections as `preview_child.limits.Section` describes them, or why there are none."""

    sections: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""

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
    if section["kind"] != "markdown":
        return SafeString("")
    return SafeString(nh3.clean(section["text"], tags=set(WORDS), attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"}))


def kind_of(name: str) -> str | None:
    """What a file seems to be, by its ending; the child looks at the bytes."""
    packed = _is_packed(name)
    ending = (name[:-3] if packed else name).rpartition(".")[2].lower()
    kind = next((kind for kind, (endings, *_) in KINDS.items() if ending in endings), None)
    return kind if not packed or kind in PACKED else None


def _is_packed(name: str) -> bool:
    return name.lower().endswith(".gz")


def make(lake: Service, token: str, file: rucio.Did) -> Preview:
    """The preview of a file that the caller may read; kept by checksum, for a DID's bytes never change."""
    kind = kind_of(file.name)
    if kind is None:
        return Preview(error="There is no preview for this kind of file.")
    # By name too: an adler32 is easily forged, and one file must not show as another.
    key = f"datalake:preview:{kind}:{lake.name}:{file}:{file.bytes}:{file.adler32 or file.md5}"
    known = recall(key) if file.adler32 or file.md5 else None
    found: Preview | None = known[1] if known else None
    if found is None:
        size, (_, head, tail) = file.bytes or 0, KINDS[kind]
        head = min(size, head)
        tail = min(size - head, tail)
        with deadlines.within(READ_SECONDS, ServiceKind.RUCIO):
            content = b"".join(chain(_part(lake, token, file, 0, head), _part(lake, token, file, size - tail, tail)))
        found = _child(kind, content, size=size, head=head, packed=_is_packed(file.name))
        remember(key, found)
    return found


def _part(lake: Service, token: str, file: rucio.Did, begin: int, length: int) -> Iterator[bytes]:
    """A stretch of the file; of one that is wanted whole the checksum is looked at."""
    return files.pieces(lake, token, file, Span(begin, begin + length - 1)) if length else iter(())


def _child(kind: str, content: bytes, *, size: int | None = None, head: int | None = None, packed: bool = False) -> Preview:
    """Run the reader; whatever becomes of it, the answer is a Preview."""
    sizes = (len(content) if size is None else size, len(content) if head is None else head, KINDS[kind][1])
    if not _places.acquire(timeout=5):
        raise RemoteUnavailable("Other previews are being made just now.")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "datalake.preview_child", kind, "gzip" if packed else "plain", *map(str, sizes)],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            cwd=settings.BASE_DIR,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        return Preview(error="It took too long to read.")
    finally:
        _places.release()
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return Preview(error="Reading it used more time or memory than a preview may.")
    return Preview(answer.get("sections", []), answer.get("error", ""))


def _environment() -> dict[str, str]:
    """Nothing of the portal's own; a folder for matplotlib's list of fonts, and one thread."""
    folder = Path(tempfile.gettempdir()) / f"vre-previews-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.is_symlink():
        raise RemoteUnavailable("The folder for previews belongs to somebody else.")
    return {"PATH": os.defpath, "HOME": str(folder), "MPLCONFIGDIR": str(folder), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
