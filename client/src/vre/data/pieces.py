"""The bytes of a file, from where an earlier attempt broke off."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vre.addresses import origin
from vre.answers import read_json, refusal, seconds_to_wait
from vre.data.remote import RemoteFile
from vre.display import visible
from vre.errors import DownloadFailed, Interrupted
from vre.private_files import open_private
from vre.progress import Progress
from vre.transport import BUSY, Transport

if TYPE_CHECKING:
    import requests

PIECE = 256 * 1024
PARTIAL, UNSATISFIABLE = 206, 416


class BrokenOff(Exception):
    """The bytes ended too early; trying again makes sense, after `pause` seconds where the server said so."""

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


class Piecewise:
    """A part that is brought to its full size in one attempt or several; `total` is that size, as the lake or else a server says."""

    def __init__(self, transport: Transport, file: RemoteFile, part: Path, progress: Progress) -> None:
        self.transport, self.file, self.part, self.progress = transport, file, part, progress
        self.total = file.bytes

    def fetch(self, is_direct: bool = False) -> str | None:
        """The checksum that the whole has to have, None where nobody knows it; raises BrokenOff, or a VreError that says no."""
        path = self.file.direct_path if is_direct else self.file.path
        start = self.part.stat().st_size if self.part.exists() else 0
        if self.total is not None and start > self.total:
            self._drop()
            start = 0
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        try:
            with self.transport.send("GET", self.transport.url(path), headers=headers) as (reply, checksum):
                expected = self.file.adler32 or checksum
                if reply.status_code in (200, PARTIAL, UNSATISFIABLE):
                    self._learn_total(reply)
                is_there = reply.status_code == UNSATISFIABLE and start and start == self.total
                if not is_there or expected is None:  # a part of an earlier time that nothing vouches for is dropped
                    self._write(reply, start, expected)
                return expected
        except Interrupted as error:
            raise BrokenOff(error.message.rstrip(".")) from error

    def _write(self, reply: "requests.Response", start: int, expected: str | None) -> None:
        if reply.status_code not in (200, PARTIAL):
            self._refuse(reply)
        is_partial = reply.status_code == PARTIAL
        if is_partial and _start_of(reply) != start:
            self._drop()
            raise BrokenOff("the server sent another part than the one asked for")
        start, total = start if is_partial else 0, self.total
        if total is None and expected is None and (is_partial or not reply.raw.chunked):  # nothing would tell half of it from the whole
            raise DownloadFailed(
                f"{visible(self.file.name)} cannot be checked: neither its size nor its checksum is known.",
                "Try again later. If it stays so, report it on the file's page in the portal.",
            )
        self.progress.begin_at(start, total)
        size = start
        with open_private(self.part, "ab" if is_partial else "wb") as output:
            for piece in _pieces_of(reply):
                size += len(piece)
                if total is not None and size > total:
                    self._drop()
                    raise DownloadFailed(f"{visible(self.file.name)} has more bytes than the lake says.", "Report it in the portal.")
                output.write(piece)
                self.progress.update(len(piece))
        if total is not None and size < total:
            raise BrokenOff(f"{size:,} of {total:,} bytes have arrived")

    def _learn_total(self, reply: "requests.Response") -> None:
        """Take the size from the answer where the lake does not know it; raises BrokenOff where that is another than before."""
        told = total_of(reply)
        if self.file.bytes is None and told is not None and told != self.total:
            before, self.total = self.total, told
            if before is not None:
                self._drop()
                raise BrokenOff(f"the size was {before:,} bytes, and now it is {told:,}")

    def _drop(self) -> None:
        self.part.unlink(missing_ok=True)
        self.progress.restart()

    def _refuse(self, reply: "requests.Response") -> None:
        """Raise what the status means: what another server than the portal says may be different a moment later."""
        if reply.status_code in BUSY:
            raise BrokenOff("the server is busy", seconds_to_wait(reply, 2.0))
        if reply.status_code == UNSATISFIABLE:
            self._drop()
        if reply.status_code == UNSATISFIABLE or reply.status_code >= 500 or origin(reply.url) != origin(self.transport.base):
            raise BrokenOff(f"{origin(reply.url)[1]} answered with status {reply.status_code}")
        read_json(reply)  # raises what the portal says
        raise refusal(reply)


def total_of(reply: "requests.Response") -> int | None:
    """The size of the whole file as an answer tells it; the length of a part says nothing about the whole."""
    if reply.status_code == 200:
        told = re.fullmatch(r"(\d{1,18})", reply.headers.get("Content-Length", "").strip())
    else:
        told = re.fullmatch(r"bytes (?:\d+-\d+|\*)/(\d{1,18})", reply.headers.get("Content-Range", "").strip())
    return int(told[1]) if told else None


def _start_of(reply: "requests.Response") -> int | None:
    told = re.match(r"bytes (\d{1,18})-", reply.headers.get("Content-Range", "").strip())
    return int(told[1]) if told else None


def _pieces_of(reply: "requests.Response") -> Iterator[bytes]:
    """The bytes as they were sent: a compressed file stays one. Raises BrokenOff where they end too early."""
    from urllib3.exceptions import HTTPError

    try:
        yield from reply.raw.stream(PIECE, decode_content=False)
    except (HTTPError, OSError) as error:
        raise BrokenOff(f"the connection ended ({type(error).__name__})") from error
