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
    """One attempt to bring a part to its full size."""

    def __init__(self, transport: Transport, file: RemoteFile, part: Path, progress: Progress, is_direct: bool = False) -> None:
        self.transport, self.file, self.part, self.progress = transport, file, part, progress
        self.path = file.direct_path if is_direct else file.path

    def fetch(self) -> str | None:
        """The checksum that the whole has to have, None where nobody knows it; raises BrokenOff, or a VreError that says no."""
        start = self.part.stat().st_size if self.part.exists() else 0
        if self.file.bytes is not None and start > self.file.bytes:
            self._drop()
            start = 0
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        try:
            with self.transport.send("GET", self.transport.url(self.path), headers=headers) as (reply, checksum):
                expected = self.file.adler32 or checksum
                if not (reply.status_code == UNSATISFIABLE and start and start == self._total(reply, start)):
                    self._write(reply, start)
                return expected
        except Interrupted as error:
            raise BrokenOff(error.message.rstrip(".")) from error

    def _write(self, reply: "requests.Response", start: int) -> None:
        if reply.status_code not in (200, PARTIAL):
            self._refuse(reply)
        is_partial = reply.status_code == PARTIAL
        if is_partial and _start_of(reply) != start:
            self._drop()
            raise BrokenOff("the server sent another part than the one asked for")
        start = start if is_partial else 0
        total = self._total(reply, start)
        self.progress.begin_at(start, total)
        size = start
        with self.part.open("ab" if is_partial else "wb") as output:
            for piece in _pieces_of(reply):
                size += len(piece)
                if total is not None and size > total:
                    self._drop()
                    raise DownloadFailed(f"{visible(self.file.name)} has more bytes than the lake says.", "Report it in the portal.")
                output.write(piece)
                self.progress.update(len(piece))
        if total is not None and size < total:
            raise BrokenOff(f"{size:,} of {total:,} bytes have arrived")

    def _total(self, reply: "requests.Response", start: int) -> int | None:
        """The size of the whole file, as the lake or else the server says."""
        if self.file.bytes is not None:
            return self.file.bytes
        if told := re.fullmatch(r"bytes (?:\d+-\d+|\*)/(\d{1,18})", reply.headers.get("Content-Range", "").strip()):
            return int(told[1])
        length = reply.headers.get("Content-Length", "")
        return start + int(length) if reply.status_code in (200, PARTIAL) and re.fullmatch(r"\d{1,18}", length) else None

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
