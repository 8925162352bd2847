"""Previews: the beginning of a file, read by a child process that has little time, little memory and no secrets."""

import base64
import binascii
import json
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from datalake import files, rucio
from datalake.memory import recall, remember
from datalake.ranges import Span
from vre_portal.http import RemoteUnavailable
from vre_portal.services import Service

MEGABYTE = 1024 * 1024
KINDS = {
    "fits": (("fits", "fit", "fts"), 32 * MEGABYTE),
    "picture": (("png", "jpg", "jpeg"), 16 * MEGABYTE),
    "table": (("csv", "tsv", "ecsv"), MEGABYTE // 2),
    "text": (("txt", "md", "log", "json", "yaml", "yml", "toml", "xml", "py", "dat", "cfg", "ini", "tex", "bib"), MEGABYTE // 4),
}
SECONDS = 20
_places = threading.BoundedSemaphore(2)  # children at a time in this process


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


def kind_of(name: str) -> str | None:
    """What a file seems to be, by its ending; the child looks at the bytes."""
    ending = name.rpartition(".")[2].lower()
    return next((kind for kind, (endings, _) in KINDS.items() if ending in endings), None)


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
        size = file.bytes or 0
        most = min(size, KINDS[kind][1])
        content = b"".join(files.pieces(lake, token, file, Span(0, most - 1))) if most else b""
        found = _child(kind, content, truncated=most < size)
        remember(key, found)
    return found


def _child(kind: str, content: bytes, *, truncated: bool) -> Preview:
    """Run the reader; whatever becomes of it, the answer is a Preview."""
    if not _places.acquire(timeout=5):
        raise RemoteUnavailable("Other previews are being made just now.")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "datalake.preview_child", kind, "truncated" if truncated else "whole"],
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
